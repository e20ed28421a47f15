"""WeChat Pay, Affirm and PayNow: the reader shows a code and the customer pays on a phone.

https://docs.stripe.com/terminal/payments/additional-payment-methods
"""

from simulator.payments import authorization, payment_methods
from simulator.payments.cards import Verdict
from simulator.payments.charges import new_charge
from simulator.payments.intent_rules import QR_CURRENCIES
from simulator.payments.intent_state import capture_method
from simulator.state.store import Json, Record, clone
from simulator.state.world import World
from simulator.webhooks import events

METHODS = tuple(sorted(QR_CURRENCIES))
LANDING_PAGE = "https://stripe.com"
HOSTED = "https://payments.stripe.com"
FAILED = (
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or "
    "a new PaymentMethod to attempt to fulfill this PaymentIntent again."
)


def show(
    world: World, intent: Record, type: str, reader: Record, return_url: str | None = None
) -> Json:
    """The customer chose `type`: the PaymentIntent waits for the phone. Returns `next_action`."""
    method = payment_methods.of_method(world, intent.account, type)
    next_action = _next_action(world, intent, type, return_url or LANDING_PAGE)
    intent.data |= {
        "last_payment_error": None,
        "next_action": next_action,
        "payment_method": method.id,
        "status": "requires_action",
    }
    intent.hidden["shown_by"] = {"location": reader.data["location"], "reader": reader.id}
    world.save(intent)
    events.emit(world, "payment_intent.requires_action", intent)
    return next_action


def _next_action(world: World, intent: Record, type: str, return_url: str) -> Json:
    code = world.ids.text(f"code {intent.id} {intent.hidden.get('refusals', 0)}", 24)
    images = {
        "image_url_png": f"{HOSTED}/qr/test_{code}.png",
        "image_url_svg": f"{HOSTED}/qr/test_{code}.svg",
    }
    hosted = f"{HOSTED}/{type}/instructions/test_{code}"
    if type == "wechat_pay":
        shown = images | {
            "data": f"weixin://wxpay/bizpayurl?pr=test_{code}",
            "hosted_instructions_url": hosted,
            "image_data_url": f"data:image/png;base64,{code}",
        }
        return {"type": "wechat_pay_display_qr_code", "wechat_pay_display_qr_code": shown}
    if type == "paynow":
        shown = images | {"data": f"test_{code}", "hosted_instructions_url": hosted}
        return {"paynow_display_qr_code": shown, "type": "paynow_display_qr_code"}
    redirect = {"return_url": return_url, "url": f"{HOSTED}/redirect/test_{code}"}
    return {"redirect_to_url": redirect, "type": "redirect_to_url"}


def waits(intent: Record) -> bool:
    """Whether a customer may still pay by phone, even after the reader was told to stop."""
    return bool(intent.data["status"] == "requires_action" and intent.hidden.get("shown_by"))


def pay(world: World, intent: Record) -> None:
    """The customer paid. Affirm may be held; the others are captured at once."""
    method = world.get(intent.data["payment_method"])
    type = method.data["type"]
    charge = new_charge(
        *(world, intent, method, Verdict(), intent.data["amount"]),
        lambda charge: _details(world, intent, type, charge),
    )
    manual = type == "affirm" and capture_method(intent, type) == "manual"
    amount = intent.data["amount"]
    authorization.accept(world, intent, charge, method, amount, manual=manual)


def _details(world: World, intent: Record, type: str, charge: Json) -> Json:
    details: Json = clone(intent.hidden["shown_by"])
    number = world.ids.digits(f"transaction {charge['id']}", 16)
    if type == "wechat_pay":
        details["fingerprint"] = world.ids.text(f"fingerprint {charge['id']}", 16)
    return details | {"reference" if type == "paynow" else "transaction_id": number}


def refuse(world: World, intent: Record) -> Json:
    """The customer or the provider said no; there is no charge. Returns the error."""
    method = world.get(intent.data["payment_method"])
    error: Json = {
        "code": "payment_intent_authentication_failure",
        "doc_url": "https://docs.stripe.com/error-codes#payment-intent-authentication-failure",
        "message": FAILED,
        "payment_method": clone(method.data),
        "type": "invalid_request_error",
    }
    intent.data |= {
        "last_payment_error": error,
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    intent.hidden["refusals"] = intent.hidden.get("refusals", 0) + 1
    world.save(intent)
    events.emit(world, "payment_intent.payment_failed", intent)
    return error
