"""Faults on the way to Stripe and back, and the choices Stripe does not document."""

from simulator.control.routes import Row, Visit
from simulator.state import switches
from simulator.state.store import Json


def listing(visit: Visit) -> Json:
    return {"faults": visit.world.faults.listing()}


def plan(visit: Visit) -> Json:
    visit.world.faults.plan(visit.body)
    visit.world.note("faults")
    return listing(visit)


def clear(visit: Visit) -> Json:
    visit.world.faults.planned.clear()
    visit.world.note("faults")
    return listing(visit)


def switch(visit: Visit) -> Json:
    switches.change(visit.world.switches, visit.body)
    visit.world.note("switches")
    return visit.world.switches


ROUTES: list[Row] = [
    ("GET", "/faults", listing),
    ("POST", "/faults", plan),
    ("DELETE", "/faults", clear),
    ("GET", "/switches", lambda visit: visit.world.switches),
    ("POST", "/switches", switch),
]
