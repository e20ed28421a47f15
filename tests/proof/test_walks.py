"""Random walks: whatever happens, in whatever order, no promise of the money path is broken."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, Verbosity, assume, seed
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, run_state_machine_as_test

from payments.models import Payment
from payments.services import backfill, reconciliation
from terminal.services import sales
from tests.conftest import MADE_STEPS
from tests.proof.walks.cashier import Cashier
from tests.proof.walks.customers import Customers, Readers
from tests.proof.walks.deaths import Deaths, Time
from tests.proof.walks.managers import Dashboard, Managers
from tests.proof.walks.mutants import MUTANTS
from tests.proof.walks.network import Network, Webhooks
from tests.proof.walks.processes import Processes
from tests.proof.walks.world import World

# Long walks: what a day's close costs is paid once in each. A test run makes 5,000 steps.
STEPS, WALKS = 252, 2
FEWEST_RULES = 12  # of some forty: a walk with fewer proves little
WANTED = int(os.environ.get("WALK_STEPS", "5_000"))
TESTS = -(-WANTED // 500)
FIRST_SEED = int(os.environ.get("WALK_SEED", "0"))
SETTINGS = hypothesis.settings(
    max_examples=WALKS,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    derandomize=False,  # the seed is ours
    phases=[Phase.generate],  # a walk that fails tells its story, and is not made shorter
    report_multiple_bugs=False,
    verbosity=Verbosity.quiet,
    suppress_health_check=list(HealthCheck),
)


class Walk(Cashier, Customers, Readers, Managers, Dashboard, Network, Webhooks, Time, Deaths):
    """Every story's rules; the promises are checked after each step, and more at the end."""

    def __init__(self, simulator, counts):
        super().__init__()
        self.world = World(simulator, counts)
        self.processes = Processes(self.world)
        self.steps = 0
        self._watching = self.processes.watched()
        self._watching.__enter__()

    @initialize(
        country=st.sampled_from(["US", "CA", "GB"]),
        charge_model=st.sampled_from(["direct", "destination"]),
        fee=st.sampled_from([0, 250]),
        chance=st.integers(0, 2**32),
    )
    def open(self, country, charge_model, fee, chance):
        # Hypothesis begins with the simplest walk there is: one rule, 252 times.
        assume(chance)
        self.world.count("walks")
        self.world.open(country, charge_model, fee)

    @invariant()
    def every_promise_holds(self):
        self.steps += 1
        self.world.count("steps")
        if not self.world.only_planned:
            self.world.check()
        self.world.only_planned = False

    def teardown(self):
        try:
            if sys.exc_info()[0] is None and hasattr(self.world, "shop"):
                cut_short = self.steps < STEPS  # Hypothesis ends one in 260 early
                assert cut_short or len(self.chosen) > FEWEST_RULES, self.chosen
                self._come_to_rest()
                self._close_the_day()
            elif hasattr(self.world, "shop"):
                self.world.tell_all()
        finally:
            self._watching.__exit__(None, None, None)
            self.world.close()

    def _come_to_rest(self):
        """All faults are over; within minutes everything is known here as it is at Stripe."""
        world = self.world
        self.processes.disarm()
        world.simulator.unfault()
        for reader in (world.shop.reader, world.shop.other_reader):
            world.simulator.reader(
                reader, condition=None, next=None, command_timeout=None, authorization_ms=0
            )
        world.tell("faults are over")
        self._work_for_minutes(2, world.unknown)  # though no event tells
        if world.stale:
            self._compare()  # a read from the past may hide what no bell tells again
        self.missed_events_are_listed()
        self._work_for_minutes(4, partial(world.broken, settled=True))

    def _compare(self):
        now = timezone.now()
        for account in reconciliation.served_accounts():
            reconciliation.start(account, now)
        for pk in reconciliation.due(now):
            self.processes.carry_out(("comparison", pk))

    def _work_for_minutes(self, most, left):
        """Until nothing is left to wait for; something after the last one is a broken promise."""
        found = []
        for _ in range(most):
            self.processes.hear_bells()
            self.world.later(60)
            self.processes.sweep()
            found = left()
            if not found:
                break
        self.world.refuse(found)

    def _close_the_day(self):
        """A cashier can always get out: what is open can be canceled, and then ends."""
        world = self.world
        for payment in Payment.objects.filter(ended_at=None):
            world.person(
                f"cancels {world.name(payment)} at the end of the day",
                partial(sales.cancel_payment, payment, by=world.shop.by),
            )
        self.missed_events_are_listed()
        self._work_for_minutes(4, world.unended)


@pytest.fixture
def counts(request) -> Iterator[Counter[str]]:
    """How often everything happened; kept for `make soak-long`."""
    found: Counter[str] = Counter()
    yield found
    request.node.user_properties.append((MADE_STEPS, found["steps"]))
    if folder := os.environ.get("WALK_COUNTS"):
        Path(folder, f"{request.node.callspec.id}.json").write_text(json.dumps(found))


@pytest.fixture
def mutated(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The product as it is, or broken on purpose."""
    name = os.environ.get("WALK_MUTANT")
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        for each in MUTANTS[name]() if name else ():
            stack.enter_context(each)
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("mutated")
@pytest.mark.parametrize("number", range(TESTS))
def test_no_walk_breaks_a_promise(number, counts, simulator, settings, monkeypatch):
    settings.STRIPE_MIRROR_KEY = ""
    monkeypatch.setattr(backfill, "ON_ITS_WAY", timedelta(hours=-1))  # however young
    monkeypatch.setattr(reconciliation, "ON_ITS_WAY", timedelta(hours=-1))
    settings.STRIPE_READS_PER_SECOND = 1_000
    logging.disable(logging.ERROR)
    seeds = range(FIRST_SEED + number, sys.maxsize, TESTS)
    try:
        for each in seeds:  # Hypothesis may end a walk early, and then there is another
            walk: Any = seed(each)(lambda: Walk(simulator, counts))
            run_state_machine_as_test(walk, settings=SETTINGS)
            if counts["steps"] >= WANTED / TESTS:
                break
    finally:
        logging.disable(logging.NOTSET)
