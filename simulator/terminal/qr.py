"""A customer pays by scanning a code on the reader's screen.

https://docs.stripe.com/terminal/payments/additional-payment-methods
"""

from simulator.errors import bad_request
from simulator.payments import authorization, payment_methods
from simulator.payments.cards import Verdict
from simulator.payments.charges import new_charge
from simulator.payments.intent_rules import NEVER_HELD, QR_CURRENCIES
from simulator.payments.intent_state import capture_method, require_unlocked
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import device
from simulator.terminal.device import CHOOSING_TIP, SHOWING_QR, WAITING, Ending
from simulator.webhooks import events

REFUSED = Verdict("payment_method_provider_decline")
BACK = Ending("customer_canceled", device.CARD_READER_ERROR)
LANDING_PAGE = "https://pay.stripe.com/qr/complete"


def show(world: World, reader: Record, type: str) -> None:
    """The customer chooses this method instead of a card: the reader shows its code."""
    device.from_the_device(world)
    if reader.hidden["phase"] not in (WAITING, CHOOSING_TIP) or device.is_away(world, reader):
        raise device.nothing_waits(reader)
    if reader.data["action"]["type"] != "process_payment_intent":
        raise bad_request("A code is shown by process_payment_intent only.", None, "type")
    intent = world.get(device.content_of(reader)["payment_intent"])
    require_unlocked(intent)
    if type not in QR_CURRENCIES or type not in intent.data["payment_method_types"]:
        raise bad_request(f"{intent.id} does not take {type}.", None, "type")
    if intent.data["status"] != "requires_payment_method":
        raise bad_request(f"{intent.id} is {intent.data['status']}.")
    method = payment_methods.of_method(world, intent.account, type)
    config = device.config_of(reader)
    intent.hidden["qr"] = {"reader": reader.id, "location": reader.data["location"]}
    intent.data |= {
        "next_action": _next_action(world, intent, type, config.get("return_url")),
        "payment_method": method.id,
        "status": "requires_action",
    }
    world.save(intent)
    device.enter(world, reader, SHOWING_QR)
    events.emit(world, "payment_intent.requires_action", intent)


def _next_action(world: World, intent: Record, type: str, return_url: str | None) -> Json:
    page = f"https://pay.stripe.com/qr/{world.ids.text(f'qr {intent.id}', 24)}"
    if type == "affirm":
        hash = {"return_url": return_url or LANDING_PAGE, "url": page}
        return {"redirect_to_url": hash, "type": "redirect_to_url"}
    code: Json = {
        "data": page,
        "hosted_instructions_url": page,
        "image_url_png": f"{page}.png",
        "image_url_svg": f"{page}.svg",
    }
    if type == "wechat_pay":
        code["image_data_url"] = "data:image/png;base64,"
    kind = f"{type}_display_qr_code"
    return {kind: code, "type": kind}


def finish(world: World, intent: Record, *, paid: bool) -> None:
    """On the customer's phone: also when the reader is long free, or shows something else."""
    device.from_the_device(world)
    if intent.data["status"] != "requires_action" or "qr" not in intent.hidden:
        raise bad_request(f"{intent.id} waits for no scanned payment.")
    method = world.get(intent.data["payment_method"])
    verdict = Verdict() if paid else REFUSED
    charge = new_charge(
        *(world, intent, method, verdict, intent.data["amount"]),
        lambda charge: _details(world, intent, charge, method.data["type"]),
    )
    reader = _reader_showing(world, intent)
    if paid:
        type = method.data["type"]
        manual = type not in NEVER_HELD and capture_method(intent, type) == "manual"
        amount = intent.data["amount"]
        authorization.accept(world, intent, charge, method, amount, manual=manual)
        ending = Ending()
    else:
        error = authorization.refuse(world, intent, charge, method, verdict)
        ending = Ending(str(verdict.code), verdict.message, error)
    if reader is not None:
        device.end(world, reader, ending)


def _details(world: World, intent: Record, charge: Json, type: str) -> Json:
    found = dict(intent.hidden["qr"])
    number = world.ids.digits(f"qr {charge['id']}", 20)
    if type == "paynow":
        return found | {"reference": number}
    if type == "wechat_pay":
        found["fingerprint"] = world.ids.text("wechat customer", 16)
    return found | {"transaction_id": number}


def _reader_showing(world: World, intent: Record) -> Record | None:
    """The reader, if it still shows this code."""
    reader = world.store.by_id.get(intent.hidden["qr"]["reader"])
    if reader is None or reader.hidden["phase"] != SHOWING_QR:
        return None
    shows = device.content_of(reader)["payment_intent"] == intent.id
    return reader if shows and not device.is_away(world, reader) else None


def go_back(world: World, reader: Record) -> None:
    """The customer presses back, which is always there."""
    device.from_the_device(world)
    intent = world.get(device.content_of(reader)["payment_intent"])
    if intent.data["status"] == "requires_action":
        intent.data |= {
            "next_action": None,
            "payment_method": None,
            "status": "requires_payment_method",
        }
        world.save(intent)
    device.end(world, reader, BACK)
