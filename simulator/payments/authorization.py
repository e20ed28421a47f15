"""The bank's answer reaches a PaymentIntent, and what follows: hold, capture, expiry.

https://docs.stripe.com/payments/paymentintents/lifecycle
https://docs.stripe.com/terminal/payments/collect-card-payment
"""

from simulator.api.objects import merge_metadata, set_plain
from simulator.api.routes import Call, operation
from simulator.balance.settlement import settle
from simulator.errors import bad_request
from simulator.payments.charges import Reading, card_present, new_charge, new_payment_method
from simulator.payments.payment_intents import close, require_unlocked, retrieve, unexpected_state
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.webhooks import events


def capture_method(intent: Record) -> str:
    """The card_present option overrides the PaymentIntent's own."""
    options = intent.data["payment_method_options"].get("card_present", {})
    return str(options.get("capture_method") or intent.data["capture_method"])


def approve(world: World, intent: Record, reading: Reading) -> None:
    """A charge, and the PaymentIntent is held or captured."""
    method = capture_method(intent)
    manual = method == "manual" or (method == "manual_preferred" and reading.card.can_be_held)
    payment_method = new_payment_method(world, intent.account, reading)
    charge = new_charge(world, intent, reading, payment_method, manual=manual)
    data = intent.data
    data["amount"] = charge.data["amount"]
    if reading.tip is not None:
        data["amount_details"] = {"tip": {"amount": reading.tip}}
    data["latest_charge"] = charge.id
    data["payment_method"] = payment_method.id
    data["last_payment_error"] = None
    if manual:
        data["status"] = "requires_capture"
        data["amount_capturable"] = data["amount"]
        _plan_expiry(world, intent, charge)
    else:
        data["status"] = "succeeded"
        data["amount_received"] = data["amount"]
        settle(world, intent, charge, data["amount"])
    world.save(intent)
    events.emit(world, "charge.succeeded", charge)
    follow_up = "amount_capturable_updated" if manual else "succeeded"
    events.emit(world, f"payment_intent.{follow_up}", intent)


def decline(world: World, intent: Record, reading: Reading, *, retried: bool = False) -> Json:
    """A failed charge; the PaymentIntent wants another card. Returns the error."""
    payment_method = new_payment_method(world, intent.account, reading)
    charge = new_charge(world, intent, reading, payment_method, manual=False)
    verdict = reading.verdict
    slug = str(verdict.code).replace("_", "-")
    error: Json = {
        "advice_code": "try_again_later",
        "charge": charge.id,
        "code": verdict.code,
        "doc_url": f"https://docs.stripe.com/error-codes#{slug}",
        "message": verdict.message,
        "network_decline_code": "05",
        "payment_method": payment_method.data,
        "type": "card_error",
    }
    if verdict.decline_code is not None:
        error["decline_code"] = verdict.decline_code
    intent.data["last_payment_error"] = error
    intent.data["latest_charge"] = charge.id
    intent.data["payment_method"] = None
    world.save(intent)
    events.emit(world, "charge.failed", charge)
    if not retried or world.switches["sca_retry_emits_payment_failed"]:
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
    of["transfer_data"] = data["transfer_data"]
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
    deadline = card_present(charge)["capture_before"]
    delay = deadline * 1000 - world.clock.now_ms()
    world.agenda.schedule(delay, "expire_hold", intent=intent.id)


def expire_hold(world: World, intent: str) -> None:
    """Not captured in time: the funds go back and the PaymentIntent is canceled."""
    record = world.get(intent)
    if record.data["status"] != "requires_capture":
        return
    charge = world.get(record.data["latest_charge"])
    charge.data["refunded"] = True
    charge.data["amount_refunded"] = charge.data["amount"]
    world.save(charge)
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
