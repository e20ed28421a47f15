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
    service: str  # the SDK's class, and its method
    verb: str
    module: str | None  # of the parameters' class, in stripe.params
    params: str | None

    @property
    def parameters(self) -> Any:
        """The TypedDict of what may be sent."""
        assert self.module
        return getattr(import_module(f"stripe.params.{self.module}"), str(self.params))


_REFUNDS = "/v1/charges/{id}/refunds"
# Without a service: older ones, which Stripe's OpenAPI document and the SDK's Charge still have,
# the address that a File names as its own, and what is on Connect's own host.
BESIDE = [
    Endpoint("POST", _REFUNDS, "Charge", "create", "_refund_create_params", "RefundCreateParams"),
    Endpoint(
        *("GET", _REFUNDS, "Charge", "list_refunds"),
        *("_charge_list_refunds_params", "ChargeListRefundsParams"),
    ),
    Endpoint(
        *("GET", f"{_REFUNDS}/{{id}}", "Charge", "retrieve_refund"),
        *("_charge_retrieve_refund_params", "ChargeRetrieveRefundParams"),
    ),
    Endpoint(
        *("POST", f"{_REFUNDS}/{{id}}", "Charge", "update"),
        *("_refund_update_params", "RefundUpdateParams"),
    ),
    Endpoint("GET", "/v1/files/{id}/contents", "File", "url", None, None),
    Endpoint("POST", "/oauth/deauthorize", "OAuthService", "deauthorize", None, None),
    Endpoint("POST", "/oauth/token", "OAuthService", "token", None, None),
]


@cache
def endpoints() -> dict[tuple[str, str], Endpoint]:
    """By method and path; the second version of the API is left out."""
    files = sorted(PACKAGE.rglob("*_service.py"))
    found = (each for file in files for each in _in_file(file))
    known = {(each.method, each.path): each for each in found if each.path.startswith("/v1/")}
    return known | {(each.method, each.path): each for each in BESIDE}


def _in_file(file: Path) -> Iterator[Endpoint]:
    tree = ast.parse(file.read_text())
    imports = {
        alias.asname or alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for cls in (each for each in tree.body if isinstance(each, ast.ClassDef)):
        for node in (each for each in cls.body if isinstance(each, ast.FunctionDef)):
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "_request":
                    yield _endpoint(cls.name, node, call, imports)


def _endpoint(
    service: str, node: ast.FunctionDef, call: ast.Call, imports: dict[str, str | None]
) -> Endpoint:
    method, path = (_constant(each) for each in call.args[:2])
    annotations = {
        each.arg: ast.unparse(each.annotation or ast.Name("")) for each in node.args.args
    }
    params = re.search(r"\w+Params", annotations.get("params", ""))
    return Endpoint(
        method.upper(),
        ID.sub("{id}", path),
        service,
        node.name.rstrip("_"),
        str(imports[params[0]]).removeprefix("stripe.params.") if params else None,
        params[0] if params else None,
    )


def _constant(node: ast.expr) -> str:
    """The text itself, or what `.format` is called on."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    assert isinstance(node, ast.Constant)
    return str(node.value)
