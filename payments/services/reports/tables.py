"""What reports consist of: tables for the screen, and lines, one by one, for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Money(NamedTuple):
    """In the smallest unit of its currency."""

    amount: int
    currency: str


EMPTY = _("Nothing in these days.")

Cell = str | int | Money | datetime | date | None
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A part of a report. A totals row per currency: amounts of two are never added up."""

    title: str
    columns: tuple[StrOrPromise, ...]
    rows: Sequence[Row]
    totals: Sequence[Row] = field(default=())
    empty: StrOrPromise = EMPTY
    note: str = ""
    links: Sequence[str] = field(default=())  # of the rows' first cells, where they have pages


@dataclass(frozen=True)
class Lines:
    """Every single thing a report counts. `times` name the columns of instants, which are told in
    the store's zone.
    """

    columns: tuple[StrOrPromise, ...]
    rows: Iterator[Row]
    times: tuple[StrOrPromise, ...] = (_("At"),)


def totals(label: str, rows: Sequence[Row], columns: int) -> list[Row]:
    """The sums of the counts and amounts of such rows, by currency.

    A row's currency is the one of its amounts; its texts are left empty in the sum.
    """
    sums: dict[str, list[int | Money | None]] = {}
    for row in rows:
        currency = next(cell.currency for cell in row if isinstance(cell, Money))
        found = sums.setdefault(currency, [None] * columns)
        for place, cell in enumerate(row):
            found[place] = _plus(found[place], cell)
    return [(label, *found[1:]) for _, found in sorted(sums.items())]


def _plus(sofar: int | Money | None, cell: Cell) -> int | Money | None:
    if isinstance(cell, Money):
        before = sofar.amount if isinstance(sofar, Money) else 0
        return Money(before + cell.amount, cell.currency)
    if isinstance(cell, int):
        return cell + (sofar if isinstance(sofar, int) else 0)
    return sofar
