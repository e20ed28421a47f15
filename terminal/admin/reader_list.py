"""What the list of readers tells of each, in words, and how it is narrowed down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from stores.admin_base import HappenedFilter, KnownWords
from stores.currencies import spoken_number
from stores.periods import spoken_time
from terminal.admin.screen import family, model_name
from terminal.models import HELD, Reader, ReaderAction, ReaderDisplay
from terminal.services.figures import Figures, software

ADVICE = _("A sale may be tried whatever this says: the reader's answer decides.")


def ago(when: datetime, now: datetime) -> str:
    seconds = max(0.0, (now - when).total_seconds())
    if seconds < 60:
        return gettext("just now")
    if seconds < 3600:
        return gettext("{count} min ago").format(count=int(seconds // 60))
    if seconds < 86400:
        return gettext("{count} h ago").format(count=int(seconds // 3600))
    days = int(seconds // 86400)
    return ngettext("{count} day ago", "{count} days ago", days).format(count=days)


def seen(reader: Reader, now: datetime) -> SafeString | str:
    """When Stripe last saw it; the title says exactly when."""
    when = reader.last_seen_at
    if when is None:
        return gettext("Never seen")
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        when.isoformat(),
        when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        ago(when, now),
    )


def advice(reader: Reader) -> str:
    """Stripe's status says what was, so it is never a reason not to try."""
    if reader.retired_at is not None:
        return ""
    if reader.status == "offline":
        since = reader.last_seen_at
        if since is None:
            return gettext("Probably offline. Try a sale: the reader's answer decides.")
        return gettext(
            "Probably offline since {time}. Try a sale: the reader's answer decides."
        ).format(time=spoken_time(since))
    return str(ADVICE)


def device(reader: Reader, width: int = 24) -> SafeString:
    return _picture(family(reader.device_type), str(model_name(reader.device_type)), width)


@lru_cache(maxsize=64)
def _picture(family: str, model: str, width: int) -> SafeString:
    picture = {"family": family, "model": model, "width": width}
    return render_to_string("admin/terminal/reader/device.html", picture)


def percent(share: float | None) -> str:
    """One decimal only where it tells more: 100 %, 99.6 %, 0 %."""
    if share is None:
        return words.NOTHING
    shown = f"{share * 100:.1f}".removesuffix(".0")
    return spoken_number(f"{shown} %")


def rates(figures: Figures) -> SafeString | str:
    if not figures.ended:
        return words.NOTHING
    said = gettext("{share} did not answer, of {ended}").format(
        share=percent(figures.timeout_rate), ended=figures.ended
    )
    return _two(percent(figures.success_rate), said)


def dispatch(figures: Figures) -> SafeString | str:
    if figures.p50 is None:
        return words.NOTHING
    slow = gettext("95 % within {time}").format(time=words.took(figures.p95))
    return _two(words.took(figures.p50), slow)


def _two(first: str | SafeString, second: str | SafeString) -> SafeString:
    return format_html('{}<span class="second">{}</span>', first, second)


class DoingFilter(admin.SimpleListFilter):
    title = pgettext_lazy("a filter: what the reader does", "doing")
    parameter_name = "doing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("something", gettext("Something of ours")),
            ("cart", gettext("Showing a cart")),
            ("nothing", pgettext("reader", "Free")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reader]) -> QuerySet[Reader]:
        shown = Q(order__isnull=False) | Q(shown_order__isnull=False)
        held = Exists(ReaderAction.objects.filter(reader=OuterRef("pk"), status__in=HELD))
        cart = Exists(ReaderDisplay.objects.filter(shown, reader=OuterRef("pk")))
        match self.value():
            case "something":
                return queryset.filter(held)
            case "cart":
                return queryset.filter(cart, ~held)
            case "nothing":
                return queryset.filter(~held, ~cart)
        return queryset


class QuietFilter(admin.SimpleListFilter):
    title = _("not seen")
    parameter_name = "quiet"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("5", gettext("For 5 minutes")),
            ("60", gettext("For an hour")),
            ("1440", gettext("For a day")),
            ("10080", gettext("For a week")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reader]) -> QuerySet[Reader]:
        minutes = self.value()
        if minutes is None or minutes not in dict(self.lookup_choices):
            return queryset
        since = timezone.now() - timedelta(minutes=int(minutes))
        return queryset.filter(Q(last_seen_at=None) | Q(last_seen_at__lt=since), retired_at=None)


class RetiredFilter(HappenedFilter):
    """Of readers and of locations."""

    title = _("status")
    parameter_name = "retired"
    field = "retired_at"
    words = {"no": _("In use"), "yes": _("Retired")}


class SoftwareFilter(admin.SimpleListFilter):
    title = _("software")
    parameter_name = "software"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("behind", gettext("Behind the newest"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reader]) -> QuerySet[Reader]:
        if self.value() != "behind":
            return queryset
        old = Q(pk__in=[])
        for type, versions in software().behind():
            old |= Q(device_type=type, device_sw_version__in=versions)
        return queryset.filter(old, retired_at=None)


said_when_shown = lazy(model_name, str)


class DeviceFilter(KnownWords):
    title = _("device")
    parameter_name = "device_type"
    words = {
        type: said_when_shown(type)
        for type in (
            "bbpos_wisepos_e",
            "stripe_s700",
            "stripe_s710",
            "simulated_wisepos_e",
            "simulated_stripe_s700",
            "simulated_stripe_s710",
        )
    }
