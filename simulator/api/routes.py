"""Which operation a method and path name, and what an operation is made of."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.api.schema import schema
from simulator.errors import missing_object
from simulator.state.store import Json, Record

if TYPE_CHECKING:
    from simulator.state.world import World


@dataclass(slots=True)
class Call:
    """One request that passed authentication and validation.

    `id` is the first id in the path and `sub_id` the second, as in
    `/v1/transfers/{id}/reversals/{id}`; empty when there is none. `host` is how the client calls
    this simulator, as in `localhost:12111`.
    """

    world: "World"
    account: str
    id: str
    params: Json
    path: str
    sub_id: str = ""
    host: str = ""

    def find(self, kind: str, noun: str, param: str = "id") -> Record:
        """The object the path names, in this account, or 404."""
        record = self.world.store.find(kind, self.account, self.id)
        if record is None:
            raise missing_object(noun, self.id, param, in_path=True)
        return record

    def named(self, kind: str, noun: str, param: str) -> Record:
        """The object a parameter names, in this account, or 400."""
        id = self.params[param]
        record = self.world.store.find(kind, self.account, id)
        if record is None:
            raise missing_object(noun, id, param)
        return record


@dataclass(slots=True)
class Contents:
    """An answer that is no JSON: the bytes of a file and their media type."""

    data: bytes
    type: str


Handler = Callable[[Call], Record | Json | Contents]


@dataclass(slots=True)
class Operation:
    """One endpoint.

    `answers` is the object it answers with, or lists, by the name in the object's `object` field.
    `takes` lists the parameters the simulator acts on. Others that Stripe has are accepted and
    change nothing; `ignored` names those that a request sent.
    """

    method: str
    path: str
    name: str
    handler: Handler
    params: str
    answers: str
    takes: frozenset[str] = field(default_factory=frozenset)

    def parse(self, tree: Json) -> Json:
        return schema(self.params).parse(tree)

    def ignored(self, params: Json) -> list[str]:
        return [
            path for name, value in params.items() for path in self._without_effect(name, value)
        ]

    def _without_effect(self, path: str, value: Any) -> list[str]:
        if path in self.takes or path == "expand":
            return []
        if isinstance(value, dict) and any(each.startswith(f"{path}[") for each in self.takes):
            return [
                ignored
                for key, below in value.items()
                for ignored in self._without_effect(f"{path}[{key}]", below)
            ]
        return [path]


def operation(
    method: str,
    path: str,
    name: str,
    handler: Handler,
    params: str,
    answers: str,
    takes: str = "",
) -> Operation:
    return Operation(method, path, name, handler, params, answers, frozenset(takes.split()))


# Where an id could stand: the searches of Stripe's, which are not simulated.
NO_IDS = ("", "search")
LIST = "limit starting_after ending_before"


class Routes:
    """A tree of path segments; `{id}` matches any segment that is not named."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = tuple(operations)
        self._root: Json = {}
        for each in self.operations:
            node = self._root
            for segment in each.path.strip("/").split("/"):
                node = node.setdefault(segment, {})
            node[f" {each.method}"] = each

    def find(self, method: str, path: str) -> tuple[Operation, list[str]] | None:
        """The operation and the ids in the path."""
        node, ids = self._root, []
        for segment in path.removeprefix("/").split("/"):
            if segment in node:
                node = node[segment]
            elif "{id}" in node and segment not in NO_IDS:
                node = node["{id}"]
                ids.append(segment)
            else:
                return None
        found = node.get(f" {method}")
        return None if found is None else (found, ids)
