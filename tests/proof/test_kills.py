"""A process killed at every point that a sale, or anything behind it, passes: nothing is lost.

The points are not listed here: a flow is run once to note them, then once for each, with a process
that is killed there and started anew.
"""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest

from payments.models import StripeRequest
from payments.services import backfill, errands, reconciliation
from payments.services.parts import KINDS
from terminal.services import attending
from tests import services
from tests.emptying import empty_tables
from tests.money.conftest import broken_promises, open_shop
from tests.proof.flows import behind, money, readers, selling  # noqa: F401
from tests.proof.flows.running import STORIES, Run
from tests.proof.walks.processes import due
from tests.services import ROOT

MOST = 2  # times that one point is died at in one piece of work
DEATHS = 3  # one after the other in one piece of work, so that fewer runs are needed
# Points that stand for many: `read:{request.kind}` is one for each kind that this code carries out.
STANDS_FOR = {
    "exchange": [*KINDS, *attending.KINDS],
    "conversation": KINDS,
    "attending": attending.KINDS,
    "errands": errands.DONE,
}


@pytest.fixture
def committed(simulator, settings, monkeypatch, django_db_setup, django_db_blocker):
    """Rows that a process of its own sees; without a mirror, which decides nothing."""
    settings.STRIPE_MIRROR_KEY = ""
    monkeypatch.setattr(backfill, "ON_ITS_WAY", timedelta(minutes=-30))
    monkeypatch.setattr(reconciliation, "ON_ITS_WAY", timedelta(minutes=-30))
    with django_db_blocker.unblock():
        yield simulator
        empty_tables()


def run(simulator, name, settings, shop, die_at=()):
    """One run of the flow; at its end nothing is left to do and no promise is broken."""
    story = STORIES[name]
    for key, value in story.settings.items():
        setattr(settings, key, value)
    one = Run(shop)
    for place in die_at:
        one.die_at.setdefault(place.work, []).append(place)
    story.flow(one)
    one.die_at, passed = {}, list(one.passed)
    for _ in range(3):
        one.later()
    assert [each for each in due() if each[0] != "payment"] == []
    assert not StripeRequest.objects.filter(status__in=("planned", "sent")).exists()
    assert broken_promises(simulator, settled=True) == []
    one.passed = passed
    return one


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_a_kill_anywhere_costs_nothing(committed, settings, name):
    shop = open_shop(committed, country=STORIES[name].country)
    passed = run(committed, name, settings, shop).passed
    note(name, {place.point for place in passed})
    left = [each for each in passed if each.nth <= MOST]
    assert left
    while left:
        # What a death before it keeps from being passed is left over.
        places = [place for place in left if nth_of_its_work(place, left) < DEATHS]
        try:
            died = run(committed, name, settings, shop, die_at=places).died
        except AssertionError as error:
            told = ", ".join(str(place) for place in places)
            raise AssertionError(f"killed at {told}: {error}") from error
        assert left[0] in died, f"{left[0]} was passed once, and not when it was to be died at"
        left = [place for place in left if place not in died]


def noted(name: str) -> Path:
    """Where a flow's test, in whichever process, writes the points that it passed."""
    return services.current().folder / f"passed_by_{name}"


def note(name: str, points: set[str]) -> None:
    unfinished = noted(name).with_suffix(".tmp")
    unfinished.write_text("\n".join(points))
    unfinished.rename(noted(name))


def nth_of_its_work(place, places):
    return [each for each in places if each.work == place.work].index(place)


def test_every_crash_point_of_the_code_is_passed_by_a_flow(committed, settings):
    passed = set()
    for name, story in STORIES.items():
        if noted(name).exists():
            passed |= set(noted(name).read_text().split("\n"))
        else:  # its own test is still to come, or was not asked for
            shop = open_shop(committed, country=story.country)
            passed |= {place.point for place in run(committed, name, settings, shop).passed}

    missed = points_in_the_code() - passed
    assert not missed, f"no flow passes {', '.join(sorted(missed))}"


def points_in_the_code() -> set[str]:
    """Every name that a call of crash_point may have."""
    found: set[str] = set()
    for app in ("stores", "payments", "terminal", "retail"):
        for path in (ROOT / app).rglob("*.py"):
            found |= set(_points(path))
    return found


def _points(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "crash_point":
            continue
        name = ast.unparse(node.args[0]).strip("f'\"")
        variable = re.search(r"\{.*\}", name)
        if variable is None:
            yield name
        else:
            for kind in STANDS_FOR[path.stem]:
                yield name.replace(variable[0], kind)
