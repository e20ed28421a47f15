"""Objects that are gone, of which their id still answers that they were deleted.

Stripe's types say of which: retrieving a Reader, Location, Configuration or Customer answers it or
what deleting it answered.
"""

from simulator.api.routes import Call
from simulator.state.store import Json, Record
from simulator.state.world import World


def delete(world: World, record: Record, *kept: str) -> Json:
    """Take it away; what is left of it has the fields that are `kept`."""
    gone: Json = {"id": record.id, "object": record.data["object"], "deleted": True}
    gone |= {name: record.data[name] for name in kept}
    world.remove(record)
    world.new(f"deleted_{record.kind}", record.account, gone)
    return gone


def deleted(call: Call, kind: str) -> Record | None:
    """What is left of the object the path names, if it was deleted."""
    return call.world.store.find(f"deleted_{kind}", call.account, call.id)
