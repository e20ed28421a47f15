"""The conversation: the one function that talks to Stripe about a payment (steps B to E).

Worker, dispatcher, reconciler and the "check" button all call `converse`. It claims the lease,
then takes turns (send a planned request, or read because a bell rang or a read is due) until
nothing is left to do. docs/architecture.md, "The conversation".
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from payments import gateway
from payments.crashpoints import crash_point
from payments.errors import LeaseLost, RequestWithdrawn
from payments.gateway import Answer, Meaning
from payments.models import (
    UNFINISHED,
    Payment,
    RequestStatus,
    StripeRequest,
)
from payments.services import circuits, refund_telling, requests, searching, stalling
from payments.services.exchange import STALL_SECONDS, exchange
from payments.services.lease import Lease, claim
from payments.services.merging import merge_read
from payments.services.parts import (
    KINDS,
    UNREADABLE,
    Kind,
    Picture,
    after_merge,
    counter,
)
from payments.services.telling import show
from payments.services.verdicts import Next, Verdict
from payments.transitions import next_read, screen
from stores.sentences import said, together

logger = logging.getLogger(__name__)


def converse(payment_id: int) -> None:
    """Do all that is due for this payment. Returns at once when somebody else is doing it."""
    lease = claim(payment_id)
    if lease is None:
        return
    try:
        while _turn(lease):
            pass
    except LeaseLost:
        logger.warning("payment %s: the lease was lost, nothing was written", payment_id)


def _turn(lease: Lease) -> bool:
    """Send one request or read once, if either is due; whether more is due.

    When nothing is, the lease was given back.
    """
    payment = lease.load()
    now = timezone.now()
    request = (
        payment.requests.filter(status__in=UNFINISHED, next_try_at__lte=now).order_by("pk").first()
    )
    if request is not None:
        return _send(lease, payment, request)
    if payment.rung_at is not None or _is_due(payment.next_read_at, now):
        return _read(lease, payment)
    return not lease.release_if_idle()


def _is_due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _send(lease: Lease, payment: Payment, request: StripeRequest) -> bool:
    kind = KINDS[request.kind]
    lease.hold()
    asked_at = timezone.now()
    try:
        answer, verdict, picture = exchange(lease.hold, kind, payment, request)
    except RequestWithdrawn:
        return not lease.release_if_idle()
    crash_point(f"read:{request.kind}")
    logger.info("%s %s: %s %s", request.kind, request.pk, verdict.next.value, answer.code)
    with transaction.atomic():
        locked = lease.lock()
        locked.answered, locked.asked_at = answer.request_id, asked_at
        _settle(kind, locked, request, answer, verdict, picture)
        more = _conclude(locked, payment, read=picture.intent is not None)
        crash_point(f"merged:{request.kind}")
    crash_point(f"committed:{request.kind}")
    return more


def _settle(
    kind: Kind,
    payment: Payment,
    request: StripeRequest,
    answer: Answer,
    verdict: Verdict,
    picture: Picture,
) -> None:
    merged = picture.intent is not None and merge_read(payment, picture.intent)
    match verdict.next:
        case Next.AGAIN:
            delay = circuits.pace("post", request.path, verdict.delay)
            requests.again(request, answer, delay)
        case Next.STALL:
            requests.again(request, answer, verdict.delay)
            stalling.stall(payment, answer)
        case Next.STOP:
            requests.record(request, answer, RequestStatus.ABANDONED)
            _stop(payment, request, answer)
            kind.stop(payment, request, answer)
        case _:
            stalling.unstall(payment)
            kind.finish(payment, request, answer, verdict, picture)
    if merged:
        counter().merge(payment, picture)


def _stop(payment: Payment, request: StripeRequest, answer: Answer) -> None:
    payment.attention = said(
        "An error of ours stopped this payment. Do not charge again; call support."
    )
    payment.code = answer.code or "idempotency_error"
    requests.raise_incident(
        "idempotency_error", together(answer.message), payment=payment, request=request.pk
    )


def _read(lease: Lease, payment: Payment) -> bool:
    """Read because a bell rang, or because it is time."""
    lease.hold()
    asked_at = timezone.now()
    picture, failure = _look(payment)
    crash_point("read:payment")
    with transaction.atomic():
        locked = lease.lock()
        locked.asked_at = asked_at
        if failure is None:
            stalling.unstall(locked)
            _merge(locked, picture)
        elif isinstance(failure, gateway.AccountRefused):
            stalling.stall(locked, Answer(Meaning.ACCOUNT_REFUSED, message=str(failure)))
        more = _conclude(locked, payment, read=failure is None, failed=failure is not None)
    crash_point("committed:payment")
    return more


def _pause(payment: Payment) -> float:
    """Seconds until what could not be read is read again."""
    if stalling.is_stalled(payment):
        idle = (timezone.now() - payment.moved_at).total_seconds()
        return min(max(idle / 2, STALL_SECONDS), 15 * STALL_SECONDS)
    return circuits.pace("get", f"/v1/payment_intents/{payment.payment_intent_id}", 1.0)


def _look(payment: Payment) -> tuple[Picture, Exception | None]:
    try:
        if payment.payment_intent_id is None:
            return searching.find_intent(payment), None
        return counter().look(payment, full=payment.rung_at is not None), None
    except gateway.NotFound:
        return Picture(missing=True), None
    except UNREADABLE as error:
        logger.warning("payment %s: could not read: %s", payment.pk, error)
        return Picture(), error


def _merge(payment: Payment, picture: Picture) -> None:
    if picture.missing and payment.payment_intent_id is None:
        searching.conclude_absent(payment)
    elif picture.missing:
        requests.raise_incident(
            "payment_intent_missing", said("Stripe has no such PaymentIntent."), payment=payment
        )
    elif picture.intent is not None and merge_read(payment, picture.intent):
        counter().merge(payment, picture)


def _conclude(payment: Payment, as_read: Payment, *, read: bool, failed: bool = False) -> bool:
    """The end of E: what is planned next, what the screen shows, when to read again.

    Returns whether more is due at once; when nothing is, the lease is given back with the rest:
    whoever promises something from now on waits for this transaction, and finds it free.
    """
    now = timezone.now()
    became_final = as_read.ended_at is None and payment.ended_at is not None
    if became_final or (read and payment.rung_at == as_read.rung_at):
        payment.rung_at = None
    for react in after_merge:
        react(payment)
    counter().plan_next(payment)
    on_reader = counter().on_reader(payment)
    news = _money(payment) != _money(as_read)
    refunds = refund_telling.refunds_of(payment)
    about_refunds = refund_telling.about_refunds(payment, refunds, on_reader)
    waiting = list(payment.requests.filter(status__in=UNFINISHED).order_by("pk"))
    shown = screen(payment, on_reader, now, busy=_busy(waiting), about_refunds=about_refunds)
    show(payment, shown, now, news=news)
    payment.next_read_at = next_read(payment, on_reader, now) or refund_telling.next_read(
        payment, refunds, on_reader, now
    )
    if failed:
        # What could not be read is still to be read, but does not spin.
        payment.rung_at = None
        payment.next_read_at = timezone.now() + timedelta(seconds=_pause(payment))
    now = timezone.now()
    dates = [payment.next_read_at, *(each.next_try_at for each in waiting)]
    more = payment.rung_at is not None or any(_is_due(at, now) for at in dates)
    if not more:
        payment.lease_until = None
    payment.save()
    return more


def _money(payment: Payment) -> tuple[str | int, ...]:
    received, refunded = payment.amount_received, payment.amount_refunded
    return (
        payment.status,
        payment.amount,
        payment.amount_capturable,
        received,
        refunded,
        payment.amount_disputed,
    )


def _busy(waiting: list[StripeRequest]) -> str:
    """The kind of a request on the PaymentIntent that was sent and is not settled."""
    sent = (each.kind for each in waiting if each.tries > 0)
    return next((kind for kind in sent if kind.startswith("payment_intent.")), "")
