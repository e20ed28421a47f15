"""When Stripe is asked again although no bell rings."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.models import Payment, State
from payments.transitions.screens import OnReader


def next_read(payment: Payment, on_reader: OnReader | None, now: datetime) -> datetime | None:
    """When Stripe must be asked again although no bell rings. None: never."""
    if payment.ended_at is not None:
        return None
    if payment.detached_at is not None:
        return _seldom(payment, now)
    return _while_open(payment, on_reader, now) if payment.payment_intent_id else None


def _while_open(payment: Payment, on_reader: OnReader | None, now: datetime) -> datetime:
    if payment.status == "requires_capture":
        return _before_expiry(payment, now)
    waited = now - payment.moved_at
    if payment.state == State.CHECKING:
        return now + _at_least(2, waited / 150)
    if on_reader is not None and (on_reader.follows or on_reader.is_doubted):
        return now + timedelta(seconds=2)
    if on_reader is not None and on_reader.status == "collected":
        return _before_the_card_goes(on_reader, now)
    if on_reader is not None and on_reader.is_active:
        # The canary: without payment_intent.created after 3 s webhooks are silent.
        if payment.canary_at is not None:
            seldom = 30 if on_reader.type == "process_payment_intent" else 10
            return now + _at_least(seldom, waited / 150)
        silent_from = payment.created_at + timedelta(seconds=3)
        return max(silent_from, now + _at_least(2, waited / 150))
    return _seldom(payment, now)


def _seldom(payment: Payment, now: datetime) -> datetime:
    idle = (now - payment.moved_at) / 2
    return now + min(max(idle, timedelta(seconds=15)), timedelta(minutes=15))


def _at_least(seconds: float, wait: timedelta) -> timedelta:
    """Hot while somebody may stand there; after five minutes ever less, up to five minutes."""
    return min(max(wait, timedelta(seconds=seconds)), timedelta(minutes=5))


def _before_the_card_goes(on_reader: OnReader, now: datetime) -> datetime:
    """Nothing is new until then but what a bell tells; afterwards the reader is to be freed."""
    soon = now + timedelta(seconds=2)
    if on_reader.released_for or on_reader.confirm_before is None:
        return soon
    return on_reader.confirm_before if on_reader.confirm_before > now else soon


def _before_expiry(payment: Payment, now: datetime) -> datetime:
    expiry = payment.capture_before or payment.created_at + timedelta(hours=48)
    wait = min(max((expiry - now) / 2, timedelta(minutes=1)), timedelta(hours=1))
    return now + wait
