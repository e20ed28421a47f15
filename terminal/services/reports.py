"""Declined cards: why, of which brand, on which reader; one for each try."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Count, F, OuterRef, Subquery, Sum
from django.db.models.expressions import Combinable
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.services.reports import registry, takings
from payments.services.reports.scopes import Scope, name_of
from payments.services.reports.tables import Lines, Money, Row, Table, totals
from payments.transitions import brand_words
from payments.transitions.words import declined_because
from stores.principals import StoreScopedQuerySet
from terminal.models import ActionStatus, ReaderAction


def register() -> None:
    takings.reader_label[:] = [reader_of_a_payment]
    registry.add(
        registry.Report(
            "declines",
            _("Declines"),
            _("Why cards were declined, of which brand and on which reader."),
            tables,
            lines,
        )
    )


def reader_of_a_payment() -> Combinable:
    """The label of the reader it was taken on."""
    taken = ReaderAction.objects.filter(
        payment=OuterRef("pk"), status=ActionStatus.SUCCEEDED, refund=None
    )
    return Subquery(taken.order_by("-attempt").values("reader__label")[:1])


def _declined(scope: Scope) -> StoreScopedQuerySet[ReaderAction]:
    declined = ReaderAction.objects.exclude(decline_code="").filter(payment__isnull=False)
    return scope.of(declined, "ended_at")


def tables(scope: Scope) -> list[Table]:
    found: list[Any] = list(
        _declined(scope)
        .annotate(on=F("reader__label"), currency=F("payment__currency"))
        .order_by()
        .values("decline_code", "declined_brand", "on", "currency")
        .annotate(count=Count("pk"), amount=Sum("payment__amount"))
    )
    return [
        _table(gettext("By reason"), gettext("Reason"), found, _reason),
        _table(
            gettext("By brand"),
            gettext("Brand"),
            found,
            lambda row: brand_words(row["declined_brand"]),
        ),
        _table(gettext("By reader"), gettext("Reader"), found, lambda row: row["on"]),
    ]


def _reason(row: dict[str, Any]) -> str:
    return f"{declined_because(row['decline_code']).spoken} ({row['decline_code']})"


def _table(
    title: str, first: str, found: list[dict[str, Any]], name: Callable[[dict[str, Any]], str]
) -> Table:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in found:
        groups.setdefault((name(row), row["currency"]), []).append(row)
    rows: list[Row] = [
        (
            label,
            sum(row["count"] for row in group),
            Money(sum(row["amount"] for row in group), currency),
        )
        for (label, currency), group in groups.items()
    ]
    rows.sort(key=_most_first)
    columns = (first, gettext("Declines"), gettext("Amount asked"))
    sums = totals(gettext("Total"), rows, len(columns))
    return Table(title, columns, rows, sums, empty=gettext("No card was declined in these days."))


def _most_first(row: Row) -> tuple[int, str]:
    assert isinstance(row[1], int)
    return -row[1], str(row[0])


LINES = (
    _("At"), _("Store"), _("Order"), _("Payment"), _("Code"), _("Reason"), _("Brand"),
    _("Reader"), _("By"), _("Amount"), _("Currency"), _("Charge at Stripe"),
)  # fmt: skip


def lines(scope: Scope) -> Lines:
    """Every decline, oldest first."""

    def rows() -> Iterator[Row]:
        found = _declined(scope).order_by("ended_at", "pk")
        related = found.select_related("payment__order", "reader", "user", "device")
        for row in related.iterator(takings.CHUNK):
            payment = row.sale
            assert row.ended_at is not None
            yield (
                scope.local(row.ended_at, row.store_id),
                scope.names[row.store_id],
                payment.order.number,
                payment.pk,
                row.decline_code,
                declined_because(row.decline_code).spoken,
                brand_words(row.declined_brand),
                str(row.reader),
                name_of(row.user, row.device),
                Money(payment.amount, payment.currency),
                payment.currency.upper(),
                row.charge_id,
            )

    return Lines(LINES, rows())
