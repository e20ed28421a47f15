"""What a story of the control API is made of: a table of routes, and what each is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.sandbox import Sandbox
from simulator.state.store import Json, Record
from simulator.state.world import World

LONGEST_NUMBER = 16


@dataclass(slots=True)
class Visit:
    """One request to the control API, from outside or from a scenario."""

    sandbox: Sandbox
    id: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    text: str = ""

    @property
    def world(self) -> World:
        return self.sandbox.world

    def record(self, kind: str, noun: str) -> Record:
        """The object the path names, of whatever account, or 404."""
        record = self.world.store.anywhere(kind, self.id)
        if record is None:
            raise LookupError(f"No such {noun}: '{self.id}'")
        return record

    def asked(self, *known: str) -> Mapping[str, str]:
        """The query, which may hold nothing but these."""
        _refuse_others(self.query, known)
        return self.query

    def only(self, *known: str) -> Json:
        """The body, which may hold nothing but these."""
        _refuse_others(self.body, known)
        return self.body

    def number(self, name: str, default: int, least: int = 0, most: int | None = None) -> int:
        """A whole number in the query."""
        text = self.query.get(name, str(default))
        number = int(text) if text.isdecimal() and len(text) < LONGEST_NUMBER else -1
        if number < least or (most is not None and number > most):
            limits = f"{least} or more" if most is None else f"from {least} to {most}"
            raise ValueError(f"{name} is a whole number, {limits}.")
        return number

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A yes or no in the body."""
        value = self.body.get(name, default)
        if not isinstance(value, bool):
            raise ValueError(f"{name} is true or false.")
        return value


def _refuse_others(told: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if unknown := set(told) - set(known):
        names = ", ".join(sorted(known)) or "nothing"
        raise ValueError(f"Unknown: {', '.join(sorted(unknown))}. Known: {names}.")


def as_sent(value: Any) -> Any:
    """JSON as a form would carry it; what is null is not sent."""
    if isinstance(value, dict):
        return {key: as_sent(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return {str(place): as_sent(each) for place, each in enumerate(value)}
    return str(value).lower() if isinstance(value, bool) else str(value)


# What is returned is answered as JSON, unless it is a Response. ValueError becomes a 400 and
# LookupError a 404.
Act = Callable[[Visit], Any]
Row = tuple[str, str, Act]


def find(rows: list[Row], method: str, path: str) -> tuple[Act, str] | None:
    """What a method and path name, and the id in the path."""
    segments = path.split("/")
    for known_method, known_path, act in rows:
        known = known_path.split("/")
        if known_method != method or len(known) != len(segments):
            continue
        pairs = list(zip(known, segments, strict=True))
        if all(one == other or (one.startswith("{") and other) for one, other in pairs):
            return act, "".join(other for one, other in pairs if one.startswith("{"))
    return None
