"""What a step of a scenario does: one or more calls of the control API, checked beforehand.

A call is JSON: `{method, path, body}`, and for readers `which` and `account`, patterns of those
it is made for.
"""

from collections.abc import Callable

from simulator.control import readers, webhooks
from simulator.control.routes import Row, find
from simulator.control.scenario import timing
from simulator.control.scenario.document import Item
from simulator.state import fault_plans, switches
from simulator.state.ids import Ids
from simulator.state.store import Json
from simulator.state.webhook_policy import WebhookPolicy

CUSTOMER = ("tip", "present", "pin", "remove_card", "inputs", "cancel_by_customer")
ACCOUNT = ("restrict", "deauthorize", "reauthorize", "requirements")


def post(path: str, body: Json, **more: str | None) -> Json:
    return {"method": "POST", "path": path, "body": body, **more}


def _faults(item: Item) -> list[Json]:
    body = item.body()
    item.read(lambda: fault_plans.read_all(body, Ids(0)))
    return [post("/faults", body)]


def _clear_faults(item: Item) -> list[Json]:
    """All with `all`, else those of a name."""
    name = item.text()
    path = "/faults" if name == "all" else f"/faults/{name}"
    return [{"method": "DELETE", "path": path, "body": {}}]


def _webhooks(item: Item) -> list[Json]:
    body = item.body()
    item.read(lambda: WebhookPolicy.from_json(body))
    return [post("/webhooks", body)]


def _release(item: Item) -> list[Json]:
    if item.value not in webhooks.ORDERS:
        raise item.wrong(f"This is one of: {', '.join(webhooks.ORDERS)}.")
    return [post("/webhooks/release", {"order": item.value})]


def _switches(item: Item) -> list[Json]:
    body = item.body()
    item.read(lambda: switches.change(dict(switches.DEFAULTS), body))
    return [post("/switches", body)]


def _readers(item: Item) -> list[Json]:
    """Settings for each reader whose label or id fits `which`."""
    which, account, body = _aimed(item)
    unknown = set(body) - set(readers.KNOWN)
    if unknown:
        known = ", ".join(("which", "account", *readers.KNOWN))
        raise item.wrong(f"Unknown: {', '.join(sorted(unknown))}. Known here: {known}.")
    item.read(lambda: readers.require_sensible(body))
    return [post("/readers/{id}", body, which=which, account=account)]


def _customer(item: Item) -> list[Json]:
    """What a customer does at each reader whose label or id fits `which`."""
    which, account, body = _aimed(item)
    act = body.pop("act", None)
    if act not in CUSTOMER:
        raise item.wrong(f"act is one of: {', '.join(CUSTOMER)}.")
    return [post(f"/readers/{{id}}/{act}", body, which=which, account=account)]


def _aimed(item: Item) -> tuple[str, str | None, Json]:
    body = item.body()
    which, account = body.pop("which", "*"), body.pop("account", None)
    if not isinstance(which, str) or not isinstance(account, str | None):
        raise item.wrong("which and account are texts, with * for anything.")
    return which, account, body


def _dashboard(item: Item) -> list[Json]:
    body = item.body()
    return [post(f"/dashboard/{body.pop('act', '')}", body)]


def _account(item: Item) -> list[Json]:
    body = item.body()
    act, id = body.pop("act", None), body.pop("id", None)
    if act not in ACCOUNT or not isinstance(id, str):
        raise item.wrong(f"This has an id and an act, one of: {', '.join(ACCOUNT)}.")
    return [post(f"/accounts/{id}/{act}", body)]


def _revoke_key(item: Item) -> list[Json]:
    return [post("/keys/revoke", {"key": item.text()})]


def _clock(item: Item) -> list[Json]:
    known = {"advance": Item.duration_ms, "set": Item.text, "speed": Item.number}
    fields = item.fields(*known)
    for name, each in fields.items():
        known[name](each)
    body = item.body()
    if "advance" in fields:
        body["advance"] = fields["advance"].duration_ms() / 1000
    return [post("/clock", body)]


def _call(item: Item) -> list[Json]:
    """Anything else the control API knows."""
    fields = item.fields("method", "path", "body")
    if "path" not in fields:
        raise item.wrong("A call has a path.")
    method = fields["method"].text() if "method" in fields else "POST"
    body = fields["body"].body() if "body" in fields else {}
    path = "/" + fields["path"].text().removeprefix("/_simulator").lstrip("/")
    return [{"method": method, "path": path, "body": body}]


ACTS: dict[str, Callable[[Item], list[Json]]] = {
    "faults": _faults,
    "clear_faults": _clear_faults,
    "webhooks": _webhooks,
    "release": _release,
    "readers": _readers,
    "customer": _customer,
    "switches": _switches,
    "dashboard": _dashboard,
    "account": _account,
    "revoke_key": _revoke_key,
    "clock": _clock,
    "call": _call,
}


def read(item: Item, rows: list[Row]) -> Json:
    """One step: when, and what."""
    fields = item.fields(*timing.TIMING, *ACTS)
    acts = [name for name in fields if name in ACTS]
    if not acts:
        raise item.wrong(f"A step does something: {', '.join(ACTS)}.")
    when = timing.read(item, fields)
    calls = [call for name in acts for call in ACTS[name](fields[name])]
    for call in calls:
        if find(rows, call["method"], call["path"]) is None:
            raise item.wrong(f"There is no {call['method']} /_simulator{call['path']}.")
    return {"line": item.line, "does": acts, "calls": calls, "when": when}
