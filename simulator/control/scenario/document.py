"""YAML with the line of everything, and plain words for what is wrong there."""

import re
from collections.abc import Callable
from typing import Any

import yaml

from simulator.state.store import Json
from simulator.state.times import duration_ms


class ScenarioError(ValueError):
    """What is wrong, and where."""


class _Loader(yaml.SafeLoader):
    """As YAML 1.2 reads scalars: `off` is a word, and `10:30` no number."""

    yaml_implicit_resolvers: dict[str, Any] = {}


for _name, _pattern, _first in (
    ("bool", r"true|false", ["t", "f"]),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)", list("-+.0123456789")),
):
    _whole = re.compile(f"^(?:{_pattern})$")
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", _whole, _first)


class Item:
    """A value of the document: a scalar, or a mapping or list of more items."""

    def __init__(self, value: Any, line: int, path: str) -> None:
        self.value = value
        self.line = line
        self.path = path

    def wrong(self, words: str) -> ScenarioError:
        place = f"{self.path}: " if self.path else ""
        return ScenarioError(f"line {self.line}: {place}{words}")

    def fields(self, *known: str) -> dict[str, "Item"]:
        """A mapping that holds nothing but these."""
        items = self.mapping()
        for name, item in items.items():
            if name not in known:
                raise item.wrong(f"Unknown. Known here: {', '.join(known)}.")
        return items

    def mapping(self) -> dict[str, "Item"]:
        if not isinstance(self.value, dict):
            raise self.wrong("This is a mapping of names to values.")
        return self.value

    def items(self) -> list["Item"]:
        if not isinstance(self.value, list):
            raise self.wrong("This is a list.")
        return self.value

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.wrong("This is a text.")
        return self.value

    def number(self, least: float = 0, most: float = float("inf")) -> float:
        value = self.value
        if type(value) not in (int, float) or not least <= value <= most:
            limits = f"{least:g} or more" if most == float("inf") else f"{least:g} to {most:g}"
            raise self.wrong(f"This is a number, {limits}.")
        return float(value)

    def duration_ms(self) -> int:
        return int(self.read(lambda: duration_ms(self.value, "This")))

    def read(self, work: Callable[[], Any]) -> Any:
        """What the work returns; a ValueError is told with this place."""
        try:
            return work()
        except ScenarioError:
            raise
        except ValueError as error:
            raise self.wrong(str(error)) from None

    def plain(self) -> Any:
        """As JSON."""
        if isinstance(self.value, dict):
            return {name: item.plain() for name, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def body(self) -> Json:
        self.mapping()
        plain: Json = self.plain()
        return plain


def read(text: str) -> Item:
    """A YAML document (JSON is one too); what is no YAML raises ScenarioError."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise ScenarioError("line 1: The scenario is empty.")
        return _item(loader, node, "")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise ScenarioError(f"line {line}: This is no YAML: {error.problem}.") from None
    except RecursionError:
        raise ScenarioError("line 1: This is nested too deeply, or holds itself.") from None
    except yaml.YAMLError as error:
        raise ScenarioError(f"line 1: This is no YAML: {error}.") from None
    finally:
        loader.dispose()


def _item(loader: _Loader, node: yaml.Node, path: str) -> Item:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return Item(_mapping(loader, node, path), line, path)
    if isinstance(node, yaml.SequenceNode):
        items = [_item(loader, each, f"{path}[{n}]") for n, each in enumerate(node.value)]
        return Item(items, line, path)
    return Item(loader.construct_object(node), line, path)


def _mapping(loader: _Loader, node: yaml.MappingNode, path: str) -> dict[str, Item]:
    items: dict[str, Item] = {}
    for key, value in node.value:
        name = str(key.value)
        below = f"{path}.{name}" if path else name
        item = _item(loader, value, below)
        item.line = key.start_mark.line + 1
        if name in items:
            raise item.wrong("This stands here twice.")
        items[name] = item
    return items
