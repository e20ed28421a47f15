"""What a test, a demo or a virtual customer may do to a reader beyond Stripe's test helpers."""

from collections.abc import Callable
from typing import Any

from simulator.api.views import view
from simulator.control.routes import Row, Visit
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import device, forms, presentment, qr, reboots, tray
from simulator.terminal.attempts import OUTCOMES, TRUTHS
from simulator.terminal.device import AUTHORIZING, IDLE
from simulator.terminal.screen import screen

CONDITIONS = (
    *(None, "offline", "off", "busy_update", "settings_open", "card_left_in", "other_mode"),
    *("hardware_fault", "invalid_location", "moved"),
)
SILENT = ("offline", "off")
SHOWN = ("next", "condition", "command_timeout", "authorization_ms", "reboots")
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
        **{name: hidden[name] for name in SHOWN},
        "screen": screen(world, record),
        "reader": view(world, record),
    }


def change(visit: Visit) -> Json:
    """Set what is named, leave the rest. Nothing is set if anything is wrong."""
    world, record, wanted = visit.world, visit.record("readers", "reader"), visit.only(*KNOWN)
    require_sensible(wanted)
    _require_location(world, record, wanted)
    for name, value in wanted.items():
        _SET[name](world, record, value)
    world.save(record)
    return _shown(world, record)


def _set_next(world: World, record: Record, plan: Json | None) -> None:
    record.hidden["next"] = plan and {"outcome": "approve"} | plan


def _set_timeout(world: World, record: Record, timeout: Json | None) -> None:
    hidden = timeout and {"delivered": True, "count": 1} | timeout
    record.hidden["command_timeout"] = hidden


def _set_authorization(world: World, record: Record, milliseconds: int) -> None:
    record.hidden["authorization_ms"] = milliseconds


def _set_software(world: World, record: Record, version: str) -> None:
    record.data["device_sw_version"] = version


def _set_location(world: World, record: Record, location: str) -> None:
    record.data["location"] = location


def _set_reboots(world: World, record: Record, wanted: bool) -> None:
    record.hidden["reboots"] = wanted
    if wanted:
        reboots.plan(world, record)


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


_SET: dict[str, Callable[[World, Record, Any], None]] = {
    "next": _set_next,
    "condition": _set_condition,
    "command_timeout": _set_timeout,
    "authorization_ms": _set_authorization,
    "software": _set_software,
    "location": _set_location,
    "reboots": _set_reboots,
}
KNOWN = tuple(_SET)


def require_sensible(wanted: Json) -> None:
    if wanted.get("condition") not in CONDITIONS:
        raise ValueError(f"condition is one of: {CONDITIONS}.")
    if not isinstance(wanted.get("software", ""), str):
        raise ValueError("software is a version, such as '2.41.0'.")
    if not isinstance(wanted.get("reboots", True), bool):
        raise ValueError("reboots is true or false.")
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


def show_qr(visit: Visit) -> Json:
    type = str(visit.only("type").get("type", ""))
    return _act(visit, lambda world, reader: qr.show(world, reader, type))


def finish_qr(visit: Visit) -> Json:
    intent = visit.record("payment_intents", "payment_intent")
    qr.finish(visit.world, intent, paid=bool(visit.only("paid").get("paid", True)))
    return view(visit.world, intent)


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
    ("POST", "/readers/{id}/qr", show_qr),
    ("POST", "/payment_intents/{id}/qr", finish_qr),
    ("GET", "/cards", cards),
]
