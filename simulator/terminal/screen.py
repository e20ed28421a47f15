"""What stands on the reader's display at this moment, for pages that draw it."""

from collections.abc import Callable

from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import configurations, device, forms, paying, refunding, tipping
from simulator.terminal.device import (
    AUTHORIZING,
    CHOOSING_TIP,
    COLLECTED,
    COLLECTING_INPUTS,
    ENTERING_PIN,
    SHOWING_QR,
    VANISHED,
    WAITING,
)

CONDITIONS = {
    "off": ("off", "", None),
    "busy_update": ("updating", "Updating", "Do not unplug the reader."),
    "settings_open": ("settings", "Settings", None),
    "other_mode": ("settings", "In use by another app", None),
    "hardware_fault": ("settings", "Hardware fault", "This reader needs to be replaced."),
    "card_left_in": ("remove_card", "Remove card", None),
}
TITLES = {
    "approved": "Approved",
    "declined": "Declined",
    "canceled": "Canceled",
    "failed": "Something went wrong",
    "saved": "Card saved",
    "refunded": "Refunded",
    "thanks": "Thank you",
}
METHODS = {"affirm": "Affirm", "paynow": "PayNow", "wechat_pay": "WeChat Pay"}


def screen(world: World, reader: Record) -> Json:
    """Amounts are in the currency's smallest unit; `until` is when it will change by itself."""
    shown = _blank() | _content(world, reader)
    if shown["kind"] == "splash":
        shown["splashscreen"] = configurations.splashscreen(world, reader)
    return shown


def _blank() -> Json:
    return {
        "kind": "splash",
        "title": "",
        "message": None,
        "amount": None,
        "currency": None,
        "tip": None,
        "pre_authorization": False,
        "can_cancel": False,
        "tip_choices": [],
        "qr_choices": [],
        "custom_tip": False,
        "cart": None,
        "input": None,
        "splashscreen": None,
        "until": None,
    }


def _content(world: World, reader: Record) -> Json:
    """What lies on top: power, then the last words, then the state of the device, then its work."""
    hidden = reader.hidden
    condition, phase = hidden["condition"], hidden["phase"]
    if device.is_booting(world, reader) and condition != "off":
        return {"kind": "booting", "title": "Starting", "until": hidden["booting_until"]}
    result = hidden["result"]
    if condition != "off" and result is not None and world.clock.now_ms() < result["until"]:
        return _result(world, result)
    if condition in CONDITIONS:
        kind, title, message = CONDITIONS[condition]
        return {"kind": kind, "title": title, "message": message}
    if condition == "offline" or phase == VANISHED:
        return {"kind": "offline", "title": "Offline", "message": "No connection to Stripe."}
    return _WORK[phase](world, reader) if phase in _WORK else _idle(reader)


def _idle(reader: Record) -> Json:
    action = reader.data["action"]
    if action is None or action["type"] != "set_reader_display":
        return {"kind": "splash"}
    cart = action["set_reader_display"]["cart"]
    total = {"amount": cart["total"], "currency": cart["currency"]}
    return {"kind": "cart", "title": "Your order", "cart": cart} | total


def _result(world: World, result: Json) -> Json:
    kind = result["kind"]
    shown = {"kind": kind, "title": TITLES[kind], "message": result["message"]}
    amounts = _amounts(world, result["type"], result["content"], None)
    return shown | amounts | {"tip": result["tip"], "until": result["until"]}


def _amounts(world: World, type: str, content: Json, tip: int | None) -> Json:
    """What the customer is asked for, tip included once it is chosen."""
    if type == "refund_payment":
        currency = refunding.charge_of(world, content).data["currency"]
        return {"amount": refunding.amount_of(world, content), "currency": currency}
    if "payment_intent" not in content:
        return {}
    intent = world.get(content["payment_intent"]).data
    options = intent["payment_method_options"].get("card_present", {})
    return {
        "amount": intent["amount"] + (tip or 0),
        "currency": intent["currency"],
        "tip": tip,
        "pre_authorization": options.get("request_incremental_authorization_support") is True,
    }


def _asked(world: World, reader: Record) -> Json:
    hidden = reader.hidden
    tip = (hidden["attempt"] or hidden).get("tip")
    return _amounts(world, reader.data["action"]["type"], device.content_of(reader), tip)


def _button(reader: Record) -> Json:
    return {"can_cancel": bool(device.config_of(reader).get("enable_customer_cancellation"))}


def _tip(world: World, reader: Record) -> Json:
    intent = world.get(device.content_of(reader)["payment_intent"])
    offered = tipping.choices(world, reader, intent, device.config_of(reader))
    shown = {"kind": "tip", "title": "Add a tip", "tip_choices": offered, "custom_tip": True}
    return shown | _asked(world, reader) | _button(reader)


def _present(world: World, reader: Record) -> Json:
    titles = {"refund_payment": "Refund", "process_setup_intent": "Save card"}
    asked = _asked(world, reader)
    title = titles.get(reader.data["action"]["type"], "Total")
    if asked.get("pre_authorization"):
        title = "Pre-authorization"
    message = "Tap, insert or swipe"
    shown = {
        "kind": "present",
        "title": title,
        "message": message,
        "qr_choices": _qr_types(world, reader),
    }
    return shown | asked | _button(reader)


def _qr_types(world: World, reader: Record) -> list[Json]:
    """What may be paid with instead of a card."""
    if reader.data["action"]["type"] != "process_payment_intent":
        return []
    taken = paying.types_of(world, device.content_of(reader))
    return [{"type": type, "label": label} for type, label in METHODS.items() if type in taken]


def _pin(world: World, reader: Record) -> Json:
    wrong = reader.hidden["attempt"]["tries"]
    message = "Wrong PIN, try again" if wrong else None
    return {"kind": "pin", "title": "Enter PIN", "message": message} | _asked(world, reader)


def _authorizing(world: World, reader: Record) -> Json:
    return {"kind": "authorizing", "title": "Processing"} | _asked(world, reader)


def _collected(world: World, reader: Record) -> Json:
    until = reader.hidden["remembered"]["confirm_before"]
    return {"kind": "collected", "title": "Please wait", "until": until} | _asked(world, reader)


def _qr(world: World, reader: Record) -> Json:
    """The back button is always there."""
    intent = world.get(device.content_of(reader)["payment_intent"]).data
    method = world.store.by_id.get(intent["payment_method"] or "")
    message = METHODS[method.data["type"]] if method else None
    shown = {"kind": "qr", "title": "Scan to pay", "message": message}
    return shown | _asked(world, reader) | {"can_cancel": True}


def _form(world: World, reader: Record) -> Json:
    shown = forms.current(reader)
    place = {
        "index": reader.hidden["form"]["index"],
        "count": len(device.content_of(reader)["inputs"]),
    }
    text = shown["custom_text"]
    return {
        "kind": "form",
        "title": text["title"],
        "message": text["description"],
        "input": shown | place,
        "until": reader.hidden["form"]["until"],
    }


_WORK: dict[str, Callable[[World, Record], Json]] = {
    CHOOSING_TIP: _tip,
    WAITING: _present,
    ENTERING_PIN: _pin,
    AUTHORIZING: _authorizing,
    COLLECTED: _collected,
    COLLECTING_INPUTS: _form,
    SHOWING_QR: _qr,
}
