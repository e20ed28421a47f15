"""PaymentMethods: read by a reader, generated from what it read, or typed by a customer.

https://docs.stripe.com/api/payment_methods, /terminal/features/saving-cards
"""

from typing import Any

from simulator.api.objects import address, merge_metadata, none_if_empty
from simulator.api.routes import Call
from simulator.errors import StripeError, bad_request, not_simulated
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
        return make(world, call.account, params["payment_method_data"], "payment_method_data")
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


def make(world: World, account: str, params: Json, path: str) -> Record:
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
    apply(method, params)
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


def apply(method: Record, params: Json) -> None:
    data = method.data
    merge_metadata(data, params)
    data["allow_redisplay"] = params.get("allow_redisplay", data["allow_redisplay"])
    sent: dict[str, Any] = params.get("billing_details") or {}
    details = data["billing_details"] | {k: none_if_empty(v) for k, v in sent.items()}
    if "address" in sent:
        details["address"] = address(sent["address"] or {}, data["billing_details"]["address"])
    data["billing_details"] = details


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
    verdict = cards.online_verdict(card_of(method), saving=True)
    if not verdict.approved:
        raise StripeError(
            402,
            verdict.message,
            type="card_error",
            code=verdict.code,
            decline_code=verdict.decline_code,
        )


def detach_from(world: World, method: Record) -> None:
    before = method.data["customer"]
    method.data["customer"] = None
    method.hidden["detached"] = True
    world.save(method)
    events.emit(world, "payment_method.detached", method, {"customer": before})
