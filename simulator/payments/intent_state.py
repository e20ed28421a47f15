"""What state a PaymentIntent is in, what that allows, and how it ends without money.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from simulator.errors import StripeError, locked
from simulator.payments import refunds
from simulator.state.store import Record
from simulator.state.world import World
from simulator.webhooks import events

COLLECTING = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = ("requires_payment_method", "requires_capture", *COLLECTING[1:], "processing")


def capture_method(intent: Record, type: str = "card_present") -> str:
    """The option of the type of payment method overrides the PaymentIntent's own."""
    options = intent.data["payment_method_options"].get(type, {})
    return str(options.get("capture_method") or intent.data["capture_method"])


def require_unlocked(intent: Record) -> None:
    """While a card is being authorised, Stripe itself holds the object."""
    if intent.hidden["locked"]:
        raise locked("payment_intent", intent.id)


def require_status(intent: Record, allowed: tuple[str, ...], refusal: str) -> None:
    """`refusal` may name the status as `{status}`."""
    status = intent.data["status"]
    if status not in allowed:
        raise unexpected_state(intent, refusal.format(status=status))


def unexpected_state(
    intent: Record, message: str, code: str = "payment_intent_unexpected_state"
) -> StripeError:
    return StripeError(400, message, code=code, payment_intent=dict(intent.data))


def cancel(world: World, intent: Record, reason: str | None) -> None:
    """A held amount is released; the reader, if one shows this, goes on showing it."""
    require_unlocked(intent)
    require_status(
        intent,
        CANCELABLE,
        "You cannot cancel this PaymentIntent because it has a status of {status}. Only a "
        "PaymentIntent with one of the following statuses may be canceled: "
        f"{', '.join(CANCELABLE)}.",
    )
    close(world, intent, reason)


def close(world: World, intent: Record, reason: str | None) -> None:
    """Canceled, by us or by time; what was held is released."""
    data = intent.data
    if data["status"] == "requires_capture":
        refunds.release(world, world.get(data["latest_charge"]))
    data["status"] = "canceled"
    data["canceled_at"] = world.clock.now()
    data["cancellation_reason"] = reason
    data["amount_capturable"] = 0
    data["next_action"] = None
    world.save(intent)
    events.emit(world, "payment_intent.canceled", intent)
