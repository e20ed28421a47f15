"""The dispatcher: hears bells, hands rows to workers, sweeps for what was missed.

Rows are the queue, so any number may run side by side, and none is lost with the broker: a row
that nobody took in time is carried out here, with PostgreSQL alone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import psycopg
from celery import Task
from django.db import (
    DatabaseError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.db.models import Case, Count, F, IntegerField, Q, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from payments import tasks as payment_tasks
from payments.crashpoints import crash_point
from payments.models import (
    UNFINISHED,
    EventStatus,
    InboundEvent,
    Payment,
    PaymentQuerySet,
    State,
    StripeRequest,
)
from payments.services import (
    account_links,
    accounts,
    backfill,
    budget,
    capture_runs,
    conversation,
    errands,
    inbox,
    onboarding,
    receipt_emails,
    reconciliation,
    restoring,
    watching,
)
from payments.services.bells import WORK
from stores.services import sealing
from terminal import tasks as reader_tasks
from terminal.models import Reader
from terminal.services import abandoned, attending, holds, idle

logger = logging.getLogger(__name__)

SWEEP = 1.0  # seconds between sweeps
GRACE = 1.0  # seconds a bell and a worker have before a sweep takes an interest
PATIENCE = timedelta(seconds=2)  # from the hand-over to a worker until we do it ourselves
BROKER_PAUSE = 2.0  # seconds without trying a broker that failed
BATCH = 200
AWAITED = (State.CHECKING, State.SENDING, State.WAITING_FOR_CARD, State.AUTHORIZING)
HEAD_START = timedelta(seconds=30)
SELDOM = 60.0  # seconds between looks at what is counted in minutes and hours

Job = tuple[str, int]
HERE: dict[str, Callable[[int], object]] = {
    "payment": conversation.converse,
    "request": errands.carry_out,
    "reader": attending.attend,
    "event": inbox.handle,
    "listing": backfill.fill,
    "hold": holds.settle,
    "seal": lambda _: sealing.seal(),
    "captures": capture_runs.carry_on,
    "comparison": reconciliation.carry_on,
    "idle": idle.end,
    "abandoned": abandoned.cancel,
    "account": accounts.look,
    "onboarding": onboarding.look_up,
    "receipt": receipt_emails.carry_out,
}
SLOW = (
    "listing",
    "comparison",
    "captures",
    "receipt",
)  # minutes long: never in the way of what somebody waits for
THERE: dict[str, Task[..., None]] = {
    "payment": payment_tasks.converse,
    "request": payment_tasks.carry_out,
    "reader": reader_tasks.attend,
    "event": payment_tasks.handle_event,
    "account": payment_tasks.look_at_account,
    "captures": payment_tasks.capture_run,
    "onboarding": payment_tasks.look_up_account,
    "receipt": payment_tasks.send_receipt,
}


class Dispatcher:
    """Run it with `manage.py dispatch`; `stop` ends it within a sweep. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.stopping = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="here")
        self._slow_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="slow")
        self._running: set[Job] = set()
        self._lock = threading.Lock()
        self._broker_back_at = 0.0
        self._seldom_at = 0.0

    def stop(self) -> None:
        self.stopping.set()

    def run(self) -> None:
        """Until `stop`: listen and sweep; survive PostgreSQL's absence."""
        while not self.stopping.is_set():
            try:
                self._listen()
            except (psycopg.OperationalError, OperationalError) as error:
                logger.warning("PostgreSQL is away: %s", error)
                connection.close()
                self.stopping.wait(0.5)
            except DatabaseError:
                # What one statement met must not keep all payments from being looked after.
                logger.exception("the sweep failed")
                connection.close()
                self.stopping.wait(0.5)
        for pool in (self._slow_pool, self._pool):
            pool.shutdown(wait=True, cancel_futures=True)

    def _listen(self) -> None:
        parameters = connection.get_connection_params()
        for key in ("cursor_factory", "context", "pool", "prepare_threshold"):
            parameters.pop(key, None)
        with psycopg.connect(**parameters, autocommit=True) as bells:
            bells.execute(f"LISTEN {WORK}")
            self.sweep()
            swept = self._clock()
            while not self.stopping.is_set():
                for bell in bells.notifies(timeout=0.2, stop_after=64):
                    self.hear(bell.payload)
                if self._clock() - swept >= SWEEP:
                    self.sweep()
                    swept = self._clock()

    def hear(self, payload: str) -> None:
        """`payment:7`, `reader:3`, `request:4`, `event:9:charge.captured`.

        What only the mirror wants is left to the next sweep: it would take the processor from what
        a cashier waits for at this very moment.
        """
        kind, _, rest = payload.partition(":")
        pk, _, event_type = rest.partition(":")
        if kind not in THERE or not pk.isdigit():
            logger.warning("a bell nobody knows: %s", payload[:80])
        elif kind == "event" and inbox.rings(event_type):
            self._here((kind, int(pk)))
        elif kind != "event" or inbox.is_urgent(event_type):
            # A mail server may take its time, and keeps nobody waiting.
            self._hand_over((kind, int(pk)), urgent=kind != "receipt")

    def _hand_over(self, job: Job, *, urgent: bool = True) -> None:
        """To a worker through the broker; here when there is no broker and somebody waits."""
        if self._clock() >= self._broker_back_at:
            try:
                THERE[job[0]].apply_async((job[1],), queue="reader" if urgent else "mirror")
            except Exception as error:
                logger.warning("the broker is away: %s", error)
                self._broker_back_at = self._clock() + BROKER_PAUSE
            else:
                return
        if urgent:
            self._here(job)

    def _here(self, job: Job) -> None:
        with self._lock:
            if job in self._running:
                return
            self._running.add(job)
        pool = self._slow_pool if job[0] in SLOW else self._pool
        pool.submit(self._carry_out, job)

    def _carry_out(self, job: Job) -> None:
        try:
            HERE[job[0]](job[1])
        except Exception:
            logger.exception("%s %s failed", *job)
        finally:
            close_old_connections()
            with self._lock:
                self._running.discard(job)

    def sweep(self) -> None:
        """Take up what bells, workers or the broker lost; a fixed number of statements."""
        payments = _overdue_payments()
        crash_point("swept:payments")
        for job, was_missed in payments:
            if was_missed:
                self._here(job)
            else:
                self._hand_over(job)
        for job in _overdue_errands():
            self._here(job)
        events = _overdue_events()
        crash_point("swept:events")
        for job, is_urgent in events:
            if is_urgent:
                self._here(job)
            else:
                self._hand_over(job, urgent=False)
        for pk in reconciliation.due(timezone.now()):
            self._here(("comparison", pk))
        if self._clock() >= self._seldom_at:
            self._seldom_at = self._clock() + SELDOM
            self._sweep_seldom()

    def _sweep_seldom(self) -> None:
        """No worker is told: none of this may wait behind a sale, or hold one up."""
        backfill.keep_cursors()
        now = timezone.now()
        for pk in backfill.due(now):
            self._here(("listing", pk))
        for pk in holds.due(now):
            self._here(("hold", pk))
        self._here(("seal", 0))
        reconciliation.start_due(now)
        watching.calm_down(now)
        restoring.open_if_clean()
        for pk in abandoned.due(now):
            self._here(("abandoned", pk))
        for pk in accounts.due(now):
            self._here(("account", pk))
        for pk in onboarding.due(now):
            self._here(("onboarding", pk))
        account_links.forget_links(now)


def _overdue_payments() -> list[tuple[Job, bool]]:
    """Payments due and not taken, marked as handed over.

    With each whether a worker was told before, by a bell or a sweep, and has not come: then it is
    done here. A retry or a read that falls due has no bell, and goes to a worker first.
    """
    now = timezone.now()
    then = now - timedelta(seconds=GRACE)
    unfinished = StripeRequest.objects.filter(status__in=UNFINISHED, payment__isnull=False)
    rung = Payment.objects.filter(rung_at__lte=then).values_list("pk")
    promised = unfinished.filter(tries=0, next_try_at__lte=then).values_list("payment_id")
    to_retry = unfinished.filter(tries__gt=0, next_try_at__lte=now).values_list("payment_id")
    to_read = _reads_in_turn(now).values_list("pk")
    missed = {pk for (pk,) in rung.union(promised)[:BATCH]}
    due = missed | {pk for (pk,) in to_retry.union(to_read)[:BATCH]}
    with transaction.atomic():
        free = Payment.objects.due(now).filter(pk__in=due)
        rows = [
            row
            for row in free.select_for_update(skip_locked=True, no_key=True)
            if row.handed_at is None or row.handed_at <= now - PATIENCE
        ]
        Payment.objects.filter(pk__in=[row.pk for row in rows]).update(handed_at=now)
    return [(("payment", row.pk), row.pk in missed or row.handed_at is not None) for row in rows]


def _reads_in_turn(now: datetime) -> PaymentQuerySet:
    """Payments to read because it is time: as many per account as its budget has left.

    A bell is not held back: somebody waits for what it tells. Whoever stands at a reader, or in
    doubt, goes before what lies idle, but by so many seconds only: nothing waits for ever.
    """
    idle = Case(When(state__in=AWAITED, then=Value(timedelta())), default=Value(HEAD_START))
    waiting = Payment.objects.filter(next_read_at__lte=now).exclude(
        Q(lease_until__gt=now) | Q(handed_at__gt=now - PATIENCE)
    )
    counted = waiting.order_by().values_list("stripe_account").annotate(n=Count("pk"))
    granted = budget.take_all({account: min(n, BATCH) for account, n in counted})
    turn = Window(
        RowNumber(), partition_by="stripe_account", order_by=[F("next_read_at") + idle, F("pk")]
    )
    left = Case(
        *(When(stripe_account=name, then=Value(n)) for name, n in granted.items()),
        default=Value(0),
        output_field=IntegerField(),
    )
    return waiting.annotate(turn=turn).filter(turn__lte=left)


def _overdue_errands() -> Iterable[Job]:
    then = timezone.now() - PATIENCE
    requests = StripeRequest.objects.filter(
        status__in=UNFINISHED, next_try_at__lte=then, payment=None, reader_id=None
    ).exclude(lease_until__gt=timezone.now())
    yield from (("request", pk) for pk in requests.values_list("pk", flat=True)[:BATCH])
    yield from (("idle", pk) for pk in idle.due(timezone.now()))
    yield from (("captures", pk) for pk in capture_runs.due(timezone.now()))
    yield from (("receipt", pk) for pk in receipt_emails.due(then))
    yield from (("reader", pk) for pk in _overdue_readers(then))


def _overdue_readers(then: datetime) -> Iterable[int]:
    """Readers due and not taken. As with payments, a read because it is time takes from its
    account's budget; few readers have one, for only a form or a card to be saved asks for it.
    """
    readers = Reader.objects.exclude(rung_at__gt=then)
    yield from attending.promised(readers).values_list("pk", flat=True)[:BATCH]
    waiting = list(attending.to_read(readers).values_list("pk", "stripe_account"))
    granted = budget.take_all(Counter(account for _, account in waiting))
    for pk, account in waiting:
        if granted[account] > 0:
            granted[account] -= 1
            yield pk


def _overdue_events() -> list[tuple[Job, bool]]:
    """Events received and not handled, and whether somebody waits for them; the next sweep leaves
    them alone for a while.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = list(
            InboundEvent.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(status=EventStatus.RECEIVED, next_try_at__lte=now - timedelta(seconds=GRACE))
            .filter(claimed_until__lte=now)
            .only("pk", "type", "rung_at")[:BATCH]
        )
        InboundEvent.objects.filter(pk__in=[row.pk for row in rows]).update(
            next_try_at=now + timedelta(seconds=10)
        )
    return [(("event", row.pk), row.rung_at is None and inbox.is_urgent(row.type)) for row in rows]
