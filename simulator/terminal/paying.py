"""A card pays a PaymentIntent, in one step.

https://docs.stripe.com/terminal/payments/collect-card-payment (server-driven)
"""

from dataclasses import replace

from simulator.api.routes import Call, operation
from simulator.errors import StripeError, bad_request
from simulator.payments import authorization, cards, confirmation, payment_methods
from simulator.payments.cards import CHIP
from simulator.payments.intent_rules import QR_CURRENCIES, READ_TYPES
from simulator.payments.intent_state import capture_method, require_unlocked
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import device, ownership, tipping
from simulator.terminal.attempts import CardAction, needs_second_reading, reading, verdict_on
from simulator.terminal.device import CHOOSING_TIP, WAITING, Ending
from simulator.terminal.readers import retrieve

NEEDS_PAYMENT_METHOD = (
    "Payment intent must be in the requires_payment_method state to be processed by a reader."
)


def process_payment_intent(call: Call) -> Record:
    """The reader shows the amount and waits for a card; a payment not begun is replaced."""
    return ask_for_card(call, "process_payment_intent", "process_config")


def ask_for_card(call: Call, type: str, config_name: str) -> Record:
    """The first screen is the tip, if the reader is set up for that, else the amount."""
    world = call.world
    reader = retrieve(call)
    intent = ownership.payment_intent(call)
    require_unlocked(intent)
    if intent.data["status"] != "requires_payment_method":
        raise device.refused(call.world, NEEDS_PAYMENT_METHOD, "intent_invalid_state")
    require_shown(intent, "payment_intent")
    config = dict(call.params.get(config_name, {}))
    tipping.require_sensible(config, intent, config_name)
    device.require_place(world, reader, intent)
    allow_redisplay = config.pop("allow_redisplay", "unspecified")
    content: Json = {"payment_intent": intent.id}
    if config:
        content[config_name] = config
    phase = CHOOSING_TIP if tipping.is_asked(world, reader, intent, config) else WAITING

    def command() -> None:
        device.begin(world, reader, type, content, phase)
        reader.hidden["allow_redisplay"] = allow_redisplay

    device.send(world, reader, command)
    return reader


def require_shown(intent: Record, param: str) -> None:
    """A reader reads cards and shows codes; numbers alone, as online, are not for it."""
    types = intent.data["payment_method_types"]
    if not (READ_TYPES | QR_CURRENCIES.keys()).intersection(types):
        message = f"The payment_method_types of {intent.id} must include card_present."
        raise bad_request(message, None, param)


def intent_of(world: World, content: Json) -> Record:
    return world.get(content["payment_intent"])


def types_of(world: World, content: Json) -> list[str]:
    found: list[str] = intent_of(world, content).data["payment_method_types"]
    return found


def wants_card(world: World, content: Json) -> bool:
    return bool(intent_of(world, content).data["status"] == "requires_payment_method")


def unpayable(world: World, intent: Record) -> Ending:
    """It was canceled or paid meanwhile, here or elsewhere."""
    status = intent.data["status"]
    message = f"This PaymentIntent cannot be paid because it has a status of {status}."
    error = StripeError(400, message, code="payment_intent_unexpected_state").error
    return Ending(world.switches["unpayable_intent_failure_code"], message, error)


def _pay(world: World, reader: Record, content: Json, attempt: Json) -> Ending:
    intent = intent_of(world, content)
    if intent.data["status"] != "requires_payment_method":
        return unpayable(world, intent)
    if "typed" in attempt:
        return _pay_typed(world, intent, attempt)
    return pay(world, reader, intent, attempt)


def _pay_typed(world: World, intent: Record, attempt: Json) -> Ending:
    """Nothing was read, so the charge knows of no reader."""
    card = cards.by_name(attempt["card"])
    method = payment_methods.new_card(world, intent.account, card, attempt["typed"])
    verdict = verdict_on(world, card, attempt, intent.data["amount"])
    try:
        confirmation.charge_typed(world, intent, method, verdict)
    except StripeError as refused:
        error = refused.error
        return Ending(error["code"], error["message"], error)
    return Ending()


def pay(
    world: World, reader: Record, intent: Record, attempt: Json, method: Record | None = None
) -> Ending:
    """The bank has answered. `method` is the card's PaymentMethod, if it was collected before."""
    holds = capture_method(intent) == "manual"
    total = intent.data["amount"] + (attempt["tip"] or 0)
    read = reading(world, reader, attempt, total, holds=holds)
    if needs_second_reading(attempt, read.verdict):
        first = replace(read, verdict=cards.declined(str(read.card.sca_retry)))
        authorization.decline(world, intent, first, method, retried=True)
        read = replace(read, read_method=CHIP)
    if read.verdict.approved:
        allow_redisplay = reader.hidden["allow_redisplay"]
        authorization.approve(world, intent, read, method, allow_redisplay)
        return Ending()
    error = authorization.decline(world, intent, read, method)
    return Ending(str(read.verdict.code), read.verdict.message, error)


PROCESS = CardAction(intent_of, types_of, wants_card, _pay)

OPERATIONS = [
    operation(
        "POST",
        "/v1/terminal/readers/{id}/process_payment_intent",
        "readers.process_payment_intent",
        process_payment_intent,
        "terminal.ReaderProcessPaymentIntentParams",
        "terminal.reader",
        takes="payment_intent process_config[allow_redisplay] process_config[skip_tipping] "
        "process_config[enable_customer_cancellation] process_config[tipping] "
        "process_config[return_url]",
    ),
]
