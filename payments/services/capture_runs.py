"""Capturing many holds at once: a run is written down, then each payment is a promise of its own.

Who presses commits rows and may close the browser. A worker takes them one after another, each in
a transaction with its capture: what it did not come to is taken by the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext, override

from payments.crashpoints import crash_point
from payments.errors import NothingToCapture
from payments.models import (
    UNFINISHED,
    CaptureRun,
    Payment,
    RequestStatus,
    RunPayment,
    StripeRequest,
)
from payments.services import captures
from payments.services.bells import WORK, notify
from payments.services.unresolved import UNTOLD_HOLD
from payments.transitions import hold_differs, tip_is_high
from stores.errors import DomainError
from stores.principals import MANAGERS, Principal

MOST = 500  # payments in one run
CLAIM = timedelta(seconds=60)  # until another worker may go on
WAITING, ASKED, CAPTURED, REFUSED = "waiting", "asked", "captured", "refused"


@dataclass
class Plan:
    """What a run would capture, and what not, each with the reason."""

    payments: list[Payment] = field(default_factory=list)
    left_out: list[tuple[Payment, str]] = field(default_factory=list)
    more: bool = False  # there are more than one run takes

    @property
    def totals(self) -> dict[str, tuple[int, int]]:
        """By currency: how many, and how much."""
        count, total = Counter[str](), Counter[str]()
        for payment in self.payments:
            count[payment.currency] += 1
            total[payment.currency] += payment.amount_capturable
        return {currency: (count[currency], total[currency]) for currency in sorted(count)}


def plan(ids: Collection[int], by: Principal) -> Plan:
    """What of these payments can be captured now, as far as their rows tell."""
    seen = Payment.objects.for_principal(by, MANAGERS).filter(pk__in=list(ids)[: MOST + 1])
    payments = list(seen.select_related("store", "order").order_by("pk"))
    return _sorted_out(payments)


def expiring(by: Principal, now: datetime) -> Plan:
    """Holds of the principal's stores that end before their store's day does."""
    held = Payment.objects.for_principal(by, MANAGERS).filter(
        status="requires_capture", cancel_requested_at=None, detached_at=None
    )
    ends = Coalesce("capture_before", F("created_at") + UNTOLD_HOLD)
    soon = held.annotate(ends=ends).filter(ends__lt=now + timedelta(days=2))
    nearest = soon.select_related("store", "order").order_by("ends", "pk")[: 2 * MOST]
    today = [payment for payment in nearest if _ends_today(payment, now)]
    return _sorted_out(today)


def _ends_today(payment: Payment, now: datetime) -> bool:
    here = now.astimezone(ZoneInfo(payment.store.timezone))
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    ends: datetime = payment.ends  # type: ignore[attr-defined]
    return ends < midnight


def _sorted_out(payments: list[Payment]) -> Plan:
    plan = Plan(more=len(payments) > MOST)
    on_their_way = set(
        StripeRequest.objects.filter(
            payment__in=payments, status__in=UNFINISHED, kind__startswith="payment_intent."
        ).values_list("payment_id", flat=True)
    ) | set(_waiting().filter(payment__in=payments).values_list("payment_id", flat=True))
    for payment in payments[:MOST]:
        why = _why_not(payment, payment.pk in on_their_way)
        if why:
            plan.left_out.append((payment, why))
        else:
            plan.payments.append(payment)
    return plan


def _why_not(payment: Payment, is_on_its_way: bool) -> str:
    if payment.status != "requires_capture" or payment.detached_at is not None:
        return gettext("It is not waiting for a capture.")
    if payment.cancel_requested_at is not None or is_on_its_way:
        return gettext("Something is on its way already.")
    if tip_is_high(payment):
        return gettext("Its tip is unusually high: decide about it on its own page.")
    if hold_differs(payment):
        return gettext("What is held is not what was asked for: decide about it on its own page.")
    return ""


def start(ids: Collection[int], *, by: Principal, key: UUID) -> CaptureRun:
    """Write the run down and wake a worker. The same key again is the same run.

    What cannot be captured is left out. Raises NothingToCapture.
    """
    if by.user_id is None or not by.may_act:
        raise NothingToCapture
    first = CaptureRun.objects.filter(key=key, user_id=by.user_id).first()
    if first is not None:
        return first
    payments = plan(ids, by).payments
    if not payments:
        raise NothingToCapture
    try:
        with transaction.atomic():
            run = CaptureRun.objects.create(key=key, user_id=by.user_id)
            RunPayment.objects.bulk_create(
                RunPayment(run=run, store_id=payment.store_id, payment=payment)
                for payment in payments
            )
            notify(WORK, "captures", run.pk)
    except IntegrityError:
        return CaptureRun.objects.get(key=key, user_id=by.user_id)
    return run


def _waiting() -> Any:
    return RunPayment.objects.filter(request=None, refused="")


def due(now: datetime) -> list[int]:
    """Runs with payments to ask for that nobody works on."""
    waiting = CaptureRun.objects.filter(asked_at=None, claimed_until__lte=now)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:50])


def carry_on(run_id: int) -> None:
    """Ask for each payment that waits; nothing when somebody else does."""
    now = timezone.now()
    free = CaptureRun.objects.filter(pk=run_id, asked_at=None, claimed_until__lte=now)
    if not free.update(claimed_until=now + CLAIM):
        return
    run = CaptureRun.objects.select_related("user").get(pk=run_id)
    by = Principal.of_user(run.user)
    for pk in _waiting().filter(run=run).order_by("pk").values_list("pk", flat=True):
        _ask(pk, by)
        crash_point("asked:capture_run")
        CaptureRun.objects.filter(pk=run_id).update(claimed_until=timezone.now() + CLAIM)
    if not _waiting().filter(run=run).exists():
        CaptureRun.objects.filter(pk=run_id).update(asked_at=timezone.now())


def _ask(pk: int, by: Principal) -> None:
    """One payment: its capture and the word that it was asked for, in one transaction."""
    with transaction.atomic():
        locked = _waiting().select_for_update(skip_locked=True, no_key=True, of=("self",))
        row = locked.select_related("payment").filter(pk=pk).first()
        if row is None:
            return
        try:
            with override("en"):  # what is stored is English, whatever this thread speaks
                row.request = _capture(row.payment, by)
        except DomainError as refused:
            row.refused = f"{refused.message} {refused.next_action}".strip()
        row.save(update_fields=["request", "refused"])


def _capture(payment: Payment, by: Principal) -> StripeRequest:
    """Whoever started the run may have lost the store since."""
    if not Payment.objects.for_principal(by, MANAGERS).filter(pk=payment.pk).exists():
        raise NothingToCapture("Who started this works there no more.")
    captures.capture(payment, by=by)
    return payment.requests.filter(kind=captures.CAPTURE).latest("pk")


@dataclass(frozen=True)
class Result:
    """What became of one payment of a run."""

    row: RunPayment
    kind: str
    message: str = ""

    @property
    def is_over(self) -> bool:
        return self.kind in (CAPTURED, REFUSED)


def results(rows: Iterable[RunPayment]) -> list[Result]:
    """Of rows with their payments: two statements, however many there are.

    A capture that was proven not to be done is asked for anew; the newest word counts.
    """
    rows = list(rows)
    asked = StripeRequest.objects.filter(
        payment__in=[row.payment_id for row in rows if row.request_id], kind=captures.CAPTURE
    ).exclude(status=RequestStatus.ABANDONED)
    by_payment: dict[int | None, list[StripeRequest]] = {}
    for request in asked.order_by("pk"):
        by_payment.setdefault(request.payment_id, []).append(request)
    return [_result(row, by_payment.get(row.payment_id, [])) for row in rows]


class Tally(NamedTuple):
    """How many of a run's payments are in it, were asked for, and came to an end, and which."""

    all: int
    asked: int
    captured: int
    refused: int

    @property
    def is_over(self) -> bool:
        return self.captured + self.refused == self.all


def tallied(runs: QuerySet[CaptureRun], seen: Q) -> QuerySet[CaptureRun]:
    """With the numbers of `tally`, of those payments that somebody may see: for lists, in which
    each payment is not read. One that was asked for anew stands as it does itself.
    """
    asked, refused = Q(payments__request__isnull=False), ~Q(payments__refused="")
    was_captured = Q(payments__payment__status="succeeded")
    at_stripe = Q(payments__request__status=RequestStatus.REFUSED) & ~was_captured
    return runs.annotate(
        all=Count("payments", filter=seen),
        asked=Count("payments", filter=seen & (asked | refused)),
        captured=Count("payments", filter=seen & asked & was_captured),
        refused=Count("payments", filter=seen & (refused | at_stripe)),
    )


def tally(run: Any) -> Tally:
    return Tally(run.all, run.asked, run.captured, run.refused)


def _result(row: RunPayment, requests: list[StripeRequest]) -> Result:
    if row.refused:
        return Result(row, REFUSED, row.refused)
    if row.request_id is None:
        return Result(row, WAITING)
    request = next((each for each in requests if each.pk >= (row.request_id or 0)), None)
    if request is None:
        return Result(row, REFUSED, gettext("It was given up: look at the payment."))
    if request.status == RequestStatus.SUCCEEDED:
        return Result(row, CAPTURED)
    if request.status == RequestStatus.REFUSED:
        said = request.error_message or request.error_code
        return Result(row, REFUSED, gettext("Stripe refused: {reason}").format(reason=said))
    return Result(row, ASKED)
