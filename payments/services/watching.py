"""Hears every answer of Stripe: counts failures into circuits, and compares the clocks."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from payments.gateway import OAUTH, Exchange
from payments.models import Circuit
from payments.services import circuits
from payments.services.bells import LIVE, notify
from payments.services.requests import raise_incident, resolve_incidents
from payments.transitions import circuits as counting
from stores.sentences import Said, said

logger = logging.getLogger(__name__)

BROKEN = (None, 500, 502, 503, 504)
FLUSH = 10.0  # seconds after which even good answers are written down
DEGRADED, KEY_REFUSED = "stripe_degraded", "key_refused"
CLOCK, REFUSED_BY_TIME = "clock_differs", "webhooks_refused_by_time"
ALARMS = (DEGRADED, KEY_REFUSED, CLOCK, REFUSED_BY_TIME)
WARN, ALARM = 2.0, 60.0  # seconds
OFTEN = 60.0  # seconds between two notes about a clock
SEVERAL = 5  # deliveries that only their time makes bad


@dataclass
class _Count:
    calls: int = 0
    since: float = field(default_factory=time.monotonic)


_lock = threading.Lock()
_counts: dict[str, _Count] = {}
_noted_at: dict[str, float] = {}
_bad_times: list[float] = []


def forget() -> None:
    """Begin anew (tests)."""
    _counts.clear()
    _noted_at.clear()
    _bad_times.clear()
    circuits.forget()


def hear(exchange: Exchange) -> None:
    status = exchange.http_status
    slow = exchange.seconds > float(settings.STRIPE_READ_TIMEOUT) / 2
    _count(circuits.name_of(exchange.method, exchange.path), status in BROKEN or slow)
    # Connecting accounts has refusals of its own, which hold no sale up.
    refused = status == 401 and not exchange.path.startswith(OAUTH)
    if refused or (status is not None and circuits.is_open(counting.KEY)):
        _write(counting.KEY, 1, int(refused))
    _compare_clocks(exchange)


def _count(name: str, failed: bool) -> None:
    """A failure is written down at once; good answers when they close a circuit, or seldom."""
    with _lock:
        counted = _counts.setdefault(name, _Count())
        counted.calls += 1
        is_due = time.monotonic() - counted.since > FLUSH
    if failed or is_due or circuits.is_open(name):
        with _lock:
            calls, _counts[name] = counted.calls, _Count()
        if calls:
            _write(name, calls, int(failed))


def _write(name: str, calls: int, failures: int) -> None:
    now = timezone.now()
    with transaction.atomic():
        Circuit.objects.get_or_create(name=name)
        circuit = Circuit.objects.select_for_update(no_key=True).get(pk=name)
        before = circuit.opened_at
        counting.count(circuit, calls, failures, now)
        circuit.save()
        if circuit.opened_at != before:
            _tell(circuit)
    circuits.forget()


def _tell(circuit: Circuit) -> None:
    notify(LIVE, "status", 0, 0)
    kind = KEY_REFUSED if circuit.name == counting.KEY else DEGRADED
    if circuit.opened_at is None:
        logger.warning("circuit %s: closed", circuit.name)
        resolve_incidents(kind, said("Stripe answers again."), subject=circuit.name)
        return
    logger.error("circuit %s: open, %s of %s failed", circuit.name, circuit.failures, circuit.calls)
    words = (
        said(
            "Stripe refuses the platform's secret key (401). Was it rolled or revoked? Give the new"
            " one to dispatcher and workers; what waits goes on by itself."
        )
        if kind == KEY_REFUSED
        else said(
            "{failures} of {calls} calls of {name} failed or were slow. See status.stripe.com."
            " Automatic tries pause for ten seconds; it closes by itself.",
            failures=circuit.failures,
            calls=circuit.calls,
            name=circuit.name,
        )
    )
    raise_incident(kind, words, subject=circuit.name)


def calm_down(now: datetime) -> None:
    """Close circuits that nobody has seen fail for a while, because nobody asked."""
    for name in Circuit.objects.filter(opened_at__isnull=False).values_list("pk", flat=True):
        with transaction.atomic():
            circuit = Circuit.objects.select_for_update(no_key=True).get(pk=name)
            if counting.calm_down(circuit, now):
                circuit.save()
                _tell(circuit)
    circuits.forget()


def skew(exchange: Exchange) -> float:
    """How many seconds at least our clock is ahead of Stripe's (below 0: behind); 0: in order.

    `Date` has whole seconds, and was written at some moment of the call.
    """
    try:
        theirs = parsedate_to_datetime(exchange.date).timestamp()
    except (TypeError, ValueError):
        return 0.0
    ahead, behind = exchange.at - exchange.seconds - (theirs + 1), theirs - exchange.at
    return ahead if ahead > 0 else -behind if behind > 0 else 0.0


def _compare_clocks(exchange: Exchange) -> None:
    if not exchange.date:
        return
    off = skew(exchange)
    if abs(off) <= WARN:
        if _is_time_for("clock is right"):
            resolve_incidents(CLOCK, said("The clocks agree again."), subject="clock")
        return
    _noted_at.pop("clock is right", None)
    if not _is_time_for(f"clock {abs(off) > ALARM}"):
        return
    words = _off(off)
    logger.log(logging.ERROR if abs(off) > ALARM else logging.WARNING, words)
    note(CLOCK, words, "clock", seconds=round(off), urgent=abs(off) > ALARM)


def _off(seconds: float) -> Said:
    if seconds > 0:
        return said(
            "This machine's clock is at least {seconds} seconds ahead of Stripe's. Set it by NTP:"
            " from 300 seconds on every webhook is refused, and sales go by reading alone.",
            seconds=round(seconds),
        )
    return said(
        "This machine's clock is at least {seconds} seconds behind Stripe's. Set it by NTP: from"
        " 300 seconds on every webhook is refused, and sales go by reading alone.",
        seconds=round(-seconds),
    )


def _is_time_for(name: str) -> bool:
    now = time.monotonic()
    if _noted_at.get(name, -OFTEN) > now - OFTEN:
        return False
    _noted_at[name] = now
    return True


def note(kind: str, words: Said, subject: str, **data: Any) -> None:
    """An incident whose sentence follows what is so now."""
    incident = raise_incident(kind, words, subject=subject, **data)
    incident.spoken = words
    incident.data = data
    incident.save(update_fields=["message", "said", "data"])


def hear_bad_time(seconds: float) -> None:
    """A webhook was signed by Stripe and only its time was wrong. One may be a replay; several
    within minutes mean that a clock is wrong.
    """
    now = time.monotonic()
    with _lock:
        _bad_times[:] = [at for at in _bad_times if at > now - 600] + [now]
        several = len(_bad_times) >= SEVERAL
    if several and _is_time_for(REFUSED_BY_TIME):
        words = _refused(len(_bad_times), seconds)
        logger.error(words)
        note(REFUSED_BY_TIME, words, "clock", seconds=round(seconds), counted=len(_bad_times))


def _refused(webhooks: int, seconds: float) -> Said:
    if seconds > 0:
        return said(
            "{webhooks} webhooks were signed by Stripe but {seconds} seconds old by this machine's"
            " clock, and refused. Set the clock by NTP; Stripe sends them again, and what is lost"
            " is listed.",
            webhooks=webhooks,
            seconds=round(seconds),
        )
    return said(
        "{webhooks} webhooks were signed by Stripe but {seconds} seconds early by this machine's"
        " clock, and refused. Set the clock by NTP; Stripe sends them again, and what is lost is"
        " listed.",
        webhooks=webhooks,
        seconds=round(-seconds),
    )
