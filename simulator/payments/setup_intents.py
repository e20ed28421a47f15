"""SetupIntents: a card is saved for later without being charged.

https://docs.stripe.com/api/setup_intents, /terminal/features/saving-cards/save-cards-directly
"""

from simulator.errors import StripeError
from simulator.payments import card_details, payment_methods, setup_attempts
from simulator.payments.cards import Reading, online_verdict
from simulator.state.store import Json, Record, clone
from simulator.state.world import World
from simulator.webhooks import events

FAILED = "The latest attempt to set up the payment method has failed because authentication failed."
NO_WALLETS = "Mobile wallets cannot be set up for future use with a card reader."


def set_up(world: World, intent: Record, method: Record) -> None:
    """The bank is asked about a card that was typed; its refusal is raised."""
    data = intent.data
    verdict = online_verdict(payment_methods.card_of(method), saving=True)
    if not verdict.approved:
        error: Json = verdict.error() | {"payment_method": clone(method.data)}
        _record_failure(world, intent, method, _typed_details(world, method), error)
        shown = {**error, "setup_intent": dict(data)}
        raise StripeError(402, shown.pop("message"), **shown)
    setup_attempts.new(world, intent, method, _typed_details(world, method))
    if data["customer"] is not None:
        payment_methods.attach_to(world, method, data["customer"])
    _record_success(world, intent, method)


def _typed_details(world: World, method: Record) -> Json:
    card = payment_methods.card_of(method)
    details = card_details.online(world, card) | {
        "checks": method.data["card"]["checks"],
        "moto": None,
        "network": card.online_brand,
        "three_d_secure": None,
        "wallet": None,
    }
    return dict(sorted(details.items()))


def can_be_saved(reading: Reading) -> bool:
    """https://docs.stripe.com/terminal/features/saving-cards: no domestic-only card, no wallet."""
    card = reading.card
    return (
        reading.verdict.approved
        and card.code is None
        and card.online_brand is not None
        and reading.wallet is None
    )


def succeed(
    world: World, intent: Record, reading: Reading, allow_redisplay: str = "unspecified"
) -> Record | None:
    """The reader set the card up; returns the card for use online, if there can be one."""
    read = payment_methods.read_by(world, intent.account, reading)
    details: Json = {"generated_card": None, "offline": None}
    attempt = setup_attempts.new(world, intent, read, details)
    origin = {"charge": None, "payment_method_details": None, "setup_attempt": attempt.id}
    card = payment_methods.generate_card(world, intent.account, reading, origin, allow_redisplay)
    details["generated_card"] = card and card.id
    if card is not None and intent.data["customer"] is not None:
        payment_methods.attach_to(world, card, intent.data["customer"])
    _record_success(world, intent, read)
    return card


def fail(world: World, intent: Record, reading: Reading) -> Json:
    """The bank or the wallet refused; the SetupIntent wants another card. Returns the error."""
    read = payment_methods.read_by(world, intent.account, reading)
    code = "setup_intent_authentication_failure"
    if reading.wallet is not None:
        code = "setup_intent_mobile_wallet_unsupported"
    error: Json = {
        "code": code,
        "doc_url": f"https://docs.stripe.com/error-codes#{code.replace('_', '-')}",
        "message": FAILED if reading.wallet is None else NO_WALLETS,
        "payment_method": clone(read.data),
        "type": "invalid_request_error",
    }
    if reading.verdict.decline_code is not None:
        error["decline_code"] = reading.verdict.decline_code
    _record_failure(world, intent, read, {"generated_card": None, "offline": None}, error)
    return error


def _record_success(world: World, intent: Record, method: Record) -> None:
    intent.data |= {
        "last_setup_error": None,
        "next_action": None,
        "payment_method": method.id,
        "status": "succeeded",
    }
    world.save(intent)
    events.emit(world, "setup_intent.succeeded", intent)


def _record_failure(
    world: World, intent: Record, method: Record, details: Json, error: Json
) -> None:
    setup_attempts.new(world, intent, method, details, error)
    intent.data |= {
        "last_setup_error": error,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    world.save(intent)
    events.emit(world, "setup_intent.setup_failed", intent)
