"""What was sold before anybody looked, for a demo whose reports have something in them.

The acts are carried out at their moments, with everything that falls due between them, as if time
had been there; then it is now again. Webhook endpoints hear nothing of it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from simulator.api.expansion import expand
from simulator.api.routes import Call
from simulator.api.views import view
from simulator.control.routes import Row, Visit, as_sent
from simulator.operations import ROUTES as STRIPE
from simulator.payments import cards
from simulator.state.store import Json, Record
from simulator.state.times import moment_ms
from simulator.state.world import PLATFORM, World
from simulator.terminal import paying

PRESENTED = {"method": "tap", "tip": None}
EXPANDED = {"payment_intents": ["latest_charge.refunds"]}


def past(visit: Visit) -> Json:
    """Acts, oldest first: requests (`path`, `params`) of an `account`, or a card that is `present`
    on a reader. `{3}` stands for the id of what the fourth act made. Answers what all of them are
    about, as it is at the end.
    """
    acts = visit.only("acts").get("acts")
    if not isinstance(acts, list) or not all(isinstance(act, dict) for act in acts):
        raise ValueError("acts is a list of acts.")
    made: list[Record] = []
    with _back_again(visit) as advance_to:
        for act in acts:
            advance_to(moment_ms(act.get("at"), "at"))
            visit.world.nobody_asked()
            made.append(_carry_out(visit.world, _named(act, [record.id for record in made])))
    return {"objects": [_shown(visit.world, record) for record in made]}


@contextmanager
def _back_again(visit: Visit) -> Iterator[Callable[[int], None]]:
    """Gives a way to go to a moment; the first one may be long ago."""
    world = visit.world
    began, deliver, now = time.monotonic(), world.deliver, world.clock.now_ms()
    moments: list[int] = []

    def advance_to(moment: int) -> None:
        if moment > now or (moments and moment < moments[-1]):
            raise ValueError("The acts are in the past, and the oldest is the first.")
        if not moments:
            world.clock.show(moment)
        moments.append(moment)
        visit.sandbox.advance(max(moment - world.clock.now_ms(), 0) / 1000)

    world.deliver = lambda event, endpoint: None
    try:
        yield advance_to
        if moments:
            visit.sandbox.advance(max(now - world.clock.now_ms(), 0) / 1000)
    finally:
        world.deliver = deliver
        world.clock.show(now + int((time.monotonic() - began) * 1000))


def _named(value: Any, ids: list[str]) -> Any:
    """With the ids of what was made in place of the numbers of the acts."""
    if isinstance(value, dict):
        return {key: _named(each, ids) for key, each in value.items()}
    return value.format(*ids) if isinstance(value, str) and "{" in value else value


def _carry_out(world: World, act: Json) -> Record:
    account = str(act.get("account") or PLATFORM)
    if "present" in act:
        return _present(world, dict(act["present"]))
    found = STRIPE.find("POST", str(act.get("path")))
    if found is None:
        raise LookupError(f"There is no POST {act.get('path')}.")
    operation, ids = found
    sent = operation.parse(as_sent(act.get("params") or {}))
    result = operation.handler(Call(world, account, "".join(ids), sent, operation.path))
    if not isinstance(result, Record):
        raise ValueError(f"{operation.name} makes no object.")
    return result


def _present(world: World, given: Json) -> Record:
    """The card pays, or is declined; the reader itself shows nothing of it."""
    reader, intent = (_of_kind(world, given, name) for name in ("reader", "payment_intent"))
    if cards.find(str(given.setdefault("card", "visa"))) is None:
        raise ValueError(f"There is no test card '{given['card']}'.")
    outcome = "decline" if "decline_code" in given else "approve"
    paying.pay(world, reader, intent, PRESENTED | given | {"outcome": outcome})
    return intent


def _of_kind(world: World, given: Json, name: str) -> Record:
    id = str(given.pop(name, ""))
    record = world.store.anywhere(f"{name}s", id)
    if record is None:
        raise LookupError(f"No such {name}: '{id}'")
    return record


def _shown(world: World, record: Record) -> Json:
    shown = view(world, record)
    return expand(world, record.account, shown, EXPANDED.get(record.kind, []))


ROUTES: list[Row] = [("POST", "/past", past)]
