"""A card is read first, looked at by the till, and charged only then: what the card brings about.

https://docs.stripe.com/terminal/payments/collect-card-payment (server-driven, inspect)
"""

from simulator.api.routes import Call, operation
from simulator.payments import authorization
from simulator.state.store import Json, Record, clone
from simulator.state.world import World
from simulator.terminal import attempts, device, ownership, paying
from simulator.terminal.attempts import CardAction
from simulator.terminal.device import COLLECTED, IDLE, Ending

CONFIRM_WITHIN_MS = 30_000
EXPIRED = Ending("collect_payment_method_timeout", "The collected payment method has expired.")


def collect_payment_method(call: Call) -> Record:
    """As `process_payment_intent`, but the card's bank is not asked yet."""
    return paying.ask_for_card(call, "collect_payment_method", "collect_config")


def _read(world: World, reader: Record, content: Json, attempt: Json) -> Ending:
    """The PaymentMethod is made; whether it will be charged is for the till to say."""
    intent = paying.intent_of(world, content)
    if intent.data["status"] != "requires_payment_method":
        return paying.unpayable(world, intent)
    total = intent.data["amount"] + (attempt["tip"] or 0)
    read = attempts.reading(world, reader, attempt, total)
    method = authorization.collect(world, intent, read)
    now = world.clock.now_ms()
    reader.hidden["remembered"] = {
        "payment_method": method.id,
        "attempt": attempt,
        "allow_redisplay": reader.hidden["allow_redisplay"],
        "at": now,
        "confirm_before": now + CONFIRM_WITHIN_MS,
    }
    world.save(reader)
    world.agenda.schedule(
        CONFIRM_WITHIN_MS,
        "expire_collection",
        reader=reader.id,
        command=reader.hidden["command"],
        intent=intent.id,
    )
    return Ending(content={"payment_method": clone(method.data)})


def _collected(world: World, reader: Record, ending: Ending) -> None:
    """The action goes on: its card can be read from it, and confirmed or canceled."""
    if ending.code is not None:
        device.end(world, reader, ending)
        return
    action = reader.data["action"]
    content = action["collect_payment_method"] | (ending.content or {})
    reader.data["action"] = action | {
        "status": world.switches["collected_action_status"],
        "collect_payment_method": content,
    }
    device.enter(world, reader, COLLECTED)
    ownership.tell(world, "action_updated", reader)


def expire_collection(world: World, reader: str, command: int, intent: str) -> None:
    """Neither confirmed nor canceled within 30 seconds: the card is forgotten."""
    record = world.store.anywhere("readers", reader)
    if record is None or record.hidden["command"] != command:
        return
    authorization.uncollect(world, world.get(intent))
    if record.hidden["phase"] != COLLECTED:
        return
    if world.switches["collection_expiry"] == "fails" and not device.is_away(world, record):
        device.end(world, record, EXPIRED)
    else:
        device.enter(world, record, IDLE)


def _confirm(world: World, reader: Record, content: Json, attempt: Json) -> Ending:
    intent = paying.intent_of(world, content)
    if not _waits_for_confirmation(world, content):
        return paying.unpayable(world, intent)
    return paying.pay(world, reader, intent, attempt, world.get(intent.data["payment_method"]))


def _waits_for_confirmation(world: World, content: Json) -> bool:
    return bool(paying.intent_of(world, content).data["status"] == "requires_confirmation")


COLLECT = CardAction(paying.intent_of, paying.types_of, paying.wants_card, _read, close=_collected)
CONFIRM = CardAction(paying.intent_of, paying.types_of, _waits_for_confirmation, _confirm)

OPERATIONS = [
    operation(
        "POST",
        "/v1/terminal/readers/{id}/collect_payment_method",
        "readers.collect_payment_method",
        collect_payment_method,
        "terminal.ReaderCollectPaymentMethodParams",
        "terminal.reader",
        takes="payment_intent collect_config",
    ),
]
JOBS = {"expire_collection": expire_collection}
