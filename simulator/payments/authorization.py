"""The bank's answer reaches a PaymentIntent, and what follows: hold, capture, expiry.

https://docs.stripe.com/payments/paymentintents/lifecycle
https://docs.stripe.com/terminal/payments/collect-card-payment
"""

from simulator.api.objects import merge_metadata, set_plain
from simulator.api.routes import Call, operation
from simulator.balance.settlement import settle
from simulator.errors import bad_request
from simulator.payments import payment_methods, refunds
from simulator.payments.cards import Reading, Verdict
from simulator.payments.charges import (
    card_present,
    details_of_reading,
    new_charge,
    transfer_data,
)
from simulator.payments.payment_intents import close, require_unlocked, retrieve, unexpected_state
from simulator.state.store import Json, Record, clone
from simulator.state.world import World
from simulator.webhooks import events


def capture_method(intent: Record) -> str:
    """The card_present option overrides the PaymentIntent's own."""
    options = intent.data["payment_method_options"].get("card_present", {})
    return str(options.get("capture_method") or intent.data["capture_method"])


def collect(world: World, intent: Record, reading: Reading) -> Record:
    """A card was read but nothing asked of its bank yet: confirm within 30 seconds, or uncollect.

    Returns the PaymentMethod to hand to `approve` or `decline`.
    """
    method = payment_methods.read_by(world, intent.account, reading)
    intent.data["payment_method"] = method.id
    intent.data["status"] = "requires_confirmation"
    intent.data["last_payment_error"] = None
    if reading.tip is not None:
        intent.data["amount_details"] = intent.data["amount_details"] | {
            "tip": {"amount": reading.tip}
        }
    world.save(intent)
    return method


def uncollect(world: World, intent: Record) -> None:
    """What was read is forgotten; the PaymentIntent wants a card again."""
    if intent.data["status"] != "requires_confirmation":
        return
    intent.data["payment_method"] = None
    intent.data["status"] = "requires_payment_method"
    intent.data["amount_details"] = intent.data["amount_details"] | {"tip": {}}
    world.save(intent)


def approve(
    world: World,
    intent: Record,
    reading: Reading,
    method: Record | None = None,
    allow_redisplay: str = "unspecified",
) -> None:
    """A charge, and the PaymentIntent is held or captured; the card is saved if that was asked."""
    wanted = capture_method(intent)
    manual = wanted == "manual" or (wanted == "manual_preferred" and reading.card.can_be_held)
    method = method or payment_methods.read_by(world, intent.account, reading)
    total = intent.data["amount"] + (reading.tip or 0)
    charge = new_charge(
        *(world, intent, method, reading.verdict, total),
        lambda charge: details_of_reading(world, intent, reading, charge, manual=manual),
    )
    data = intent.data
    data["amount"] = total
    if reading.tip is not None:
        data["amount_details"] = data["amount_details"] | {"tip": {"amount": reading.tip}}
    if data["setup_future_usage"] is not None:
        _save_card(world, intent, charge, reading, allow_redisplay)
    authorized = total if reading.authorized is None else reading.authorized
    accept(world, intent, charge, method, authorized, manual=manual)


def accept(
    world: World, intent: Record, charge: Record, method: Record, amount: int, *, manual: bool
) -> None:
    """The bank has agreed to this amount: it is held, or captured at once."""
    data = intent.data
    data["latest_charge"] = charge.id
    data["payment_method"] = method.id
    data["last_payment_error"] = None
    data["next_action"] = None
    if manual:
        data["status"] = "requires_capture"
        data["amount_capturable"] = amount
        _plan_expiry(world, intent, charge)
    else:
        data["status"] = "succeeded"
        data["amount_received"] = amount
        settle(world, intent, charge, amount)
    world.save(intent)
    events.emit(world, "charge.succeeded", charge)
    follow_up = "amount_capturable_updated" if manual else "succeeded"
    events.emit(world, f"payment_intent.{follow_up}", intent)


def _save_card(
    world: World, intent: Record, charge: Record, reading: Reading, allow_redisplay: str
) -> None:
    """https://docs.stripe.com/terminal/features/saving-cards/save-after-payment"""
    origin = {
        "charge": charge.id,
        "payment_method_details": clone(charge.data["payment_method_details"]),
        "setup_attempt": None,
    }
    if reading.card.type != "card_present":
        origin["payment_method_details"] = None
    card = payment_methods.generate_card(world, intent.account, reading, origin, allow_redisplay)
    if card is None:
        return
    charge.data["payment_method_details"][reading.card.type]["generated_card"] = card.id
    world.save(charge)
    if intent.data["customer"] is not None:
        payment_methods.attach_to(world, card, intent.data["customer"])


def decline(
    world: World,
    intent: Record,
    reading: Reading,
    method: Record | None = None,
    *,
    retried: bool = False,
) -> Json:
    """A failed charge; the PaymentIntent wants another card. Returns the error."""
    method = method or payment_methods.read_by(world, intent.account, reading)
    charge = new_charge(
        *(world, intent, method, reading.verdict, intent.data["amount"] + (reading.tip or 0)),
        lambda charge: details_of_reading(world, intent, reading, charge, manual=False),
    )
    told = not retried or world.switches["sca_retry_emits_payment_failed"]
    return refuse(world, intent, charge, method, reading.verdict, told=told)


def refuse(
    world: World,
    intent: Record,
    charge: Record,
    method: Record,
    verdict: Verdict,
    *,
    told: bool = True,
) -> Json:
    """The charge failed: note why, and ask for another PaymentMethod. Returns the error."""
    error = verdict.error() | {"charge": charge.id, "payment_method": clone(method.data)}
    intent.data |= {
        "last_payment_error": error,
        "latest_charge": charge.id,
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    if intent.data["amount_details"].get("tip"):
        intent.data["amount_details"] = intent.data["amount_details"] | {"tip": {}}
    world.save(intent)
    events.emit(world, "charge.failed", charge)
    if told:
        events.emit(world, "payment_intent.payment_failed", intent)
    return error


def capture(call: Call) -> Record:
    """https://docs.stripe.com/api/payment_intents/capture"""
    world, params = call.world, call.params
    intent = retrieve(call)
    require_unlocked(intent)
    data = intent.data
    if data["status"] != "requires_capture":
        raise unexpected_state(intent, _why_not(data["status"]))
    charge = world.get(data["latest_charge"])
    amount: int = data["amount_capturable"]
    if "amount_to_capture" in params:
        amount = params["amount_to_capture"]
    _require_within_limits(world, data["amount_capturable"], amount, charge)
    fee: int | None = params.get("application_fee_amount", data["application_fee_amount"])
    if fee is not None and "application_fee_amount" in params:
        _require_fee_allowed(intent, fee)
    set_plain(data, params, "application_fee_amount", "statement_descriptor_suffix")
    _note_transfer(data, params)
    merge_metadata(data, params)
    of = charge.data
    of["application_fee_amount"] = None if fee is None else min(fee, amount)
    of["transfer_data"] = transfer_data(data)
    if amount > of["amount"]:
        data["amount"] = of["amount"] = amount
    data["status"] = "succeeded"
    data["amount_received"] = amount
    data["amount_capturable"] = 0
    settle(world, intent, charge, amount)
    world.save(intent)
    events.emit(world, "charge.captured", charge)
    events.emit(world, "payment_intent.succeeded", intent)
    return intent


def _why_not(status: str) -> str:
    if status == "succeeded":
        return "This PaymentIntent could not be captured because it has already been captured."
    return (
        f"This PaymentIntent could not be captured because it has a status of {status}. Only a "
        "PaymentIntent with one of the following statuses may be captured: requires_capture."
    )


def _require_within_limits(world: World, held: int, amount: int, charge: Record) -> None:
    """https://docs.stripe.com/terminal/features/collecting-tips/on-receipt"""
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise bad_request(message, "parameter_invalid_integer", "amount_to_capture")
    limit = held
    if card_present(charge).get("overcapture_supported"):
        limit += max(held // 2, world.switches["over_capture_floor"])
    if amount > limit:
        raise bad_request(
            f"The amount_to_capture ({amount}) is more than what can be captured ({limit}).",
            "amount_too_large",
            "amount_to_capture",
        )


def _require_fee_allowed(intent: Record, fee: int) -> None:
    data = intent.data
    if data["application"] is None and not data["transfer_data"]:
        message = "Can only apply an application_fee_amount to a direct or destination payment."
        raise bad_request(message, None, "application_fee_amount")
    if fee < 0:
        message = "This value must be greater than or equal to 0."
        raise bad_request(message, "parameter_invalid_integer", "application_fee_amount")


def _note_transfer(data: Json, params: Json) -> None:
    if "transfer_data" not in params:
        return
    if not data["transfer_data"]:
        message = "transfer_data can only be given for a destination charge."
        raise bad_request(message, None, "transfer_data")
    data["transfer_data"] = data["transfer_data"] | params["transfer_data"]


def _plan_expiry(world: World, intent: Record, charge: Record) -> None:
    details = charge.data["payment_method_details"]
    deadline = details[details["type"]]["capture_before"]
    delay = deadline * 1000 - world.clock.now_ms()
    world.agenda.schedule(delay, "expire_hold", intent=intent.id)


def expire_hold(world: World, intent: str) -> None:
    """Not captured in time: the funds go back and the PaymentIntent is canceled."""
    record = world.get(intent)
    if record.data["status"] != "requires_capture":
        return
    charge = world.get(record.data["latest_charge"])
    refunds.release(world, charge, "expired_uncaptured_charge")
    events.emit(world, "charge.expired", charge)
    close(world, record, world.switches["expired_hold_reason"])


OPERATIONS = [
    operation(
        "POST",
        "/v1/payment_intents/{id}/capture",
        "payment_intents.capture",
        capture,
        "PaymentIntentCaptureParams",
        "payment_intent",
        takes="amount_to_capture application_fee_amount metadata statement_descriptor_suffix "
        "transfer_data[amount]",
    ),
]
JOBS = {"expire_hold": expire_hold}
