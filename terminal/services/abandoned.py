"""Open payments that nobody finished for as long as the store waits: canceled at Stripe by
themselves, and told.

What lies open can still be charged by whoever taps a card at a reader it is sent to again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Value
from django.utils import timezone

from payments.models import UNFINISHED, Payment, PaymentQuerySet, State, StripeRequest
from payments.services import intents
from payments.services.telling import log
from stores.principals import SYSTEM
from stores.sentences import said_many
from terminal.services import sales

LEFT = (State.DECLINED, State.CANCELED_BY_CUSTOMER, State.STOPPED, State.WAITING_FOR_CARD)


def _abandoned(now: datetime) -> PaymentQuerySet:
    limit = ExpressionWrapper(
        F("store__abandoned_after_hours") * Value(timedelta(hours=1)), DurationField()
    )
    asked = StripeRequest.objects.filter(payment=OuterRef("pk"), status__in=UNFINISHED)
    return Payment.objects.open().filter(
        ~Exists(asked),
        state__in=LEFT,
        attention="",
        cancel_requested_at=None,
        moved_at__lte=Value(now) - limit,
    )


def due(now: datetime) -> list[int]:
    return list(_abandoned(now).order_by("moved_at").values_list("pk", flat=True)[:200])


def cancel(payment_id: int, now: datetime | None = None) -> None:
    """Cancel it as a cashier would: compared before, and a card that was quicker wins."""
    now = now or timezone.now()
    with transaction.atomic():
        payment = intents.lock(Payment.objects.get(pk=payment_id))
        if not _abandoned(now).filter(pk=payment.pk).exists():
            return
        hours = payment.store.abandoned_after_hours
        words = said_many(
            "Nobody finished it for {count} hour: it is canceled.",
            "Nobody finished it for {count} hours: it is canceled.",
            hours,
        )
        log(payment, "abandoned", words, by=SYSTEM)
        sales.cancel_payment(payment, by=SYSTEM, release=False)
