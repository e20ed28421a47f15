"""Readers that ask for a card and nobody presents one: after the store's limit they are freed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import (
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Value,
)
from django.utils import timezone

from payments.models import StripeRequest
from payments.services import bells, intents
from payments.services.telling import log
from payments.transitions import ABANDONED
from stores.principals import SYSTEM
from stores.sentences import said
from terminal.models import ActionStatus, ReaderAction, Stop
from terminal.services import commands, reading, sales

# A reader with a card in it refuses to stop, and is not asked again before this.
PAUSE = timedelta(seconds=60)


def due(now: datetime) -> list[int]:
    """Actions that wait for a card longer than their store lets them."""
    return list(_untouched(now).values_list("pk", flat=True)[:200])


def _untouched(now: datetime) -> QuerySet[ReaderAction]:
    limit = ExpressionWrapper(
        F("store__idle_limit_seconds") * Value(timedelta(seconds=1)), DurationField()
    )
    asked = StripeRequest.objects.filter(
        payment=OuterRef("payment"), kind=commands.CANCEL_ACTION, created_at__gt=now - PAUSE
    )
    waiting = ReaderAction.objects.filter(status=ActionStatus.IN_PROGRESS, released_for="")
    return waiting.filter(
        ~Exists(asked),
        payment__isnull=False,
        payment__cancel_requested_at=None,
        store__idle_limit_seconds__gt=0,
        accepted_at__lte=Value(now) - limit,
    )


def end(action_id: int, now: datetime | None = None) -> None:
    """Cancel the payment for want of a card, or stop the refund. A card that comes first wins."""
    now = now or timezone.now()
    with transaction.atomic():
        found = _untouched(now).select_related("payment").filter(pk=action_id).first()
        if found is None:
            return
        payment = intents.lock(found.sale)
        action = reading.active_action(payment)
        if action is None or action.pk != found.pk or action.status != ActionStatus.IN_PROGRESS:
            return
        reader = str(action.reader)
        words = said("Nobody presented a card on {reader} for too long.", reader=reader)
        log(payment, "idle", words)
        if action.refund_id is None:
            if payment.is_open and payment.cancel_requested_at is None:
                sales.cancel_payment(payment, by=SYSTEM, reason=ABANDONED)
            return
        commands.plan_stop(payment, action, Stop.IDLE)
        bells.wake(payment.pk)
