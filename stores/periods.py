"""Days of a store: they begin at its own midnight, and have 23 or 25 hours when clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_DAYS = 366
DAY = timedelta(days=1)


def begin(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone))


def format_time(at: date) -> str:
    """A day, or a moment by the clock it comes with: 3 May 2026, 10:00 UTC. For what is stored,
    whoever asked.
    """
    return f"{at:%-d %B %Y, %H:%M %Z}" if isinstance(at, datetime) else f"{at:%-d %B %Y}"


def spoken_time(at: date) -> str:
    """For the middle of a sentence that a person reads."""
    if not isinstance(at, datetime):
        return date_format(at, gettext("j F Y"))
    return date_format(at, gettext("j F Y, H:i")) + f" {at:%Z}"


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """The instants in which it begins and, not included, ends there."""
        return begin(self.first, zone), begin(self.last + DAY, zone)

    def __str__(self) -> str:
        first, last = (date_format(day, gettext("j F Y")) for day in (self.first, self.last))
        return (
            first if first == last else gettext("{first} to {last}").format(first=first, last=last)
        )


PRESETS: dict[str, StrOrPromise] = {
    "today": _("Today"),
    "yesterday": _("Yesterday"),
    "this_week": _("This week"),
    "last_week": _("Last week"),
    "this_month": _("This month"),
    "last_month": _("Last month"),
}


def preset(name: str, today: date) -> Period:
    """One of PRESETS, as of this day. Weeks begin on Mondays."""
    monday = today - today.weekday() * DAY
    month = today.replace(day=1)
    last_month = (month - DAY).replace(day=1)
    return {
        "today": Period(today, today),
        "yesterday": Period(today - DAY, today - DAY),
        "this_week": Period(monday, today),
        "last_week": Period(monday - 7 * DAY, monday - DAY),
        "this_month": Period(month, today),
        "last_month": Period(last_month, month - DAY),
    }[name]
