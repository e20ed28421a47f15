"""Accounts as Stripe sees them: onboarded at once, restricted, asked for more, gone."""

from typing import Any

from simulator.api.currencies import require_currency
from simulator.api.views import view
from simulator.connect import accounts, deauthorization, standing
from simulator.control.routes import Row, Visit
from simulator.state.store import Json, Record, clone
from simulator.state.world import PLATFORM

KNOWN = ("id", "country", "business_name", "mcc", "default_currency", "connected")
TEXTS = ("id", "country", "business_name", "default_currency")
ASKED = ("fields", "eventually", "errors", "deadline_seconds")


def ensure(visit: Visit) -> Json:
    body = visit.only(*KNOWN)
    for name in TEXTS:
        if not isinstance(body.get(name, ""), str):
            raise ValueError(f"{name} is a text.")
    if not (body.get("id") or "acct_").startswith("acct_"):
        raise ValueError("The id of an account begins with acct_.")
    if type(body.get("connected", True)) is not bool:
        raise ValueError("connected is true or false.")
    if "default_currency" in body:
        require_currency(body["default_currency"].lower())
    return view(visit.world, accounts.ensure(visit.world, body))


def restrict(visit: Visit) -> Json:
    """Stop an account: `reason` as in `disabled_reason`, or some `capabilities`; null lifts it.

    With the default reason something was due for too long: `fields`, or a document.
    """
    record, body = _connected(visit), visit.only("reason", "fields", "capabilities")
    reason = body.get("reason", standing.TOO_LATE)
    known = ("requirements.past_due", "under_review", "listed", "other", "platform_paused")
    if reason is not None and not str(reason).startswith((*known, "rejected.")):
        raise ValueError(f"reason is one of: {', '.join(known)}, rejected.…, or null.")
    hidden, before = record.hidden, clone(record.data)
    hidden.pop("restricted", None)
    hidden["stopped"] = _capabilities(body, record)
    hidden["asked"] = []
    if "capabilities" in body:
        reason = None
    if reason == standing.TOO_LATE:
        hidden["asked"] = _names(body, "fields") or [_document(record)]
        hidden["overdue"] = True
    elif reason is not None:
        hidden["restricted"] = reason
    standing.settle(visit.world, record, before=before)
    return record.data


def require(visit: Visit) -> Json:
    """Ask for `fields`, until a deadline, with `errors`; nothing named takes it all back."""
    record, body = _connected(visit), visit.only(*ASKED)
    seconds = body.get("deadline_seconds", standing.GRACE)
    if type(seconds) is not int or seconds < 0:
        raise ValueError("deadline_seconds is a number of seconds.")
    errors = body.get("errors", [])
    if not isinstance(errors, list) or not all(
        isinstance(e, dict) and set(e) == {"code", "reason", "requirement"} for e in errors
    ):
        raise ValueError("errors are hashes of code, reason and requirement.")
    hidden, before = record.hidden, clone(record.data)
    told = [each["requirement"] for each in errors]
    hidden["asked"] = sorted({*_names(body, "fields"), *told})
    hidden["eventually"] = _names(body, "eventually")
    hidden["complaints"] = errors
    if hidden["asked"] and hidden.get("was_enabled"):
        standing.set_deadline(visit.world, record, seconds)
    standing.settle(visit.world, record, before=before)
    return record.data


def deauthorize(visit: Visit) -> Json:
    """As its holder does in the Dashboard: every call for it is refused from now on."""
    visit.only()
    record = _connected(visit)
    if not record.hidden.get("deauthorized"):
        deauthorization.leave(visit.world, record)
    return record.data


def reauthorize(visit: Visit) -> Json:
    visit.only()
    record = _connected(visit)
    if record.hidden.get("deauthorized"):
        deauthorization.come_back(visit.world, record)
    return record.data


def _connected(visit: Visit) -> Record:
    record = visit.record("accounts", "account")
    if record.id == PLATFORM:
        raise ValueError("That is the platform itself.")
    return record


def _document(record: Record) -> str:
    individual = record.data["business_type"] == "individual"
    return f"{'individual' if individual else 'company'}.verification.document"


def _capabilities(body: Json, record: Record) -> list[str]:
    names, requested = _names(body, "capabilities"), record.data["capabilities"]
    if unknown := set(names) - set(requested):
        has = ", ".join(requested) or "none"
        raise ValueError(f"{record.id} has no {', '.join(sorted(unknown))}; it has: {has}.")
    return names


def _names(body: Json, name: str) -> list[str]:
    found: Any = body.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError(f"{name} is a list of names.")
    return found


ROUTES: list[Row] = [
    ("POST", "/accounts", ensure),
    ("POST", "/accounts/{id}/restrict", restrict),
    ("POST", "/accounts/{id}/requirements", require),
    ("POST", "/accounts/{id}/deauthorize", deauthorize),
    ("POST", "/accounts/{id}/reauthorize", reauthorize),
]
