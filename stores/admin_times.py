"""When something was, as the admin says it: by the clock of its store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from stores.models import Store

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NOTHING = "–"  # noqa: RUF001
LONG, SHORT, DAY = _("M j, Y, H:i:s T"), _("M j, H:i T"), _("M j, Y")
SECONDS, EXACT = _("M j, H:i:s T"), _("M j, H:i:s.u")


def local_time(
    when: datetime | None, store: Store | None, form: StrOrPromise = LONG
) -> SafeString | str:
    """In the store's time zone, or UTC without a store; the title says it in UTC to the second."""
    if when is None:
        return NOTHING
    zone: Any = ZoneInfo(store.timezone) if store else UTC
    if form in (SHORT, SECONDS) and when.year != timezone.now().year:
        form = LONG  # another year is said
    shown = date_format(when.astimezone(zone), str(form))
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        when.isoformat(),
        when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        shown[:-3] if form == EXACT else shown,  # milliseconds do
    )
