"""Events that no webhook brought: listed from Stripe every ten minutes and put into the inbox.

https://docs.stripe.com/webhooks/process-undelivered-events. Stripe keeps events for 30 days.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from payments import gateway, mirror
from payments.crashpoints import crash_point
from payments.models import EventCursor, InboundEvent
from payments.services.bells import WORK, notify
from payments.services.endpoints import DOORS
from stores.models import Account

logger = logging.getLogger(__name__)
JSON = dict[str, Any]

EVERY = timedelta(minutes=10)
AFTER_A_FAILURE = timedelta(minutes=1)
OVERLAP = timedelta(hours=1)  # events may be listed a little later than they are stamped
ON_ITS_WAY = timedelta(minutes=1)  # a webhook may still bring what is as young as this
LONGEST_LOOK = timedelta(minutes=5)  # until another process may try the same account
KEPT = timedelta(days=30)
NO_ENDPOINT = UUID(int=0)


def keep_cursors() -> None:
    """A cursor for the platform and for every account we may still ask."""
    served = Account.objects.filter(deauthorized_at__isnull=True)
    names = {"", *served.values_list("stripe_id", flat=True)}
    known = set(EventCursor.objects.values_list("stripe_account", flat=True))
    now = timezone.now()
    EventCursor.objects.bulk_create(
        [EventCursor(stripe_account=name, listed_until=now) for name in sorted(names - known)],
        ignore_conflicts=True,
    )
    EventCursor.objects.filter(stripe_account__in=known - names).delete()


def due(now: datetime) -> list[int]:
    cursors = EventCursor.objects.filter(next_at__lte=now, claimed_until__lte=now)
    return list(cursors.values_list("pk", flat=True)[:50])


def fill(cursor_id: int) -> int:
    """List what happened since the cursor; how many events the inbox did not have."""
    now = timezone.now()
    free = EventCursor.objects.filter(pk=cursor_id, next_at__lte=now, claimed_until__lte=now)
    if not free.update(claimed_until=now + LONGEST_LOOK):
        return 0
    cursor = EventCursor.objects.get(pk=cursor_id)
    crash_point("claimed:listing")
    try:
        found = sum(_fill_door(cursor, door) for door in DOORS)
    except (gateway.NoAnswer, gateway.AccountRefused) as error:
        logger.warning("%s could not be listed: %s", cursor, error)
        _plan(cursor, error=str(error)[:200], next_at=now + AFTER_A_FAILURE)
        return 0
    if found:
        logger.warning("%s: %s events had come by no webhook", cursor, found)
    recovered = cursor.recovered + found
    _plan(cursor, error="", listed_until=now, next_at=now + EVERY, recovered=recovered)
    crash_point("committed:listing")
    return found


def _plan(cursor: EventCursor, **changes: Any) -> None:
    EventCursor.objects.filter(pk=cursor.pk).update(claimed_until=timezone.now(), **changes)


def _fill_door(cursor: EventCursor, door: str) -> int:
    """What the endpoint of this door should have been sent."""
    now = timezone.now()
    since, until = max(cursor.listed_until - OVERLAP, now - KEPT), now - ON_ITS_WAY
    listed = {
        event["id"]: event
        for event in gateway.each(
            "/v1/events",
            cursor.stripe_account,
            types=DOORS[door],
            created={"gte": int(since.timestamp()), "lte": int(until.timestamp())},
        )
    }
    account = cursor.stripe_account
    known = InboundEvent.objects.filter(stripe_account=account, event_id__in=listed)
    for id in known.values_list("event_id", flat=True):
        del listed[id]
    endpoint = mirror.find_endpoint(door, connect=bool(account))
    crash_point("read:listing")
    for event in reversed(listed.values()):  # oldest first
        _take_in(event, account, endpoint.uuid if endpoint else NO_ENDPOINT)
        crash_point("taken-in:listing")
    return len(listed)


def _take_in(event: JSON, account: str, endpoint: UUID) -> None:
    """As the front door does it; a webhook that comes after all finds the row."""
    now = timezone.now()
    thing = (event.get("data") or {}).get("object") or {}
    with transaction.atomic():
        row, is_new = InboundEvent.objects.get_or_create(
            stripe_account=account,
            event_id=event["id"],
            defaults={
                "endpoint": endpoint,
                "type": event["type"],
                "object_id": str(thing.get("id") or "")[:80],
                "livemode": bool(event["livemode"]),
                "created_at": datetime.fromtimestamp(event["created"], UTC),
                "received_at": now,
                "next_try_at": now,
                "claimed_until": now,
                "body": json.dumps(event, ensure_ascii=False),
                "reason": "listed, not delivered",
            },
        )
        if is_new:
            notify(WORK, "event", row.pk, row.type)
