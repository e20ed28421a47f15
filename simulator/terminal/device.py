"""The device on the counter: the one slot that the latest command holds, and what it is doing.

https://docs.stripe.com/terminal/payments/collect-card-payment (server-driven)
"""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.api.currencies import OF_COUNTRY
from simulator.errors import StripeError, bad_request
from simulator.payments import authorization
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM, World
from simulator.terminal import ownership

# What the customer sees; the API shows only the action.
IDLE = "idle"
CHOOSING_TIP = "choosing_tip"
WAITING = "waiting_for_card"
ENTERING_PIN = "entering_pin"
AUTHORIZING = "authorizing"
COLLECTED = "collected"
COLLECTING_INPUTS = "collecting_inputs"
SHOWING_QR = "showing_qr"
VANISHED = "vanished"

BUSY_CONDITIONS = ("busy_update", "card_left_in", "other_mode", "settings_open")
RESULT_MS = 3_000
BOOT_MS = 30_000

_GUIDE = "/terminal/payments/collect-card-payment?terminal-sdk-platform=server-driven"
_HOW_TO_HANDLE = (
    f" Please reference the integration guide at https://stripe.com/docs{_GUIDE}#handle-errors "
    "for details on how to handle this error."
)
OFFLINE = (
    "Reader is currently offline, please ensure the reader is powered on and connected to the "
    "internet before retrying your request. Reference the integration guide at "
    f"https://docs.stripe.com{_GUIDE}#reader-offline for details on how to handle this error."
)
TIMED_OUT = "There was a timeout when sending this command to the reader." + _HOW_TO_HANDLE
BUSY = "Reader is currently busy processing another request." + _HOW_TO_HANDLE
BROKEN = "Reader is experiencing a hardware fault and needs to be replaced."
WRONG_PLACE = "Reader cannot take payments in its location. Register it to another location."
# Of an error, what a reader tells. The charge and what the network said are in the PaymentIntent's.
API_ERROR = ("code", "decline_code", "doc_url", "message", "type")
CARD_READER_ERROR = "This action could not be completed due to an error on the card reader."


def fresh() -> Json:
    """What only the simulator knows of a reader just registered."""
    return {
        "phase": IDLE,
        "command": 0,
        "next": None,
        "condition": None,
        "command_timeout": None,
        "authorization_ms": 0,
        "silent_since": None,
        "booting_until": None,
        "reboots": False,
        "reboot_number": 0,
        **_nothing_in_hand(),
        "remembered": None,
    }


def _nothing_in_hand() -> Json:
    """What belongs to one command: the tip chosen, the card held up, the form, the last words."""
    return {
        "tip": None,
        "attempt": None,
        "inserted": False,
        "form": None,
        "result": None,
        "declined": None,
        "allow_redisplay": "unspecified",
    }


@dataclass(frozen=True, slots=True)
class Ending:
    """How an action ended; well when there is no code. `content` is what it brought."""

    code: str | None = None
    message: str = ""
    error: Json | None = None
    content: Json | None = None
    shown: str = "approved"


def is_away(world: World, reader: Record) -> bool:
    """Without network, without power, or not yet up again."""
    return reader.hidden["condition"] in ("offline", "off") or is_booting(world, reader)


def is_booting(world: World, reader: Record) -> bool:
    until = reader.hidden["booting_until"]
    return until is not None and world.clock.now_ms() < until


def send(
    world: World, reader: Record, command: Callable[[], None], *, ends_collection: bool = False
) -> None:
    """Carry the command to the device, which may be away, busy, or slow to say yes.

    `ends_collection` marks the two commands that a reader takes which has read a card and waits
    to be told what to do with it.
    """
    _require_ready(world, reader, ends_collection)
    hidden = reader.hidden
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
    raise refused(world, TIMED_OUT, "terminal_reader_timeout")


def refused(world: World, message: str, code: str) -> StripeError:
    """A reader's refusal; with which status Stripe answers is not documented."""
    return StripeError(world.switches["reader_refusal_status"], message, code=code)


def _require_ready(world: World, reader: Record, ends_collection: bool) -> None:
    condition, phase = reader.hidden["condition"], reader.hidden["phase"]
    if is_away(world, reader):
        raise refused(world, OFFLINE, "terminal_reader_offline")
    if condition == "hardware_fault":
        raise refused(world, BROKEN, "terminal_reader_hardware_fault")
    collected = phase == COLLECTED and not ends_collection
    if (
        condition in BUSY_CONDITIONS
        or phase in (ENTERING_PIN, AUTHORIZING)
        or (collected and world.switches["collected_reader_is_busy"])
    ):
        raise refused(world, BUSY, "terminal_reader_busy")


def require_place(world: World, reader: Record, subject: Record) -> None:
    """Payments are in the currency, and for an account, of the country where the reader stands."""
    if reader.hidden["condition"] == "invalid_location" or not _is_local(world, reader, subject):
        raise refused(world, WRONG_PLACE, "terminal_reader_invalid_location_for_payment")


def _is_local(world: World, reader: Record, subject: Record) -> bool:
    """https://docs.stripe.com/terminal/payments/regional"""
    location = world.store.by_id.get(reader.data["location"] or "")
    if location is None or not world.switches["local_payments_only"]:
        return True
    country = location.data["address"]["country"]
    merchant = world.get(subject.data.get("on_behalf_of") or subject.account)
    countries = (merchant.data["country"], world.get(PLATFORM).data["country"])
    local = OF_COUNTRY.get(country, "eur")
    return country in countries and subject.data.get("currency", local) == local


def begin(world: World, reader: Record, type: str, content: Json, phase: str) -> None:
    """The command takes the slot, whatever was in it."""
    _let_go(world, reader)
    _tell_the_ousted(world, reader, "replaced_action_emits_failed", "replaced")
    reader.data["action"] = {
        "api_error": None,
        "failure_code": None,
        "failure_message": None,
        type: content,
        "status": "in_progress",
        "type": type,
    }
    _start_over(world, reader, phase)
    patience: int = world.switches["untouched_action_seconds"]
    if patience and phase in (CHOOSING_TIP, WAITING):
        command = reader.hidden["command"]
        world.agenda.schedule(patience * 1000, "end_untouched", reader=reader.id, command=command)


def end_untouched(world: World, reader: str, command: int) -> None:
    """Nobody came with a card; whether a reader ever gives up is not documented."""
    record = world.store.by_id.get(reader)
    if record is None or record.hidden["command"] != command:
        return
    if record.hidden["phase"] in (CHOOSING_TIP, WAITING):
        end(world, record, Ending("customer_timeout", CARD_READER_ERROR))


def clear(world: World, reader: Record) -> None:
    _let_go(world, reader)
    _tell_the_ousted(world, reader, "canceled_action_emits_failed", "canceled")
    reader.data["action"] = None
    _start_over(world, reader, IDLE)


def _let_go(world: World, reader: Record) -> None:
    """A card that was collected and then not wanted is forgotten."""
    action, phase = reader.data["action"], reader.hidden["phase"]
    unconfirmed = phase == WAITING and action["type"] == "confirm_payment_intent"
    if phase == COLLECTED or unconfirmed:
        authorization.uncollect(world, world.get(content_of(reader)["payment_intent"]))


def _start_over(world: World, reader: Record, phase: str) -> None:
    reader.hidden |= _nothing_in_hand()
    reader.hidden["phase"] = phase
    reader.hidden["command"] += 1
    world.save(reader)


def enter(world: World, reader: Record, phase: str) -> None:
    reader.hidden["phase"] = phase
    world.save(reader)


def _tell_the_ousted(world: World, reader: Record, switch: str, code: str) -> None:
    """Whether an action that was pushed aside ends with an event is not documented."""
    action = reader.data["action"]
    if action is None or action["type"] == "set_reader_display":
        return
    if action["status"] == "in_progress" and world.switches[switch]:
        message = f"This action was {code}."
        action |= {"status": "failed", "failure_code": code, "failure_message": message}
        ownership.tell(world, "action_failed", reader)


def end(world: World, reader: Record, ending: Ending) -> None:
    """The action has ended and stays in the slot."""
    action = reader.data["action"]
    content = action[action["type"]] | (ending.content or {})
    failed = ending.code is not None
    reader.data["action"] = action | {
        "api_error": _api_error(world, reader, ending.error or {}),
        "failure_code": ending.code,
        "failure_message": ending.message if failed else None,
        "status": "failed" if failed else "succeeded",
        action["type"]: content,
    }
    hidden = reader.hidden
    hidden["declined"] = ending.error
    hidden["result"] = _last_words(world, reader, ending)
    hidden["phase"] = IDLE
    hidden["attempt"] = None
    hidden["form"] = None
    if hidden["inserted"]:
        hidden["inserted"] = False
        hidden["condition"] = hidden["condition"] or "card_left_in"
    world.save(reader)
    ownership.tell(world, "action_failed" if failed else "action_succeeded", reader)


def _last_words(world: World, reader: Record, ending: Ending) -> Json:
    """What the display says of it for three seconds."""
    error = ending.error or {}
    if ending.code is None:
        kind, message = ending.shown, None
    elif ending.code == "customer_canceled":
        kind, message = "canceled", None
    else:
        by_the_bank = error.get("type") == "card_error" or "payment_method" in error
        kind = "declined" if by_the_bank else "failed"
        message = ending.message
    action = reader.data["action"]
    return {
        "kind": kind,
        "message": message,
        "type": action["type"],
        "content": {**action[action["type"]]},
        "tip": (reader.hidden["attempt"] or {}).get("tip"),
        "until": world.clock.now_ms() + RESULT_MS,
    }


def _api_error(world: World, reader: Record, error: Json) -> Json | None:
    """Of what Stripe's API said to the reader, told by recent software only."""
    if not error or not _tells_api_errors(world, reader):
        return None
    log = f"https://dashboard.stripe.com/logs/{world.ids.new('req_', 14)}"
    told = {name: error[name] for name in API_ERROR if name in error}
    return told | {"request_log_url": log}


def _tells_api_errors(world: World, reader: Record) -> bool:
    software = reader.data["device_sw_version"]
    if not software:
        return bool(world.switches["blank_software_reports_api_error"])
    numbers = [int(part) for part in software.split(".")[:2] if part.isdigit()]
    return numbers >= [2, 42]


def content_of(reader: Record) -> Json:
    """What the action in the slot is about."""
    action = reader.data["action"]
    found: Json = action[action["type"]]
    return found


def config_of(reader: Record) -> Json:
    """The hash of the action that overrides the reader's configuration, however it is called."""
    if reader.data["action"] is None:
        return {}
    content = content_of(reader)
    names = ("process_config", "collect_config", "confirm_config", "refund_payment_config")
    return next((content[name] for name in names if name in content), {})


def nothing_waits(reader: Record) -> StripeError:
    phase = reader.hidden["phase"]
    return bad_request(f"Reader {reader.id} is not waiting for a card; it is {phase}.")
