"""The endpoints in docs/simulator.md: `python -m tests.simulator.contract.table` writes them anew.

What is acted on is what the operations say they take, the rest is the SDK's.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from simulator.api.routes import Operation

from . import parameters
from .services import Endpoint, endpoints
from .walking import OPERATIONS

PAGE = Path(__file__).parents[3] / "docs" / "simulator.md"
BEGIN = "<!-- endpoints: written by `python -m tests.simulator.contract.table` -->"
END = "<!-- endpoints: end -->"
STRIPE = "https://docs.stripe.com"
# Where Stripe's reference has another name than the path.
PAGES = {
    "account": "api/accounts",
    "accounts/capabilities": "api/capabilities",
    "accounts/external_accounts": "api/external_account_bank_accounts",
    "accounts/persons": "api/persons",
    "application_fees/refunds": "api/fee_refunds",
    "charges/refunds": "api/refunds",
    "customers/payment_methods": "api/payment_methods",
    "files/contents": "api/files",
    "oauth": "connect/oauth-reference",
    "payment_intents/amount_details_line_items": "api/payment_intents",
    "test_helpers/refunds": "api/refunds",
    "test_helpers/terminal/readers": "api/terminal/readers",
    "transfers/reversals": "api/transfer_reversals",
}
ALWAYS = {"expand"}


def written() -> str:
    return "\n".join([BEGIN, "", *_implemented(), "", *_missing(), "", END])


def _implemented() -> Iterator[str]:
    """One table per resource."""
    groups: dict[str, list[Operation]] = {}
    for each in OPERATIONS.values():
        groups.setdefault(_resource(each.path), []).append(each)
    count = f"{len(OPERATIONS)} of the {len(endpoints())} endpoints that the SDK can call."
    yield f"{count} All of them take `expand`."
    for resource, operations in groups.items():
        page = PAGES.get(resource, f"api/{resource}")
        yield from ("", f"### [{resource}]({STRIPE}/{page})", "")
        yield "| Endpoint | Operation, and in the SDK | Acted on | Accepted, without effect |"
        yield "|---|---|---|---|"
        yield from map(_row, operations)


def _row(operation: Operation) -> str:
    endpoint = endpoints()[operation.method, operation.path]
    acted, ignored = _split(operation, endpoint)
    path = operation.path.removeprefix("/v1")
    cells = (
        f"{operation.method} `{path}`",
        f"`{operation.name}`<br>{endpoint.service}.{endpoint.verb}",
        _listed(acted),
        _listed(ignored),
    )
    return f"| {' | '.join(cells)} |"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "-"


def _split(operation: Operation, endpoint: Endpoint) -> tuple[list[str], list[str]]:
    """Whole hashes by their own name, `name[…]` for what is left of those acted on in part."""
    if not endpoint.params:
        return sorted(operation.takes), []
    known = list(parameters.walk(endpoint.parameters))
    acted: dict[str, None] = {}
    ignored: dict[str, None] = {}
    for each in known:
        if each.name in ALWAYS or (parameters.hashes(each.hint) and _in_part(operation, each.name)):
            continue
        if _covers(operation, each.name):
            acted[_covers(operation, each.name)] = None
        else:
            top = each.name.partition("[")[0]
            part = any(name.startswith(f"{top}[") for name in operation.takes)
            ignored[f"{top}[…]" if part else top] = None
    return list(acted), list(ignored)


def _in_part(operation: Operation, name: str) -> bool:
    return name not in operation.takes and any(t.startswith(f"{name}[") for t in operation.takes)


def _covers(operation: Operation, name: str) -> str:
    """The parameter itself or a hash it is in, whichever is said to be taken."""
    while name not in operation.takes:
        if "[" not in name:
            return ""
        name = name.rpartition("[")[0]
    return name


def _segments(path: str) -> list[str]:
    return path.removeprefix("/v1").strip("/").split("/")


def _resource(path: str) -> str:
    parts = [part for part in _segments(path) if part != "{id}"]
    known = {"test_helpers": 2, "terminal": 2}
    keep = known.get(parts[0], 1)
    if parts[:2] == ["test_helpers", "terminal"]:
        keep = 3
    tail = parts[keep : keep + 1] if _is_collection(path, keep) else []
    return "/".join([*parts[:keep], *tail])


def _is_collection(path: str, keep: int) -> bool:
    """`accounts/{id}/persons` is a resource of its own, `accounts/{id}/reject` is not."""
    parts = _segments(path)
    below = parts[keep + 1 : keep + 2]
    if not below:
        return False
    prefix = "/v1/" + "/".join(parts[: keep + 2])
    return any(p.startswith(prefix + "/{id}") or (m, p) == ("GET", prefix) for m, p in endpoints())


def _missing() -> Iterator[str]:
    """What answers 501, by resource."""
    have = {(each.method, each.path) for each in OPERATIONS.values()}
    ours = {_resource(each.path).partition("/")[0] for each in OPERATIONS.values()}
    missing = [each for key, each in endpoints().items() if key not in have]
    near: dict[str, list[str]] = {}
    far: Counter[str] = Counter()
    for each in missing:
        resource = _resource(each.path)
        top = resource.partition("/")[0]
        if top in ours - {"test_helpers"} or resource.startswith("test_helpers/terminal"):
            near.setdefault(resource, []).append(f"{each.method} `{each.path.removeprefix('/v1')}`")
        else:
            far[resource if top == "test_helpers" else top] += 1
    yield "## What answers 501"
    yield from ("", "Beside what there is:", "", "| Resource | Missing |", "|---|---|")
    for resource in sorted(near):
        yield f"| {resource} | {', '.join(near[resource])} |"
    yield from ("", "Whole resources, with how many endpoints each has:", "")
    yield ", ".join(f"{name} ({count})" for name, count in sorted(far.items())) + "."


def main() -> int:
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(before + written() + rest.partition(END)[2])
    sys.stdout.write(f"{PAGE} is written.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
