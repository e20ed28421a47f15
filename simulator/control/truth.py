"""The full dump for checkers, parts of it, and the way back to the beginning."""

from simulator.api.views import view
from simulator.control.routes import Row, Visit
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM, World

# Always there, if only empty; the other kinds appear with their first object.
USUAL = (
    "payment_intents",
    "setup_intents",
    "setup_attempts",
    "customers",
    "charges",
    "refunds",
    "disputes",
    "readers",
    "locations",
    "configurations",
    "payment_methods",
    "files",
    "external_accounts",
    "persons",
    "balance_transactions",
    "application_fees",
    "fee_refunds",
    "transfers",
    "transfer_reversals",
    "payouts",
    "webhook_endpoints",
)
# `balances` are sums of the balance transactions, and no object of Stripe's.
ELSEWHERE = ("accounts", "balances", "events")


def truth(visit: Visit) -> Json:
    """Everything there is; webhook endpoints with their secrets. `kinds` (with commas) is less.

    With `after` only the exchanges after that `seq`.
    """
    world = visit.world
    kinds = visit.asked("kinds", "after").get("kinds")
    after = visit.number("after", 0)
    now: Json = {"now": world.clock.now_ms(), "platform": PLATFORM}
    if kinds is not None:
        return now | {"accounts": _objects(world, tuple(kinds.split(",")))}
    by_age = sorted(world.store.by_id.values(), key=lambda each: each.seq)
    return now | {
        "accounts": _objects(world),
        "events": [record.data for record in by_age if record.kind == "events"],
        "deliveries": list(world.deliveries),
        "pending_deliveries": list(world.pending.values()),
        "exchanges": [each.to_json() for each in world.exchanges if each.seq > after],
    }


def _objects(world: World, only: tuple[str, ...] = ()) -> Json:
    """By account and kind, oldest first."""
    accounts: Json = {}
    for record in world.store.by_id.values():
        if record.kind == "accounts":
            accounts[record.id] = {"account": record.data} | {kind: [] for kind in only or USUAL}
    for record in sorted(world.store.by_id.values(), key=lambda each: each.seq):
        if record.kind in ELSEWHERE or (only and record.kind not in only):
            continue
        kinds = accounts.setdefault(record.account, {"account": None})
        kinds.setdefault(record.kind, []).append(_shown(world, record))
    return accounts


def _shown(world: World, record: Record) -> Json:
    shown = view(world, record)
    if record.kind == "webhook_endpoints":
        return shown | {"secret": record.hidden["secret"], "connect": record.hidden["connect"]}
    return shown


def health(visit: Visit) -> Json:
    world = visit.world
    return {
        "ok": True,
        "now": world.clock.now_ms(),
        "seed": world.seed,
        "connections": len(world.connections),
        "exchanges": world.exchange_count,
        "exchanges_forgotten": world.exchange_count - len(world.exchanges),
        "deliveries": len(world.deliveries),
        "deliveries_pending": sum(not row["held"] for row in world.pending.values()),
        "deliveries_held": sum(row["held"] for row in world.pending.values()),
        "jobs": len(world.agenda.jobs),
    }


def reset(visit: Visit) -> Json:
    visit.sandbox.reset()
    return health(visit)


ROUTES: list[Row] = [
    ("GET", "/health", health),
    ("GET", "/truth", truth),
    ("POST", "/reset", reset),
]
