"""The bank's answer reaches a PaymentIntent, and what follows: hold, capture, expiry.

https://docs.stripe.com/payments/paymentintents/lifecycle
https://docs.stripe.com/terminal/payments/collect-card-payment
"""

from simulator.balance.settlement import settle
from simulator.payments import payment_methods, refunds
from simulator.payments.amount_details import with_tip
from simulator.payments.cards import Reading, Verdict
from simulator.payments.charges import details_of_reading, new_charge
from simulator.payments.intent_state import capture_method, close
from simulator.state.store import Json, Record, clone
from simulator.state.world import World
from simulator.webhooks import events

# https://docs.stripe.com/payments/affirm: what is not a card names no deadline of its own.
LONGEST_HOLD = 30 * 24 * 3600


def collect(world: World, intent: Record, reading: Reading) -> Record:
    """A card was read but nothing asked of its bank yet: confirm within 30 seconds, or uncollect.

    Returns the PaymentMethod to hand to `approve` or `decline`.
    """
    method = payment_methods.read_by(world, intent.account, reading)
    intent.data["payment_method"] = method.id
    intent.data["status"] = "requires_confirmation"
    intent.data["last_payment_error"] = None
    if reading.tip is not None:
        intent.data["amount_details"] = with_tip(intent.data["amount_details"], reading.tip)
    world.save(intent)
    return method


def uncollect(world: World, intent: Record) -> None:
    """What was read is forgotten; the PaymentIntent wants a card again."""
    if intent.data["status"] != "requires_confirmation":
        return
    intent.data["payment_method"] = None
    intent.data["status"] = "requires_payment_method"
    intent.data["amount_details"] = with_tip(intent.data["amount_details"], None)
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
    authorized = total if reading.authorized is None else min(reading.authorized, total)
    charge = new_charge(
        *(world, intent, method, reading.verdict, authorized),
        lambda charge: details_of_reading(world, intent, reading, charge, manual=manual),
    )
    data = intent.data
    data["amount"] = total
    if reading.tip is not None:
        data["amount_details"] = with_tip(data["amount_details"], reading.tip)
    if data["setup_future_usage"] is not None:
        _save_card(world, intent, charge, reading, allow_redisplay)
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
        "payment_method": None,
        "status": "requires_payment_method",
    }
    if intent.data["amount_details"].get("tip"):
        intent.data["amount_details"] = with_tip(intent.data["amount_details"], None)
    intent.hidden["refusals"] = intent.hidden.get("refusals", 0) + 1
    world.save(intent)
    events.emit(world, "charge.failed", charge)
    if told:
        events.emit(world, "payment_intent.payment_failed", intent)
    return error


def _plan_expiry(world: World, intent: Record, charge: Record) -> None:
    details = charge.data["payment_method_details"]
    before = details[details["type"]].get("capture_before")
    deadline = before or charge.data["created"] + LONGEST_HOLD
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


JOBS = {"expire_hold": expire_hold}
