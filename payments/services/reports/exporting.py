"""Lines of a report as CSV and XLSX: one row in memory at a time, however many there are.

Amounts are numbers in the currency's own decimals, times say their offset from UTC, and no text is
ever a formula: owasp.org/www-community/attacks/CSV_Injection.
"""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils.translation import get_language, gettext, override
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from payments.services.reports.tables import Cell, Lines, Money
from stores.currencies import decimals
from stores.models import LogEntry, Store
from stores.models.log import ActorKind
from stores.principals import Principal

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

BOM = "\ufeff"  # without it spreadsheets take names for Latin-1
ROWS_A_CHUNK = 200
ROWS_A_SHEET = 1_000_000  # Excel takes 1,048,576
MOST_IDLE = "5min"  # that whoever takes the rows may pause; vacuum waits for the oldest reader
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def major(money: Money) -> str:
    """12.34, or 1234 in a currency without decimals."""
    places = decimals(money.currency)
    sign = "-" if money.amount < 0 else ""
    whole, rest = divmod(abs(money.amount), 10**places)
    return f"{sign}{whole}.{rest:0{places}}" if places else f"{sign}{whole}"


@contextmanager
def as_of_now() -> Iterator[None]:
    """All rows as they stand at one moment, each read as it leaves.

    Outside a transaction the server would read the last row before it gives the first: a cursor
    that outlives its statement has its whole result put by.
    """
    if connection.in_atomic_block:  # of whoever asks, with statements before this one
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{MOST_IDLE}'")
        yield


class _Echo:
    """Gives back what is written to it, so that rows leave one by one."""

    def write(self, value: str) -> str:
        return value


def csv_chunks(lines: Lines) -> Generator[bytes, None, None]:
    """In the language of whoever asked, also where the answer leaves after the request."""
    return _csv_chunks(lines, get_language())


def _csv_chunks(lines: Lines, language: str | None) -> Generator[bytes, None, None]:
    writer = csv.writer(_Echo())
    with override(language):
        chunk = [BOM, writer.writerow(lines.columns)]
    is_over = False
    while not is_over:
        with override(language):
            rows = [[csv_cell(cell) for cell in row] for row in islice(lines.rows, ROWS_A_CHUNK)]
        chunk += [writer.writerow(row) for row in rows]
        is_over = len(rows) < ROWS_A_CHUNK
        yield "".join(chunk).encode()
        chunk = []


def csv_cell(cell: Cell) -> str | int:
    """As it stands in the file, before it is quoted."""
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return major(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA):
        return f"'{cell}"
    return cell


def write_xlsx(file: IO[bytes], title: StrOrPromise, lines: Lines) -> None:
    """Into a file; XlsxWriter keeps finished rows on the disk. More rows than a sheet takes go on
    in another.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        _Sheets(book, title, lines).write()


class _Sheets:
    def __init__(self, book: Workbook, title: StrOrPromise, lines: Lines) -> None:
        self._book, self._title, self._lines = book, title, lines
        self._timed = {at for at, name in enumerate(lines.columns) if name in lines.times}
        self._head = book.add_format({"bold": True, "bottom": 1})
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
        self._date = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self._money = {
            places: book.add_format({"num_format": "#,##0." + "0" * places if places else "#,##0"})
            for places in (0, 2, 3)
        }

    def write(self) -> None:
        sheet = self._sheet()
        number = 0
        for row in self._lines.rows:
            if number == ROWS_A_SHEET:
                number, sheet = 0, self._sheet()
            number += 1
            self._row(sheet, number, row)

    def _sheet(self) -> Worksheet:
        """With its headings; beside each time stands its offset, which a spreadsheet's has not."""
        count = len(self._book.worksheets())
        name = str(self._title) if not count else f"{self._title} {count + 1}"
        sheet: Worksheet = self._book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        place = 0
        for at, column in enumerate(self._lines.columns):
            sheet.set_column(place, place, 20 if at in self._timed else 14)
            sheet.write_string(0, place, str(column), self._head)
            place += 1
            if at in self._timed:
                sheet.write_string(
                    0, place, gettext("{column}, from UTC").format(column=column), self._head
                )
                place += 1
        return sheet

    def _row(self, sheet: Worksheet, number: int, row: tuple[Cell, ...]) -> None:
        place = 0
        for at, cell in enumerate(row):
            self._cell(sheet, number, place, cell)
            if isinstance(cell, datetime):
                sheet.write_string(number, place + 1, cell.isoformat()[-6:])
            place += 2 if at in self._timed else 1

    def _cell(self, sheet: Worksheet, number: int, place: int, cell: Cell) -> None:
        if isinstance(cell, Money):
            places = decimals(cell.currency)
            sheet.write_number(number, place, cell.amount / 10**places, self._money[places])
        elif isinstance(cell, datetime):
            sheet.write_datetime(number, place, cell.replace(tzinfo=None), self._time)
        elif isinstance(cell, date):
            sheet.write_datetime(number, place, datetime.combine(cell, time.min), self._date)
        elif isinstance(cell, int):
            sheet.write_number(number, place, cell)
        elif cell:
            sheet.write_string(number, place, cell)  # a text, whatever it begins with


def log_export(what: str, stores: Iterable[Store], by: Principal, **data: Any) -> None:
    """Say in every store's log who took its numbers away. One statement."""
    LogEntry.objects.bulk_create(
        [
            LogEntry(
                store=store,
                subject="report",
                subject_id=store.pk,
                verb="exported",
                message=f"Exported: {what}.",
                actor_kind=ActorKind(by.kind.value),
                user_id=by.user_id,
                data=data,
            )
            for store in stores
        ]
    )
