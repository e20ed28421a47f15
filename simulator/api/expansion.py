"""Ids replaced by the objects behind them: https://docs.stripe.com/api/expanding_objects.

Which fields can be expanded is read from the official SDK's own types, where such a field is a
union of `str` and a class.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, ForwardRef, get_args

from simulator.api.views import view
from simulator.errors import StripeError, bad_request
from simulator.state.store import Json
from simulator.state.world import APPLICATION, World

DEEPEST = 4
# The SDK calls a class so where a field has its name: DisputeResource is Dispute.
ALIAS = "Resource"
# Lists that an object shows only when asked: its field, or a field of a hash in it (`hash.field`),
# and how the list is made.
Included = Callable[[World, Json], Json]
INCLUDED: dict[tuple[str, str], Included] = {}
# What an object names in another account: https://docs.stripe.com/connect/charges. Accounts, too,
# are seen from either side; anything else of another account stays an id.
ACROSS_ACCOUNTS = {
    ("application_fee", "charge"),
    ("application_fee", "originating_transaction"),
    ("charge", "application_fee"),
    ("charge", "source_transfer"),
    ("refund", "source_transfer_reversal"),
    ("transfer", "destination_payment"),
    ("transfer_reversal", "destination_payment_refund"),
}


def require_expandable(answers: str, wanted: list[str], *, listed: bool) -> None:
    """Refuse before anything is done: only ids can be expanded, at most four deep."""
    for path in wanted:
        parts = path.split(".")
        if listed and parts.pop(0) != "data":
            raise _not_expandable(path)
        depth = _depth([_object_classes()[answers]], parts) if parts else 0
        if depth is None:
            raise _not_expandable(path)
        if depth > DEEPEST:
            raise bad_request(
                f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}",
                "property_expansion_max_depth",
                "expand",
            )


def _depth(classes: Iterable[type], parts: list[str]) -> int | None:
    """How many objects lie on the way, or None when it does not end at one."""
    head, *rest = parts
    for cls in classes:
        field = _field(cls, head)
        if not rest and field.expandable:
            return 1
        if rest and field.listed:
            rest = rest[1:] if rest[0] == "data" else []
        deeper = _depth(field.classes, rest) if rest else None
        if deeper is not None:
            return deeper + field.expandable
    return None


@dataclass(frozen=True, slots=True)
class _Field:
    """`classes` are what stands behind the id, or in the hash or list that the field holds."""

    expandable: bool
    listed: bool
    classes: tuple[type, ...]


@cache
def _field(cls: type, name: str) -> _Field:
    hint = cls.__annotations__.get(name)
    listed = "ListObject" in str(hint)
    optional = "Optional[" in str(hint) or "NoneType" in str(hint)
    refs = [each for each in _leaves(hint) if isinstance(each, ForwardRef)]
    names = [each.__forward_arg__.removesuffix(ALIAS) for each in refs]
    hashes = [each for each in _leaves(hint) if hasattr(each, "_inner_class_types")]
    behind = [each for each in _object_classes().values() if each.__name__ in names]
    return _Field(bool(names) and (not listed or optional), listed, (*behind, *hashes))


def _leaves(hint: Any) -> Iterator[Any]:
    """What a type is made of, under all unions, lists and the like."""
    parts = get_args(hint)
    if not parts:
        yield hint
    for part in parts:
        yield from _leaves(part)


@cache
def _object_classes() -> dict[str, Any]:
    """By the name in an object's `object` field."""
    from stripe._object_classes import OBJECT_CLASSES  # slow: not before the port is open

    return {
        name: getattr(import_module(module), cls) for name, (module, cls) in OBJECT_CLASSES.items()
    }


def _not_expandable(path: str) -> StripeError:
    return bad_request(
        f"This property cannot be expanded ({path}). You may want to try expanding 'data.{path}' "
        "instead, or see https://stripe.com/docs/api#expanding_objects.",
        None,
        "expand",
    )


def expand(world: World, account: str, answer: Json, wanted: list[str]) -> Json:
    """A copy of the account's answer with the named ids replaced by their objects."""
    for path in wanted:
        answer = _expanded(world, account, answer, path.split("."))
    return answer


def _expanded(world: World, account: str, value: Json, parts: list[str]) -> Json:
    """An id on the way becomes its object, hashes and lists are walked through; what is null or
    not there stays so."""
    if not parts:
        return value
    made = INCLUDED.get((value.get("object", ""), ".".join(parts)))
    head, *rest = parts
    inner = value.get(head)
    if made is not None and isinstance(inner, dict):
        return value | {head: inner | {rest[0]: made(world, value)}}
    if inner is None and (value.get("object"), head) in INCLUDED:
        inner = INCLUDED[value["object"], head](world, value)
    elif head not in value:
        return value
    if isinstance(inner, str):
        across = (value.get("object"), head) in ACROSS_ACCOUNTS
        account, inner = _object(world, account, inner, across=across)
    if isinstance(inner, dict):
        inner = _expanded(world, account, inner, rest)
    elif isinstance(inner, list):
        inner = [_expanded(world, account, each, rest) for each in inner]
    return value | {head: inner}


def _object(world: World, account: str, id: str, *, across: bool) -> tuple[str, Any]:
    """What is behind the id, with the account it is in; or the id, where it may not be seen."""
    if id == APPLICATION:
        return account, {"id": APPLICATION, "object": "application", "name": "Simulated platform"}
    record = world.store.by_id.get(id)
    if record is None or not (across or record.kind == "accounts" or record.account == account):
        return account, id
    return record.account, view(world, record)
