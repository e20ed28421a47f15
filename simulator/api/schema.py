"""What an operation accepts, read from the official SDK's own parameter types.

`stripe.params.PaymentIntentCreateParams` and its like are TypedDicts generated from Stripe's
OpenAPI document. Each is compiled once, when first needed.
"""

import sys
import types
import typing
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, Required, get_args, get_origin

import typing_extensions

from simulator.errors import StripeError, bad_request, missing_param
from simulator.state.store import Json

Parser = Callable[[Any, str], Any]
_NOT_REQUIRED: tuple[Any, ...] = (typing.NotRequired, typing_extensions.NotRequired)
_UNIONS = (typing.Union, types.UnionType)
UNSET = ""
NEARLY = 0.8  # how much alike two names are


class Schema:
    """The fields of one hash; nested hashes are compiled when they are first sent."""

    def __init__(self, params: type) -> None:
        self._params = params
        self._names = frozenset(params.__annotations__) - _transport_options()
        self._parsers: dict[str, Parser] = {}
        # In the order of the declaration, so that of two missing the same is always named.
        self._required = [
            name
            for name in params.__annotations__
            if name in self._names and self._is_required(name)
        ]

    def parse(self, tree: Json, path: str = "") -> Json:
        """The parameters with their types, or the first thing wrong with them."""
        unknown = [key for key in tree if key not in self._names]
        if unknown:
            raise self._unknown(unknown, path)
        for name in self._required:
            if name not in tree:
                raise missing_param(_name(path, name))
            if tree[name] == "":
                raise _cannot_be_empty(_name(path, name))
        return {key: self._parser(key)(each, _name(path, key)) for key, each in tree.items()}

    def _unknown(self, keys: list[str], path: str) -> StripeError:
        """Also what was meant, when a single name is nearly right."""
        names = [_name(path, key) for key in keys]
        noun = "parameter" if len(keys) == 1 else "parameters"
        message = f"Received unknown {noun}: {', '.join(names)}"
        meant = get_close_matches(keys[0], sorted(self._names), 1, NEARLY)
        if meant and len(keys) == 1:
            message += f". Did you mean {_name(path, meant[0])}?"
        return bad_request(message, "parameter_unknown", names[0])

    def _parser(self, name: str) -> Parser:
        parser = self._parsers.get(name)
        if parser is None:
            parser = self._parsers[name] = _parser_for(self._hint(name), self._params.__module__)
        return parser

    def _is_required(self, name: str) -> bool:
        return get_origin(self._params.__annotations__[name]) not in _NOT_REQUIRED

    def _hint(self, name: str) -> Any:
        hint = self._params.__annotations__[name]
        if get_origin(hint) in (*_NOT_REQUIRED, Required):
            hint = get_args(hint)[0]
        return hint


@cache
def schema(name: str) -> Schema:
    """By the dotted name under `stripe.params`, or under `stripe` for what is not there."""
    import stripe.params  # a quarter of a second: not before the port is open

    head, *rest = name.split(".")
    found: Any = getattr(stripe.params, head, None) or getattr(stripe, head)
    for part in rest:
        found = getattr(found, part)
    return Schema(found)


@cache
def _nested(params: type) -> Schema:
    return Schema(params)


@cache
def _transport_options() -> frozenset[str]:
    from stripe._request_options import RequestOptions

    return frozenset(RequestOptions.__annotations__)


def _name(path: str, key: str) -> str:
    return f"{path}[{key}]" if path else key


def _parser_for(hint: Any, module: str) -> Parser:
    hint = _evaluated(hint, module)
    origin = get_origin(hint)
    if origin in _UNIONS:
        return _union([_evaluated(each, module) for each in get_args(hint)], module)
    if origin is Literal:
        return _enum([str(value) for value in get_args(hint)])
    if origin is list:
        return _list_of(_parser_for(get_args(hint)[0], module))
    if isinstance(hint, type) and typing_extensions.is_typeddict(hint):
        return lambda value, path: _nested(hint).parse(_hash(value, path), path)
    if origin is not None:  # Dict[str, str] and UntypedStripeObject[str]
        return _strings
    return {int: _integer, bool: _boolean, float: _decimal}.get(hint, _string)


def _evaluated(hint: Any, module: str) -> Any:
    text = getattr(hint, "__forward_arg__", hint)
    return eval(text, vars(sys.modules[module])) if isinstance(text, str) else hint


def _union(hints: list[Any], module: str) -> Parser:
    """Hashes go to the hashes among the choices, text to the rest; '' unsets where allowed."""
    values = [str(v) for hint in hints if get_origin(hint) is Literal for v in get_args(hint)]
    hashes = [hint for hint in hints if typing_extensions.is_typeddict(hint) or get_origin(hint)]
    wholes = [_parser_for(hint, module) for hint in hashes if get_origin(hint) is not Literal]
    whole = _best_of(wholes) if wholes else None
    leaf = _leaf(hints, [value for value in values if value], module) or whole or _string

    def parse(value: Any, path: str) -> Any:
        if value == "" and "" in values:
            return UNSET
        return whole(value, path) if whole and isinstance(value, dict) else leaf(value, path)

    return parse


def _leaf(hints: list[Any], words: list[str], module: str) -> Parser | None:
    """What takes text: a number or a word, a word, or any."""
    for hint in hints:
        if hint in (int, bool, float):
            plain = _parser_for(hint, module)
            return lambda value, path: value if value in words else plain(value, path)
    if words:
        return _enum(words)
    return _string if str in hints else None


def _best_of(parsers: list[Parser]) -> Parser:
    """Of several hashes the one that fits, or the complaint that names the fewest parameters."""
    if len(parsers) == 1:
        return parsers[0]

    def parse(value: Any, path: str) -> Any:
        complaints: list[StripeError] = []
        for parser in parsers:
            try:
                return parser(value, path)
            except StripeError as error:
                complaints.append(error)
        raise min(complaints, key=lambda each: len(str(each)))

    return parse


def _cannot_be_empty(path: str) -> StripeError:
    return bad_request(
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to "
        f"unset a field; however '{path}' cannot be unset. You should remove '{path}' from your "
        "request or supply a non-empty value.",
        "parameter_invalid_empty",
        path,
    )


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise bad_request(f"Invalid string: {path} must not be a hash or an array.", None, path)
    return value


_string = _text


def _integer(value: Any, path: str) -> int:
    text = _text(value, path)
    if text == "":
        raise _cannot_be_empty(path)
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit():
        raise bad_request(f"Invalid integer: {text}", "parameter_invalid_integer", path)
    return int(text)


def _boolean(value: Any, path: str) -> bool:
    text = _text(value, path)
    if text not in ("true", "false"):
        raise bad_request(f"Invalid boolean: {text}", None, path)
    return text == "true"


def _decimal(value: Any, path: str) -> float:
    try:
        return float(_text(value, path))
    except ValueError:
        raise bad_request(f"Invalid decimal: {value}", None, path) from None


def _listing(words: list[str]) -> str:
    """`a`, `a or b`, `a, b, or c`: as Stripe lists what is allowed."""
    if len(words) < 3:
        return " or ".join(words)
    return f"{', '.join(words[:-1])}, or {words[-1]}"


def _enum(words: list[str]) -> Parser:
    known = frozenset(words)
    listing = _listing(words)

    def parse(value: Any, path: str) -> str:
        text = _text(value, path)
        if text == "" and text not in known:
            raise _cannot_be_empty(path)
        if text not in known:
            raise bad_request(f"Invalid {path}: must be one of {listing}", None, path)
        return text

    return parse


def _hash(value: Any, path: str) -> Json:
    if not isinstance(value, dict):
        raise bad_request("Invalid object", "parameter_invalid_object", path)
    return value


def _strings(value: Any, path: str) -> Json:
    return {key: _text(each, _name(path, key)) for key, each in _hash(value, path).items()}


def _list_of(item: Parser) -> Parser:
    def parse(value: Any, path: str) -> list[Any]:
        if not isinstance(value, dict) or not all(key.isdigit() for key in value):
            raise bad_request("Invalid array", "parameter_invalid_array", path)
        return [item(value[key], f"{path}[{key}]") for key in sorted(value, key=int)]

    return parse
