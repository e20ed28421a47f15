"""Do something, then hold every answer, event and object it left against the SDK."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import stripe

from simulator.api.routes import Operation
from simulator.operations import ROUTES

from ..conftest import PLATFORM, Simulator
from . import shapes

Recipe = Callable[[Simulator], object]
OPERATIONS = {each.name: each for each in ROUTES.operations}
# The bytes of a file, and OAuth, which has shapes of its own.
NO_OBJECTS = {"files.contents", "oauth.deauthorize", "oauth.token"}
# https://docs.stripe.com/api/errors: which status goes with which type
ERROR_STATUS = {
    "api_error": {500, 501, 502, 503},
    "card_error": {402},
    "idempotency_error": {400, 409},
    "invalid_request_error": {400, 401, 403, 404, 409, 424, 429},
}


@dataclass
class Walk:
    """What a recipe brought to light."""

    problems: dict[str, str] = field(default_factory=dict)
    operations: set[str] = field(default_factory=set)
    said: set[tuple[str, str]] = field(default_factory=set)

    def note(self, found: list[shapes.Finding]) -> None:
        """The same problem is told once, where it is seen first."""
        for each in found:
            if isinstance(each, shapes.Problem):
                self.complain(each.path, f"{each.path.rpartition('.')[2]} {each.what}")
            else:
                self.said.add((each.field, each.value))

    def complain(self, where: str, what: str) -> None:
        if len(where) < len(self.problems.get(what, where + " ")):
            self.problems[what] = where


def walk(simulator: Simulator, recipe: Recipe) -> Walk:
    simulator.tell("reset")
    simulator.tell("switches", local_payments_only=False)  # all currencies on one US platform
    recipe(simulator)
    _revisit(simulator)
    walked = Walk()
    for exchange in simulator.look("exchanges")["exchanges"]:
        _look_at(walked, exchange)
    for event in simulator.look("truth")["events"]:
        _look_at_event(walked, event)
    return walked


def _look_at(walked: Walk, exchange: Any) -> None:
    name, answer, where = exchange["operation"], exchange["response"], exchange["operation"]
    if exchange["status"] != 200:
        for each in _wrong_error(exchange):
            walked.complain(where, each)
        return
    walked.operations.add(name)
    if name in NO_OBJECTS:
        return
    walked.note(shapes.findings(answer, where))
    answers = OPERATIONS[name].answers
    items = answer["data"] if answer["object"] == "list" else [answer]
    if any(each["object"] != answers for each in items):
        walked.complain(where, f"answers with a {answer['object']}, not {answers}")


def _wrong_error(exchange: Any) -> Iterator[str]:
    """Errors have their own hash, and a type that fits the status."""
    error = exchange["response"]["error"]
    yield from (f"{each} is no field of an error" for each in error.keys() - _error_fields())
    if exchange["status"] not in ERROR_STATUS.get(error["type"], ()):
        yield f"{exchange['status']} does not go with {error['type']}"
    if exchange["status"] == 501:
        yield error["message"]


def _error_fields() -> set[str]:
    return set(stripe.ErrorObject.__annotations__)


def _look_at_event(walked: Walk, event: Any) -> None:
    walked.note(shapes.findings(event, event["type"]))
    subject = event["data"]["object"]
    walked.note(shapes.findings(subject, f"{event['type']}.data.object"))
    before = event["data"].get("previous_attributes") or {}
    path = f"{event['type']}.data.previous_attributes"
    walked.note(shapes.part(before, shapes.class_of(subject), path))


def _revisit(simulator: Simulator) -> None:
    """Retrieve whatever there is now, plain and with all that can be expanded, two deep."""
    for account, item, operation in _objects(simulator):
        path = operation.path.replace("{id}", item["id"], 1)
        headers: Any = {} if account == PLATFORM else {"Stripe_Account": account}
        plain = simulator.raw("GET", path, **headers).json()
        paths = list(shapes.expandable(shapes.class_of(item)))
        once = _expanded(simulator, path, paths, headers)
        twice = _expanded(simulator, path, list(_deeper(once, paths)), headers)
        for expanded in (once, twice):
            assert _settled(collapsed(expanded, plain)) == _settled(plain), path


def _objects(simulator: Simulator) -> Iterator[tuple[str, Any, Operation]]:
    """Every object with its account and the operation that retrieves it."""
    retrieving = {
        each.answers: each
        for each in OPERATIONS.values()
        if each.name.endswith(".retrieve") and each.path.endswith("/{id}")
        if each.path.count("{id}") == 1
    }
    for account, kinds in simulator.look("truth")["accounts"].items():
        for items in kinds.values():
            for item in items if isinstance(items, list) else [items]:
                operation = retrieving.get(str((item or {}).get("object")))
                if operation is not None and not item.get("deleted"):
                    yield (PLATFORM if item is kinds["account"] else account), item, operation


def _expanded(simulator: Simulator, path: str, paths: list[str], headers: Any) -> Any:
    query = "&".join(f"expand[]={each}" for each in paths)
    response = simulator.raw("GET", f"{path}?{query}", **headers)
    assert response.status_code == 200, f"{path}: {response.text}"
    return response.json()


def _deeper(once: Any, paths: list[str]) -> Iterator[str]:
    """What can be expanded in what was expanded."""
    for path in paths:
        yield path
        for inner in _at(once, path.split(".")):
            if isinstance(inner, dict) and inner.get("object") in shapes.object_classes():
                yield from (f"{path}.{each}" for each in shapes.expandable(shapes.class_of(inner)))


def _at(value: Any, parts: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _at(each, parts)
    elif not parts:
        yield value
    elif isinstance(value, dict):
        yield from _at(value.get(parts[0]), parts[1:])


def collapsed(value: Any, plain: Any) -> Any:
    """The expanded object with its ids back where `plain` has them."""
    if isinstance(plain, str) and isinstance(value, dict):
        return value.get("id")
    if isinstance(value, dict) and isinstance(plain, dict):
        return {key: collapsed(each, plain.get(key)) for key, each in value.items()}
    if isinstance(value, list) and isinstance(plain, list):
        return [collapsed(*pair) for pair in zip(value, plain, strict=True)]
    return value


def _settled(value: Any) -> Any:
    """A reader that is heard all the time was last seen a moment later."""
    return value | {"last_seen_at": None} if "last_seen_at" in value else value
