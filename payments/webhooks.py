"""The front door for webhooks: verify, one INSERT that also rings, 200. It never calls Stripe.

Two doors of the same make, so that a proxy can give each a process pool of its own: `reader`
(reader actions and PaymentIntents, the cashier waits) and `general` (everything else).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from djstripe.models import WebhookEndpoint

from payments.crashpoints import crash_point
from payments.models import EventStatus
from payments.services import watching
from payments.services.bells import WORK
from payments.signature import BadTime, NotStripes, verify

LARGEST_BODY = 256 * 1024  # bytes
# What reading a stranger's JSON may raise
MALFORMED = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    OSError,
    RecursionError,
)
_ID = re.compile(r"[\w.\-]{1,80}", re.ASCII)
LONGEST_ID = 64  # of an event or an account, as InboundEvent's columns have it

# The bell is in the same statement as the row: what was acknowledged is stored and heard of.
STORE = """
WITH stored AS (
    INSERT INTO payments_inboundevent (endpoint, stripe_account, event_id, type, object_id,
        livemode, created_at, received_at, next_try_at, claimed_until, body, status, reason,
        handled_at, tries)
    VALUES (%(endpoint)s, %(account)s, %(event)s, %(type)s::text, %(object)s, %(livemode)s,
        %(created)s, %(now)s::timestamptz, %(now)s::timestamptz, %(now)s::timestamptz, %(body)s,
        %(status)s, %(reason)s, %(handled)s, 0)
    ON CONFLICT (stripe_account, event_id) DO NOTHING
    RETURNING id, status
)
SELECT pg_notify(%(bell)s, 'event:' || id || ':' || %(type)s::text) FROM stored
WHERE status = 'received'
"""


class Refused(Exception):
    """This delivery is answered with `status` and leaves no trace."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Door:
    """What a delivery must be signed with, as the endpoint's row says."""

    secret: str
    livemode: bool
    is_enabled: bool


_doors: dict[UUID, tuple[float, Door]] = {}


@csrf_exempt
def receive(request: HttpRequest, endpoint: UUID) -> HttpResponse:
    signature = request.headers.get("Stripe-Signature", "")
    status, words = knock(endpoint, request.method or "", signature, request.read)
    return HttpResponse(words, status=status, content_type="text/plain")


def knock(
    endpoint: UUID, method: str, signature: str, read: Callable[[int], bytes]
) -> tuple[int, str]:
    """Take a delivery in; the HTTP status, and a word to whoever knocked.

    200: stored, or known already. 4xx: not Stripe's. 503: come again, nothing was stored.
    """
    try:
        body = _body(method, read)
        door = _door(endpoint)
        verify(body, signature, door.secret)
        event = _event(body)
        crash_point("verified:delivery")
        _store(endpoint, door, body, event)
        crash_point("stored:delivery")
    except Refused as refusal:
        return refusal.status, str(refusal)
    except BadTime as error:
        watching.hear_bad_time(error.seconds)
        return 400, str(error)
    except NotStripes as error:
        return 400, str(error)
    except Error:  # InterfaceError, of a connection that is gone, is no DatabaseError
        if not connection.in_atomic_block:
            connection.close()
        return 503, "Try again later."
    return 200, ""


def _body(method: str, read: Callable[[int], bytes]) -> str:
    if method != "POST":
        raise Refused(405, "POST only.")
    try:
        raw = read(LARGEST_BODY + 1)
    except OSError as error:
        raise Refused(400, "The body broke off.") from error
    if len(raw) > LARGEST_BODY:
        raise Refused(413, "The body is too large.")
    try:
        body = raw.decode()
    except UnicodeDecodeError as error:
        raise Refused(400, "The body is not UTF-8.") from error
    if "\0" in body:
        raise Refused(400, "The body holds a NUL.")
    return body


def _door(endpoint: UUID) -> Door:
    """The endpoint's secret, kept in the process for a minute."""
    known = _doors.get(endpoint)
    if known is not None and known[0] > time.monotonic():
        return _usable(known[1])
    row = (
        WebhookEndpoint.objects.filter(djstripe_uuid=endpoint)
        .values_list("secret", "livemode", "status")
        .first()
    )
    if row is None:
        raise Refused(404, "No such endpoint.")
    door = Door(row[0], bool(row[1]), row[2] == "enabled")
    _doors[endpoint] = (time.monotonic() + settings.WEBHOOK_SECRET_CACHE_SECONDS, door)
    return _usable(door)


def _usable(door: Door) -> Door:
    if not door.is_enabled:
        raise Refused(404, "No such endpoint.")
    return door


def forget_doors() -> None:
    """Read the endpoints' secrets anew (they were rotated, or the database is another one)."""
    _doors.clear()


def _event(body: str) -> dict[str, Any]:
    try:
        event = json.loads(body)
        ids = [event["id"], event["type"], event.get("account") or "none"]
        event["created"] = datetime.fromtimestamp(event["created"], UTC)
    except MALFORMED as error:
        raise Refused(400, "The body is no event.") from error
    if not all(isinstance(name, str) and _ID.fullmatch(name) for name in ids):
        raise Refused(400, "The body is no event.")
    if len(ids[0]) > LONGEST_ID or len(ids[2]) > LONGEST_ID:
        raise Refused(400, "The body is no event.")
    return dict(event)


def _object_id(event: dict[str, Any]) -> str:
    data = event.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    name = thing.get("id") if isinstance(thing, dict) else None
    return name if isinstance(name, str) and _ID.fullmatch(name) else ""


def _store(endpoint: UUID, door: Door, body: str, event: dict[str, Any]) -> None:
    livemode = bool(event.get("livemode"))
    now = timezone.now()
    status, reason, handled_at = EventStatus.RECEIVED.value, "", None
    if livemode != bool(settings.STRIPE_LIVE_MODE):
        # A live endpoint for connected accounts receives test events too.
        status, reason, handled_at = EventStatus.IGNORED.value, "livemode", now
    _insert(
        {
            "endpoint": endpoint,
            "account": event.get("account") or "",
            "event": event["id"],
            "type": event["type"],
            "object": _object_id(event),
            "livemode": livemode,
            "created": event["created"],
            "now": now,
            "body": body,
            "status": status,
            "reason": reason,
            "handled": handled_at,
            "bell": WORK,
        }
    )


def _insert(row: dict[str, Any]) -> None:
    """Once more on a new connection when the old one is dead; a row is never stored twice.

    Django would ask before whether the connection lives, with a statement for every delivery.
    """
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        _execute(row)
    except Error:
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        _execute(row)


def _execute(row: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(STORE, row)
