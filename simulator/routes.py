"""Which operation a method and path name, and what an operation is made of."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.errors import missing_object, not_simulated
from simulator.schema import schema
from simulator.store import Json, Record

if TYPE_CHECKING:
    from simulator.world import World


@dataclass(slots=True)
class Call:
    """One request that passed authentication and validation."""

    world: "World"
    account: str
    id: str
    params: Json
    path: str

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


Handler = Callable[[Call], Record | Json]


@dataclass(slots=True)
class Operation:
    """`takes` lists the parameters the simulator acts on; others that Stripe has are a 501."""

    method: str
    path: str
    name: str
    handler: Handler
    params: str
    takes: frozenset[str] = field(default_factory=frozenset)

    def parse(self, tree: Json) -> Json:
        params = schema(self.params).parse(tree) if tree or self.method == "POST" else {}
        for name, value in params.items():
            self._require_simulated(name, value)
        return params

    def _require_simulated(self, path: str, value: Any) -> None:
        if path in self.takes or path == "expand":
            return
        if isinstance(value, dict) and any(each.startswith(f"{path}[") for each in self.takes):
            for key, below in value.items():
                self._require_simulated(f"{path}[{key}]", below)
            return
        raise not_simulated(f"{self.name} with the parameter {path}")


def operation(
    method: str, path: str, name: str, handler: Handler, params: str, takes: str = ""
) -> Operation:
    return Operation(method, path, name, handler, params, frozenset(takes.split()))


LIST = "limit starting_after ending_before"


class Routes:
    """A tree of path segments; `{id}` matches any segment that is not named."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root: Json = {}
        for each in operations:
            node = self._root
            for segment in each.path.strip("/").split("/"):
                node = node.setdefault(segment, {})
            node[f" {each.method}"] = each

    def find(self, method: str, path: str) -> tuple[Operation, str] | None:
        """The operation and the id in the path, which is empty when there is none."""
        node, id = self._root, ""
        for segment in path.strip("/").split("/"):
            if segment in node:
                node = node[segment]
            elif "{id}" in node and segment:
                node, id = node["{id}"], segment
            else:
                return None
        found = node.get(f" {method}")
        return None if found is None else (found, id)
