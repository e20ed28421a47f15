"""What the API shows of a record at this moment."""

from simulator.state.store import Json, Record
from simulator.state.world import World

OFFLINE_AFTER_MS = 120_000


def view(world: World, record: Record) -> Json:
    """The object as Stripe would answer it now; not to be changed by the caller."""
    if record.kind == "readers":
        return _reader(world, record)
    if record.kind == "balance_transactions":
        return _balance_transaction(world, record)
    return record.data


def _reader(world: World, record: Record) -> Json:
    """A reader that is not unplugged is heard all the time; `last_seen_at` is in milliseconds."""
    now = world.clock.now_ms()
    silent_since = record.hidden["silent_since"]
    offline = silent_since is not None and (
        now - silent_since > OFFLINE_AFTER_MS or not world.switches["offline_status_lags"]
    )
    return record.data | {
        "status": "offline" if offline else "online",
        "last_seen_at": now if silent_since is None else silent_since,
    }


def _balance_transaction(world: World, record: Record) -> Json:
    """Pending until its hour."""
    arrived = record.data["available_on"] <= world.clock.now()
    return record.data | {"status": "available" if arrived else "pending"}
