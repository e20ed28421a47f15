"""Commands to a reader, and the one slot that holds the latest.

https://docs.stripe.com/terminal/payments/collect-card-payment (server-driven)
"""

from collections.abc import Callable

from simulator.api.routes import Call, operation
from simulator.errors import StripeError, bad_request
from simulator.payments.payment_intents import require_unlocked
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal.readers import AUTHORIZING, IDLE, WAITING, retrieve
from simulator.webhooks import events

OFFLINE = (
    "Reader is currently offline, please ensure the reader is powered on and connected to the "
    "internet before retrying your request."
)
TIMED_OUT = "There was a timeout when sending this command to the reader."
BUSY = "Reader is currently busy processing another request."
OTHER_MODE = "Reader is currently processing a transaction from a different integration mode."
NEEDS_PAYMENT_METHOD = (
    "Payment intent must be in the requires_payment_method state to be processed by a reader."
)


def process_payment_intent(call: Call) -> Record:
    """The reader shows the amount and waits for a card; a payment not begun is replaced."""
    world = call.world
    reader = retrieve(call)
    intent = call.named("payment_intents", "payment_intent", "payment_intent")
    require_unlocked(intent)
    if intent.data["status"] != "requires_payment_method":
        raise bad_request(NEEDS_PAYMENT_METHOD, "intent_invalid_state", "payment_intent")
    config = dict(call.params.get("process_config", {}))
    _require_tipping_makes_sense(config, intent)
    config.pop("allow_redisplay", None)
    content: Json = {"payment_intent": intent.id}
    if config:
        content["process_config"] = config
    send(world, reader, lambda: begin(world, reader, "process_payment_intent", content))
    return reader


def _require_tipping_makes_sense(config: Json, intent: Record) -> None:
    """https://docs.stripe.com/terminal/features/collecting-tips/on-reader"""
    eligible = config.get("tipping", {}).get("amount_eligible", 0)
    param = "process_config[tipping][amount_eligible]"
    if eligible < 0 or eligible > intent.data["amount"]:
        message = "amount_eligible must be from 0 to the amount of the PaymentIntent."
        raise bad_request(message, "parameter_invalid_integer", param)
    if eligible and config.get("skip_tipping"):
        message = "You may not skip tipping and name an amount that is eligible for tips."
        raise bad_request(message, "parameters_exclusive", param)


def cancel_action(call: Call) -> Record:
    """The slot is empty afterwards; the PaymentIntent is not touched."""
    world = call.world
    reader = retrieve(call)
    if reader.hidden["condition"] == "other_mode":
        raise bad_request(OTHER_MODE)
    send(world, reader, lambda: clear(world, reader))
    return reader


def send(world: World, reader: Record, command: Callable[[], None]) -> None:
    """Carry the command to the device, which may be away, busy, or slow to say yes."""
    hidden = reader.hidden
    if hidden["condition"] == "offline":
        raise bad_request(OFFLINE, "terminal_reader_offline")
    if hidden["condition"] is not None or hidden["phase"] == AUTHORIZING:
        raise bad_request(BUSY, "terminal_reader_busy")
    lost = hidden["command_timeout"]
    if lost is None:
        command()
        return
    if lost["count"] > 0:
        lost["count"] -= 1
    if lost["count"] == 0:
        hidden["command_timeout"] = None
    if lost["delivered"]:
        command()
    world.save(reader)
    raise bad_request(TIMED_OUT, "terminal_reader_timeout")


def begin(world: World, reader: Record, type: str, content: Json) -> None:
    """The command takes the slot, whatever was in it, and waits for a card."""
    _tell_the_ousted(world, reader, "replaced_action_emits_failed", "replaced")
    reader.data["action"] = {
        "api_error": None,
        "failure_code": None,
        "failure_message": None,
        type: content,
        "status": "in_progress",
        "type": type,
    }
    reader.hidden["command"] += 1
    reader.hidden["phase"] = WAITING
    world.save(reader)


def clear(world: World, reader: Record) -> None:
    _tell_the_ousted(world, reader, "canceled_action_emits_failed", "canceled")
    reader.data["action"] = None
    reader.hidden["phase"] = IDLE
    reader.hidden["command"] += 1
    world.save(reader)


def _tell_the_ousted(world: World, reader: Record, switch: str, code: str) -> None:
    """Whether an action that was pushed aside ends with an event is not documented."""
    action = reader.data["action"]
    if action is not None and action["status"] == "in_progress" and world.switches[switch]:
        message = f"This action was {code}."
        action |= {"status": "failed", "failure_code": code, "failure_message": message}
        events.emit(world, "terminal.reader.action_failed", reader)


def succeed(world: World, reader: Record) -> None:
    _end(world, reader, {"status": "succeeded"})
    events.emit(world, "terminal.reader.action_succeeded", reader)


def fail(
    world: World, reader: Record, code: str, message: str, api_error: Json | None = None
) -> None:
    """`api_error` is told by software 2.42 and later only."""
    told = api_error if api_error and _tells_api_errors(world, reader) else None
    ended = {"status": "failed", "failure_code": code, "failure_message": message}
    _end(world, reader, ended | {"api_error": told})
    events.emit(world, "terminal.reader.action_failed", reader)


def _end(world: World, reader: Record, ended: Json) -> None:
    """The action stays in the slot when it has ended."""
    reader.data["action"] = reader.data["action"] | ended
    reader.hidden["phase"] = IDLE
    world.save(reader)


def _tells_api_errors(world: World, reader: Record) -> bool:
    software = reader.data["device_sw_version"]
    if not software:
        return bool(world.switches["blank_software_reports_api_error"])
    numbers = [int(part) for part in software.split(".")[:2] if part.isdigit()]
    return numbers >= [2, 42]


def nothing_waits(reader: Record) -> StripeError:
    phase = reader.hidden["phase"]
    return bad_request(f"Reader {reader.id} is not waiting for a card; it is {phase}.")


_PATH = "/v1/terminal/readers/{id}"
OPERATIONS = [
    operation(
        "POST",
        f"{_PATH}/process_payment_intent",
        "readers.process_payment_intent",
        process_payment_intent,
        "terminal.ReaderProcessPaymentIntentParams",
        "terminal.reader",
        takes="payment_intent process_config[allow_redisplay] process_config[skip_tipping] "
        "process_config[enable_customer_cancellation] process_config[tipping] "
        "process_config[return_url]",
    ),
    operation(
        "POST",
        f"{_PATH}/cancel_action",
        "readers.cancel_action",
        cancel_action,
        "terminal.ReaderCancelActionParams",
        "terminal.reader",
    ),
]
