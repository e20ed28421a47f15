"""What was given back: why, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models import GIVEN, UNSETTLED, Refund, RefundLine
from payments.services import refund_lines
from payments.services.reports.scopes import People, Scope, name_of
from payments.services.reports.tables import Lines, Money, Row, Table, totals
from payments.services.reports.takings import CHUNK
from payments.transitions.codes import code_words

ELSEWHERE = _("Elsewhere, as in Stripe's Dashboard")
GAVE = Q(status__in=GIVEN)
PENDING = Q(status__in=UNSETTLED)
COLUMNS = (_("Refunds"), _("Given back"), _("Of it pending"), _("Came to nothing"))


def reason_words(reason: str) -> str:
    return capfirst(code_words(reason)) or gettext("No reason given")


def tables(scope: Scope) -> list[Table]:
    found: list[Any] = list(
        scope.of(Refund.objects.all(), "created_at")
        .annotate(currency=F("payment__currency"))
        .order_by()
        .values("reason", "user_id", "device_id", "external", "currency")
        .annotate(
            count=Count("pk"),
            given=Sum("amount", filter=GAVE, default=0),
            pending=Sum("amount", filter=PENDING, default=0),
            nothing=Sum("amount", filter=~GAVE & ~PENDING, default=0),
        )
    )
    people = People((row["user_id"], row["device_id"]) for row in found)

    def who(row: dict[str, Any]) -> str:
        return str(ELSEWHERE) if row["external"] else people.name(row["user_id"], row["device_id"])

    return [
        _table(
            gettext("By reason"), gettext("Reason"), found, lambda row: reason_words(row["reason"])
        ),
        _table(gettext("By person"), gettext("Refunded by"), found, who),
        _by_line(scope),
    ]


def _by_line(scope: Scope) -> Table:
    """Of refunds that say what came back."""
    given = scope.of(Refund.objects.filter(GAVE), "created_at")
    found = (
        RefundLine.objects.filter(refund__in=given)
        .order_by("line__description", "payment__currency")
        .values_list("line__description", "payment__currency")
        .annotate(Sum("quantity"), Sum("amount"), Sum("tax_amount"))
    )
    rows: list[Row] = [
        (description, pieces, Money(amount, currency), Money(tax, currency))
        for description, currency, pieces, amount, tax in found
    ]
    columns = (gettext("What came back"), gettext("Pieces"), gettext("Given back"), gettext("Tax"))
    return Table(
        gettext("By what came back"),
        columns,
        rows,
        totals(gettext("Total"), rows, len(columns)),
        empty=gettext("No refund in these days says what came back."),
    )


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
            *(
                Money(sum(row[part] for row in group), currency)
                for part in ("given", "pending", "nothing")
            ),
        )
        for (label, currency), group in sorted(groups.items())
    ]
    columns = (first, *COLUMNS)
    sums = totals(gettext("Total"), rows, len(columns))
    return Table(title, columns, rows, sums, empty=gettext("No refunds in these days."))


LINES = (
    _("At"),
    _("Store"),
    _("Order"),
    _("Payment"),
    _("Reason"),
    _("By"),
    _("Status"),
    _("How"),
    _("Amount"),
    _("Currency"),
    _("What came back"),
    _("Sold"),
    _("Id at Stripe"),
    _("Why not"),
)


def lines(scope: Scope) -> Lines:
    """Every refund that was asked for, oldest first, whatever became of it."""
    return lines_of(
        scope, scope.of(Refund.objects.all(), "created_at").order_by("created_at", "pk")
    )


def lines_of(scope: Scope, found: QuerySet[Refund]) -> Lines:
    """Of these refunds."""

    def rows() -> Iterator[Row]:
        related = found.select_related("payment__order", "user", "device")
        for row in related.prefetch_related("lines__line").iterator(CHUNK):
            yield (
                scope.local(row.created_at, row.store_id),
                scope.names[row.store_id],
                row.payment.order.number,
                row.payment_id,
                reason_words(row.reason),
                str(ELSEWHERE) if row.external else name_of(row.user, row.device),
                row.get_status_display(),
                _how(row),
                Money(row.amount, row.payment.currency),
                row.payment.currency.upper(),
                refund_lines.said(row.lines.all()),
                scope.local(row.payment.created_at, row.store_id),
                row.refund_id or "",
                row.message or row.code,
            )

    return Lines(LINES, rows(), (gettext("At"), gettext("Sold")))


def _how(refund: Refund) -> str:
    if refund.method == "cash":
        return gettext("Cash")
    return gettext("On a reader") if refund.in_person else gettext("To the card")
