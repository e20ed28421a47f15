"""What becomes of a stored webhook event: a bell, a mirrored row, or a word why neither."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments import mirror
from payments.crashpoints import crash_point
from payments.models import EventStatus, InboundEvent
from payments.services import accounts
from payments.services.bells import WORK, Heard, notify, ring_for_event, ring_paid
from stores.errors import DomainError
from stores.models import Account
from stores.principals import Principal

logger = logging.getLogger(__name__)
JSON = dict[str, Any]

# After these waits (seconds) an event that names a payment we do not know is given up.
PARKED = (1, 5, 30, 300)
MOST_TRIES = 8
KEPT = timedelta(days=35)  # Stripe itself keeps events for 30

# Type prefix → rings what the event's object is about; filled by terminal for its readers.
RINGERS: dict[str, Callable[[str, str], bool]] = {}

_MIRRORED = (
    "terminal.reader.", "charge.dispute.", "payout.", "account.", "capability.",
    "application_fee.", "refund.",
)  # fmt: skip
_LEFT = "account.application.deauthorized"
_ABOUT_ACCOUNTS = ("account.updated", "account.application.", "capability.")
# What changes a payment that is paid. Not charge.refunded: refund.created always comes with it.
_AFTERWARDS = ("refund.", "charge.refund.", "charge.dispute.")


def is_urgent(event_type: str) -> bool:
    """Whether a cashier may be waiting for it, or it changes what a paid payment shows."""
    return rings(event_type) or event_type.startswith(_LEFT)


def rings(event_type: str) -> bool:
    """Whether the dispatcher itself rings for it: a few statements, no dj-stripe, no Stripe."""
    return event_type.startswith(("payment_intent.", *RINGERS, *_AFTERWARDS))


def handle(event_id: int) -> None:
    """Do what a received event calls for; nothing when somebody else did or does."""
    event = None
    try:
        with transaction.atomic():
            event = _lock(event_id)
            if event is None:
                return
            has_to_ring = event.rung_at is None and rings(event.type)
            if has_to_ring:
                _ring(event)
            else:
                _claim(event)
        crash_point("claimed:event")
        if not has_to_ring:
            _handle(event)
    except Exception as error:
        if event is None:
            raise
        logger.exception("event %s (%s) failed", event.event_id, event.type)
        _later(event, f"{type(error).__name__}: {error}"[:200])
    crash_point("committed:event")


def _lock(event_id: int) -> InboundEvent | None:
    try:
        event = InboundEvent.objects.select_for_update(skip_locked=True, no_key=True).get(
            pk=event_id, status=EventStatus.RECEIVED, claimed_until__lte=timezone.now()
        )
    except InboundEvent.DoesNotExist:
        return None
    event.tries += 1
    return event


def _claim(event: InboundEvent) -> None:
    """Take the locked event for half a minute."""
    event.claimed_until = timezone.now() + timedelta(seconds=30)
    event.save(update_fields=["claimed_until", "tries"])


def _ring(event: InboundEvent) -> None:
    """Ring what the locked event is about; dj-stripe has it afterwards, if it is mirrored."""
    if event.type.startswith("payment_intent."):
        _ring_payment(event)
    elif ringer := _ringer(event.type):
        ringer(event.object_id, event.stripe_account)
        _leave_to_mirror(event)
    else:
        _ring_paid(event)
    crash_point("rung:event")


def _handle(event: InboundEvent) -> None:
    if event.type.startswith(_ABOUT_ACCOUNTS) and event.stripe_account:
        _look_at_account(event)
    elif event.stripe_account and not _is_ours(event.stripe_account):
        _done(event, EventStatus.IGNORED, "an account we do not serve")
    else:
        if event.type.startswith("payout."):
            _look_at_payouts(event.stripe_account)
        _mirror(event)


def _look_at_payouts(stripe_account: str) -> None:
    if stripe_account:
        accounts.look_at_money(Account.objects.get(stripe_id=stripe_account))
    else:
        accounts.look_at_own_payouts()


def _look_at_account(event: InboundEvent) -> None:
    """Stripe is asked what the account may do; of one that left the mirror could read nothing."""
    account = Account.objects.filter(stripe_id=event.stripe_account).first()
    if account is None:
        _done(event, EventStatus.IGNORED, "an account we do not serve")
        return
    accounts.look(account.pk)
    if event.type == _LEFT:
        _done(event, EventStatus.HANDLED)
    else:
        _mirror(event)


def _mirror(event: InboundEvent) -> None:
    if not mirror.is_on():
        _done(event, EventStatus.IGNORED, "no mirror key")
    elif _is_mirrored(event):
        mirror.process(event.body)
        _done(event, EventStatus.HANDLED)
    else:
        _done(event, EventStatus.IGNORED, "a type we do not use")


def _is_ours(stripe_account: str) -> bool:
    return Account.objects.filter(stripe_id=stripe_account).exists()


def _ringer(event_type: str) -> Callable[[str, str], bool] | None:
    return next((ring for prefix, ring in RINGERS.items() if event_type.startswith(prefix)), None)


def _ring_payment(event: InboundEvent) -> None:
    """payment_intent.…: without dj-stripe, which would read it twice."""
    if ring_for_event(event.type, event.object_id, event.stripe_account, _named(event)):
        _done(event, EventStatus.HANDLED)
    else:
        _park(event)


def _named(event: InboundEvent) -> str:
    """Our payment's name, as the PaymentIntent's metadata has it; or nothing."""
    return str((_object(event).get("metadata") or {}).get("payment") or "")


def _park(event: InboundEvent) -> None:
    """Its payment may not be committed yet."""
    if _named(event) and event.tries <= len(PARKED):
        _later(event, "an unknown payment, parked", PARKED[event.tries - 1])
    else:
        _done(event, EventStatus.IGNORED, "not a payment of ours")


def _ring_paid(event: InboundEvent) -> None:
    """A refund or a dispute; a refund may be quicker than our own read."""
    known = event.object_id if event.type == "refund.created" else ""
    intent = str(_object(event).get("payment_intent") or "")
    heard = ring_paid(intent, event.stripe_account, known)
    if heard is Heard.EARLY and event.tries <= len(PARKED):
        _later(event, "the payment is not final here yet", PARKED[event.tries - 1])
    elif heard is Heard.NOTHING and not mirror.is_on():
        _done(event, EventStatus.IGNORED, "no mirror key")
    else:
        _leave_to_mirror(event)


def _leave_to_mirror(event: InboundEvent) -> None:
    """dj-stripe has it with the next sweep: nobody waits for that, and somebody does for a read."""
    if mirror.is_on():
        event.rung_at = timezone.now()
        event.save(update_fields=["rung_at"])
    else:
        _done(event, EventStatus.HANDLED)


def rang_at(event: InboundEvent) -> datetime | None:
    """When its bell rang; with nothing left for the mirror, that is when it was handled."""
    rang_last = event.status == EventStatus.HANDLED and rings(event.type)
    return event.rung_at or (event.handled_at if rang_last else None)


def has_rung(event_id: str, stripe_account: str) -> bool:
    """Whether the bell rang for this event of Stripe's (`evt_…`) when it was received."""
    known = InboundEvent.objects.filter(event_id=event_id, stripe_account=stripe_account)
    return known.filter(rung_at__isnull=False).exists()


def _is_mirrored(event: InboundEvent) -> bool:
    """One charge event per sale, when its money is final; and what reports and people look at."""
    if event.type in ("charge.succeeded", "charge.captured"):
        captured = bool(_object(event).get("captured"))
        return captured if event.type == "charge.succeeded" else True
    return event.type in ("charge.refunded", "charge.expired") or event.type.startswith(_MIRRORED)


def _object(event: InboundEvent) -> JSON:
    thing = (json.loads(event.body).get("data") or {}).get("object") or {}
    return thing if isinstance(thing, dict) else {}


def _done(event: InboundEvent, status: EventStatus, reason: str = "") -> None:
    event.status, event.reason = status, reason
    event.handled_at = timezone.now()
    event.save(update_fields=["status", "reason", "handled_at", "tries"])


def _later(event: InboundEvent, reason: str, seconds: float | None = None) -> None:
    now = timezone.now()
    wait = timedelta(seconds=seconds if seconds is not None else min(2**event.tries, 300))
    event.reason = reason
    event.next_try_at = event.claimed_until = now + wait
    if event.tries >= MOST_TRIES:
        event.status, event.handled_at = EventStatus.FAILED, now
    event.save(
        update_fields=["reason", "next_try_at", "claimed_until", "status", "handled_at", "tries"]
    )


class NotReplayed(DomainError):
    code = "not_replayed"
    next_action = _("Wait a moment: it is being handled.")
    default_message = _("This event waits to be handled already.")


def replay(event: InboundEvent, *, by: Principal) -> None:
    """Have a stored event handled again. It rings a bell as it did at first: we read what is now,
    and merge nothing of its body. Raises NotReplayed.
    """
    if not by.is_platform_owner:
        raise NotReplayed(gettext("Only the platform's owner has events handled again."))
    now = timezone.now()
    with transaction.atomic():
        done = InboundEvent.objects.filter(pk=event.pk).exclude(status=EventStatus.RECEIVED)
        again = done.update(
            status=EventStatus.RECEIVED,
            reason="Replayed by a person.",
            tries=0,
            next_try_at=now,
            claimed_until=now,
            handled_at=None,
            rung_at=None,
        )
        if not again:
            raise NotReplayed
        notify(WORK, "event", event.pk, event.type)
    logger.info("event %s (%s) replayed by user %s", event.event_id, event.type, by.user_id)


def prune() -> None:
    """Delete what was handled so long ago; what failed is kept for people."""
    before = timezone.now() - KEPT
    done = InboundEvent.objects.filter(handled_at__lt=before).exclude(status=EventStatus.FAILED)
    done.delete()
    mirror.forget_events(before)
