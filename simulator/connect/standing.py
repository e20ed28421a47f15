"""Where an account stands: what is due by when, which capabilities it has, what it may do.

Worked out anew after every change, and told as events:
https://docs.stripe.com/connect/account-capabilities, /connect/handling-api-verification.
"""

from typing import Any

from simulator.api.objects import empty_list
from simulator.connect import abilities, shapes
from simulator.connect.requirements import (
    Facts,
    alternatives,
    answered_at_once,
    facts,
    failures,
    missing,
)
from simulator.state.store import Json, Record, clone
from simulator.state.world import World
from simulator.webhooks import events

GRACE = 14 * 24 * 3600
NOT_YET = "requirements.pending_verification"
TOO_LATE = "requirements.past_due"


def settle(
    world: World,
    account: Record,
    told: Json | None = None,
    prefix: str = "",
    *,
    before: Json | None = None,
) -> None:
    """After every change. `told` is what somebody filled in, of whom `prefix` says."""
    before = before or clone(account.data)
    could = abilities.all_of(account)
    account.hidden["asked"] = _unanswered(account.hidden.get("asked", []), told or {}, prefix)
    refresh(world, account, check=told is not None)
    for name, capability in abilities.all_of(account).items():
        previous = events.previous_attributes(could.get(name, {}), capability)
        if previous:
            events.announce(world, "capability.updated", account.id, capability, previous)
    events.emit_changes(world, "account.updated", account, before)


def refresh(world: World, account: Record, *, check: bool) -> None:
    """The same without a word."""
    known = facts(world, account)
    _show(world, known)
    due = [] if account.hidden.get("vouched") else missing(known)
    if not due:
        _request_by_default(world, account)
        _check(world, known, check)
    _judge(world, known, due)
    _enable(account)
    world.save(account)


def verify(world: World, account: str) -> None:
    """The registers have answered."""
    record = world.get(account)
    record.hidden["checking"] = False
    record.hidden["failed"] = failures(facts(world, record))
    settle(world, record)


def pass_deadline(world: World, account: str, deadline: int) -> None:
    """What was due by now and is still due stops the account."""
    record = world.get(account)
    if record.hidden.get("deadline") == deadline:
        record.hidden["overdue"] = True
        settle(world, record)


def _unanswered(asked: list[str], told: Json, prefix: str) -> list[str]:
    answered = [f"{prefix}{path}" for path in _paths(told)]
    return [each for each in asked if not any(_covers(each, path) for path in answered)]


def _covers(requirement: str, path: str) -> bool:
    return path == requirement or path.startswith(f"{requirement}.")


def _paths(told: Json) -> list[str]:
    found = []
    for name, value in told.items():
        inner = value if isinstance(value, dict) else {}
        found += [name, *(f"{name}.{path}" for path in _paths(inner))]
    return found


def _show(world: World, known: Facts) -> None:
    """The parts of the account that are objects of their own, or are not always shown."""
    data, hidden = known.account.data, known.account.hidden
    external = empty_list(f"/v1/accounts/{data['id']}/external_accounts")
    shelf = world.store.shelf(known.account.id, "external_accounts")
    external["data"] = [clone(each.data) for each in shelf.older_than(None)]
    data["external_accounts"] = external
    _show_persons(world, known)
    collector = data["controller"].get("requirement_collection")
    for name in ("company", "individual"):
        data.pop(name, None)
    if collector == "stripe" and hidden.get("linked"):
        return
    if hidden.get("company"):
        data["company"] = clone(hidden["company"])
    if known.individual is not None:
        data["individual"] = clone(known.individual.data)


def _show_persons(world: World, known: Facts) -> None:
    """What is due of a person, by the names it has in that person."""
    due = missing(known)
    for record in known.persons:
        prefix = "individual." if record is known.individual else f"{record.id}."
        mine = [each.removeprefix(prefix) for each in due if each.startswith(prefix)]
        lists = ("currently_due", "eventually_due", "past_due")
        if record.data["requirements"]["currently_due"] != mine:
            record.data["requirements"] |= {name: list(mine) for name in lists}
            world.save(record)


def _request_by_default(world: World, account: Record) -> None:
    """Accounts with the whole Dashboard get what every merchant needs without being asked."""
    dashboard = account.data["controller"].get("stripe_dashboard", {}).get("type")
    if account.hidden.get("vouched") or (dashboard == "full" and account.hidden.get("submitted")):
        for name in ("card_payments", "transfers"):
            abilities.request(world, account, name)


def _check(world: World, known: Facts, told: bool) -> None:
    """All is known, so the registers are asked; they take a moment."""
    hidden = known.account.hidden
    if hidden.get("vouched") or not told or hidden.get("checking"):
        return
    if "failed" in hidden and hidden["failed"] == failures(known):
        return
    wait = world.switches["verification_ms"]
    if wait == 0 or answered_at_once(known):
        hidden["failed"] = failures(known)
    else:
        hidden["checking"] = True
        world.agenda.schedule(wait, "verify_account", account=known.account.id)


def _judge(world: World, known: Facts, unknown: list[str]) -> None:
    account = known.account
    hidden = account.hidden
    errors = hidden.get("failed", []) + hidden.get("complaints", [])
    failed = [each["requirement"] for each in hidden.get("failed", [])]
    due = sorted({*unknown, *failed, *hidden["asked"]})
    _set_deadline(world, account, due)
    late = due if hidden.get("overdue") or not hidden.get("was_enabled") else []
    _note_submitted(account, unknown)
    account.data["requirements"] = shapes.requirements() | {
        "alternatives": alternatives(due),
        "current_deadline": hidden.get("deadline"),
        "currently_due": due,
        "disabled_reason": _disabled_reason(account, late),
        "errors": [each for each in errors if each["requirement"] in due],
        "eventually_due": sorted({*due, *hidden.get("eventually", [])}),
        "past_due": late,
        "pending_verification": _pending(known),
    }


def _set_deadline(world: World, account: Record, due: list[str]) -> None:
    hidden = account.hidden
    if not due:
        hidden.pop("deadline", None)
        hidden.pop("overdue", None)
    elif hidden.get("was_enabled") and not hidden.get("overdue") and not hidden.get("deadline"):
        set_deadline(world, account, GRACE)


def set_deadline(world: World, account: Record, seconds: int) -> None:
    """Until then what is due does no harm."""
    deadline = world.clock.now() + seconds
    account.hidden |= {"deadline": deadline, "overdue": False}
    wait = seconds * 1000
    world.agenda.schedule(wait, "pass_deadline", account=account.id, deadline=deadline)


def _note_submitted(account: Record, unknown: list[str]) -> None:
    """On Stripe's own pages the holder says so; elsewhere it is when nothing is missing."""
    collector = account.data["controller"].get("requirement_collection")
    if account.hidden.get("vouched") or (collector == "application" and not unknown):
        account.hidden["submitted"] = True
    account.data["details_submitted"] = bool(account.hidden.get("submitted"))


def _disabled_reason(account: Record, late: list[str]) -> str | None:
    hidden = account.hidden
    if hidden.get("rejected"):
        return str(hidden["rejected"])
    if hidden.get("restricted"):
        return str(hidden["restricted"])
    if late:
        return TOO_LATE
    checked = "failed" in hidden or hidden.get("vouched") or hidden.get("was_enabled")
    return None if checked else NOT_YET


def _pending(known: Facts) -> list[str]:
    if not known.account.hidden.get("checking"):
        return []
    if known.individual is not None:
        return ["individual.verification.document"]
    named = [f"{each.id}.verification.document" for each in known.persons]
    return ["company.tax_id", *named]


def _enable(account: Record) -> None:
    data, hidden = account.data, account.hidden
    reason = data["requirements"]["disabled_reason"]
    status = "active" if reason is None else "pending" if reason == NOT_YET else "inactive"
    requested: Json = hidden.get("requested", {})
    stopped = hidden.get("stopped", [])
    data["capabilities"] = {
        name: "inactive" if name in stopped else status for name in sorted(requested)
    }
    active = [name for name, each in data["capabilities"].items() if each == "active"]
    hidden["was_enabled"] = bool(active) or bool(hidden.get("was_enabled"))
    data["charges_enabled"] = "card_payments" in active
    reachable = bool(data["external_accounts"]["data"]) or bool(hidden.get("vouched"))
    spared = bool(hidden.get("rejected")) and bool(hidden.get("payouts_spared"))
    data["payouts_enabled"] = (bool(active) and reachable) or spared


JOBS: dict[str, Any] = {"verify_account": verify, "pass_deadline": pass_deadline}
