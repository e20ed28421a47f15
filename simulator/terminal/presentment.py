"""A card is held to a reader, and the virtual customer's other ways to act.

https://docs.stripe.com/terminal/references/testing
"""

from simulator.api.routes import Call, operation
from simulator.errors import StripeError, bad_request
from simulator.payments import cards, payment_methods
from simulator.payments.cards import Card
from simulator.payments.intent_state import require_unlocked
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import attempts, device, qr
from simulator.terminal.attempts import CardAction
from simulator.terminal.authorizing import ACTIONS, authorize
from simulator.terminal.device import (
    CHOOSING_TIP,
    ENTERING_PIN,
    IDLE,
    SHOWING_QR,
    VANISHED,
    WAITING,
    Ending,
)
from simulator.terminal.readers import retrieve

METHODS = tuple(attempts.READ_METHODS)
PIN_TRIES = 3
OFFLINE_PIN = "1234"
PIN_DIGITS = 4


def present_payment_method(call: Call) -> Record:
    """The test helper: approved by default, final in the answer unless authorising takes time."""
    params = call.params
    type = params.get("type")
    reader = retrieve(call)
    ignored = call.world.switches["present_when_idle"] == "ignore"
    if ignored and reader.hidden["phase"] == IDLE:
        return reader
    if type == "card":
        _type_in(call.world, reader, params.get("card", {}))
    else:
        number = (params.get(type or "card_present") or {}).get("number")
        present(call.world, reader, number, type, params.get("amount_tip"))
    if call.world.switches["declined_present_raises"]:
        _raise_if_declined(reader)
    return reader


def _type_in(world: World, reader: Record, typed: Json) -> None:
    """A number typed on the device, for a PaymentIntent that takes `card` too."""
    world.nobody_asked()
    _require_waiting(world, reader)
    content, type = device.content_of(reader), reader.data["action"]["type"]
    action = _action_of(reader)
    if type != "process_payment_intent" or "card" not in action.types(world, content):
        raise bad_request("This reader does not take card now.", None, "type")
    _require_free(action.subject(world, content))
    card, expiry = payment_methods.typed_card(typed, "card")
    attempt = {"card": card.name, "typed": expiry, "tip": None, **_planned(reader)}
    world.save(reader)
    _go_on(world, reader, attempt)


def _raise_if_declined(reader: Record) -> None:
    error = dict(reader.hidden["declined"] or {})
    if error.get("type") == "card_error":
        raise StripeError(402, error.pop("message"), **error)


def present(
    world: World,
    reader: Record,
    card: str | None = None,
    type: str | None = None,
    tip: int | None = None,
    *,
    method: str = "tap",
    ask_pin: bool = False,
    leave_in: bool = False,
) -> None:
    """Hold a card, by name or number, to a reader that waits for one.

    `method` is `tap`, `insert` or `swipe`; `leave_in` forgets an inserted card in the reader;
    `ask_pin` lets the customer type the PIN of a card that wants one, which else is right.
    """
    world.nobody_asked()
    _require_waiting(world, reader)
    content = device.content_of(reader)
    action = _action_of(reader)
    usual = _collected_card(reader) or action.usual_card
    chosen = _card(card or usual, type, action.types(world, content))
    tip = _tip(reader, tip)
    _require_free(action.subject(world, content))
    attempt = {"card": chosen.name, "tip": tip, "method": method, **_planned(reader)}
    reader.hidden["inserted"] = leave_in and method == "insert"
    world.save(reader)
    _go_on(world, reader, attempt, ask_pin=ask_pin)


def _go_on(world: World, reader: Record, attempt: Json, *, ask_pin: bool = False) -> None:
    """What happens on the device before the bank is asked, if it ever is."""
    match attempt["outcome"]:
        case "read_error":  # retried on the device, without a word to anyone
            reader.hidden["inserted"] = False
        case "cancel":
            cancel_by_customer(world, reader)
        case "vanish":
            device.enter(world, reader, VANISHED)
        case _ if ask_pin and _wants_pin(world, reader, attempt):
            reader.hidden["attempt"] = attempt | {"tries": 0}
            device.enter(world, reader, ENTERING_PIN)
        case _:
            authorize(world, reader, attempt)


def _require_waiting(world: World, reader: Record) -> None:
    if reader.hidden["phase"] not in (WAITING, CHOOSING_TIP):
        raise device.nothing_waits(reader)
    if device.is_away(world, reader):
        raise bad_request(f"Reader {reader.id} is offline.")


def _action_of(reader: Record) -> CardAction:
    return ACTIONS[reader.data["action"]["type"]]


def _require_free(subject: Record) -> None:
    if subject.kind == "payment_intents":
        require_unlocked(subject)


def _collected_card(reader: Record) -> str | None:
    """At the confirmation the customer holds up the card that was collected, unless told."""
    if reader.data["action"]["type"] != "confirm_payment_intent":
        return None
    name: str = reader.hidden["remembered"]["attempt"]["card"]
    return name


def _card(given: str | None, type: str | None, types: list[str]) -> Card:
    default = "visa" if "card_present" in types and type != "interac_present" else "interac"
    card = cards.find(given or default)
    if card is None:
        known = ", ".join(cards.names())
        raise bad_request(f"There is no test card '{given}'. There are: {known}.", None, "card")
    if type not in (None, card.type):
        raise bad_request(f"{card.name} is an {card.type} card.", None, f"{type}[number]")
    if card.type not in types:
        raise bad_request(f"This reader does not take {card.type} now.", None, "type")
    return card


def _tip(reader: Record, given: int | None) -> int | None:
    """What the helper says, else what was chosen on the screen; none given is 0 if asked."""
    hidden = reader.hidden
    if given is None:
        return 0 if hidden["phase"] == CHOOSING_TIP else hidden["tip"]
    if given < 0:
        message = "This value must be greater than or equal to 0."
        raise bad_request(message, "parameter_invalid_integer", "amount_tip")
    if device.config_of(reader).get("skip_tipping"):
        message = "This reader does not ask for a tip: skip_tipping was sent."
        raise bad_request(message, None, "amount_tip")
    return given


def _planned(reader: Record) -> Json:
    """What `next` says; it is used up now, a `read_error` when it happened often enough."""
    hidden = reader.hidden
    plan: Json | None = hidden["next"]
    if plan is None:
        return {"outcome": "approve", "default": True}
    left = plan.get("count", 1) - 1 if plan["outcome"] == "read_error" else 0
    hidden["next"] = plan | {"count": left} if left > 0 else None
    return plan


# PINs


def _wants_pin(world: World, reader: Record, attempt: Json) -> bool:
    return _pin_method(world, reader, attempt) in ("offline_pin", "online_pin")


def _pin_method(world: World, reader: Record, attempt: Json) -> str:
    """How the card, or the amount, wants the customer to be known."""
    subject = _action_of(reader).subject(world, device.content_of(reader))
    amount = subject.data.get("amount", 0) + (attempt["tip"] or 0)
    return attempts.reading(world, reader, attempt, amount).verdict.cvm


def enter_pin(world: World, reader: Record, digits: str) -> None:
    """An offline PIN is 1234 and checked by the chip, three times; online any four digits do."""
    world.nobody_asked()
    if reader.hidden["phase"] != ENTERING_PIN:
        raise bad_request(f"Reader {reader.id} does not ask for a PIN.")
    if len(digits) != PIN_DIGITS or not digits.isdigit():
        raise bad_request("A PIN has four digits.", None, "digits")
    attempt: Json = reader.hidden["attempt"]
    if _pin_method(world, reader, attempt) == "offline_pin" and digits != OFFLINE_PIN:
        attempt["tries"] += 1
        if attempt["tries"] < PIN_TRIES:
            world.save(reader)
            return
        attempt |= {"outcome": "decline", "decline_code": "incorrect_pin"}
    authorize(world, reader, attempt)


# What else a customer may do


def choose_tip(world: World, reader: Record, amount: int) -> None:
    """Then the reader asks for the card; 0 is no tip."""
    world.nobody_asked()
    if reader.hidden["phase"] != CHOOSING_TIP or device.is_away(world, reader):
        raise bad_request(f"Reader {reader.id} does not ask for a tip.")
    if amount < 0:
        raise bad_request("A tip is not below 0.", "parameter_invalid_integer", "amount")
    reader.hidden["tip"] = amount
    device.enter(world, reader, WAITING)


def cancel_by_customer(world: World, reader: Record) -> None:
    """The cancel button on the screen, which is there only if it was asked for."""
    world.nobody_asked()
    if reader.hidden["phase"] == SHOWING_QR and not device.is_away(world, reader):
        qr.go_back(world, reader)
        return
    _require_waiting(world, reader)
    if not device.config_of(reader).get("enable_customer_cancellation"):
        raise bad_request(
            "The reader shows no cancel button: enable_customer_cancellation was not sent."
        )
    device.end(world, reader, Ending("customer_canceled", device.CARD_READER_ERROR))


def remove_card(world: World, reader: Record) -> None:
    """The customer takes the card that was left in."""
    if reader.hidden["condition"] != "card_left_in":
        raise bad_request(f"There is no card in reader {reader.id}.")
    reader.hidden["condition"] = None
    world.save(reader)


JOBS = {"end_untouched": device.end_untouched}
OPERATIONS = [
    operation(
        "POST",
        "/v1/test_helpers/terminal/readers/{id}/present_payment_method",
        "readers.present_payment_method",
        present_payment_method,
        "test_helpers.terminal.ReaderPresentPaymentMethodParams",
        "terminal.reader",
        takes="type card_present interac_present card amount_tip",
    ),
]
