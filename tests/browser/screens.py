"""Every screen a reader can show, as the control API would tell it."""

from typing import Any

Screen = dict[str, Any]

BLANK: Screen = {
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


def plain(kind: str, title: str = "", message: str | None = None, **more: Any) -> Screen:
    return BLANK | {"kind": kind, "title": title, "message": message, **more}


def paid(kind: str, title: str, message: str | None = None, **more: Any) -> Screen:
    return plain(kind, title, message, **{"amount": 4810, "currency": "usd", **more})


def form(type: str, title: str, description: str | None = None, **more: Any) -> Screen:
    words = {
        "title": title,
        "description": description,
        "submit_button": more.pop("submit", None),
        "skip_button": None,
    }
    place: Screen = {"required": False, "skipped": None, "toggles": [], "index": 0, "count": 2}
    asked = {"type": type, "custom_text": words, **place, **more}
    return plain("form", title, input=asked)


def choice(id: str, text: str, style: str = "primary") -> dict[str, str]:
    return {"id": id, "text": text, "style": style}


CART = {
    "currency": "usd",
    "tax": 113,
    "total": 1523,
    "line_items": [
        {"description": "Flat white", "quantity": 2, "amount": 840},
        {"description": "Cinnamon bun with cardamom", "quantity": 1, "amount": 450},
        {"description": "Oat milk", "quantity": 2, "amount": 120},
    ],
}
TIPS = [
    {"label": "15%", "amount": 722},
    {"label": "18%", "amount": 866},
    {"label": "20%", "amount": 962},
]
CLUB = {
    "title": "Join the club",
    "description": "News once a month",
    "default_value": "enabled",
    "value": None,
}

SCREENS: dict[str, Screen] = {
    "splash": plain("splash"),
    "cart": plain("cart", "Your order", cart=CART),
    "tip": paid("tip", "Add a tip?", tip_choices=TIPS, custom_tip=True, can_cancel=True),
    "present": paid("present", "Total", "Tap, insert or swipe", can_cancel=True),
    "present_long": plain(
        "present",
        "Pre-authorization",
        "Tap, insert or swipe",
        amount=123_456_789,
        currency="jpy",
        pre_authorization=True,
        tip=1000,
    ),
    "present_qr": paid(
        "present",
        "Total",
        "Tap, insert or swipe",
        can_cancel=True,
        qr_choices=[{"type": "wechat_pay", "label": "WeChat Pay"}],
    ),
    "qr": paid("qr", "Scan to pay", "WeChat Pay", can_cancel=True),
    "pin": paid("pin", "Enter PIN", can_cancel=True),
    "authorizing": paid("authorizing", "Processing"),
    "collected": paid("collected", "Please wait"),
    "approved": paid("approved", "Approved", tip=722),
    "declined": paid("declined", "Declined", "Your card has insufficient funds."),
    "canceled": plain("canceled", "Canceled"),
    "failed": plain("failed", "Something went wrong", "Could not connect to Stripe."),
    "saved": plain("saved", "Card saved"),
    "refunded": paid("refunded", "Refunded"),
    "thanks": plain("thanks", "Thank you"),
    "remove_card": plain("remove_card", "Remove card"),
    "updating": plain("updating", "Updating", "Do not unplug the reader."),
    "settings": plain("settings", "Settings"),
    "offline": plain("offline", "Offline", "No connection to Stripe."),
    "off": plain("off"),
    "booting": plain("booting", "Starting"),
    "form_email": form("email", "Where may we send your receipt?", "Only this once."),
    "form_phone": form("phone", "Your phone number"),
    "form_numeric": form("numeric", "Membership number", required=True, index=1),
    "form_text": form("text", "A name for the order", toggles=[CLUB]),
    "form_selection": form(
        "selection",
        "How was it today?",
        selection={"choices": [choice("a", "Very good"), choice("b", "So so", "secondary")]},
        toggles=[CLUB],
    ),
    "form_signature": form("signature", "Please sign", "You rent a bicycle.", submit="I agree"),
}
CONDITIONS = {"remove_card": "card_left_in", "offline": "offline", "off": "off"}
