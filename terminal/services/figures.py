"""How readers did lately, in numbers: counted for the readers of one page in one statement."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Aggregate, Count, DurationField, F, Q
from django.db.models.functions import TruncDate

from terminal.models import ActionStatus, Reader, ReaderAction

PERIOD = timedelta(days=30)
DAYS = 14
TIMEOUT = "terminal_reader_timeout"
SUCCEEDED = Q(status=ActionStatus.SUCCEEDED)
# What the bank or the customer said no to, the reader did as it should.
NO_FAULT = ("card_declined", "customer_canceled")
FAILED = Q(status=ActionStatus.FAILED) & ~Q(failure_code__in=NO_FAULT)
TIMED_OUT = FAILED & Q(failure_code=TIMEOUT)
# What waits behind something else, or is sent anew after a pause, says nothing of the line.
DISPATCHED = Q(accepted_at__gte=F("requested_at"), resend=0)


class Percentile(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(%(part)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()

    def __init__(self, expression: Any, part: float, **more: Any) -> None:
        super().__init__(expression, part=part, **more)


@dataclass(frozen=True)
class Figures:
    """Of the actions that were asked for within the period and ended by themselves: what somebody
    stopped, and a card that was declined, count neither for nor against the reader.
    """

    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0  # of the failed
    p50: timedelta | None = None
    p95: timedelta | None = None

    @property
    def ended(self) -> int:
        return self.succeeded + self.failed

    @property
    def success_rate(self) -> float | None:
        return self.succeeded / self.ended if self.ended else None

    @property
    def timeout_rate(self) -> float | None:
        return self.timed_out / self.ended if self.ended else None


def figures(readers: Collection[int], *, now: datetime) -> dict[int, Figures]:
    """By the reader's id, in one statement; a reader that did nothing is not in it."""
    took = F("accepted_at") - F("requested_at")
    rows = (
        ReaderAction.objects.filter(reader__in=readers, requested_at__gte=now - PERIOD)
        .order_by()
        .values("reader_id")
        .annotate(
            succeeded=Count("pk", filter=SUCCEEDED),
            failed=Count("pk", filter=FAILED),
            timed_out=Count("pk", filter=TIMED_OUT),
            p50=Percentile(took, 0.5, filter=DISPATCHED),
            p95=Percentile(took, 0.95, filter=DISPATCHED),
        )
    )
    return {
        row["reader_id"]: Figures(
            row["succeeded"], row["failed"], row["timed_out"], row["p50"], row["p95"]
        )
        for row in rows
    }


@dataclass(frozen=True)
class Day:
    day: date
    succeeded: int = 0
    timed_out: int = 0
    failed: int = 0  # for another reason


def by_day(reader: Reader, *, now: datetime) -> list[Day]:
    """The last days by the store's calendar, the oldest first; none is left out."""
    zone = ZoneInfo(reader.store.timezone)
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    rows = (
        reader.actions.filter(requested_at__gte=datetime(*days[0].timetuple()[:3], tzinfo=zone))
        .order_by()
        .values(day=TruncDate("requested_at", tzinfo=zone))
        .annotate(
            succeeded=Count("pk", filter=SUCCEEDED),
            timed_out=Count("pk", filter=TIMED_OUT),
            failed=Count("pk", filter=FAILED & ~Q(failure_code=TIMEOUT)),
        )
    )
    known = {row["day"]: Day(**row) for row in rows}
    return [known.get(day) or Day(day) for day in days]


@dataclass(frozen=True)
class Software:
    """Which versions run on readers in use, by the type of device."""

    versions: dict[str, set[str]]

    def newest(self, device_type: str) -> str:
        return max(self.versions.get(device_type, ()), key=_number, default="")

    def is_behind(self, reader: Reader) -> bool:
        version = reader.device_sw_version
        newest = self.newest(reader.device_type)
        return bool(version) and _number(version) < _number(newest)

    def behind(self) -> Iterator[tuple[str, list[str]]]:
        """The types of device with their versions that are not the newest."""
        for type, versions in self.versions.items():
            newest = _number(self.newest(type))
            if old := sorted(each for each in versions if _number(each) < newest):
                yield type, old


def software() -> Software:
    """As seen in the whole fleet, whichever store: a version number tells nothing of anyone."""
    found = Reader.objects.filter(retired_at=None).exclude(device_sw_version="")
    versions: dict[str, set[str]] = {}
    for type, version in (
        found.order_by().values_list("device_type", "device_sw_version").distinct()
    ):
        versions.setdefault(type, set()).add(version)
    return Software(versions)


def _number(version: str) -> list[int]:
    """2.9.1 is older than 2.10.0."""
    return [int(digits) for digits in re.findall(r"\d+", version)]
