"""Approved payments that nobody captured: told twelve hours before they expire, settled at six.

A hold that runs out is money lost: https://docs.stripe.com/terminal/payments/collect-card-payment.
When it does is on the charge (`capture_before`), and 48 hours after the start if it is not told.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from payments.crashpoints import crash_point
from payments.models import UNFINISHED, Incident, Payment, StripeRequest
from payments.services import captures, intents
from payments.services.differences import HOLD_EXPIRES
from payments.services.requests import raise_incident
from stores import currencies
from stores.models import ExpiringHolds
from stores.principals import SYSTEM
from stores.sentences import Said, said
from terminal.services import sales

TELL = timedelta(hours=12)
SETTLE = timedelta(hours=6)
UNTOLD = timedelta(hours=48)
_HANDS_OFF = ("capture_failed", "cancel_failed", "account_refused")


def due(now: datetime) -> list[int]:
    """Holds near their end that nobody was told of, or that are to be settled now."""
    last_call = Q(expires__lte=now + SETTLE) & ~Q(store__expiring_holds=ExpiringHolds.TELL)
    told = Exists(_open_incidents().filter(kind=HOLD_EXPIRES))
    found = _near_their_end(now).filter(~told | last_call & ~Exists(_hands_off()))
    return list(found.values_list("pk", flat=True)[:200])


def _near_their_end(now: datetime) -> QuerySet[Payment]:
    expires = Coalesce("capture_before", F("created_at") + UNTOLD)
    asked = StripeRequest.objects.filter(payment=OuterRef("pk"), status__in=UNFINISHED)
    held = Payment.objects.filter(status="requires_capture", cancel_requested_at=None)
    return held.annotate(expires=expires).filter(~Exists(asked), expires__lte=now + TELL)


def _open_incidents() -> QuerySet[Incident]:
    return Incident.objects.filter(payment=OuterRef("pk"), resolved_at=None)


def _hands_off() -> QuerySet[Incident]:
    """Stripe refused it once; a person looks at it, we do not ask again and again."""
    return _open_incidents().filter(kind__in=_HANDS_OFF)


def settle(payment_id: int, now: datetime | None = None) -> None:
    """Tell that the hold expires, and when it is time do what the store wants done."""
    now = now or timezone.now()
    with transaction.atomic():
        found = _near_their_end(now).select_related("order").filter(pk=payment_id).first()
        if found is None:
            return
        payment = intents.lock(found)
        if payment.status != "requires_capture" or payment.cancel_requested_at is not None:
            return
        expires: datetime = found.expires  # type: ignore[attr-defined]
        raise_incident(HOLD_EXPIRES, _sentence(payment, expires), payment=payment)
        if expires > now + SETTLE:
            return
        if payment.store.expiring_holds == ExpiringHolds.CAPTURE:
            captures.capture(payment, by=SYSTEM)
        elif payment.store.expiring_holds == ExpiringHolds.RELEASE:
            sales.cancel_payment(payment, by=SYSTEM, release=True)
        crash_point("merged:hold")


_WILL = {
    ExpiringHolds.CAPTURE: said("It is captured six hours before."),
    ExpiringHolds.RELEASE: said("It is released six hours before."),
    ExpiringHolds.TELL: said("Capture or release it before then, or the money is lost."),
}


def _sentence(payment: Payment, expires: datetime) -> Said:
    return said(
        "{amount} of Order {number} is approved and expires at {when}. {will}",
        amount=currencies.format_amount(payment.amount_capturable, payment.currency),
        number=payment.order.number,
        when=expires.astimezone(ZoneInfo(payment.store.timezone)),
        will=_WILL[ExpiringHolds(payment.store.expiring_holds)],
    )
