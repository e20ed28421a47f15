"""A card is saved without being charged.

https://docs.stripe.com/terminal/features/saving-cards/save-cards-directly
"""

from simulator.api.routes import Call, operation
from simulator.errors import StripeError
from simulator.payments import setup_intents
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import device, paying
from simulator.terminal.attempts import CardAction, reading
from simulator.terminal.device import WAITING, Ending
from simulator.terminal.readers import retrieve

NEEDS_PAYMENT_METHOD = (
    "Setup intent must be in the requires_payment_method state to be processed by a reader."
)


def process_setup_intent(call: Call) -> Record:
    """The reader asks for the card; what `allow_redisplay` says is for the card made from it."""
    world, params = call.world, call.params
    reader = retrieve(call)
    intent = call.named("setup_intents", "setupintent", "setup_intent")
    if intent.data["status"] != "requires_payment_method":
        raise device.refused(call.world, NEEDS_PAYMENT_METHOD, "intent_invalid_state")
    paying.require_shown(intent, "setup_intent")
    device.require_place(world, reader, intent)
    content: Json = {"setup_intent": intent.id}
    if "process_config" in params:
        content["process_config"] = params["process_config"]

    def command() -> None:
        device.begin(world, reader, "process_setup_intent", content, WAITING)
        reader.hidden["allow_redisplay"] = params["allow_redisplay"]

    device.send(world, reader, command)
    return reader


def _intent_of(world: World, content: Json) -> Record:
    return world.get(content["setup_intent"])


def _types_of(world: World, content: Json) -> list[str]:
    found: list[str] = _intent_of(world, content).data["payment_method_types"]
    return found


def _wants_card(world: World, content: Json) -> bool:
    return bool(_intent_of(world, content).data["status"] == "requires_payment_method")


def _save(world: World, reader: Record, content: Json, attempt: Json) -> Ending:
    intent = _intent_of(world, content)
    if not _wants_card(world, content):
        message = f"This SetupIntent has a status of {intent.data['status']}."
        error = StripeError(400, message, code="setup_intent_unexpected_state").error
        return Ending(world.switches["unpayable_intent_failure_code"], message, error)
    read = reading(world, reader, attempt, 0)
    if not setup_intents.can_be_saved(read):
        error = setup_intents.fail(world, intent, read)
        return Ending(error["code"], error["message"], error)
    card = setup_intents.succeed(world, intent, read, reader.hidden["allow_redisplay"])
    return Ending(content={} if card is None else {"generated_card": card.id}, shown="saved")


SAVE = CardAction(_intent_of, _types_of, _wants_card, _save)

OPERATIONS = [
    operation(
        "POST",
        "/v1/terminal/readers/{id}/process_setup_intent",
        "readers.process_setup_intent",
        process_setup_intent,
        "terminal.ReaderProcessSetupIntentParams",
        "terminal.reader",
        takes="setup_intent allow_redisplay process_config",
    ),
]
