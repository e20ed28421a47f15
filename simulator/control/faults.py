"""Faults on the way to Stripe and back, and the choices Stripe does not document."""

from fnmatch import fnmatchcase

from simulator.control.routes import Row, Visit
from simulator.operations import ROUTES as STRIPE
from simulator.state import fault_plans, switches
from simulator.state.store import Json


def listing(visit: Visit) -> Json:
    return {"faults": visit.world.faults.listing()}


def plan(visit: Visit) -> Json:
    planned = fault_plans.read_all(visit.body, visit.world.ids)
    for fault in planned:
        _require_an_operation(fault.operation)
    visit.world.faults.add(planned)
    visit.world.faults_changed()
    return listing(visit)


def _require_an_operation(pattern: str) -> None:
    """One that fits none would never strike, and nobody would know why."""
    if not any(fnmatchcase(each.name, pattern) for each in STRIPE.operations):
        resource = pattern.partition(".")[0]
        near = [each.name for each in STRIPE.operations if each.name.startswith(f"{resource}.")]
        hint = f" There are: {', '.join(near)}." if near else ""
        raise ValueError(f"No operation is called {pattern}.{hint}")


def clear(visit: Visit) -> Json:
    visit.world.faults.clear()
    visit.world.faults_changed()
    return listing(visit)


def clear_some(visit: Visit) -> Json:
    """Those of a name, or one by its id."""
    if not visit.world.faults.clear(visit.id):
        raise LookupError(f"No such fault: '{visit.id}'")
    visit.world.faults_changed()
    return listing(visit)


def sets(visit: Visit) -> Json:
    return {"sets": fault_plans.SETS}


def switch(visit: Visit) -> Json:
    switches.change(visit.world.switches, visit.body)
    visit.world.note("switches")
    return visit.world.switches


ROUTES: list[Row] = [
    ("GET", "/faults", listing),
    ("POST", "/faults", plan),
    ("DELETE", "/faults", clear),
    ("GET", "/faults/sets", sets),
    ("DELETE", "/faults/{id}", clear_some),
    ("GET", "/switches", lambda visit: visit.world.switches),
    ("POST", "/switches", switch),
]
