"""Bells: how anything that learned of news makes someone look at Stripe.

A bell never says what happened. It marks the row and wakes the dispatcher, in one transaction.
"""

from __future__ import annotations

import enum
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from payments.models import UNSETTLED, Payment, PaymentQuerySet, Refund

WORK = "retail_work"  # heard by the dispatcher: "payment:7", "reader:3", "event:9", "request:4"
LIVE = "retail_live"  # heard by live/: "payment:7:2", "reader:3:2", "account:4:0" (kind, id, store)


def notify(channel: str, *parts: object) -> None:
    """Wake whoever listens, when the present transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, ":".join(map(str, parts))])


def wake(payment_id: int) -> None:
    """Have a worker take up what was promised for this payment, when the transaction commits."""
    notify(WORK, "payment", payment_id)


def ring(payment_id: int, unless: Q | None = None) -> bool:
    """Have the payment read from Stripe soon. False when it is final and nothing can be new, or
    when `unless` holds for it.
    """
    refunding = Exists(Refund.objects.filter(payment=OuterRef("pk"), status__in=UNSETTLED))
    awaited = Payment.objects.filter(Q(ended_at__isnull=True) | refunding, pk=payment_id)
    with transaction.atomic(savepoint=False):
        found = _lock(awaited.exclude(unless) if unless else awaited)
        if found is None:
            return False
        _mark(found)
    return True


def _lock(payments: PaymentQuerySet) -> Payment | None:
    locked = payments.select_for_update(no_key=True).only("pk", "status", "rung_at", "ended_at")
    return next(iter(locked.order_by()[:1]), None)


def _mark(payment: Payment) -> None:
    """Ring the locked payment. Whoever was woken by an earlier bell reads again for this one."""
    Payment.objects.filter(pk=payment.pk).update(rung_at=Now())
    if payment.rung_at is None:
        wake(payment.pk)


def nudge(payment_id: int) -> None:
    """Like `ring`, for one who holds another payment's row: never waits for this one's.

    Who holds it looks by himself, or at its next read.
    """
    free = Payment.objects.select_for_update(skip_locked=True, no_key=True)
    if free.filter(pk=payment_id, ended_at=None).exists():
        ring(payment_id)


# What Stripe says when it authorises or changes a hold tells nothing new once we know of the hold.
ABOUT_THE_HOLD = Q(status="requires_capture")


def ring_for_event(
    event_type: str, payment_intent_id: str, stripe_account: str, uuid: str = ""
) -> bool:
    """Ring the payment a PaymentIntent event is about, if it may tell something new; whether we
    know such a payment.

    `payment_intent.created` is the canary: it proves that webhooks work, and needs no read.
    `uuid` (the PaymentIntent's own metadata) finds a payment whose create is not committed yet.
    """
    ours = Payment.objects.filter(stripe_account=stripe_account)
    payment = _lock(ours.filter(payment_intent_id=payment_intent_id))
    if payment is None and is_uuid(uuid):
        # Who writes the id down at this moment holds the row: then it has it when we come to it.
        its_own = Q(payment_intent_id=None) | Q(payment_intent_id=payment_intent_id)
        payment = _lock(ours.filter(its_own, uuid=uuid))
    if payment is None:
        return False
    ends = event_type in ("payment_intent.succeeded", "payment_intent.canceled")
    if event_type == "payment_intent.created":
        hear_canary(payment.pk)
    elif payment.ended_at is None and (ends or payment.status != "requires_capture"):
        _mark(payment)
    return True


class Heard(enum.Enum):
    """What became of an event about a refund or a dispute."""

    RUNG = "rung"
    EARLY = "early"  # not final here yet: what makes it so may be a read older than the refund
    NOTHING = "nothing"


def ring_paid(payment_intent_id: str, stripe_account: str, known: str = "") -> Heard:
    """Ring the payment of which money went back. `known` is a refund that needs no read if we
    know it: it was just created.

    A hold that was let go is a refund at Stripe, and none here.
    """
    found = Payment.objects.filter(
        payment_intent_id=payment_intent_id, stripe_account=stripe_account
    ).exclude(status="canceled")
    payment = _lock(found)
    if payment is None or (known and payment.refunds.filter(refund_id=known).exists()):
        return Heard.NOTHING
    if payment.status != "succeeded":
        return Heard.EARLY
    _mark(payment)
    return Heard.RUNG


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def hear_canary(payment_id: int) -> None:
    """Webhooks work: a waiting payment need not be read every two seconds any more."""
    now = timezone.now()
    calm = now + timedelta(seconds=30)
    Payment.objects.filter(pk=payment_id, canary_at__isnull=True).update(canary_at=now)
    Payment.objects.filter(pk=payment_id, state="waiting_for_card", next_read_at__lt=calm).update(
        next_read_at=calm
    )
