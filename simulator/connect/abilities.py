"""The capabilities of an account as objects: https://docs.stripe.com/connect/account-capabilities."""

from simulator.connect import shapes
from simulator.state.store import Json, Record
from simulator.state.world import World

# Of requirements an account and a capability tell different reasons.
REASONS = {
    "requirements.past_due": "requirements.fields_needed",
    "requirements.pending_verification": "pending.onboarding",
    "under_review": "pending.review",
    "platform_paused": "platform_paused",
}
LISTS = ("alternatives", "currently_due", "errors", "eventually_due", "past_due")


def request(world: World, account: Record, name: str) -> None:
    """Asking twice changes nothing."""
    requested = account.hidden.setdefault("requested", {})
    requested.setdefault(name, world.clock.now())


def change(world: World, account: Record, wishes: Json) -> None:
    """`{name: {"requested": true}}`, as accounts take it."""
    for name, wish in wishes.items():
        if wish and wish.get("requested"):
            request(world, account, name)
        elif wish and wish.get("requested") is False:
            account.hidden.setdefault("requested", {}).pop(name, None)


def all_of(account: Record) -> Json:
    return {name: show(account, name) for name in sorted(account.hidden.get("requested", {}))}


def show(account: Record, name: str) -> Json:
    status = account.data["capabilities"].get(name, "unrequested")
    requested_at = account.hidden.get("requested", {}).get(name)
    wanted = shapes.requirements()
    if status != "unrequested":
        known = account.data["requirements"]
        wanted |= {each: known[each] for each in (*LISTS, "pending_verification")}
        wanted["current_deadline"] = known["current_deadline"]
        wanted["disabled_reason"] = _reason(known["disabled_reason"], status)
    return {
        "id": name,
        "object": "capability",
        "account": account.id,
        "future_requirements": shapes.requirements(),
        "requested": requested_at is not None,
        "requested_at": requested_at,
        "requirements": wanted,
        "status": status,
    }


def _reason(of_account: str | None, status: str) -> str | None:
    if status == "active":
        return None
    if of_account is None:
        return "platform_disabled"
    if of_account.startswith("rejected."):
        return "rejected.other"
    return REASONS.get(of_account, "other")
