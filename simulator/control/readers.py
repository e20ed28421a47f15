"""What a test, a demo or a virtual customer may do to a reader beyond Stripe's test helpers."""

from collections.abc import Callable
from typing import Any

from simulator.api.views import view
from simulator.control.routes import Row, Visit
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import device, forms, presentment, tray
from simulator.terminal.attempts import OUTCOMES, TRUTHS
from simulator.terminal.device import AUTHORIZING, IDLE
from simulator.terminal.screen import screen

CONDITIONS = (
    *(None, "offline", "off", "busy_update", "settings_open", "card_left_in", "other_mode"),
    *("hardware_fault", "invalid_location", "moved"),
)
SILENT = ("offline", "off")
KNOWN = ("next", "condition", "command_timeout", "authorization_ms", "software", "location")
NEXT = {
    "outcome": str,
    "truth": str,
    "delay_ms": int,
    "decline_code": str,
    "amount": int,
    "count": int,
}


def listing(visit: Visit) -> Json:
    records = (each for each in visit.world.store.by_id.values() if each.kind == "readers")
    return {"readers": [_shown(visit.world, each) for each in records]}


def one(visit: Visit) -> Json:
    return _shown(visit.world, visit.record("readers", "reader"))


def _shown(world: World, record: Record) -> Json:
    hidden = record.hidden
    return {
        "id": record.id,
        "account": record.account,
        "label": record.data["label"],
        "location": record.data["location"],
        "state": hidden["phase"],
        "software": record.data["device_sw_version"],
        **{name: hidden[name] for name in KNOWN if name not in ("software", "location")},
        "screen": screen(world, record),
        "reader": view(world, record),
    }


def change(visit: Visit) -> Json:
    """Set what is named, leave the rest. Nothing is set if anything is wrong."""
    world, record, wanted = visit.world, visit.record("readers", "reader"), visit.only(*KNOWN)
    require_sensible(wanted)
    _require_location(world, record, wanted)
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
    if "location" in wanted:
        record.data["location"] = wanted["location"]
    world.save(record)
    return _shown(world, record)


def _set_condition(world: World, record: Record, condition: str | None) -> None:
    """A reader without network or power is silent from now on, and one without power forgets."""
    hidden = record.hidden
    was, hidden["condition"] = hidden["condition"], condition
    if condition not in SILENT:
        hidden["silent_since"] = None
    elif was not in SILENT:
        hidden["silent_since"] = world.clock.now_ms()
    if condition == "off":
        hidden |= {"booting_until": None, "result": None, "inserted": False}
        if hidden["phase"] != AUTHORIZING:
            hidden |= {"phase": IDLE, "attempt": None, "form": None}
    elif was == "off":
        hidden["booting_until"] = world.clock.now_ms() + device.BOOT_MS


def require_sensible(wanted: Json) -> None:
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


def _require_location(world: World, record: Record, wanted: Json) -> None:
    """Registered anew at another location of its account."""
    location = wanted.get("location")
    if location is not None and world.store.find("locations", record.account, location) is None:
        raise ValueError(f"There is no location {location!r} in {record.account}.")


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
    if plan.get("outcome") == "partial" and plan.get("amount", 0) < 1:
        raise ValueError("next.amount is what the bank allows of the amount.")


# The virtual customer


def present(visit: Visit) -> Json:
    known = ("card", "type", "amount_tip", "method", "ask_pin", "leave_in")
    body, reader = visit.only(*known), visit.record("readers", "reader")
    method = body.get("method", "tap")
    if method not in presentment.METHODS:
        raise ValueError(f"method is one of: {', '.join(presentment.METHODS)}.")
    presentment.present(
        visit.world,
        reader,
        None if body.get("card") is None else str(body["card"]),
        body.get("type"),
        body.get("amount_tip"),
        method=method,
        ask_pin=bool(body.get("ask_pin")),
        leave_in=bool(body.get("leave_in")),
    )
    return view(visit.world, reader)


def pin(visit: Visit) -> Json:
    digits = str(visit.only("digits").get("digits", ""))
    return _act(visit, lambda world, reader: presentment.enter_pin(world, reader, digits))


def tip(visit: Visit) -> Json:
    amount = visit.only("amount").get("amount", 0)
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise ValueError("amount is a whole number, in the currency's smallest unit.")
    return _act(visit, lambda world, reader: presentment.choose_tip(world, reader, amount))


def inputs(visit: Visit) -> Json:
    body = visit.only("value", "skip", "toggles")
    value = None if body.get("value") is None else str(body["value"])
    toggles, skip = body.get("toggles"), bool(body.get("skip"))
    if toggles is not None and not isinstance(toggles, list):
        raise ValueError("toggles is a list of enabled and disabled.")
    return _act(visit, lambda world, reader: forms.answer(world, reader, value, toggles, skip=skip))


def cancel_by_customer(visit: Visit) -> Json:
    return _act(visit, presentment.cancel_by_customer)


def remove_card(visit: Visit) -> Json:
    return _act(visit, presentment.remove_card)


def _act(visit: Visit, act: Callable[[World, Record], Any]) -> Json:
    reader = visit.record("readers", "reader")
    act(visit.world, reader)
    return view(visit.world, reader)


def cards(visit: Visit) -> Json:
    return {"cards": tray.tray()}


ROUTES: list[Row] = [
    ("GET", "/readers", listing),
    ("GET", "/readers/{id}", one),
    ("POST", "/readers/{id}", change),
    ("POST", "/readers/{id}/tip", tip),
    ("POST", "/readers/{id}/present", present),
    ("POST", "/readers/{id}/pin", pin),
    ("POST", "/readers/{id}/remove_card", remove_card),
    ("POST", "/readers/{id}/inputs", inputs),
    ("POST", "/readers/{id}/cancel_by_customer", cancel_by_customer),
    ("GET", "/cards", cards),
]
