"""The simulator's clock, moved by hand."""

from simulator.control.routes import Row, Visit
from simulator.state.store import Json


def clock(visit: Visit) -> Json:
    return {"now": visit.world.clock.now_ms(), "offset_ms": visit.world.clock.offset_ms}


def advance(visit: Visit) -> Json:
    seconds = visit.body.get("advance")
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or seconds < 0:
        raise ValueError("advance is a number of seconds, not below 0.")
    visit.sandbox.advance(seconds)
    return clock(visit)


ROUTES: list[Row] = [
    ("GET", "/clock", clock),
    ("POST", "/clock", advance),
]
