"""Accounts and their payments, for those who look."""

from itertools import islice

from simulator.api.views import view
from simulator.control.routes import Row, Visit
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM, World

MOST = 200


def accounts(visit: Visit) -> Json:
    """The platform and its connected accounts, oldest first, with the names of their locations."""
    world = visit.world
    return {"accounts": [_account(world, each) for each in world.store.of_kind("accounts")]}


def _account(world: World, record: Record) -> Json:
    data = view(world, record)
    name = (data["business_profile"] or {}).get("name")
    locations = world.store.shelf(record.id, "locations").records.values()
    return {
        "id": record.id,
        "name": name or record.id,
        "country": data["country"],
        "platform": record.id == PLATFORM,
        "deauthorized": bool(record.hidden.get("deauthorized")),
        "locations": {each.id: each.data["display_name"] for each in locations},
        "readers": len(world.store.shelf(record.id, "readers").records),
        "payments": len(world.store.shelf(record.id, "payment_intents").records),
        "account": data,
    }


def payments(visit: Visit) -> Json:
    """The latest PaymentIntents of an account, newest first, each with its latest charge."""
    world = visit.world
    account = visit.record("accounts", "account")
    newest = world.store.shelf(account.id, "payment_intents").older_than(None)
    limit = visit.number("limit", MOST, 1, MOST)
    return {"payments": [_payment(world, each) for each in islice(newest, limit)]}


def _payment(world: World, record: Record) -> Json:
    charge = world.store.by_id.get(record.data["latest_charge"] or "")
    return {"payment_intent": view(world, record), "charge": charge and view(world, charge)}


ROUTES: list[Row] = [
    ("GET", "/accounts", accounts),
    ("GET", "/accounts/{id}/payments", payments),
]
