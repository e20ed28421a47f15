"""The reader is reset: https://docs.stripe.com/api/terminal/readers/cancel_action."""

from simulator.api.routes import Call, operation
from simulator.errors import bad_request
from simulator.state.store import Record
from simulator.terminal import device
from simulator.terminal.readers import retrieve

OTHER_MODE = "Reader is currently processing a transaction from a different integration mode."


def cancel_action(call: Call) -> Record:
    """The slot is empty afterwards; the PaymentIntent is not touched, unless a card was read."""
    world = call.world
    reader = retrieve(call)
    if reader.hidden["condition"] == "other_mode":
        raise bad_request(OTHER_MODE)
    device.send(world, reader, lambda: device.clear(world, reader), ends_collection=True)
    return reader


OPERATIONS = [
    operation(
        "POST",
        "/v1/terminal/readers/{id}/cancel_action",
        "readers.cancel_action",
        cancel_action,
        "terminal.ReaderCancelActionParams",
        "terminal.reader",
    ),
]
