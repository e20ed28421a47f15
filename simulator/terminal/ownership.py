"""Whose payments a reader takes, and who hears of it.

https://docs.stripe.com/terminal/features/connect: that the platform's readers take the direct
charges of its accounts is a private preview, so a switch.
"""

from simulator.api.routes import Call
from simulator.api.views import view
from simulator.connect import access
from simulator.state.store import Record
from simulator.state.world import PLATFORM, World
from simulator.webhooks import events


def payment_intent(call: Call) -> Record:
    """The PaymentIntent a command names: the reader's own account's, or one of the platform's."""
    world = call.world
    record = world.store.by_id.get(call.params["payment_intent"])
    if (
        world.switches["platform_readers_direct_charges"]
        and call.account == PLATFORM
        and record is not None
        and record.kind == "payment_intents"
        and access.find(world, record.account) is not None
    ):
        return record
    return call.named("payment_intents", "payment_intent", "payment_intent")


def tell(world: World, happened: str, reader: Record) -> None:
    """In the reader's account, or by the switch in that of the payment."""
    account = reader.account
    if world.switches["platform_reader_events"] == "connect":
        account = _paid(world, reader) or account
    events.announce(world, f"terminal.reader.{happened}", account, view(world, reader))


def _paid(world: World, reader: Record) -> str | None:
    action = reader.data["action"]
    intent = world.store.by_id.get(action[action["type"]].get("payment_intent") or "")
    return intent.account if intent else None
