"""Everything that happened to a payment, in one list: what people did, what we asked Stripe, and
what Stripe told us.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from payments.models import InboundEvent, Payment, Refund, StripeRequest
from payments.transitions import asked, told
from stores.models import ActorKind, LogEntry, Order
from stores.names import name_of

MOST = 500  # of each kind, the newest


@dataclass(frozen=True)
class Entry:
    """One line of the timeline. `kind` is "log", "request" (to Stripe) or "event" (from Stripe)."""

    at: datetime
    kind: str
    text: str
    actor: str = ""
    code: str = ""
    stripe_id: str = ""


def timeline(payment: Payment) -> list[Entry]:
    """Oldest first; three statements, however long it is."""
    entries = [*_log(payment), *_requests(payment), *_events(payment)]
    return sorted(entries, key=lambda entry: entry.at)


def of_order(order: Order) -> list[Entry]:
    """What people and tills did with it, oldest first; what Stripe was asked is its payments'."""
    return _entries(LogEntry.objects.filter(order=order))


def _log(payment: Payment) -> list[Entry]:
    return _entries(LogEntry.objects.of_payment(payment.pk))


def _entries(log: QuerySet[LogEntry]) -> list[Entry]:
    rows = log.select_related("device", "user").order_by("-id")
    return [
        Entry(
            at=row.at,
            kind="log",
            text=row.spoken,
            actor=_actor(row),
            code=str(row.data.get("code") or ""),
            stripe_id=_named(row.data),
        )
        for row in reversed(rows[:MOST])
    ]


def _named(data: dict[str, Any]) -> str:
    """What of Stripe's the row is about, the nearest first."""
    names = (data.get(key) for key in ("refund_id", "dispute", "charge", "payment_intent"))
    return str(next((name for name in names if name), ""))


def _actor(row: LogEntry) -> str:
    if row.device is not None:
        return row.device.name
    if row.user is not None:
        return name_of(row.user)
    return str(row.get_actor_kind_display())


def _requests(payment: Payment) -> list[Entry]:
    rows = StripeRequest.objects.filter(payment=payment).order_by("-pk")
    return [
        Entry(
            at=row.finished_at or row.first_sent_at or row.created_at,
            kind="request",
            text=asked(row, payment.currency),
            actor=str(ActorKind.SYSTEM.label),
            code=row.error_code,
            stripe_id=row.stripe_request_id,
        )
        for row in reversed(rows[:MOST])
    ]


def _events(payment: Payment) -> list[Entry]:
    if payment.payment_intent_id is None:
        return []
    # No body: it is long, and nothing in it is needed.
    intents = Payment.objects.order_by().filter(pk=payment.pk).values("payment_intent_id")
    refunds = Refund.objects.order_by().filter(payment=payment, refund_id__isnull=False)
    rows = (
        InboundEvent.objects.filter(
            object_id__in=intents.union(refunds.values("refund_id"), all=True),
            stripe_account=payment.stripe_account,
        )
        .defer("body")
        .order_by("-pk")
    )
    return [
        Entry(
            at=row.received_at,
            kind="event",
            text=told(row.type),
            actor=str(ActorKind.STRIPE.label),
            stripe_id=row.event_id,
        )
        for row in reversed(rows[:MOST])
    ]
