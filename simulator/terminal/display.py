"""A cart on the reader's screen: https://docs.stripe.com/terminal/features/display."""

from simulator.api.currencies import require_currency
from simulator.api.routes import Call, operation
from simulator.errors import bad_request, missing_param
from simulator.state.store import Json, Record
from simulator.terminal import device
from simulator.terminal.device import IDLE
from simulator.terminal.readers import retrieve


def set_reader_display(call: Call) -> Record:
    """It replaces whatever waits, a payment too, and stays until something replaces it."""
    world, params = call.world, call.params
    reader = retrieve(call)
    if "cart" not in params:
        raise missing_param("cart")
    cart = params["cart"]
    content: Json = {"cart": {**cart, "tax": cart.get("tax")}, "type": params["type"]}
    _require_sensible(cart)
    command = "set_reader_display"
    device.send(world, reader, lambda: device.begin(world, reader, command, content, IDLE))
    return reader


def _require_sensible(cart: Json) -> None:
    require_currency(cart["currency"])
    amounts = {"cart[total]": cart["total"], "cart[tax]": cart.get("tax", 0)}
    for place, line in enumerate(cart["line_items"]):
        path = f"cart[line_items][{place}]"
        amounts |= {f"{path}[amount]": line["amount"], f"{path}[quantity]": line["quantity"]}
    for param, amount in amounts.items():
        if amount < 0:
            message = "This value must be greater than or equal to 0."
            raise bad_request(message, "parameter_invalid_integer", param)


OPERATIONS = [
    operation(
        "POST",
        "/v1/terminal/readers/{id}/set_reader_display",
        "readers.set_reader_display",
        set_reader_display,
        "terminal.ReaderSetReaderDisplayParams",
        "terminal.reader",
        takes="type cart",
    ),
]
