"""A customer pays by scanning a code on the reader's screen.

https://docs.stripe.com/terminal/payments/additional-payment-methods
"""

from simulator.errors import bad_request
from simulator.payments import qr_codes
from simulator.payments.intent_state import require_unlocked
from simulator.state.store import Record
from simulator.state.world import World
from simulator.terminal import device, paying
from simulator.terminal.device import CHOOSING_TIP, SHOWING_QR, WAITING, Ending

BACK = Ending("customer_canceled", device.CARD_READER_ERROR)


def show(world: World, reader: Record, type: str) -> None:
    """The customer chooses this method instead of a card: the reader shows its code."""
    world.nobody_asked()
    if reader.hidden["phase"] not in (WAITING, CHOOSING_TIP) or device.is_away(world, reader):
        raise device.nothing_waits(reader)
    content = device.content_of(reader)
    taken = qr_codes.METHODS if reader.data["action"]["type"] == "process_payment_intent" else ()
    if type not in taken or type not in paying.types_of(world, content):
        raise bad_request(f"This reader does not take {type} now.", None, "type")
    intent = paying.intent_of(world, content)
    require_unlocked(intent)
    if not paying.wants_card(world, content):
        device.end(world, reader, paying.unpayable(world, intent))
        return
    qr_codes.show(world, intent, type, reader, device.config_of(reader).get("return_url"))
    device.enter(world, reader, SHOWING_QR)


def finish(world: World, intent: Record, *, paid: bool) -> None:
    """On the customer's phone: also when the reader is long free, or shows something else."""
    world.nobody_asked()
    if not qr_codes.waits(intent):
        raise bad_request(f"{intent.id} waits for nobody to scan a code.")
    reader = _reader_showing(world, intent)
    if paid:
        qr_codes.pay(world, intent)
        ending = Ending()
    else:
        error = qr_codes.refuse(world, intent)
        ending = Ending(error["code"], error["message"], error)
    if reader is not None:
        device.end(world, reader, ending)


def _reader_showing(world: World, intent: Record) -> Record | None:
    """The reader, if it still shows this code."""
    reader = world.store.anywhere("readers", intent.hidden["shown_by"]["reader"])
    if reader is None or reader.hidden["phase"] != SHOWING_QR:
        return None
    shows = device.content_of(reader)["payment_intent"] == intent.id
    return reader if shows and not device.is_away(world, reader) else None


def go_back(world: World, reader: Record) -> None:
    """The customer presses back, which is always there, and has given up paying."""
    world.nobody_asked()
    intent = paying.intent_of(world, device.content_of(reader))
    if qr_codes.waits(intent):
        qr_codes.refuse(world, intent)
    device.end(world, reader, BACK)
