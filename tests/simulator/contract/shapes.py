"""Is this JSON exactly what the SDK's class declares? Read from its annotations, nothing else."""

import ast
import inspect
import sys
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any, ForwardRef, Literal, NamedTuple

import stripe
import typing_extensions
from stripe._object_classes import OBJECT_CLASSES
from stripe._stripe_object import UntypedStripeObject

from .left_out import DELETED, LEFT_OUT, OPEN
from .states import TOGETHER

UNIONS = (typing.Union, types.UnionType)
# Dollars with decimals travel as strings: https://docs.stripe.com/sdks/versioning
ON_THE_WIRE = {int: (int,), float: (int, float), str: (str,), bool: (bool,), Decimal: (str,)}
NONE = type(None)
# Beside its name, in npm's `DeletedReader`.
LEFT_WHEN_DELETED = {"terminal.reader": ("device_type", "serial_number")}
# Of these the SDK does not always list the values.
STATES = (".status", ".failure_code", ".failure_reason")


class Problem(NamedTuple):
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


class Said(NamedTuple):
    """An enumeration's value that was met, such as `PaymentIntent.status`, `succeeded`."""

    field: str
    value: Any


Finding = Problem | Said


@cache
def object_classes() -> dict[str, type]:
    """By the name in an object's `object` field."""
    return {
        name: getattr(import_module(module), cls) for name, (module, cls) in OBJECT_CLASSES.items()
    }


@cache
def classes() -> list[type]:
    """Every object's class and those of its hashes."""
    found: dict[type, None] = {}
    new = list(object_classes().values())
    while new:
        cls = new.pop()
        if cls not in found:
            found[cls] = None
            new += [each for each in vars(cls).values() if is_hash(each)]
    return list(found)


def class_of(value: Mapping[str, Any]) -> type:
    return object_classes()[value["object"]]


def findings(value: Any, path: str = "") -> list[Finding]:
    """All there is to say of an object, a list of objects or what is left of a deleted one."""
    if not isinstance(value, dict) or "object" not in value:
        return [Problem(path, f"no object of Stripe's: {value!r:.80}")]
    if value["object"] == "list":
        return list(_page(value, Any, path or "list"))
    if value["object"] not in object_classes():
        return [Problem(path, f"the SDK has no {value['object']}")]
    return list(_object(value, (class_of(value),), path or value["object"]))


def part(value: dict[str, Any], cls: type, path: str) -> list[Finding]:
    """A hash with some of an object's fields, as an event's `previous_attributes` has them.

    What was not there before is null, and of lists and objects there is only what changed.
    """
    whole = {k: v for k, v in value.items() if v is not None and not _is_part_of_a_page(v)}
    found = _hash(whole, cls, path)
    usual = ("missing", "must not be null", "is a None", "is hash, of type None")
    return [each for each in found if isinstance(each, Said) or not each.what.startswith(usual)]


def _is_part_of_a_page(value: Any) -> bool:
    return isinstance(value, dict) and "data" in value and "object" not in value


def problems(found: Iterable[Finding]) -> list[str]:
    return [str(each) for each in found if isinstance(each, Problem)]


@cache
def fields(cls: type) -> dict[str, Any]:
    """What a hash of this class holds, by the names on the wire."""
    return {
        name: _resolved(hint, cls.__module__)
        for name, hint in cls.__annotations__.items()
        if not name.startswith("_") and name != "OBJECT_NAME"
    }


def _resolved(hint: Any, module: str) -> Any:
    """The annotation with its forward references replaced by classes."""
    if isinstance(hint, (str, ForwardRef)):
        return _imported(module, hint if isinstance(hint, str) else hint.__forward_arg__)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if not args or origin in (Literal, typing_extensions.Literal):
        return hint
    inner = tuple(_resolved(each, module) for each in args)
    if origin in UNIONS:
        return typing.Union[inner]  # noqa: UP007  (made at run time)
    return origin[inner if len(inner) > 1 else inner[0]]


@cache
def _imported(module: str, name: str) -> Any:
    """A class the module imports for type checkers only."""
    found = getattr(sys.modules[module], name, None)
    if found is not None:
        return found
    for node in ast.walk(ast.parse(inspect.getsource(sys.modules[module]))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return getattr(import_module(node.module), alias.name)
    raise NameError(f"{module} knows no {name}")


def options(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if typing.get_origin(hint) in UNIONS else (hint,)


def is_hash(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, stripe.StripeObject)


def is_object(hint: Any) -> bool:
    """A class with an id or name of its own, not a hash inside one."""
    return is_hash(hint) and "OBJECT_NAME" in vars(hint)


def is_expandable(hint: Any) -> bool:
    return str in options(hint) and any(map(is_object, options(hint)))


def words(hint: Any) -> tuple[Any, ...]:
    """The values of an enumeration; the SDK writes `Literal[…] | str`, as Stripe may add some."""
    literals = (Literal, typing_extensions.Literal)
    return tuple(
        word
        for each in options(hint)
        if typing.get_origin(each) in literals
        for word in typing.get_args(each)
    )


@cache
def name_of(cls: type) -> str:
    """`Charge.Outcome`, `terminal.Reader.Action`: how left_out.py calls a class."""
    folders = [part for part in cls.__module__.split(".")[1:] if not part.startswith("_")]
    return ".".join([*folders, cls.__qualname__])


def _object(value: dict[str, Any], classes: tuple[type, ...], path: str) -> Iterator[Finding]:
    """A whole object, of one of these classes."""
    found = [cls for cls in classes if vars(cls)["OBJECT_NAME"] == value.get("object")]
    if not found:
        yield Problem(path, f"is a {value.get('object')}")
    elif value.get("deleted"):
        left = {"id", "object", "deleted", *LEFT_WHEN_DELETED.get(value["object"], ())}
        if set(value) != left:
            yield Problem(path, f"of a deleted object only its name is left: {set(value)}")
    else:
        yield from _hash(value, found[0], path)


def _hash(value: Any, cls: type, path: str) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield Problem(path, f"is no hash: {value!r:.60}")
        return
    known, name = fields(cls), name_of(cls)
    for unknown in value.keys() - known.keys():
        yield Problem(f"{path}.{unknown}", f"{name} has no such field")
    for absent in known.keys() - value.keys():
        if not _may_be_absent(name, absent, known[absent]):
            yield Problem(f"{path}.{absent}", f"missing in {name}")
    for key in known.keys() & value.keys():
        yield from _value(value[key], known[key], f"{path}.{key}", f"{name}.{key}")
    yield from _named_by_type(value, known, path)
    together = TOGETHER.get(name, ())
    if together and value.keys() >= set(together):
        yield Said(f"{name}: {', '.join(together)}", _joined(value.get(each) for each in together))


def _joined(values: Iterable[Any]) -> str:
    lists = (each if isinstance(each, list) else [each] for each in values)
    return " ".join("+".join(map(str, each)) for each in lists)


def _may_be_absent(cls: str, field: str, hint: Any) -> bool:
    left_out = LEFT_OUT.get(cls, set())
    if field in left_out or field == DELETED:
        return True
    optional = NONE in options(hint)
    return optional and ("*" in left_out or ("{}" in left_out and is_hash(_only(hint))))


def _named_by_type(value: dict[str, Any], known: dict[str, Any], path: str) -> Iterator[Finding]:
    """`type: card_present` goes with a hash `card_present`, and with no other of that kind."""
    names = words(known.get("type")) or (known if known.get("type") is str else ())
    kinds = [each for each in names if NONE in options(known.get(each))]
    kinds = [each for each in kinds if is_hash(_only(known[each]))]
    type = value.get("type")
    for kind in kinds:
        filled = isinstance(value.get(kind), dict)
        if filled != (kind == type):
            yield Problem(f"{path}.{kind}", f"{'is' if filled else 'no'} hash, of type {type}")


def _only(hint: Any) -> Any:
    """The type of a field that may be null."""
    found = [each for each in options(hint) if each is not NONE]
    return found[0] if len(found) == 1 else None


def _value(value: Any, hint: Any, path: str, name: str) -> Iterator[Finding]:
    choices = options(hint)
    if hint is Any:
        return
    if value is None:
        if NONE not in choices:
            yield Problem(path, "must not be null")
    elif isinstance(value, dict):
        yield from _any_hash(value, choices, path)
    elif isinstance(value, list):
        yield from _array(value, choices, path, name)
    else:
        yield from _scalar(value, hint, path, name)


def _scalar(value: Any, hint: Any, path: str, name: str) -> Iterator[Finding]:
    known = words(hint)
    if known or name.endswith(STATES):
        yield Said(name, value)
    if known:
        if value not in known and name not in OPEN:
            yield Problem(path, f"{value!r} is not one of {', '.join(map(str, known))}")
    elif not any(type(value) in ON_THE_WIRE.get(each, ()) for each in options(hint)):
        yield Problem(path, f"{value!r:.60} is a {type(value).__name__}, not {_said(hint)}")


def _any_hash(value: dict[str, Any], choices: tuple[Any, ...], path: str) -> Iterator[Finding]:
    objects = tuple(each for each in choices if is_object(each))
    hashes = [each for each in choices if is_hash(each) and each not in objects]
    generic = {typing.get_origin(each): typing.get_args(each) for each in choices}
    if value.get("object") == "list" and stripe.ListObject in generic:
        yield from _page(value, generic[stripe.ListObject][0], path)
    elif objects and (value.get("object") or not hashes):
        yield from _object(value, objects, path)
    elif hashes:
        yield from _hash(value, hashes[0], path)
    elif UntypedStripeObject in generic:
        for key, each in value.items():
            yield from _value(each, generic[UntypedStripeObject][0], f"{path}.{key}", "")
    else:
        yield Problem(path, f"is a hash, not {choices}")


def _array(value: list[Any], choices: tuple[Any, ...], path: str, name: str) -> Iterator[Finding]:
    arrays = [each for each in choices if typing.get_origin(each) is list]
    if not arrays:
        yield Problem(path, f"is an array, not {choices}")
        return
    for number, each in enumerate(value):
        yield from _value(each, typing.get_args(arrays[0])[0], f"{path}[{number}]", name)


def _page(value: dict[str, Any], of: Any, path: str) -> Iterator[Finding]:
    expected = {"object": str, "url": str, "has_more": bool, "data": list}
    if {key: type(each) for key, each in value.items()} != expected:
        yield Problem(path, f"is no list: {value!r:.80}")
        return
    for number, each in enumerate(value["data"]):
        if of is Any:
            yield from findings(each, f"{path}[{number}]")
        else:
            yield from _value(each, of, f"{path}[{number}]", "")


def _said(hint: Any) -> str:
    return str(getattr(hint, "__name__", hint))


def expandable(cls: type, path: str = "") -> Iterator[str]:
    """The paths of all ids in an object of this class that can become objects."""
    for name, hint in fields(cls).items():
        for each in options(hint):
            inner = typing.get_args(each)[0] if typing.get_origin(each) is list else each
            if is_hash(inner) and not is_object(inner):
                yield from expandable(inner, f"{path}{name}.")
        if is_expandable(hint):
            yield f"{path}{name}"
