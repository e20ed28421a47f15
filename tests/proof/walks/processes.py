"""Our processes in a walk: they take up what is due, and may die or be overtaken on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.utils import timezone

from payments import crashpoints
from payments.models import InboundEvent, Payment, StripeRequest
from payments.services import capture_runs, receipt_emails
from terminal.dispatcher import HERE, Dispatcher, Job
from terminal.models import Reader
from terminal.services import attending
from tests.proof.walks.world import World


class Death(BaseException):
    """The process is no more: nothing after this runs, its transaction is rolled back."""


class Sweeper(Dispatcher):
    """A dispatcher that tells what it finds, and leaves it to be carried out at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._found: list[Job] = []

    def find(self) -> list[Job]:
        self._found = []
        self.sweep()
        return self._found

    def _here(self, job: Job) -> None:
        self._found.append(job)

    def _hand_over(self, job: Job, *, urgent: bool = True) -> None:
        self._found.append(job)


class Processes:
    """What is done by workers and dispatchers, one thing at a time.

    `arm` has something happen when one of them passes a crash point: it dies there, or while
    it is held up a card is presented, a person cancels, another worker is faster.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._sweeper = self._new_sweeper()
        self._armed: tuple[str, int, Callable[[], None] | None, str] | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        crashpoints.watchers.append(self._pass)
        try:
            yield
        finally:
            crashpoints.watchers.remove(self._pass)

    def arm(self, stage: str, skip: int, what: str, do: Callable[[], None] | None) -> None:
        """At the next point of this stage but `skip`: do something, or with None die."""
        self._armed = (stage, skip, do, what)
        self.world.only_planned = True

    def disarm(self) -> None:
        self._armed = None

    def _pass(self, point: str) -> None:
        self.world.count(f"point: {point}")
        if self._armed is None or not point.startswith(f"{self._armed[0]}:"):
            return
        stage, skip, do, what = self._armed
        if do is not None and _in_transaction():
            return
        if skip:
            self._armed = (stage, skip - 1, do, what)
            return
        self._armed = None
        self.world.tell(f"    at {point}: {what}")
        self.world.count(f"{what} at {stage}")
        if do is None:
            raise Death
        do()
        self.world.tell("    … and the first one goes on")

    def carry_out(self, job: Job) -> bool:
        """Whether the process that does it lives on."""
        kind, pk = job
        self.world.count(f"job: {kind}")
        return self.live(lambda: HERE[kind](pk))

    def live(self, do: Callable[[], object]) -> bool:
        try:
            do()
        except Death:
            return False
        return True

    def converse(self, payment: Payment) -> None:
        self.carry_out(("payment", payment.pk))

    def hear_bells(self) -> None:
        """Everything that is due this very moment, as by bells that are heard at once."""
        for job in due():
            self.carry_out(job)

    def sweep(self) -> None:
        """What a dispatcher finds by looking; it takes up what nobody took."""
        found: list[Job] = []
        if not self.live(lambda: found.extend(self._sweeper.find())):
            self._sweeper = self._new_sweeper()
        for job in found:
            self.carry_out(job)

    def _new_sweeper(self) -> Sweeper:
        return Sweeper(lambda: self.world.passed)

    def expire_leases(self) -> None:
        """Whoever held something slept for too long."""
        Payment.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now())
        StripeRequest.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now())
        Reader.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now())


def due() -> list[Job]:
    now = timezone.now()
    payments = Payment.objects.due(now).order_by("pk").values_list("pk", flat=True)
    events = InboundEvent.objects.filter(
        status="received", next_try_at__lte=now, claimed_until__lte=now
    )
    errands = StripeRequest.objects.filter(
        payment=None, reader_id=None, status__in=("planned", "sent"), next_try_at__lte=now
    ).exclude(lease_until__gt=now)
    readers = attending.due(Reader.objects.all())
    return [
        *(("event", pk) for pk in events.order_by("pk").values_list("pk", flat=True)),
        *(("request", pk) for pk in errands.values_list("pk", flat=True)),
        *(("captures", pk) for pk in capture_runs.due(now)),
        *(("receipt", pk) for pk in receipt_emails.due(now)),
        *(("reader", pk) for pk in readers.values_list("pk", flat=True)),
        *(("payment", pk) for pk in payments),
    ]


def _in_transaction() -> bool:
    blocks: list[Any] = list(connection.atomic_blocks)
    return any(not block._from_testcase for block in blocks)
