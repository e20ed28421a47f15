"""Every parameter of an endpoint, from the SDK's TypedDicts: values to send, and wrong ones."""

import sys
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Literal, NotRequired

import typing_extensions
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject

Tree = dict[str, Any]  # as a form decodes: text at the ends, arrays as hashes by index
LITERALS = (Literal, typing_extensions.Literal)
OPTIONAL = (NotRequired, typing_extensions.NotRequired)
UNIONS = (typing.Union, types.UnionType)
TABLES = (dict, UntypedStripeObject)
NUMBERS = {int: "1", float: "1.5", Decimal: "1.5", bool: "true"}
# What a name says about its text; else it is "text".
TEXTS = {
    "country": "US",
    "currency": "usd",
    "default_currency": "usd",
    "email": "a@example.com",
    "receipt_email": "a@example.com",
    "url": "https://example.com/",
    "return_url": "https://example.com/",
}


@dataclass(frozen=True)
class Parameter:
    """One of them, at any depth, with the hash that each step on the way to it is in.

    A step into an array is `(None, "0")`.
    """

    way: tuple[tuple[Any, str], ...]
    hint: Any
    required: bool

    @property
    def name(self) -> str:
        """As on the wire: `process_config[tipping][amount_eligible]`."""
        head, *rest = (step for _, step in self.way)
        return head + "".join(f"[{each}]" for each in rest)

    @property
    def example(self) -> Any:
        return value(self.way[-1][1], self.hint)

    def request(self, leaf: Any, base: Tree | None = None) -> Tree:
        """A request with this value here, and whatever else is required on the way."""
        return _request(self.way, leaf, base or {})


def _request(way: tuple[tuple[Any, str], ...], leaf: Any, base: Tree) -> Tree:
    (cls, name), *rest = way
    whole = (least(cls) if cls else {}) | base
    inner = base.get(name)
    whole[name] = (
        _request(tuple(rest), leaf, inner if isinstance(inner, dict) else {}) if rest else leaf
    )
    return whole


@cache
def fields(cls: Any) -> dict[str, tuple[Any, bool]]:
    """The type of each field and whether it must be sent."""
    holder = types.SimpleNamespace(
        __annotations__={
            name: hint
            for name, hint in cls.__annotations__.items()
            if name not in RequestOptions.__annotations__
        }
    )
    own = typing.get_type_hints(holder, vars(sys.modules[cls.__module__]), include_extras=True)
    return {
        name: (typing.get_args(hint)[0], False)
        if typing.get_origin(hint) in OPTIONAL
        else (hint, True)
        for name, hint in own.items()
    }


def walk(cls: Any, way: tuple[tuple[Any, str], ...] = ()) -> Iterator[Parameter]:
    for name, (hint, required) in fields(cls).items():
        here = (*way, (cls, name))
        yield Parameter(here, hint, required)
        for each in hashes(hint):
            yield from walk(each, here)
        for each in items(hint):
            for inner in hashes(each):
                yield from walk(inner, (*here, (None, "0")))


def options(hint: Any) -> tuple[Any, ...]:
    if isinstance(hint, str):
        raise TypeError(f"{hint} is not resolved")
    return typing.get_args(hint) if typing.get_origin(hint) in UNIONS else (hint,)


def hashes(hint: Any) -> list[Any]:
    return [each for each in options(hint) if typing_extensions.is_typeddict(each)]


def items(hint: Any) -> list[Any]:
    """What the arrays among the choices hold."""
    return [typing.get_args(each)[0] for each in options(hint) if typing.get_origin(each) is list]


def words(hint: Any) -> list[str]:
    return [
        str(word)
        for each in options(hint)
        if typing.get_origin(each) in LITERALS
        for word in typing.get_args(each)
        if word != ""
    ]


def value(name: str, hint: Any) -> Any:
    """Something plausible of this type; of a hash, what must be in it."""
    choices = options(hint)
    if found := words(hint):
        return found[0]
    if found := hashes(hint):
        return least(found[0])
    if found := items(hint):
        return {"0": value(name, found[0])}
    if any(typing.get_origin(each) in TABLES for each in choices):
        return {"key": "text"}
    for type, text in NUMBERS.items():
        if type in choices:
            return text
    return TEXTS.get(name, "text")


def least(cls: Any) -> Tree:
    """A hash with nothing but what is required."""
    return {name: value(name, hint) for name, (hint, required) in fields(cls).items() if required}


def form(tree: Tree, path: str = "") -> Iterator[tuple[str, str]]:
    """The tree as fields of a form."""
    for key, each in tree.items():
        name = f"{path}[{key}]" if path else key
        if isinstance(each, dict):
            yield from form(each, name)
        else:
            yield name, each


def wrong(parameter: Parameter) -> Iterator[tuple[Any, str | None]]:
    """Values of other types, with the code of Stripe's error."""
    choices = set(options(parameter.hint)) - {str}
    plain = [each for each in choices if each in NUMBERS]
    if hashes(parameter.hint) or items(parameter.hint):
        if not plain and str not in options(parameter.hint) and not words(parameter.hint):
            yield "surprise", None
        return
    if any(typing.get_origin(each) in TABLES for each in choices):
        return
    yield {"surprise": "1"}, None
    if plain:
        yield "surprise", "parameter_invalid_integer" if plain == [int] else None
    elif words(parameter.hint):
        yield "surprise", None
