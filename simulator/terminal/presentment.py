"""A card is held to a simulated reader, and the virtual customer's other ways to act.

https://docs.stripe.com/terminal/references/testing
"""

from dataclasses import replace
from typing import Any

from simulator.api.routes import Call, operation
from simulator.errors import StripeError, bad_request, not_simulated
from simulator.payments import authorization, cards
from simulator.payments.cards import Card, Verdict
from simulator.payments.charges import CHIP, Reading
from simulator.payments.payment_intents import require_unlocked
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import actions as reader_actions
from simulator.terminal.readers import AUTHORIZING, VANISHED, WAITING, retrieve

NO_CONNECTION = "Could not connect to Stripe."
CARD_READER_ERROR = "This action could not be completed due to an error on the card reader."
OUTCOMES = ("approve", "decline", "read_error", "cancel", "connection_error", "vanish")
TRUTHS = ("approved", "late", "none")


def present_payment_method(call: Call) -> Record:
    """The test helper: approved by default, final in the answer unless authorising takes time."""
    params = call.params
    type = params.get("type")
    if type == "card" or "card" in params:
        raise not_simulated("typing a card number into a reader (type card)")
    number = (params.get(type or "card_present") or {}).get("number")
    reader = retrieve(call)
    present(call.world, reader, number, type, params.get("amount_tip"))
    if call.world.switches["declined_present_raises"]:
        _raise_if_declined(call.world, reader)
    return reader


def _raise_if_declined(world: World, reader: Record) -> None:
    action = reader.data["action"]
    intent = world.get(action["process_payment_intent"]["payment_intent"]).data
    error = dict(intent["last_payment_error"] or {})
    if action["status"] == "failed" and action["failure_code"] == error.get("code"):
        raise StripeError(402, error.pop("message"), **error)


def present(
    world: World,
    reader: Record,
    card: str | None = None,
    type: str | None = None,
    tip: int | None = None,
) -> None:
    """Hold a card, by name or number, to a reader that waits for one."""
    world.cause = {"id": None, "idempotency_key": None}  # what follows comes from the device
    action = reader.data["action"]
    if reader.hidden["phase"] != WAITING:
        raise reader_actions.nothing_waits(reader)
    if reader.hidden["condition"] == "offline":
        raise bad_request(f"Reader {reader.id} is offline.")
    content = action["process_payment_intent"]
    intent = world.get(content["payment_intent"])
    chosen = _card(card, type, intent)
    _require_tip_asked(content, tip)
    require_unlocked(intent)
    planned = reader.hidden["next"] or {"outcome": "approve", "default": True}
    reader.hidden["next"] = None
    world.save(reader)
    _act(world, reader, intent, {"card": chosen.name, "tip": tip, **planned})


def _card(given: str | None, type: str | None, intent: Record) -> Card:
    """Visa unless the payment takes Interac only."""
    types = intent.data["payment_method_types"]
    default = "visa" if "card_present" in types and type != "interac_present" else "interac"
    card = cards.find(given or default)
    if card is None:
        known = ", ".join(cards.names())
        raise bad_request(f"There is no test card '{given}'. There are: {known}.", None, "card")
    if type not in (None, card.type):
        raise bad_request(f"{card.name} is an {card.type} card.", None, f"{type}[number]")
    if card.type not in types:
        raise bad_request(f"{intent.id} does not take {card.type}.", None, "type")
    return card


def _require_tip_asked(content: Json, tip: int | None) -> None:
    if tip is None:
        return
    if tip < 0:
        message = "This value must be greater than or equal to 0."
        raise bad_request(message, "parameter_invalid_integer", "amount_tip")
    if content.get("process_config", {}).get("skip_tipping"):
        message = "This reader does not ask for a tip: skip_tipping was sent."
        raise bad_request(message, None, "amount_tip")


def _act(world: World, reader: Record, intent: Record, plan: Json) -> None:
    match plan["outcome"]:
        case "read_error":  # retried on the device, without a word to anyone
            return
        case "cancel":
            cancel_by_customer(world, reader)
        case "vanish":
            reader.hidden["phase"] = VANISHED
            world.save(reader)
        case _:
            reader.hidden["phase"] = AUTHORIZING
            intent.hidden["locked"] = True
            world.save(reader)
            world.save(intent)
            plan |= {"reader": reader.id, "intent": intent.id}
            delay = reader.hidden["authorization_ms"]
            if delay:
                world.agenda.schedule(delay, "finish_authorization", **plan)
            else:
                finish_authorization(world, **plan)


def finish_authorization(world: World, reader: str, intent: str, **plan: Any) -> None:
    """The bank has answered, or the reader lost the line while it did."""
    device = world.store.by_id.get(reader)
    payment = world.get(intent)
    payment.hidden["locked"] = False
    world.save(payment)
    if plan["outcome"] == "connection_error":
        if device is not None:
            reader_actions.fail(world, device, "connection_error", NO_CONNECTION)
        _behind_the_lost_line(world, reader, payment, plan)
    elif device is not None:
        _tell(world, device, payment, plan)


def _behind_the_lost_line(world: World, reader: str, intent: Record, plan: Json) -> None:
    truth = plan.get("truth", "approved")
    args = {"reader": reader, "intent": intent.id, "card": plan["card"], "tip": plan["tip"]}
    if truth == "approved":
        approve_late(world, **args)
    elif truth == "late":
        world.agenda.schedule(plan.get("delay_ms", 1000), "approve_late", **args)


def approve_late(world: World, reader: str, intent: str, card: str, tip: int | None) -> None:
    """The bank says yes after the reader gave up; too late if the PaymentIntent moved on."""
    device = world.store.by_id.get(reader)
    payment = world.get(intent)
    if device is None or payment.data["status"] != "requires_payment_method":
        return
    chosen = _named(card)
    authorization.approve(world, payment, Reading(chosen, device, Verdict(cvm=chosen.cvm), tip))


def _tell(world: World, reader: Record, intent: Record, plan: Json) -> None:
    """Apply the verdict to the PaymentIntent, then end the action."""
    status = intent.data["status"]
    if status != "requires_payment_method":
        message = f"This PaymentIntent cannot be paid because it has a status of {status}."
        error = StripeError(400, message, code="payment_intent_unexpected_state").error
        code = world.switches["unpayable_intent_failure_code"]
        reader_actions.fail(world, reader, code, message, error)
        return
    card, tip = _named(plan["card"]), plan["tip"]
    reading = Reading(card, reader, _verdict(world, intent, card, plan), tip)
    if card.sca_retry and reading.verdict.approved:
        first = Reading(card, reader, cards.declined(card.sca_retry), tip)
        authorization.decline(world, intent, first, retried=True)
        reading = replace(reading, read_method=CHIP)
    if reading.verdict.approved:
        authorization.approve(world, intent, reading)
        reader_actions.succeed(world, reader)
        return
    error = authorization.decline(world, intent, reading)
    verdict = reading.verdict
    reader_actions.fail(world, reader, str(verdict.code), verdict.message, error)


def _verdict(world: World, intent: Record, card: Card, plan: Json) -> Verdict:
    """What was planned, else what the card and the amount say."""
    if plan["outcome"] == "decline":
        return cards.declined(plan.get("decline_code", "generic_decline"))
    if not card.can_be_held and authorization.capture_method(intent) == "manual":
        return cards.declined("generic_decline")
    if not plan.get("default"):
        return Verdict(cvm=card.cvm)
    return cards.verdict(card, intent.data["amount"] + (plan["tip"] or 0), world.switches)


def _named(card: str) -> Card:
    found = cards.find(card)
    assert found is not None
    return found


def cancel_by_customer(world: World, reader: Record) -> None:
    """The cancel button on the screen, which is there only if it was asked for."""
    world.cause = {"id": None, "idempotency_key": None}
    if reader.hidden["phase"] != WAITING:
        raise reader_actions.nothing_waits(reader)
    content = reader.data["action"]["process_payment_intent"]
    if not content.get("process_config", {}).get("enable_customer_cancellation"):
        raise bad_request(
            "The reader shows no cancel button: enable_customer_cancellation was not sent."
        )
    reader_actions.fail(world, reader, "customer_canceled", CARD_READER_ERROR)


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
JOBS = {"approve_late": approve_late, "finish_authorization": finish_authorization}
