"""What the API shows of a record at this moment: https://docs.stripe.com/api/expanding_objects."""

from typing import Any

from simulator.errors import StripeError, bad_request
from simulator.store import Json, Record
from simulator.world import APPLICATION, World

DEEPEST = 4
OFFLINE_AFTER_MS = 120_000

# Per object: each field that holds an id, and what kind of object stands behind it.
EXPANDABLE: dict[str, dict[str, str]] = {
    "payment_intent": {
        "latest_charge": "charge",
        "payment_method": "payment_method",
        "on_behalf_of": "account",
        "application": "application",
        "customer": "customer",
        "review": "review",
        "transfer_data.destination": "account",
    },
    "charge": {
        "balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "on_behalf_of": "account",
        "application": "application",
        "application_fee": "application_fee",
        "transfer": "transfer",
        "transfer_data.destination": "account",
        "customer": "customer",
        "review": "review",
        "failure_balance_transaction": "balance_transaction",
        "source_transfer": "transfer",
    },
    "balance_transaction": {"source": "charge"},
    "application_fee": {
        "account": "account",
        "application": "application",
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "originating_transaction": "charge",
    },
    "transfer": {
        "balance_transaction": "balance_transaction",
        "destination": "account",
        "destination_payment": "charge",
        "source_transaction": "charge",
    },
    "terminal.reader": {
        "location": "terminal.location",
        "action.process_payment_intent.payment_intent": "payment_intent",
    },
    "payment_method": {"customer": "customer"},
}
OBJECT_OF = {
    "payment_intents": "payment_intent",
    "charges": "charge",
    "balance_transactions": "balance_transaction",
    "application_fees": "application_fee",
    "transfers": "transfer",
    "readers": "terminal.reader",
    "payment_methods": "payment_method",
}


def view(world: World, record: Record) -> Json:
    """The object as Stripe would answer it now; not to be changed by the caller."""
    return _reader(world, record) if record.kind == "readers" else record.data


def _reader(world: World, record: Record) -> Json:
    """A reader that is not unplugged is heard all the time; `last_seen_at` is in milliseconds."""
    now = world.clock.now_ms()
    silent_since = record.hidden["silent_since"]
    offline = silent_since is not None and (
        now - silent_since > OFFLINE_AFTER_MS or not world.switches["offline_status_lags"]
    )
    return record.data | {
        "status": "offline" if offline else "online",
        "last_seen_at": now if silent_since is None else silent_since,
    }


def require_expandable(operation: str, wanted: list[str]) -> None:
    """Refuse before anything is done: only ids can be expanded, at most four deep."""
    resource, _, verb = operation.partition(".")
    for path in wanted:
        parts = path.split(".")
        if verb == "list" and parts.pop(0) != "data":
            raise _not_expandable(path)
        if not parts:
            continue
        depth, kind = 0, OBJECT_OF.get(resource, "")
        while parts:
            name = _field(kind, parts)
            if name is None:
                raise _not_expandable(path)
            kind = EXPANDABLE[kind][name]
            depth += 1
            parts = parts[name.count(".") + 1 :]
        if depth > DEEPEST:
            raise bad_request(
                f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}",
                "property_expansion_max_depth",
                "expand",
            )


def _field(kind: str, parts: list[str]) -> str | None:
    """The expandable field the path begins with, which may lie within a hash."""
    known = EXPANDABLE.get(kind, {})
    names = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
    return next((name for name in names if name in known), None)


def _not_expandable(path: str) -> StripeError:
    return bad_request(
        f"This property cannot be expanded ({path}). You may want to try expanding 'data.{path}' "
        "instead, or see https://stripe.com/docs/api#expanding_objects.",
        None,
        "expand",
    )


def expand(world: World, answer: Json, wanted: list[str]) -> Json:
    """A copy of the answer with the named ids replaced by their objects."""
    for path in wanted:
        parts = path.split(".")
        if answer.get("object") == "list":
            items = [_expanded(world, item, parts[1:]) for item in answer["data"]]
            answer = answer | {"data": items}
        else:
            answer = _expanded(world, answer, parts)
    return answer


def _expanded(world: World, value: Json, parts: list[str]) -> Json:
    """An id on the way becomes its object, a hash is walked through, null ends it."""
    if not parts:
        return value
    head, *rest = parts
    inner = value.get(head)
    if isinstance(inner, str):
        inner = _object(world, inner)
    if isinstance(inner, dict):
        inner = _expanded(world, inner, rest)
    return value | {head: inner}


def _object(world: World, id: str) -> Any:
    if id == APPLICATION:
        return {"id": APPLICATION, "object": "application", "name": "Simulated platform"}
    record = world.store.by_id.get(id)
    return id if record is None else view(world, record)
