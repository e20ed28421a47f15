"""Every endpoint of Stripe's API that the official SDK can call, read from its source."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import stripe

PACKAGE = Path(stripe.__file__).parent
ID = re.compile(r"{\w+}")


@dataclass(frozen=True)
class Endpoint:
    """One method of one of the SDK's services."""

    method: str
    path: str  # with {id} for each id
    resource: str  # as in docs.stripe.com/api/terminal/readers
    verb: str
    summary: str
    module: str | None  # of the parameters' class
    params: str | None

    @property
    def parameters(self) -> Any:
        """The TypedDict of what may be sent."""
        assert self.module
        return getattr(import_module(self.module), str(self.params))


# Older than the services, in Stripe's OpenAPI document still, and in the SDK's Charge.
_REFUNDS = "/v1/charges/{id}/refunds"
LEGACY = [
    Endpoint(method, path, "charges/refunds", verb, "", f"stripe.params._{module}", params)
    for method, path, verb, module, params in (
        ("POST", _REFUNDS, "create", "refund_create_params", "RefundCreateParams"),
        ("GET", _REFUNDS, "list", "charge_list_refunds_params", "ChargeListRefundsParams"),
        *(
            (method, f"{_REFUNDS}/{{id}}", verb, module, params)
            for method, verb, module, params in (
                ("GET", "retrieve", "charge_retrieve_refund_params", "ChargeRetrieveRefundParams"),
                ("POST", "update", "refund_update_params", "RefundUpdateParams"),
            )
        ),
    )
]


@cache
def endpoints() -> dict[tuple[str, str], Endpoint]:
    """By method and path; the second version of the API is left out."""
    files = sorted(PACKAGE.rglob("*_service.py"))
    found = (each for file in files for each in _in_file(file))
    known = {(each.method, each.path): each for each in found if each.path.startswith("/v1/")}
    return known | {(each.method, each.path): each for each in LEGACY}


def _in_file(file: Path) -> Iterator[Endpoint]:
    tree = ast.parse(file.read_text())
    imports = {
        alias.asname or alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "_request":
                    yield _endpoint(file, node, call, imports)


def _endpoint(
    file: Path, node: ast.FunctionDef, call: ast.Call, imports: dict[str, str | None]
) -> Endpoint:
    method, path = (_constant(each) for each in call.args[:2])
    annotations = {
        each.arg: ast.unparse(each.annotation or ast.Name("")) for each in node.args.args
    }
    params = re.search(r"\w+Params", annotations.get("params", ""))
    resource = ID.sub("", path.removeprefix("/v1/")).strip("/").replace("//", "/")
    if node.name not in ("create", "delete", "list", "retrieve", "update"):
        resource = resource.rpartition("/")[0] or resource
    return Endpoint(
        method.upper(),
        ID.sub("{id}", path),
        resource,
        node.name.rstrip("_"),
        (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " "),
        imports[params[0]] if params else None,
        params[0] if params else None,
    )


def _constant(node: ast.expr) -> str:
    """The text itself, or what `.format` is called on."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    assert isinstance(node, ast.Constant)
    return str(node.value)
