"""What a test or a demo may do to a virtual reader beyond Stripe's test helpers."""

from simulator.api.views import view
from simulator.control.routes import Row, Visit
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import presentment
from simulator.terminal.presentment import OUTCOMES, TRUTHS

CONDITIONS = (None, "offline", "busy_update", "card_left_in", "other_mode")
KNOWN = ("next", "condition", "command_timeout", "authorization_ms", "software")
NEXT = {"outcome": str, "truth": str, "delay_ms": int, "decline_code": str}


def listing(visit: Visit) -> Json:
    records = (each for each in visit.world.store.by_id.values() if each.kind == "readers")
    return {"readers": [_shown(visit.world, each) for each in records]}


def _shown(world: World, record: Record) -> Json:
    hidden = record.hidden
    return {
        "id": record.id,
        "account": record.account,
        "label": record.data["label"],
        "location": record.data["location"],
        "state": hidden["phase"],
        "software": record.data["device_sw_version"],
        **{name: hidden[name] for name in KNOWN if name != "software"},
        "reader": view(world, record),
    }


def change(visit: Visit) -> Json:
    """Set what is named, leave the rest. Nothing is set if anything is wrong."""
    world, record, wanted = visit.world, visit.record("readers", "reader"), visit.only(*KNOWN)
    _require_sensible(wanted)
    hidden = record.hidden
    for name in ("command_timeout", "authorization_ms"):
        if name in wanted:
            hidden[name] = wanted[name]
    if wanted.get("command_timeout"):
        hidden["command_timeout"] = {"delivered": True, "count": 1} | wanted["command_timeout"]
    if "next" in wanted:
        hidden["next"] = wanted["next"] and {"outcome": "approve"} | wanted["next"]
    if "condition" in wanted:
        _set_condition(world, record, wanted["condition"])
    if "software" in wanted:
        record.data["device_sw_version"] = wanted["software"]
    world.save(record)
    return _shown(world, record)


def _set_condition(world: World, record: Record, condition: str | None) -> None:
    """A reader that is unplugged is silent from now on."""
    hidden = record.hidden
    was, hidden["condition"] = hidden["condition"], condition
    if condition != "offline":
        hidden["silent_since"] = None
    elif was != "offline":
        hidden["silent_since"] = world.clock.now_ms()


def _require_sensible(wanted: Json) -> None:
    if wanted.get("condition") not in CONDITIONS:
        raise ValueError(f"condition is one of: {CONDITIONS}.")
    if not isinstance(wanted.get("software", ""), str):
        raise ValueError("software is a version, such as '2.41.0'.")
    milliseconds = wanted.get("authorization_ms", 0)
    if not isinstance(milliseconds, int) or milliseconds < 0:
        raise ValueError("authorization_ms is a number of milliseconds.")
    _require_next(wanted.get("next"))
    timeout = wanted.get("command_timeout") or {}
    if not isinstance(timeout, dict) or set(timeout) - {"delivered", "count"}:
        raise ValueError("command_timeout is {delivered, count}, or null.")


def _require_next(plan: object) -> None:
    if plan is None:
        return
    if not isinstance(plan, dict) or set(plan) - set(NEXT):
        raise ValueError(f"next is null or has: {', '.join(NEXT)}.")
    for name, value in plan.items():
        if not isinstance(value, NEXT[name]):
            raise ValueError(f"next.{name} takes a {NEXT[name].__name__}.")
    if plan.get("outcome", "approve") not in OUTCOMES:
        raise ValueError(f"next.outcome is one of: {', '.join(OUTCOMES)}.")
    if plan.get("truth", "approved") not in TRUTHS:
        raise ValueError(f"next.truth is one of: {', '.join(TRUTHS)}.")


def present(visit: Visit) -> Json:
    reader, body = visit.record("readers", "reader"), visit.only("card", "type", "amount_tip")
    card = None if body.get("card") is None else str(body["card"])
    presentment.present(visit.world, reader, card, body.get("type"), body.get("amount_tip"))
    return view(visit.world, reader)


def cancel_by_customer(visit: Visit) -> Json:
    reader = visit.record("readers", "reader")
    presentment.cancel_by_customer(visit.world, reader)
    return view(visit.world, reader)


ROUTES: list[Row] = [
    ("GET", "/readers", listing),
    ("POST", "/readers/{id}", change),
    ("POST", "/readers/{id}/present", present),
    ("POST", "/readers/{id}/cancel_by_customer", cancel_by_customer),
]
