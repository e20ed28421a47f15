"""One soak: open the shops, break everything, sell, put all right, wait, and judge."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from django.db import connections

from retail.checker.facts import Books, Violation
from stores.services.devices import pair_device
from terminal.services.fleet import register_reader
from tests.factories_money import plan_fee
from tests.money.conftest import Shop, open_shop
from tests.money.test_tips_on_readers import offer
from tests.processes import Stack
from tests.soak import rarer  # noqa: F401 (its journeys)
from tests.soak.history import History
from tests.soak.journeys import JOURNEYS, travel
from tests.soak.plan import FAULTS, TROUBLES, Plan, draw, webhooks_at_least
from tests.soak.till import JSON, Place, Sale, Till
from tests.soak.trouble import Breaker
from tests.soak.watch import Screen, Watcher, last_look, settle

SETTLED_WITHIN = 30.0  # seconds after the faults have stopped
SHOPS = (("direct", "US"), ("destination", "US"), ("direct", "GB"))


@dataclass(frozen=True)
class Options:
    sales: int
    seed: int = field(default_factory=lambda: random.randrange(10**6))
    tills: int = 24
    kill_every: float = 20.0


@dataclass
class Seen:
    """All that the report is about."""

    options: Options
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    did: Counter[str] = field(default_factory=Counter)  # journeys that were what they are for
    troubles: Counter[str] = field(default_factory=Counter)
    breaks: Counter[str] = field(default_factory=Counter)
    tills: Counter[str] = field(default_factory=Counter)
    webhooks: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)  # the soak itself did not get on
    violations: list[Violation] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    looks: int = 0
    seen_once: int = 0
    frames: int = 0
    statements: int = 0
    selling: float = 0.0
    settling: float = 0.0
    log: list[str] = field(default_factory=list)
    history: History = field(default_factory=History)
    books: Books | None = None
    truth: JSON = field(default_factory=dict)


class Soak:
    """`restart_postgres` is how the database goes away and comes back where this runs."""

    def __init__(
        self, stack: Stack, options: Options, restart_postgres: Callable[[], None]
    ) -> None:
        self.seen = Seen(options)
        self._stack = stack
        self._options = options
        self._restart_postgres = restart_postgres
        self._plans: SimpleQueue[Plan] = SimpleQueue()
        self._lock = threading.Lock()

    def run(self) -> Seen:
        seen = self.seen
        self._stack.start("mirror")
        shops = [open_shop(self._stack.simulator, model, country) for model, country in SHOPS]
        tills = self._furnish(shops)
        self._stack.register_webhooks()
        weights = {name: journey.weight for name, journey in JOURNEYS.items()}
        calm = [name for name, journey in JOURNEYS.items() if journey.calm]
        for plan in draw(self._options.seed, self._options.sales, weights, calm):
            self._plans.put(plan)
        self._sell(tills)
        connections.close_all()  # PostgreSQL has been away
        seen.settling, seen.unsettled = settle(SETTLED_WITHIN)
        found, seen.books, seen.truth = last_look(self._stack.simulator_url, seen.history)
        known = {str(each) for each in seen.violations}
        seen.violations += [each for each in found if str(each) not in known]
        return seen

    def _sell(self, tills: list[Till]) -> None:
        seen = self.seen
        watcher = Watcher(self._stack.simulator_url)
        breaker = Breaker(
            self._stack,
            self._options.seed,
            self._options.kill_every,
            self._restart_postgres,
            self._progress,
            # Twins come in twos, of lost ones some arrive, and two alone may keep their order.
            struck_at_least=3 * webhooks_at_least(self._options.sales),
        )
        first_of_each_shop = tills[: len(SHOPS)]
        screens = [
            Screen(self._api, till.place.token, f"screen of {till.place.name}", seen.history)
            for till in first_of_each_shop
        ]
        threads = [threading.Thread(target=self._work, args=[till]) for till in tills]
        started = time.monotonic()
        watcher.start()
        for screen in screens:
            screen.start()
        breaker.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        breaker.stop()
        seen.selling = time.monotonic() - started
        watcher.stop()
        for screen in screens:
            screen.stop()
        for each in (breaker.failure, watcher.failure):
            if each is not None:
                seen.failures.append(repr(each))
        seen.violations = list(watcher.broken.values())
        seen.looks, seen.seen_once = watcher.looks, watcher.seen_once
        seen.frames = sum(screen.frames for screen in screens)
        seen.breaks, seen.log = breaker.counts, breaker.log
        for till in tills:
            seen.tills += till.counts
            till.close()

    def _work(self, till: Till) -> None:
        """Sell until nobody wants anything any more."""
        while True:
            try:
                plan = self._plans.get_nowait()
            except Empty:
                return
            sale = Sale(till, plan)
            try:
                state = travel(sale)
            except Exception as error:
                state = "broke off"
                with self._lock:
                    self.seen.failures.append(f"sale {plan.number}, {plan.journey}: {error!r}")
            with self._lock:
                self.seen.outcomes[plan.journey, state or "never begun"] += 1
                self.seen.did[plan.journey] += sale.did
                if plan.trouble:
                    self.seen.troubles[plan.trouble] += sale.troubled

    def _progress(self) -> float:
        return 1 - self._plans.qsize() / self._options.sales

    @property
    def _api(self) -> str:
        return f"{self._stack.url}/api/v1/"

    def _furnish(self, shops: list[Shop]) -> list[Till]:
        """Tills with two readers each, the shops in turn."""
        tills = []
        for shop in shops:
            shop.store.cashier_refund_limit = 1_000_000
            shop.store.incremental_authorization = True
            plan_fee(shop.store, 250)
            shop.store.save()
            offer(shop)
        for number in range(self._options.tills):
            shop = shops[number % len(shops)]
            location = shop.reader.location
            label = f"Till {number + 1}"
            readers = [
                register_reader(
                    location=location, registration_code="simulated-wpe", label=f"{label} {side}"
                )
                for side in ("left", "right")
            ]
            _, token = pair_device(shop.store, label)
            shown = [{"id": each.pk, "stripe_id": each.stripe_id} for each in readers]
            place = Place(label, token, shown)
            tills.append(Till(self._api, self._stack.simulator_url, place, self.seen.history))
        return tills


__all__ = ["FAULTS", "TROUBLES", "Options", "Seen", "Soak"]
