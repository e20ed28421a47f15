"""Pages of objects, newest first: https://docs.stripe.com/api/pagination."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from simulator.api.routes import Call
from simulator.api.views import view
from simulator.errors import bad_request, exclusive, missing_object
from simulator.state.store import Json, Record, Shelf
from simulator.state.world import World

Keep = Callable[[Record], bool]
EMBEDDED = 10
# What Stripe calls an object in its messages, where that is not simply the kind.
NOUNS = {
    "files": "file upload",
    "payment_intents": "payment_intent",
    "payment_methods": "PaymentMethod",
    "setup_intents": "setupintent",
}
OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def page(call: Call, kind: str, keep: Keep = lambda record: True) -> Json:
    """One page of a kind in the caller's account, filtered by `keep` and by `created`."""
    params = call.params
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        side = "greater than or equal to 1" if limit < 1 else "less than or equal to 100"
        code = "parameter_invalid_integer"
        message = f"This value must be {side} (it currently is '{limit}')."
        raise bad_request(message, code, "limit")
    shelf = call.world.store.shelf(call.account, kind)
    created = params.get("created")
    backwards = "ending_before" in params
    records = (
        r
        for r in _from_cursor(shelf, kind, params)
        if within(r.data.get("created", 0), created) and keep(r)
    )
    found = list(islice(records, limit + 1))
    has_more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    return {
        "object": "list",
        "url": call.path,
        "has_more": has_more,
        "data": [view(call.world, record) for record in found],
    }


def _from_cursor(shelf: Shelf, kind: str, params: Json) -> Iterator[Record]:
    if "starting_after" in params and "ending_before" in params:
        raise exclusive("ending_before", "starting_after")
    if "ending_before" in params:
        return shelf.newer_than(_cursor(shelf, kind, params, "ending_before"))
    if "starting_after" in params:
        return shelf.older_than(_cursor(shelf, kind, params, "starting_after"))
    return shelf.older_than(None)


def _cursor(shelf: Shelf, kind: str, params: Json, name: str) -> Record:
    """A deleted object is no cursor."""
    noun = NOUNS.get(kind) or kind.removesuffix("s").replace("_", " ")
    record = shelf.records.get(params[name])
    if record is None:
        raise missing_object(noun, params[name], name)
    return record


def within(time: int, wanted: Any) -> bool:
    """`wanted` is a time, or a hash of bounds, or nothing."""
    if wanted is None or isinstance(wanted, int):
        return wanted in (None, time)
    return all(OPERATORS[name](time, bound) for name, bound in wanted.items())


def equal_to(params: Json, *names: str) -> Keep:
    """Keep the records whose fields have the values of these parameters, where given."""
    wanted = [(name, params[name]) for name in names if name in params]
    return lambda record: all(record.data.get(name) == value for name, value in wanted)


def embedded(world: World, ids: list[str], url: str) -> Json:
    """The list inside an object: its newest ten of what is named by `ids`, oldest first."""
    newest = ids[: -EMBEDDED - 1 : -1]
    return {
        "object": "list",
        "data": [view(world, world.get(id)) for id in newest],
        "has_more": len(ids) > EMBEDDED,
        "url": url,
    }
