"""PaymentMethods: read by a reader, generated from what it read, or typed by a customer.

https://docs.stripe.com/api/payment_methods, /terminal/features/saving-cards
"""

from typing import Any

from simulator.api.lists import page
from simulator.api.objects import address, merge_metadata, none_if_empty
from simulator.api.routes import LIST, Call, operation
from simulator.errors import StripeError, bad_request, missing_object, not_simulated
from simulator.payments import card_details, cards
from simulator.payments.cards import Card, Reading
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.webhooks import events

REUSABLE = ("card",)


def read_by(world: World, account: str, reading: Reading) -> Record:
    """What the reader read; never reusable."""
    card = reading.card
    details = card_details.present(world, reading) | {
        "networks": {"available": [card.brand], "preferred": None}
    }
    if card.type == "card_present":
        details["offline"] = None
    return _new(world, account, card.type, details, {"card": card.name})


def of_method(world: World, account: str, type: str) -> Record:
    """A method that has no details of its own: `wechat_pay`, `affirm`, `paynow`."""
    return _new(world, account, type, {}, {})


def generate_card(
    world: World, account: str, reading: Reading, generated_from: Json, allow_redisplay: str
) -> Record | None:
    """The same card for use online, or None when it has no network that works there."""
    if reading.card.online_brand is None or reading.wallet is not None:
        return None
    generated = new_card(world, account, reading.card)
    generated.data["card"]["generated_from"] = generated_from
    generated.data["card"]["checks"]["cvc_check"] = None
    generated.data["allow_redisplay"] = allow_redisplay
    return generated


def new_card(world: World, account: str, card: Card, expiry: Json = card_details.EXPIRY) -> Record:
    details = card_details.online(world, card, expiry)
    details |= {
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "fail" if card.code == "incorrect_cvc" else "pass",
        },
        "display_brand": details["brand"],
        "generated_from": None,
        "networks": {"available": [details["brand"]], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _new(world, account, "card", details, {"card": card.name})


def _new(world: World, account: str, type: str, details: Json, hidden: Json) -> Record:
    return world.new(
        "payment_methods",
        account,
        {
            "id": world.ids.new("pm_"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": billing_details(),
            type: dict(sorted(details.items())),
            "created": world.clock.now(),
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "type": type,
        },
        hidden,
    )


def billing_details() -> Json:
    return {"address": address({}), "email": None, "name": None, "phone": None, "tax_id": None}


def card_of(method: Record) -> Card:
    """The test card behind a PaymentMethod of type card."""
    return cards.by_name(method.hidden["card"])


def chosen(call: Call) -> Record | None:
    """What `payment_method` or `payment_method_data` names; test tokens become a fresh one."""
    world, params = call.world, call.params
    if "payment_method_data" in params:
        return _create(world, call.account, params["payment_method_data"], "payment_method_data")
    id = none_if_empty(params.get("payment_method"))
    if id is None:
        return None
    card = cards.by_token(id)
    if card is not None and id.startswith("pm_card_"):
        return new_card(world, call.account, card)
    return call.named("payment_methods", "PaymentMethod", "payment_method")


def attach_to(world: World, method: Record, customer: str) -> None:
    if method.data["customer"] == customer:
        return
    method.data["customer"] = customer
    world.save(method)
    events.emit(world, "payment_method.attached", method)


def create(call: Call) -> Record:
    """https://docs.stripe.com/api/payment_methods/create"""
    if "payment_method" in call.params:
        raise not_simulated("cloning a PaymentMethod to a connected account")
    return _create(call.world, call.account, call.params, "")


def _create(world: World, account: str, params: Json, path: str) -> Record:
    if "type" not in params:
        raise bad_request("Missing required param: type.", "parameter_missing", "type")
    if params["type"] != "card":
        raise not_simulated(f"PaymentMethods of type {params['type']} made by the API")
    typed: Json = params.get("card") or {}
    if "token" in typed:
        card, expiry = cards.by_token(typed["token"]), card_details.EXPIRY
    else:
        card, expiry = typed_card(typed, f"{path}[card]" if path else "card")
    if card is None:
        raise not_simulated(f"the token {typed['token']}")
    method = new_card(world, account, card, expiry)
    _apply(method, params)
    return method


def typed_card(typed: Json, path: str) -> tuple[Card, Json]:
    """The test card with this number, and its expiry; 402 when there is none."""
    for name in ("number", "exp_month", "exp_year"):
        if name not in typed:
            param = f"{path}[{name}]"
            raise bad_request(f"Missing required param: {param}.", "parameter_missing", param)
    card = cards.find_online(typed["number"])
    if card is None:
        message = "Your card was declined. Your request was in test mode, but used a non test card."
        raise StripeError(
            402,
            message,
            type="card_error",
            code="card_declined",
            decline_code="test_mode_live_card",
        )
    return card, {"exp_month": typed["exp_month"], "exp_year": typed["exp_year"]}


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
    before = method.data["card"]
    _apply(method, call.params)
    typed: Json = call.params.get("card") or {}
    expiry = {name: typed[name] for name in ("exp_month", "exp_year") if name in typed}
    method.data["card"] = before | expiry
    call.world.save(method)
    events.emit(call.world, "payment_method.updated", method)
    return method


def _apply(method: Record, params: Json) -> None:
    data = method.data
    data["allow_redisplay"] = params.get("allow_redisplay", data["allow_redisplay"])
    sent: dict[str, Any] = params.get("billing_details") or {}
    details = data["billing_details"] | {k: none_if_empty(v) for k, v in sent.items()}
    if "address" in sent:
        details["address"] = address(sent["address"] or {}, data["billing_details"]["address"])
    data["billing_details"] = details
    merge_metadata(data, params)


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


def require_attachable(method: Record, customer: str) -> None:
    """A bank is asked before a card is kept; what a reader read is never kept."""
    data = method.data
    if data["type"] not in REUSABLE:
        raise bad_request(
            f"The PaymentMethod {method.id} cannot be attached: a {data['type']} PaymentMethod can "
            "be used once only.",
            "payment_method_unexpected_state",
            "payment_method",
        )
    if data["customer"] not in (None, customer):
        raise bad_request(
            "The payment method you provided has already been attached to a customer.",
            "payment_method_unexpected_state",
            "payment_method",
        )
    if method.hidden.get("detached"):
        raise bad_request(
            "This PaymentMethod was previously used without being attached to a Customer or was "
            "detached from a Customer, and may not be used again.",
            None,
            "payment_method",
        )
    card = card_of(method)
    if card.code is not None and card.name != "charge_customer_fail":
        verdict = cards.Verdict(card.code, card.decline_code)
        raise StripeError(
            402,
            verdict.message,
            type="card_error",
            code=verdict.code,
            decline_code=verdict.decline_code,
        )


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


def detach_from(world: World, method: Record) -> None:
    before = method.data["customer"]
    method.data["customer"] = None
    method.hidden["detached"] = True
    world.save(method)
    events.emit(world, "payment_method.detached", method, {"customer": before})


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
