"""What was read goes to the bank: meanwhile nothing can stop it, and the line may be lost.

https://docs.stripe.com/terminal/payments/collect-card-payment (server-driven)
"""

from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import collecting, device, paying, refunding, saving
from simulator.terminal.attempts import CardAction
from simulator.terminal.device import AUTHORIZING, IDLE, VANISHED, Ending

NO_CONNECTION = "Could not connect to Stripe."
ACTIONS: dict[str, CardAction] = {
    "process_payment_intent": paying.PROCESS,
    "collect_payment_method": collecting.COLLECT,
    "confirm_payment_intent": collecting.CONFIRM,
    "process_setup_intent": saving.SAVE,
    "refund_payment": refunding.REFUND,
}


def authorize(
    world: World, reader: Record, attempt: Json, *, after_the_answer: bool = False
) -> None:
    """The card has been read, so nothing can stop it now: busy to everyone, subject locked."""
    reader.hidden["attempt"] = attempt
    device.enter(world, reader, AUTHORIZING)
    action = reader.data["action"]
    content = device.content_of(reader)
    _lock(world, action["type"], content, locked=True)
    args = {
        "reader": reader.id,
        "command": reader.hidden["command"],
        "type": action["type"],
        "content": content,
        "attempt": attempt,
    }
    delay = reader.hidden["authorization_ms"]
    if delay or after_the_answer:
        world.agenda.schedule(delay, "finish_authorization", **args)
    else:
        finish_authorization(world, **args)


def _lock(world: World, type: str, content: Json, *, locked: bool) -> None:
    subject = ACTIONS[type].subject(world, content)
    subject.hidden["locked"] = locked
    world.save(subject)


def finish_authorization(
    world: World, reader: str, command: int, type: str, content: Json, attempt: Json
) -> None:
    """The bank has answered, or the reader lost the line while it did."""
    _lock(world, type, content, locked=False)
    record = world.store.anywhere("readers", reader)
    if record is None:
        return
    action, listening = ACTIONS[type], record.hidden["command"] == command
    lost = attempt["outcome"] == "connection_error"
    ending = None if lost else action.carry_out(world, record, content, attempt)
    if listening and device.is_away(world, record):
        _fall_silent(world, record)
    elif listening and ending is not None:
        action.close(world, record, ending)
    elif listening:
        device.end(world, record, Ending("connection_error", NO_CONNECTION))
    if lost:
        _behind_the_lost_line(world, record, type, content, attempt)


def _fall_silent(world: World, reader: Record) -> None:
    """The device dropped off in the middle: the action stays in progress, and no event comes."""
    reader.hidden["attempt"] = None
    unplugged = reader.hidden["condition"] == "offline"
    device.enter(world, reader, VANISHED if unplugged else IDLE)


def _behind_the_lost_line(
    world: World, reader: Record, type: str, content: Json, attempt: Json
) -> None:
    truth = attempt.get("truth", "approved")
    if truth == "approved":
        succeed_late(world, reader.id, type, content, attempt)
    elif truth == "late":
        args = {"reader": reader.id, "type": type, "content": content, "attempt": attempt}
        world.agenda.schedule(attempt.get("delay_ms", 1000), "succeed_late", **args)


def succeed_late(world: World, reader: str, type: str, content: Json, attempt: Json) -> None:
    """It succeeds after the reader gave up; too late if what it was for has moved on."""
    record = world.store.anywhere("readers", reader)
    action = ACTIONS[type]
    if record is None or not action.is_open(world, content):
        return
    action.carry_out(world, record, content, attempt | {"outcome": "approve"})


JOBS = {"finish_authorization": finish_authorization, "succeed_late": succeed_late}
