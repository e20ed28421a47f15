"""Which reports there are, and who may see each. terminal adds those about readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from payments.services.reports import day_close, payouts, refunds, takings, tips
from payments.services.reports.scopes import Scope
from payments.services.reports.tables import Lines, Table
from stores.principals import EVERYONE, MANAGERS, OWNERS, Role

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Report:
    """`tables` are its page, `lines` its exports; `roles` see it in their stores."""

    name: str
    title: StrOrPromise
    about: StrOrPromise
    tables: Callable[[Scope], list[Table]]
    lines: Callable[[Scope], Lines]
    roles: frozenset[Role] = MANAGERS
    of_a_day: bool = False  # of one day of one store


REPORTS: dict[str, Report] = {}


def add(report: Report) -> None:
    REPORTS[report.name] = report


add(
    Report(
        "day-close",
        _("Day close"),
        _(
            "What a day brought by method, reader and cashier, beside Stripe; and the cash,"
            " counted."
        ),
        day_close.tables,
        takings.lines,
        of_a_day=True,
    )
)
add(
    Report(
        "takings",
        _("Takings"),
        _("What came in by method and by cashier, less what was refunded."),
        takings.tables,
        takings.lines,
    )
)
add(
    Report(
        "tips",
        _("Tips"),
        _("By employee: chosen on the reader, or written on the receipt."),
        tips.tables,
        tips.lines,
        roles=EVERYONE,
    )
)
add(
    Report(
        "refunds",
        _("Refunds"),
        _("What was given back, by reason and by who did it."),
        refunds.tables,
        refunds.lines,
    )
)
add(
    Report(
        "payouts",
        _("Payouts"),
        _("What Stripe paid to the bank, and the payments and refunds inside."),
        payouts.tables,
        payouts.lines,
        roles=OWNERS,
    )
)
