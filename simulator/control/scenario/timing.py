"""When a step is due: what the document may say, and the moment that follows from it."""

from collections.abc import Callable
from typing import Any

from simulator.control.scenario.document import Item
from simulator.state.store import Json
from simulator.state.times import moment_ms

TIMING = ("at", "after", "every", "until", "times")
DAY_MS = 86_400_000


def read(step: Item, fields: dict[str, Item]) -> Json:
    """`at` or `after`, and how often: `every`, with `until` or `times`."""
    if not {"at", "after", "every"} & set(fields):
        raise step.wrong("A step says when: at, after or every.")
    if {"at", "after"} <= set(fields):
        raise step.wrong("at and after exclude each other.")
    for name in ("until", "times"):
        if name in fields and "every" not in fields:
            raise fields[name].wrong("This belongs to every.")
    return {name: _READ[name](fields[name]) for name in TIMING if name in fields}


def moment(item: Item) -> Json:
    """`+90m` after the start, `10:30` by the clock (UTC), or a whole time."""
    text = item.text()
    if text.startswith("+"):
        return {"since_start": Item(text[1:], item.line, item.path).duration_ms()}
    parts = text.split(":")
    if len(parts) in (2, 3) and all(part.isdigit() and len(part) <= 2 for part in parts):
        hour, minute, second = (int(part) for part in [*parts, "0"][:3])
        if hour < 24 and minute < 60 and second < 60:
            return {"of_day": ((hour * 60 + minute) * 60 + second) * 1000}
    return {"moment": item.read(lambda: moment_ms(text, "This"))}


def _period(item: Item) -> int:
    period = item.duration_ms()
    if period < 1:
        raise item.wrong("This is longer than nothing.")
    return period


_READ: dict[str, Callable[[Item], Any]] = {
    "at": moment,
    "after": Item.duration_ms,
    "every": _period,
    "until": moment,
    "times": lambda item: int(item.number(1)),
}


def first(when: Json, start: int, above: int) -> int:
    """In milliseconds, given the start and when the step above is due."""
    if "at" in when:
        return due(when["at"], start)
    return above + int(when["after"] if "after" in when else when["every"])


def again(when: Json, done: int, last: int, start: int) -> int | None:
    """When it comes again, after it was done so often, the last time then."""
    if "every" not in when or done >= when.get("times", float("inf")):
        return None
    at = last + int(when["every"])
    return None if "until" in when and at > due(when["until"], start) else at


def due(told: Json, start: int) -> int:
    """A time of day is the next of its kind."""
    if "since_start" in told:
        return start + int(told["since_start"])
    if "moment" in told:
        return int(told["moment"])
    at = start - start % DAY_MS + int(told["of_day"])
    return at if at >= start else at + DAY_MS
