"""The log of requests to Stripe's API: what was really sent and answered."""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from itertools import islice, takewhile

from simulator.control.routes import Row, Visit
from simulator.state.exchanges import Exchange
from simulator.state.store import Json

STATUS = re.compile(r"[1-5](\d\d|xx)|none")
Keep = Callable[[Exchange, str], bool]


def listing(visit: Visit) -> Json:
    """Those that fit every filter, oldest first; with `limit` the newest of them only."""
    filters = dict(visit.query)
    before, limit = _number(filters, "before"), _number(filters, "limit")
    after = _number(filters, "after") or 0
    if unknown := set(filters) - set(KEEP):
        known = ", ".join((*KEEP, "after", "before", "limit"))
        raise ValueError(f"Unknown: {', '.join(sorted(unknown))}. Known: {known}.")
    if not STATUS.fullmatch(filters.get("status", "none")):
        raise ValueError("status is one such as 404, or 4xx, or none.")
    newer = takewhile(lambda each: each.seq > after, reversed(visit.world.exchanges))
    found = (
        each
        for each in newer
        if (before is None or each.seq < before)
        and all(KEEP[name](each, wanted) for name, wanted in filters.items())
    )
    return {"exchanges": [each.to_json() for each in islice(found, limit)][::-1]}


def one(visit: Visit) -> Json:
    """By its number or its request id."""
    for each in reversed(visit.world.exchanges):
        if visit.id in (str(each.seq), each.request_id):
            found: Json = each.to_json()
            return found
    raise LookupError(f"No such exchange: '{visit.id}'")


def _number(filters: dict[str, str], name: str) -> int | None:
    text = filters.pop(name, None)
    if text is None:
        return None
    if not text.isdecimal():
        raise ValueError(f"{name} is a whole number.")
    return int(text)


def _status(exchange: Exchange, wanted: str) -> bool:
    """`404`, `4xx`, or `none` for those that got no answer."""
    if wanted == "none":
        return exchange.status is None
    status = str(exchange.status)
    return status == wanted or f"{status[0]}xx" == wanted


def _fault(exchange: Exchange, wanted: str) -> bool:
    """A pattern; `none` for those that were left alone."""
    if wanted == "none":
        return exchange.fault is None
    return exchange.fault is not None and fnmatchcase(exchange.fault, wanted)


KEEP: dict[str, Keep] = {
    "path": lambda exchange, wanted: fnmatchcase(exchange.path, wanted),
    "operation": lambda exchange, wanted: fnmatchcase(exchange.operation, wanted),
    "account": lambda exchange, wanted: fnmatchcase(exchange.account, wanted),
    "method": lambda exchange, wanted: exchange.method == wanted,
    "key": lambda exchange, wanted: fnmatchcase(exchange.idempotency_key or "", wanted),
    "status": _status,
    "fault": _fault,
}

ROUTES: list[Row] = [
    ("GET", "/exchanges", listing),
    ("GET", "/exchanges/{id}", one),
]
