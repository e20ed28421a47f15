"""What the pages of reports have in common: what they are asked for, tables as HTML, exports."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext

from payments.admin import words
from payments.services.reports import exporting
from payments.services.reports.registry import REPORTS, Report
from payments.services.reports.scopes import Scope, stores_of
from payments.services.reports.tables import Cell, Lines, Money, Table
from stores.admin_base import principal_of, works_anywhere
from stores.models import Store
from stores.periods import MOST_DAYS, PRESETS, Period, preset

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
BLOCK = 64 * 1024
ALL = "all"


def reports_of(request: HttpRequest) -> list[Report]:
    """Those this person may see."""
    by = principal_of(request)
    return [
        each for each in REPORTS.values() if by.sees_all() or works_anywhere(request, each.roles)
    ]


@dataclass(frozen=True)
class Asked:
    """What a page is asked for in its address: a report, of which stores, of which days."""

    report: Report
    scope: Scope
    choices: list[Store]
    store: Store | None
    error: str = ""

    @property
    def query(self) -> str:
        period = self.scope.period
        store = self.store.pk if self.store else ALL
        return urlencode({"store": store, "from": period.first, "to": period.last})


def ask(request: HttpRequest, name: str) -> Asked:
    """Raises Http404 for what is none, and for a store that is none of one's own."""
    report, by = REPORTS.get(name), principal_of(request)
    if report is None:
        raise Http404
    choices = stores_of(by, report.roles)
    if not choices and not by.sees_all():
        raise PermissionDenied
    wanted = request.GET.get("store", "")
    store = next((each for each in choices if str(each.pk) == wanted), None)
    if wanted not in ("", ALL) and store is None:
        raise Http404
    if store is None and choices and (report.of_a_day or len(choices) == 1):
        store = choices[0]
    chosen = (store,) if store else tuple(choices)
    zone = chosen[0].timezone if chosen else settings.TIME_ZONE
    today = timezone.now().astimezone(ZoneInfo(zone)).date()
    period, error = _period(request, today, of_a_day=report.of_a_day)
    return Asked(report, Scope(by, chosen, period), choices, store, error)


def _period(request: HttpRequest, today: date, *, of_a_day: bool) -> tuple[Period, str]:
    """The days that were asked for; today, and why, when they make no sense."""
    of_today = preset("today", today)
    name = request.GET.get("period", "")
    if name in PRESETS:
        return preset(name, today), ""
    first, last = request.GET.get("from", ""), request.GET.get("to", "")
    if of_a_day:
        last = first
    if not first and not last:
        return of_today, ""
    try:
        period = Period(date.fromisoformat(first), date.fromisoformat(last or first))
    except ValueError:
        return of_today, gettext("Days are written like 2026-11-28. This is today.")
    if period.last < period.first:
        return of_today, gettext("The first day is after the last. This is today.")
    if period.days > MOST_DAYS:
        return of_today, gettext("A report has {most_days} days at most. This is today.").format(
            most_days=MOST_DAYS
        )
    return period, ""


def page_context(asked: Asked) -> dict[str, Any]:
    period = asked.scope.period
    name = asked.report.name
    store = asked.store.pk if asked.store else ALL
    zones = {each.timezone for each in asked.scope.stores}
    return {
        "title": asked.report.title,
        "report": asked.report,
        "store": asked.store,
        "choices": asked.choices,
        "period": period,
        "error": asked.error,
        "presets": [
            (words_, f"?{urlencode({'store': store, 'period': each})}")
            for each, words_ in PRESETS.items()
            if not asked.report.of_a_day or each in ("today", "yesterday")
        ],
        "clock": _clock(zones),
        "csv_url": f"{reverse('admin:report_csv', args=[name])}?{asked.query}",
        "xlsx_url": f"{reverse('admin:report_xlsx', args=[name])}?{asked.query}",
    }


def _clock(zones: set[str]) -> str:
    """By which clock the days begin and end."""
    if len(zones) > 1:
        return gettext("By the clock of each store.")
    places = [zone.rpartition("/")[2].replace("_", " ") for zone in zones]
    return gettext("By the clock of {place}.").format(place=places[0]) if places else ""


def shown(table: Table, asked: Asked) -> dict[str, Any]:
    """The table's cells as HTML, and which of its columns are numbers."""
    some = [*table.totals, *table.rows]
    numbers = {at for row in some for at, cell in enumerate(row) if isinstance(cell, int | Money)}
    rows = [[_html(cell) for cell in row] for row in table.rows]
    for row, payout_id in zip(rows, table.links, strict=False):
        row[0] = format_html('<a href="?{}&payout={}">{}</a>', asked.query, payout_id, row[0])
    return {
        "title": table.title,
        "empty": table.empty,
        "note": table.note,
        "columns": [
            (name, "num" if at in numbers else "") for at, name in enumerate(table.columns)
        ],
        "rows": [_styled(row, numbers) for row in rows],
        "totals": [_styled([_html(cell) for cell in row], numbers) for row in table.totals],
    }


def _styled(cells: list[Any], numbers: set[int]) -> list[tuple[Any, str]]:
    return [(cell, "num" if at in numbers else "") for at, cell in enumerate(cells)]


def _html(cell: Cell) -> Any:
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return words.money(*cell)
    if isinstance(cell, datetime):
        return date_format(cell, gettext("M j, Y, H:i T"))
    if isinstance(cell, date):
        return date_format(cell, str(words.DAY))
    return cell


# Exports


def csv(request: HttpRequest, lines: Lines, name: str) -> StreamingHttpResponse:
    """Read while it is sent."""
    return streamed(request, _read(exporting.csv_chunks(lines)), CSV, name)


def _read(chunks: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """In a transaction, which ends with the last chunk, or when nobody listens any more."""
    with exporting.as_of_now():
        yield from chunks


def xlsx(
    request: HttpRequest, title: StrOrPromise, lines: Lines, name: str
) -> StreamingHttpResponse:
    """Made on the disk, which is all that grows with it, and sent from there."""
    file = cast(Any, tempfile.TemporaryFile())  # noqa: SIM115  (closed when it was sent)
    with exporting.as_of_now():
        exporting.write_xlsx(file, title, lines)
    length = file.tell()
    file.seek(0)
    answer = streamed(request, Blocks(file), XLSX, name)
    answer["Content-Length"] = str(length)
    return answer


class Chunks(Protocol):
    """What leaves piece by piece, and is closed at the end or when nobody listens any more."""

    def __iter__(self) -> Iterator[bytes]: ...
    def __next__(self) -> bytes: ...
    def close(self) -> object: ...


class Blocks:
    """Of a file; unlike a generator's, its `close` does something before the first, too."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if block := self._file.read(BLOCK):
            return block
        raise StopIteration


def streamed(
    request: HttpRequest, chunks: Chunks, content_type: str, name: str
) -> StreamingHttpResponse:
    """One chunk after another, under ASGI, too, where Django would gather them all first."""
    is_async = isinstance(request, ASGIRequest)
    answer = StreamingHttpResponse(
        _one_by_one(chunks) if is_async else chunks, content_type=content_type
    )
    if is_async:
        answer._resource_closers.append(chunks.close)  # type: ignore[attr-defined]
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


async def _one_by_one(chunks: Chunks) -> AsyncIterator[bytes]:
    take = sync_to_async(_next)
    while (chunk := await take(chunks)) is not None:
        yield chunk


def _next(chunks: Chunks) -> bytes | None:
    return next(chunks, None)
