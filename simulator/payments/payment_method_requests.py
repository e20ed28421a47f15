"""PaymentMethods as the API sees them: https://docs.stripe.com/api/payment_methods."""

from simulator.api.lists import page
from simulator.api.routes import LIST, Call, operation
from simulator.errors import bad_request, missing_object, not_simulated
from simulator.payments import cards
from simulator.payments.payment_methods import (
    REUSABLE,
    apply,
    attach_to,
    detach_from,
    make,
    new_card,
    require_attachable,
)
from simulator.state.store import Json, Record, clone
from simulator.webhooks import events


def create(call: Call) -> Record:
    """https://docs.stripe.com/api/payment_methods/create"""
    if "payment_method" in call.params:
        raise not_simulated("cloning a PaymentMethod to a connected account")
    return make(call.world, call.account, call.params, "")


def retrieve(call: Call) -> Record:
    return call.find("payment_methods", "PaymentMethod", "payment_method")


def list_(call: Call) -> Json:
    """Those of a customer; without one, the reusable ones of the account."""
    if "customer" in call.params:
        call.named("customers", "customer", "customer")
    return _listed(call, call.params.get("customer"))


def list_of_customer(call: Call) -> Json:
    return _listed(call, call.find("customers", "customer").id)


def _listed(call: Call, customer: str | None) -> Json:
    params = call.params

    def keep(record: Record) -> bool:
        data = record.data
        return (
            (data["customer"] == customer if customer else data["type"] in REUSABLE)
            and params.get("type", data["type"]) == data["type"]
            and params.get("allow_redisplay", data["allow_redisplay"]) == data["allow_redisplay"]
        )

    return page(call, "payment_methods", keep)


def retrieve_of_customer(call: Call) -> Record:
    customer = call.find("customers", "customer")
    record = call.world.store.find("payment_methods", call.account, call.sub_id)
    if record is None or record.data["customer"] != customer.id:
        raise missing_object("PaymentMethod", call.sub_id, "payment_method", in_path=True)
    return record


def update(call: Call) -> Record:
    method = retrieve(call)
    if method.data["type"] not in REUSABLE:
        message = f"A {method.data['type']} PaymentMethod cannot be updated."
        raise bad_request(message, None, "payment_method")
    before = clone(method.data)
    apply(method, call.params)
    typed: Json = call.params.get("card") or {}
    expiry = {name: typed[name] for name in ("exp_month", "exp_year") if name in typed}
    method.data["card"] |= expiry
    call.world.save(method)
    events.emit_changes(call.world, "payment_method.updated", method, before)
    return method


def attach(call: Call) -> Record:
    """https://docs.stripe.com/api/payment_methods/attach"""
    card = cards.by_token(call.id) if call.id.startswith("pm_card_") else None
    method = new_card(call.world, call.account, card) if card else retrieve(call)
    if "customer" not in call.params:
        raise bad_request("Missing required param: customer.", "parameter_missing", "customer")
    customer = call.named("customers", "customer", "customer")
    require_attachable(method, customer.id)
    attach_to(call.world, method, customer.id)
    return method


def detach(call: Call) -> Record:
    """Once detached it can never be attached again."""
    method = retrieve(call)
    if method.data["customer"] is None:
        raise bad_request(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible.",
            None,
            "payment_method",
        )
    detach_from(call.world, method)
    return method


_PATH = "/v1/payment_methods"
_FILTERS = f"{LIST} type allow_redisplay"
_BILLING = "billing_details allow_redisplay metadata"
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "payment_methods.create",
        create,
        "PaymentMethodCreateParams",
        "payment_method",
        f"type {_BILLING} card[number] card[exp_month] card[exp_year] card[cvc] card[token] "
        "payment_method",
    ),
    operation(
        "GET",
        _PATH,
        "payment_methods.list",
        list_,
        "PaymentMethodListParams",
        "payment_method",
        f"{_FILTERS} customer",
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}",
        "payment_methods.retrieve",
        retrieve,
        "PaymentMethodRetrieveParams",
        "payment_method",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "payment_methods.update",
        update,
        "PaymentMethodUpdateParams",
        "payment_method",
        f"{_BILLING} card[exp_month] card[exp_year]",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}/attach",
        "payment_methods.attach",
        attach,
        "PaymentMethodAttachParams",
        "payment_method",
        "customer",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}/detach",
        "payment_methods.detach",
        detach,
        "PaymentMethodDetachParams",
        "payment_method",
    ),
    operation(
        "GET",
        "/v1/customers/{id}/payment_methods",
        "customers.payment_methods.list",
        list_of_customer,
        "CustomerPaymentMethodListParams",
        "payment_method",
        _FILTERS,
    ),
    operation(
        "GET",
        "/v1/customers/{id}/payment_methods/{id}",
        "customers.payment_methods.retrieve",
        retrieve_of_customer,
        "CustomerPaymentMethodRetrieveParams",
        "payment_method",
    ),
]
