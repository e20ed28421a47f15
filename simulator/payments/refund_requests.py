"""Refunds as the API sees them, also those of one charge: https://docs.stripe.com/api/refunds."""

from simulator.api.expansion import INCLUDED
from simulator.api.lists import embedded, equal_to, page
from simulator.api.objects import merge_metadata, new_metadata
from simulator.api.routes import LIST, Call, operation
from simulator.errors import bad_request, exclusive, missing_object, not_simulated
from simulator.payments import refunds
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.webhooks import events


def create(call: Call) -> Record:
    return _create(call, _charge_of(call))


def create_of_charge(call: Call) -> Record:
    return _create(call, call.find("charges", "charge"))


def _create(call: Call, charge: Record) -> Record:
    params = call.params
    if "origin" in params:
        raise not_simulated("refunds from the customer balance")
    return refunds.refund(
        call.world,
        charge,
        amount=params.get("amount"),
        reason=params.get("reason"),
        metadata=new_metadata(params),
        refund_application_fee=params.get("refund_application_fee", False),
        reverse_transfer=params.get("reverse_transfer", False),
    )


def _charge_of(call: Call) -> Record:
    """The charge, or the latest one of the PaymentIntent."""
    params = call.params
    if "charge" in params and "payment_intent" in params:
        raise exclusive("charge", "payment_intent")
    if "charge" in params:
        return call.named("charges", "charge", "charge")
    if "payment_intent" not in params:
        raise bad_request(
            "One of the following params should be provided for this request: payment_intent or "
            "charge.",
            "parameter_missing",
        )
    intent = call.named("payment_intents", "payment_intent", "payment_intent")
    latest = intent.data["latest_charge"]
    if latest is None or not call.world.get(latest).data["paid"]:
        message = f"This PaymentIntent ({intent.id}) does not have a successful charge to refund."
        raise bad_request(message, "charge_not_refundable", "payment_intent")
    return call.world.get(latest)


def retrieve(call: Call) -> Record:
    return call.find("refunds", "refund")


def retrieve_of_charge(call: Call) -> Record:
    charge = call.find("charges", "charge")
    found = call.world.store.find("refunds", call.account, call.sub_id)
    if found is None or found.data["charge"] != charge.id:
        raise missing_object("refund", call.sub_id, in_path=True)
    return found


def list_(call: Call) -> Json:
    return page(call, "refunds", equal_to(call.params, "charge", "payment_intent"))


def list_of_charge(call: Call) -> Json:
    charge = call.find("charges", "charge")
    return page(call, "refunds", lambda record: record.data["charge"] == charge.id)


def update(call: Call) -> Record:
    return _update(call, retrieve(call))


def update_of_charge(call: Call) -> Record:
    return _update(call, retrieve_of_charge(call))


def _update(call: Call, record: Record) -> Record:
    before = record.data["metadata"]
    merge_metadata(record.data, call.params)
    call.world.save(record)
    events.emit(call.world, "refund.updated", record, {"metadata": before})
    events.emit(call.world, "charge.refund.updated", record, {"metadata": before})
    return record


def cancel(call: Call) -> Record:
    """Only a refund that wants the customer to act could be, and no card's does."""
    raise refunds.not_cancelable(retrieve(call), "requires_action")


def _of_charge(world: World, charge: Json) -> Json:
    ids = world.get(charge["id"]).hidden.get("refunds", [])
    return embedded(world, ids, f"/v1/charges/{charge['id']}/refunds")


INCLUDED["charge", "refunds"] = _of_charge
_PATH, _NESTED = "/v1/refunds", "/v1/charges/{id}/refunds"
_TAKES = "amount metadata reason refund_application_fee reverse_transfer"
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "refunds.create",
        create,
        "RefundCreateParams",
        "refund",
        takes=f"{_TAKES} charge payment_intent",
    ),
    operation(
        "GET", f"{_PATH}/{{id}}", "refunds.retrieve", retrieve, "RefundRetrieveParams", "refund"
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "refunds.update",
        update,
        "RefundUpdateParams",
        "refund",
        takes="metadata",
    ),
    operation(
        "GET",
        _PATH,
        "refunds.list",
        list_,
        "RefundListParams",
        "refund",
        takes=f"{LIST} charge created payment_intent",
    ),
    operation(
        "POST", f"{_PATH}/{{id}}/cancel", "refunds.cancel", cancel, "RefundCancelParams", "refund"
    ),
    operation(
        "POST",
        "/v1/test_helpers/refunds/{id}/expire",
        "test_helpers.refunds.expire",
        cancel,
        "test_helpers.RefundExpireParams",
        "refund",
    ),
    operation(
        "POST",
        _NESTED,
        "charges.refunds.create",
        create_of_charge,
        "RefundCreateParams",
        "refund",
        takes=_TAKES,
    ),
    operation(
        "GET",
        _NESTED,
        "charges.refunds.list",
        list_of_charge,
        "ChargeListRefundsParams",
        "refund",
        takes=LIST,
    ),
    operation(
        "GET",
        f"{_NESTED}/{{id}}",
        "charges.refunds.retrieve",
        retrieve_of_charge,
        "ChargeRetrieveRefundParams",
        "refund",
    ),
    operation(
        "POST",
        f"{_NESTED}/{{id}}",
        "charges.refunds.update",
        update_of_charge,
        "RefundUpdateParams",
        "refund",
        takes="metadata",
    ),
]
