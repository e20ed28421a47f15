"""What a test, a demo or a virtual customer may do to a reader beyond Stripe's test helpers."""

from collections.abc import Callable
from fnmatch import fnmatchcase
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
TYPES = ("card_present", "interac_present")
SILENT = ("offline", "off")
SHOWN = ("next", "condition", "command_timeout", "authorization_ms", "reboots")
TEXTS = ("outcome", "truth", "decline_code")
NEXT = (*TEXTS, "delay_ms", "amount", "count")
# A month, as long as anything may be waited for.
LONGEST_MS = 31 * 24 * 3_600_000


def listing(visit: Visit) -> Json:
    """All readers, oldest first, or `limit` of them behind the one called `after`.

    `account`, `location` and `label` are patterns, `find` words that occur in what a reader is
    called, stands and does. `count` is how many fit.
    """
    asked = visit.asked("account", "location", "label", "find", "limit", "after")
    found = [each for each in visit.world.store.of_kind("readers") if _fits(visit, each)]
    start = _place_behind(found, asked["after"]) if "after" in asked else 0
    page = found[start : start + visit.number("limit", len(found))]
    return {"readers": [_shown(visit.world, each) for each in page], "count": len(found)}


def _fits(visit: Visit, record: Record) -> bool:
    query, data = visit.query, record.data
    told = {"account": record.account, "location": data["location"], "label": data["label"]}
    if not all(fnmatchcase(told[name] or "", query[name]) for name in told if name in query):
        return False
    words = query.get("find", "").lower().split()
    return not words or all(word in _words(visit.world, record) for word in words)


def _words(world: World, record: Record) -> str:
    data, hidden = record.data, record.hidden
    location = world.store.by_id.get(data["location"] or "")
    profile = world.store.by_id[record.account].data["business_profile"] or {}
    names = (data["label"], record.id, record.account, profile.get("name"), data["device_type"])
    where = location.data["display_name"] if location else None
    said: tuple[str | None, ...] = (*names, where, hidden["phase"], hidden["condition"])
    return " ".join(filter(None, said)).lower()


def _place_behind(records: list[Record], id: str) -> int:
    for place, each in enumerate(records, 1):
        if each.id == id:
            return place
    raise ValueError(f"after is the id of a reader that fits; {id!r} is none.")


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
        raise ValueError(f"condition is one of: null, {', '.join(filter(None, CONDITIONS))}.")
    if not isinstance(wanted.get("software", ""), str):
        raise ValueError("software is a version, such as '2.41.0'.")
    if not isinstance(wanted.get("reboots", True), bool):
        raise ValueError("reboots is true or false.")
    if not _is_count(wanted.get("authorization_ms", 0)):
        raise ValueError("authorization_ms is a whole number of milliseconds, a month at most.")
    _require_next(wanted.get("next"))
    _require_timeout(wanted.get("command_timeout"))


def _require_timeout(timeout: object) -> None:
    if timeout is None:
        return
    if not isinstance(timeout, dict) or set(timeout) - {"delivered", "count"}:
        raise ValueError("command_timeout is {delivered, count}, or null.")
    if not isinstance(timeout.get("delivered", True), bool):
        raise ValueError("command_timeout.delivered is true or false.")
    if not _is_count(timeout.get("count", 1), 1):
        raise ValueError("command_timeout.count is a whole number, 1 or more.")


def _is_count(value: object, least: int = 0) -> bool:
    return type(value) is int and least <= value <= LONGEST_MS


def _require_location(world: World, record: Record, wanted: Json) -> None:
    """Registered anew at another location of its account."""
    if "location" not in wanted:
        return
    location = str(wanted["location"])
    if world.store.find("locations", record.account, location) is None:
        raise ValueError(f"There is no location {location!r} in {record.account}.")


def _require_next(plan: object) -> None:
    if plan is None:
        return
    if not isinstance(plan, dict) or set(plan) - set(NEXT):
        raise ValueError(f"next is null or has: {', '.join(NEXT)}.")
    for name, value in plan.items():
        _require_detail(name, value)
    if plan.get("outcome", "approve") not in OUTCOMES:
        raise ValueError(f"next.outcome is one of: {', '.join(OUTCOMES)}.")
    if plan.get("truth", "approved") not in TRUTHS:
        raise ValueError(f"next.truth is one of: {', '.join(TRUTHS)}.")
    if plan.get("outcome") == "partial" and plan.get("amount", 0) < 1:
        raise ValueError("next.amount is what the bank allows of the amount.")


def _require_detail(name: str, value: object) -> None:
    if name in TEXTS and not isinstance(value, str):
        raise ValueError(f"next.{name} is a text.")
    if name not in TEXTS and not _is_count(value):
        raise ValueError(f"next.{name} is a whole number, 0 or more.")


# The virtual customer


def present(visit: Visit) -> Json:
    known = ("card", "type", "amount_tip", "method", "ask_pin", "leave_in")
    body, reader = visit.only(*known), visit.record("readers", "reader")
    method = body.get("method", "tap")
    if method not in presentment.METHODS:
        raise ValueError(f"method is one of: {', '.join(presentment.METHODS)}.")
    if body.get("type") not in (None, *TYPES):
        raise ValueError(f"type is one of: {', '.join(TYPES)}.")
    presentment.present(
        visit.world,
        reader,
        None if body.get("card") is None else str(body["card"]),
        body.get("type"),
        None if body.get("amount_tip") is None else _amount(body, "amount_tip"),
        method=method,
        ask_pin=visit.flag("ask_pin"),
        leave_in=visit.flag("leave_in"),
    )
    return view(visit.world, reader)


def pin(visit: Visit) -> Json:
    digits = str(visit.only("digits").get("digits", ""))
    return _act(visit, lambda world, reader: presentment.enter_pin(world, reader, digits))


def tip(visit: Visit) -> Json:
    amount = _amount(visit.only("amount"), "amount")
    return _act(visit, lambda world, reader: presentment.choose_tip(world, reader, amount))


def _amount(body: Json, name: str) -> int:
    amount = body.get(name, 0)
    if type(amount) is not int:
        raise ValueError(f"{name} is a whole number, in the currency's smallest unit.")
    return amount


def inputs(visit: Visit) -> Json:
    body = visit.only("value", "skip", "toggles")
    value = None if body.get("value") is None else str(body["value"])
    toggles, skip = body.get("toggles"), visit.flag("skip")
    if toggles is not None and not isinstance(toggles, list):
        raise ValueError("toggles is a list of enabled and disabled.")
    return _act(visit, lambda world, reader: forms.answer(world, reader, value, toggles, skip=skip))


def show_qr(visit: Visit) -> Json:
    type = str(visit.only("type").get("type", ""))
    return _act(visit, lambda world, reader: qr.show(world, reader, type))


def finish_qr(visit: Visit) -> Json:
    intent = visit.record("payment_intents", "payment_intent")
    visit.only("paid")
    qr.finish(visit.world, intent, paid=visit.flag("paid", default=True))
    return view(visit.world, intent)


def cancel_by_customer(visit: Visit) -> Json:
    visit.only()
    return _act(visit, presentment.cancel_by_customer)


def remove_card(visit: Visit) -> Json:
    visit.only()
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
