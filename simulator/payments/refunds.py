"""Refunds: https://docs.stripe.com/api/refunds, /refunds, /terminal/features/refunds."""

from simulator.api.expansion import INCLUDED
from simulator.api.lists import embedded, equal_to, page
from simulator.api.objects import merge_metadata
from simulator.api.routes import LIST, Call, operation
from simulator.balance import application_fees, ledger, refunding, settlement, transfers
from simulator.errors import StripeError, bad_request, missing_object, not_simulated
from simulator.payments import cards
from simulator.payments.refund_rules import connected_parts, refundable_amount
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM, World
from simulator.webhooks import events

FAILURE_REASONS = (
    "charge_for_pending_refund_disputed",
    "declined",
    "expired_or_canceled_card",
    "insufficient_funds",
    "lost_or_stolen_card",
    "merchant_request",
    "unknown",
)


def refund(
    world: World,
    charge: Record,
    *,
    amount: int | None,
    reason: str | None,
    metadata: Json,
    refund_application_fee: bool,
    reverse_transfer: bool,
    in_person: bool = False,
) -> Record:
    """Give back `amount` of a captured charge, or all that is left of it.

    `in_person` is a refund on a reader, the only one there is for Interac. Raises Stripe's error
    for what cannot be refunded, before anything has changed.
    """
    wanted = refundable_amount(world, charge, amount, in_person=in_person)
    settlement.settle_now(world, charge)
    with_it = {"fee": refund_application_fee, "transfer": reverse_transfer}
    last = charge.data["amount_refunded"] + wanted == charge.data["amount"]
    connected_parts(world, charge, wanted, last=last, **with_it)
    record = refunding.new_refund(world, charge, wanted, reason=reason, metadata=metadata)
    record.hidden |= with_it
    if _covered(world, record):
        _carry_out(world, record)
    else:
        record.data |= {"status": "pending", "pending_reason": "insufficient_funds"}
        _try_tomorrow(world, record)
    world.save(record)
    events.emit(world, "refund.created", record)
    events.emit(world, "charge.refunded", charge)
    return record


def release(world: World, charge: Record, reason: str | None = None) -> None:
    """A hold that will not be captured is let go; `reason` is `expired_uncaptured_charge` or none.

    No balance knows of it. A charge that was released before is left alone.
    """
    left = charge.data["amount"] - charge.data["amount_refunded"]
    if not left:
        return
    if not world.switches["released_hold_refund"]:
        refunding.count(world, charge, left)
        return
    record = refunding.new_refund(world, charge, left, reason=reason, reversal=True)
    events.emit(world, "refund.created", record)
    if reason is None:
        events.emit(world, "charge.refunded", charge)


def fail(world: World, refund: str, reason: str) -> None:
    """The bank sends it back, maybe days later: https://docs.stripe.com/refunds#failed-refunds."""
    record = world.get(refund)
    data = record.data
    if data["status"] not in ("pending", "succeeded"):
        return
    returned = None
    if data["balance_transaction"] is not None:
        returned = ledger.book(
            world,
            record.account,
            "refund_failure",
            record.id,
            data["amount"],
            data["currency"],
            available_on=ledger.available_with(world, data["balance_transaction"]),
        ).id
    changes = {
        "failure_balance_transaction": returned,
        "failure_reason": reason,
        "status": "failed",
    }
    previous = _undo(world, record, changes)
    events.emit(world, "refund.failed", record)
    events.emit(world, "refund.updated", record, previous)
    events.emit(world, "charge.refund.updated", record, previous)


def withdraw(world: World, record: Record) -> None:
    """A person cancels, in the Dashboard, a refund that waits for funds."""
    if record.data["status"] != "pending":
        raise _not_cancelable(record, "pending")
    changes = {"failure_reason": "merchant_request", "status": "canceled"}
    previous = _undo(world, record, changes)
    events.emit(world, "refund.updated", record, previous)
    events.emit(world, "charge.refund.updated", record, previous)


def _undo(world: World, record: Record, changes: Json) -> Json:
    """The refund was none after all. Returns what is no longer so."""
    changes |= {"pending_reason": None}
    previous = {name: record.data[name] for name in changes if record.data[name] != changes[name]}
    record.data |= changes
    refunding.count(world, world.get(record.data["charge"]), -record.data["amount"])
    world.save(record)
    return previous


def _carry_out(world: World, record: Record) -> None:
    """The fee and the transfer go back, and the account pays."""
    charge, wishes = world.get(record.data["charge"]), record.hidden
    parts = connected_parts(
        world,
        charge,
        record.data["amount"],
        fee=wishes["fee"],
        transfer=wishes["transfer"],
        last=charge.data["refunded"],
    )
    if parts.fee:
        fee_refund = application_fees.give_back(world, parts.fee, parts.fee_amount)
        if charge.account == PLATFORM and not parts.transfer:
            application_fees.book_alone(world, parts.fee, fee_refund)
    if parts.transfer:
        record.data["transfer_reversal"] = transfers.reverse(
            world,
            parts.transfer,
            parts.transfer_amount,
            refund=record,
            fee_returned=parts.fee_amount,
        ).id
    direct = charge.account != PLATFORM
    refunding.book_refund(world, record, charge, fee_returned=parts.fee_amount if direct else 0)
    if record.data["payment_method"] and _fails_later(world, charge):
        delay = world.switches["refund_failure_delay_ms"]
        reason = "expired_or_canceled_card"
        world.agenda.schedule(delay, "fail_refund", refund=record.id, reason=reason)


def _fails_later(world: World, charge: Record) -> bool:
    """https://docs.stripe.com/terminal/references/testing: the card `refund_fail`."""
    card, details = cards.find("refund_fail"), charge.data["payment_method_details"]
    last4 = details[details["type"]]["last4"]
    return card is not None and last4 == card.number[-4:]


def _covered(world: World, record: Record) -> bool:
    """Whether the balance allows it; a test account's may become negative."""
    if world.switches["refund_over_balance"] == "succeed":
        return True
    data = record.data
    return ledger.total(world, record.account, data["currency"]) >= int(data["amount"])


def _try_tomorrow(world: World, record: Record) -> None:
    day = ledger.DAY * 1000
    delay = day - world.clock.now_ms() % day
    world.agenda.schedule(delay, "retry_refund", refund=record.id)


def retry(world: World, refund: str) -> None:
    """A refund that waits for funds."""
    record = world.get(refund)
    if record.data["status"] != "pending":
        return
    if not _covered(world, record):
        _try_tomorrow(world, record)
        return
    record.data |= {"status": "succeeded", "pending_reason": None}
    _carry_out(world, record)
    world.save(record)
    previous = {
        "balance_transaction": None,
        "pending_reason": "insufficient_funds",
        "status": "pending",
    }
    events.emit(world, "refund.updated", record, previous)
    events.emit(world, "charge.refund.updated", record, previous)


def create(call: Call) -> Record:
    return _create(call, _charge_of(call))


def create_of_charge(call: Call) -> Record:
    return _create(call, call.find("charges", "charge"))


def _create(call: Call, charge: Record) -> Record:
    params = call.params
    if "origin" in params:
        raise not_simulated("refunds from the customer balance")
    metadata: Json = {"metadata": {}}
    merge_metadata(metadata, params)
    return refund(
        call.world,
        charge,
        amount=params.get("amount"),
        reason=params.get("reason"),
        metadata=metadata["metadata"],
        refund_application_fee=params.get("refund_application_fee", False),
        reverse_transfer=params.get("reverse_transfer", False),
    )


def _charge_of(call: Call) -> Record:
    """The charge, or the latest one of the PaymentIntent."""
    params = call.params
    if "charge" in params and "payment_intent" in params:
        message = "You may only specify one of these parameters: charge, payment_intent."
        raise bad_request(message, "parameters_exclusive", "charge")
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
    raise _not_cancelable(retrieve(call), "requires_action")


def _not_cancelable(record: Record, status: str) -> StripeError:
    return bad_request(
        f"Refund {record.id} cannot be canceled because it has a status of "
        f"{record.data['status']}. Only a refund with a status of {status} can."
    )


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
JOBS = {"fail_refund": fail, "retry_refund": retry}
