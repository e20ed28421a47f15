"""How often a secret may be guessed, counted in rows.

A try is written down as failed before the secret is looked at, and taken back when it was right:
so many at once do not get past the count. What is refused for being too often is not counted,
so that the wait ends when we said it would.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.timezone import localtime, now

from stores.errors import TooManyTries
from stores.models import FailedTry

KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """At most so many wrong tries of one subject in so long a time."""

    subject: str
    most: int
    within: timedelta


class Try:
    """One try under way."""

    def __init__(self, rows: list[FailedTry]) -> None:
        self._rows = rows

    def succeeded(self) -> None:
        """Take this one back; earlier wrong ones stay counted until their time is over."""
        FailedTry.objects.filter(pk__in=[row.pk for row in self._rows]).delete()


@contextmanager
def counted(*limits: Limit) -> Iterator[Try]:
    """Count one try against all of these. Raises TooManyTries, which says when to try again."""
    rows = FailedTry.objects.bulk_create([FailedTry(subject=limit.subject) for limit in limits])
    this = Try(rows)
    waits = [until for limit in limits if (until := _wait(limit)) is not None]
    if waits:
        this.succeeded()
        raise TooManyTries(until=localtime(max(waits)))
    yield this


def _wait(limit: Limit) -> datetime | None:
    """When the next try of this one is free; None: now. This one is counted already."""
    since = now() - limit.within
    tries = FailedTry.objects.filter(subject=limit.subject, at__gt=since)
    latest = list(tries.order_by("-at").values_list("at", flat=True)[: limit.most + 1])
    return latest[-1] + limit.within if len(latest) > limit.most else None


def subject(kind: str, *parts: object) -> str:
    """A name for what is counted; what a person typed is not readable in it."""
    told = "\n".join(str(part) for part in parts)
    return f"{kind}:{hashlib.sha256(told.encode()).hexdigest()}"


def forget_old() -> int:
    """Delete what no limit asks for any more."""
    return FailedTry.objects.filter(at__lt=now() - KEPT).delete()[0]
