"""The simulator's clock, set and moved by hand."""

from simulator.control.routes import Row, Visit
from simulator.state.store import Json
from simulator.state.times import moment_ms, shown

FASTEST = 100_000
LATEST = moment_ms("2200-01-01", "LATEST")


def clock(visit: Visit) -> Json:
    now = visit.world.clock.now_ms()
    return {
        "now": now,
        "at": shown(now),
        "offset_ms": visit.world.clock.offset_ms,
        "speed": visit.world.clock.speed,
    }


def change(visit: Visit) -> Json:
    """Move it forward by seconds or to a moment, and let it run faster, slower or not at all."""
    body = visit.only("advance", "set", "speed")
    if not body or {"advance", "set"} <= set(body):
        raise ValueError("Say advance, set or speed; advance and set exclude each other.")
    speed = None if "speed" not in body else _number("speed", body["speed"], FASTEST)
    if "advance" in body:
        _advance(visit, _number("advance", body["advance"]))
    if "set" in body:
        _advance(visit, _seconds_until(visit, body["set"]))
    if speed is not None:
        visit.sandbox.run_at(speed)
    return clock(visit)


def _advance(visit: Visit, seconds: float) -> None:
    if visit.world.clock.now_ms() + seconds * 1000 > LATEST:
        raise ValueError(f"The clock goes to {shown(LATEST)} and no further.")
    visit.sandbox.advance(seconds)


def _seconds_until(visit: Visit, moment: object) -> float:
    now = visit.world.clock.now_ms()
    left = moment_ms(moment, "set") - now
    if left < 0:
        raise ValueError(f"It is {shown(now)} already, and time goes forward only.")
    return left / 1000


def _number(name: str, value: object, most: float = float("inf")) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= most:
        limits = "not below 0" if most == float("inf") else f"from 0 to {most}"
        raise ValueError(f"{name} is a number, {limits}.")
    return value


ROUTES: list[Row] = [
    ("GET", "/clock", clock),
    ("POST", "/clock", change),
]
