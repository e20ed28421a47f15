"""Accounts that need no onboarding."""

from simulator.api.views import view
from simulator.connect import accounts
from simulator.control.routes import Row, Visit
from simulator.state.store import Json


def ensure(visit: Visit) -> Json:
    return view(visit.world, accounts.ensure(visit.world, visit.body))


ROUTES: list[Row] = [
    ("POST", "/accounts", ensure),
]
