"""The card that a reader has collected is charged.

https://docs.stripe.com/terminal/payments/collect-card-payment (server-driven, inspect)
"""

from simulator.api.routes import Call, operation
from simulator.errors import bad_request
from simulator.payments.intent_state import require_unlocked
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import device, ownership
from simulator.terminal.authorizing import authorize
from simulator.terminal.device import IDLE, VANISHED, WAITING
from simulator.terminal.readers import retrieve

REMEMBERED_MS = 30 * 60_000
NEEDS_CONFIRMATION = (
    "Payment intent must be in the requires_confirmation state to be confirmed by a reader."
)


def confirm_payment_intent(call: Call) -> Record:
    """The result comes after the answer: the bank is asked now."""
    world = call.world
    reader = retrieve(call)
    intent = ownership.payment_intent(call)
    require_unlocked(intent)
    remembered = _remembered(world, reader, intent)
    content: Json = {"payment_intent": intent.id}
    if "confirm_config" in call.params:
        content["confirm_config"] = call.params["confirm_config"]

    def command() -> None:
        device.enter(world, reader, IDLE)  # what was collected is used, not let go
        device.begin(world, reader, "confirm_payment_intent", content, WAITING)
        reader.hidden["allow_redisplay"] = remembered["allow_redisplay"]
        reader.hidden["tip"] = remembered["attempt"]["tip"]
        if not world.switches["confirm_waits_for_card"]:
            _ask_the_bank(world, reader, remembered["attempt"])

    device.send(world, reader, command, ends_collection=True)
    return reader


def _remembered(world: World, reader: Record, intent: Record) -> Json:
    """The card read for this PaymentIntent, which the reader knows for half an hour."""
    remembered: Json | None = reader.hidden["remembered"]
    if intent.data["status"] != "requires_confirmation":
        raise device.refused(world, NEEDS_CONFIRMATION, "intent_invalid_state")
    if (
        remembered is None
        or remembered["payment_method"] != intent.data["payment_method"]
        or world.clock.now_ms() - remembered["at"] > REMEMBERED_MS
    ):
        message = f"Reader {reader.id} has not collected a payment method for {intent.id}."
        raise bad_request(message, None, "payment_intent")
    return remembered


def _ask_the_bank(world: World, reader: Record, attempt: Json) -> None:
    """What was planned since goes before what was planned when the card was read."""
    planned: Json | None = reader.hidden["next"]
    if planned is not None and planned["outcome"] not in ("read_error", "cancel"):
        reader.hidden["next"] = None
        attempt = {name: attempt[name] for name in ("card", "tip", "method")} | planned
    if attempt["outcome"] == "vanish":
        device.enter(world, reader, VANISHED)
    else:
        authorize(world, reader, attempt, after_the_answer=True)


OPERATIONS = [
    operation(
        "POST",
        "/v1/terminal/readers/{id}/confirm_payment_intent",
        "readers.confirm_payment_intent",
        confirm_payment_intent,
        "terminal.ReaderConfirmPaymentIntentParams",
        "terminal.reader",
        takes="payment_intent confirm_config",
    ),
]
