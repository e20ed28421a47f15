"""Run a flow, note every crash point it passes, or be killed at one of them and go on."""

from __future__ import annotations

import gc
import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import connections

from payments import crashpoints, gateway
from payments.models import Payment
from payments.services.endpoints import DOORS
from payments.webhooks import knock
from terminal.dispatcher import HERE
from tests.aging import grow_older
from tests.hooks.conftest import make_endpoint, sign
from tests.money.conftest import Shop
from tests.proof.walks.processes import due

SUBSCRIBED = {type for door in DOORS.values() for type in door}


@dataclass(frozen=True)
class Place:
    """The n-th time that a point is passed, in the n-th piece of work of a flow."""

    work: int
    point: str
    nth: int

    def __str__(self) -> str:
        return f"{self.point}#{self.nth} in work {self.work}"


@dataclass
class Run:
    """One run of a flow. Who gets to a place in `die_at` is killed there and started anew.

    The places of one piece of work come one after the other, until one of them is not got to.
    """

    shop: Shop
    die_at: dict[int, list[Place]] = field(default_factory=dict)
    passed: list[Place] = field(default_factory=list)
    died: list[Place] = field(default_factory=list)
    _works: int = 0
    _is_spared: bool = False

    def __post_init__(self) -> None:
        self.door = make_endpoint()
        self._seen = len(self.shop.simulator.truth()["events"])

    def does(self, do: Callable[[], object]) -> None:
        """A process of ours does it; another if it was killed, when its leases are over."""
        self._works += 1
        for place in self.die_at.get(self._works, ()):
            if not killed(place, do):
                break
            self.died.append(place)
            grow_older(40)
        crashpoints.watchers.append(self._note)
        try:
            do()
        finally:
            crashpoints.watchers.remove(self._note)

    def work(self) -> None:
        """Workers take up all that is due, and what that brings about."""

        def take_up() -> None:
            for _ in range(5):
                jobs = due()
                for kind, pk in jobs:
                    HERE[kind](pk)
                if not jobs:
                    return

        self.does(take_up)

    def hear(self) -> None:
        """Stripe delivers what happened; again if it got no answer. Then workers work."""
        self.does(self._deliver)
        self.work()

    def _deliver(self) -> None:
        events = self.shop.simulator.truth()["events"][self._seen :]
        for event in events:
            if event["type"] in SUBSCRIBED:
                body = json.dumps(event)
                signature = sign(body, self.door.secret)
                door = self.door.djstripe_uuid
                read = partial(_read, body)
                status, _ = knock(door, "POST", signature, read)
                assert status == 200
        self._seen += len(events)

    def later(self, seconds: float = 40) -> None:
        grow_older(seconds)
        self.work()

    @contextmanager
    def spared(self) -> Iterator[None]:
        """What leads up to the story is not killed: another flow is about it."""
        self._is_spared, before = True, self._is_spared
        yield
        self._is_spared = before

    def _note(self, point: str) -> None:
        if self._is_spared:
            return
        nth = sum(each.work == self._works and each.point == point for each in self.passed)
        self.passed.append(Place(self._works, point, nth + 1))

    def payment(self, payment: Payment) -> Payment:
        return Payment.objects.get(pk=payment.pk)


def _read(body: str, most: int) -> bytes:
    return body.encode()[:most]


Flow = Callable[[Run], object]


@dataclass(frozen=True)
class Story:
    """A flow, and where its shop is."""

    flow: Flow
    country: str
    settings: dict[str, Any]


PARENTS: list[Any] = []  # connections that are not closed by being collected
STORIES: dict[str, Story] = {}


def flow(country: str = "US", **settings: Any) -> Callable[[Flow], Flow]:
    """Have this flow killed at every point that it passes."""

    def add(function: Flow) -> Flow:
        STORIES[function.__name__] = Story(function, country, settings)
        return function

    return add


def killed(place: Place, do: Callable[[], object]) -> bool:
    """Do it in a process of its own that is killed there; whether it got there.

    SIGKILL, as an out-of-memory kill or a power cut: no handler runs, no connection is closed.
    """
    child = os.fork()
    if child == 0:
        try:
            gc.disable()
            forget_the_parents_connections()
            counts: Counter[str] = Counter()

            def die(point: str) -> None:
                counts[point] += 1
                if point == place.point and counts[point] == place.nth:
                    os.kill(os.getpid(), signal.SIGKILL)

            crashpoints.watchers[:] = [die]
            do()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def forget_the_parents_connections() -> None:
    """In a child: what it said or ended on them, its parent would miss."""
    for each in connections.all(initialized_only=True):
        PARENTS.append(each.connection)
        each.connection = None
    gateway.forget_client()
