"""Telling people what changed: the screen, its version, and the one log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from payments.models import Onboarding, Payment, State
from payments.services import circuits
from payments.services.bells import LIVE, notify
from payments.transitions import Screen
from stores.models import LogEntry
from stores.principals import Principal
from stores.sentences import Said, together


def show(payment: Payment, shown: Screen, now: datetime, *, news: bool = False) -> None:
    """Put this on the screen of all who look; a change counts the version and leaves a log row.

    `news` says that amounts or Stripe's status changed, which the screen may not tell.
    """
    shown = _with_trouble(shown)
    new = (shown.state.value, shown.code, str(shown.message), shown.customer_message)
    if not news and new == (payment.state, payment.code, payment.message, payment.customer_message):
        return
    before = payment.state
    if shown.message != payment.message:  # else what it is made of is known, and may not be here
        payment.spoken = shown.message
    payment.state, payment.code, _message, payment.customer_message = new
    payment.version += 1
    payment.updated_at = payment.moved_at = now
    told = Said(payment.said) if payment.said else payment.message
    log(payment, "state", told, old=before, new=payment.state)
    notify(LIVE, "payment", payment.pk, payment.store_id)


def _with_trouble(shown: Screen) -> Screen:
    """Whoever waits for Stripe is told when Stripe is in trouble."""
    trouble = circuits.trouble() if shown.state in (State.SENDING, State.CHECKING) else None
    if trouble is None or trouble.kind == circuits.SELLING_CLOSED:
        return shown
    return replace(shown, message=together(shown.message, trouble.message))


def log(payment: Payment, verb: str, message: str, **more: Any) -> None:
    """One row of the payment's timeline, in the transaction of the change it tells of."""
    data = {
        "status": payment.status,
        "payment_intent": payment.payment_intent_id,
        "amount": payment.amount,
        "currency": payment.currency,
    } | more.pop("data", {})
    if payment.answered:
        data["stripe_request"] = payment.answered
    LogEntry.objects.write(
        store=payment.store_id,
        order=payment.order_id,
        payment_id=payment.pk,
        subject="payment",
        subject_id=payment.pk,
        verb=verb,
        message=message,
        data=data,
        **more,
    )


def log_onboarding(onboarding: Onboarding, verb: str, message: str, by: Principal) -> None:
    """Of no store: there is none yet."""
    LogEntry.objects.write(
        store=None,
        subject="onboarding",
        subject_id=onboarding.pk,
        verb=verb,
        message=message,
        by=by,
        data={"account": onboarding.stripe_id},
    )
