"""A hold is captured or made bigger.

https://docs.stripe.com/api/payment_intents/capture, /api/payment_intents/increment_authorization,
/terminal/features/incremental-authorizations, /terminal/features/collecting-tips/on-receipt
"""

from simulator.api.objects import merge_metadata, none_if_empty, set_plain
from simulator.api.routes import Call, operation
from simulator.balance.settlement import settle
from simulator.errors import StripeError, bad_request
from simulator.payments import amount_details, cards
from simulator.payments.amount_details import items_of
from simulator.payments.cards import Verdict
from simulator.payments.charges import card_present, transfer_data
from simulator.payments.intent_params import keep, note_payment_details
from simulator.payments.intent_rules import require_descriptors
from simulator.payments.intent_state import require_status, require_unlocked, unexpected_state
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.webhooks import events

MOST_INCREMENTS = 10
HELD = ("requires_capture",)
FEE = "application_fee_amount"


def capture(call: Call) -> Record:
    intent = _retrieve(call)
    carry_out(call.world, intent, call.params)
    return intent


def carry_out(world: World, intent: Record, params: Json) -> None:
    """Capture with the parameters of the endpoint; more than is held is asked for first."""
    require_unlocked(intent)
    if intent.data["status"] == "succeeded":
        message = "This PaymentIntent could not be captured because it has already been captured."
        raise unexpected_state(intent, message, world.switches["captured_again_code"])
    require_status(
        intent,
        HELD,
        "This PaymentIntent could not be captured because it has a status of {status}. Only a "
        "PaymentIntent with one of the following statuses may be captured: requires_capture.",
    )
    if params.get("final_capture") is False:
        message = "final_capture can only be false where multicapture is available; here it is not."
        raise bad_request(message, "payment_intent_invalid_parameter", "final_capture")
    charge = world.get(intent.data["latest_charge"])
    amount: int = intent.data["amount_capturable"]
    amount = params.get("amount_to_capture", amount)
    increment = _require_within_limits(world, intent, charge, amount)
    changed = intent.data | {"amount": max(amount, intent.data["amount"])}
    items = _note(changed, params, items_of(intent), amount)
    if increment:
        _increment(world, intent, charge, amount)
    keep(world, intent, changed, items)
    _settle(world, intent, charge, amount)


def _note(data: Json, params: Json, items: list[Json], amount: int) -> list[Json]:
    """What is sent beside an amount, onto a copy: it counts only if the bank agrees."""
    fee = params.get(FEE)
    if fee is not None:
        _require_fee_allowed(data, fee)
    names = ("description", FEE, "statement_descriptor", "statement_descriptor_suffix")
    set_plain(data, params, *names)
    require_descriptors(data)
    if "transfer_data" in params:
        if not data["transfer_data"]:
            message = "transfer_data can only be given for a destination charge."
            raise bad_request(message, None, "transfer_data")
        data["transfer_data"] = data["transfer_data"] | params["transfer_data"]
    note_payment_details(data, params)
    merge_metadata(data, params)
    return amount_details.apply(data, params, items, amount)


def _settle(world: World, intent: Record, charge: Record, amount: int) -> None:
    data, of = intent.data, charge.data
    fee = data[FEE]
    of[FEE] = None if fee is None else min(fee, amount)
    of["transfer_data"] = transfer_data(data)
    for name in ("statement_descriptor", "statement_descriptor_suffix"):
        of[name] = data[name]
    of["amount"] = max(amount, of["amount"])
    data["status"] = "succeeded"
    data["amount_received"] = amount
    data["amount_capturable"] = 0
    settle(world, intent, charge, amount)
    world.save(intent)
    events.emit(world, "charge.captured", charge)
    events.emit(world, "payment_intent.succeeded", intent)


def _require_within_limits(world: World, intent: Record, charge: Record, amount: int) -> bool:
    """Whether the bank has to be asked for more before this amount can be captured."""
    held: int = intent.data["amount_capturable"]
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise bad_request(message, "parameter_invalid_integer", "amount_to_capture")
    details = card_present(charge)
    limit = held
    if details.get("overcapture_supported"):
        limit += max(held // 2, world.switches["over_capture_floor"])
    if amount <= limit:
        return False
    if details.get("incremental_authorization_supported"):
        return True
    raise bad_request(
        f"The amount_to_capture ({amount}) is more than what can be captured ({limit}).",
        world.switches["over_capture_code"],
        "amount_to_capture",
    )


def _require_fee_allowed(data: Json, fee: int) -> None:
    if data["application"] is None and not data["transfer_data"]:
        message = "Can only apply an application_fee_amount to a direct or destination payment."
        raise bad_request(message, None, FEE)
    if fee < 0:
        message = "This value must be greater than or equal to 0."
        raise bad_request(message, "parameter_invalid_integer", FEE)


def increment_authorization(call: Call) -> Record:
    """`amount` is the new total; a refusal leaves the hold as it was."""
    world, params = call.world, call.params
    intent = _retrieve(call)
    require_unlocked(intent)
    require_status(
        intent,
        HELD,
        "This PaymentIntent's authorization could not be incremented because it has a status of "
        "{status}. Only a PaymentIntent with one of the following statuses may be incremented: "
        "requires_capture.",
    )
    charge = world.get(intent.data["latest_charge"])
    if not card_present(charge).get("incremental_authorization_supported"):
        raise bad_request(
            "This PaymentIntent's payment method does not support incremental authorizations, or "
            "they were not requested when it was confirmed.",
            "payment_intent_invalid_parameter",
            "amount",
        )
    amount = params["amount"]
    if amount <= intent.data["amount_capturable"]:
        message = "The new amount must be greater than the amount that is authorized."
        raise bad_request(message, "parameter_invalid_integer", "amount")
    changed = intent.data | {"amount": amount, "amount_capturable": amount}
    items = _note(changed, params, items_of(intent), amount)
    _increment(world, intent, charge, amount)
    keep(world, intent, changed, items)
    events.emit(world, "payment_intent.amount_capturable_updated", intent)
    return intent


def _increment(world: World, intent: Record, charge: Record, amount: int) -> None:
    """The bank is asked for the new total; a refusal is raised and counts as an attempt."""
    if intent.hidden.get("increments", 0) >= MOST_INCREMENTS:
        raise bad_request(
            f"This PaymentIntent's authorization was incremented {MOST_INCREMENTS} times already.",
            "payment_intent_unexpected_state",
            "amount",
        )
    intent.hidden |= {"increments": intent.hidden.get("increments", 0) + 1}
    world.save(intent)
    card = cards.by_name(charge.hidden["card"])
    verdict: Verdict = cards.verdict(card, amount, world.switches)
    if not verdict.approved:
        error = verdict.error() | {"charge": charge.id, "payment_intent": dict(intent.data)}
        raise StripeError(402, error.pop("message"), **error)
    before = charge.data["amount"]
    charge.data["amount"] = amount
    card_present(charge)["amount_authorized"] = amount
    world.save(charge)
    events.emit(world, "charge.updated", charge, {"amount": before})


def _retrieve(call: Call) -> Record:
    return call.find("payment_intents", "payment_intent", "intent")


def capture_charge(call: Call) -> Record:
    """https://docs.stripe.com/api/charges/capture: the same as capturing its PaymentIntent."""
    world, params = call.world, call.params
    charge = call.find("charges", "charge")
    if charge.data["captured"]:
        message = f"Charge {charge.id} has already been captured."
        raise bad_request(message, "charge_already_captured")
    if charge.data["refunded"]:
        message = f"Charge {charge.id} could not be captured: its hold has expired or was released."
        raise bad_request(message, "charge_expired_for_capture")
    if not charge.data["paid"]:
        raise bad_request(f"Charge {charge.id} has failed and cannot be captured.", None, "id")
    intent = world.get(charge.data["payment_intent"])
    renamed = {"amount": "amount_to_capture", "application_fee": FEE}
    carry_out(world, intent, {renamed.get(k, k): v for k, v in params.items()})
    for name in ("receipt_email", "transfer_group"):
        charge.data[name] = none_if_empty(params.get(name, charge.data[name]))
    world.save(charge)
    return charge


_NOTES = (
    f"{amount_details.ACCEPTED} application_fee_amount metadata payment_details "
    "statement_descriptor transfer_data[amount]"
)
OPERATIONS = [
    operation(
        "POST",
        "/v1/payment_intents/{id}/capture",
        "payment_intents.capture",
        capture,
        "PaymentIntentCaptureParams",
        "payment_intent",
        f"{_NOTES} amount_to_capture final_capture statement_descriptor_suffix",
    ),
    operation(
        "POST",
        "/v1/payment_intents/{id}/increment_authorization",
        "payment_intents.increment_authorization",
        increment_authorization,
        "PaymentIntentIncrementAuthorizationParams",
        "payment_intent",
        f"{_NOTES} amount description",
    ),
    operation(
        "POST",
        "/v1/charges/{id}/capture",
        "charges.capture",
        capture_charge,
        "ChargeCaptureParams",
        "charge",
        "amount application_fee application_fee_amount receipt_email statement_descriptor "
        "statement_descriptor_suffix transfer_data[amount] transfer_group",
    ),
]
