"""Tips by employee: chosen on a reader, or written on the receipt.

Managers and owners see everybody's of their stores; a cashier sees their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models import Payment
from payments.services.reports.scopes import People, Scope, name_of
from payments.services.reports.tables import Lines, Money, Row, Table, totals
from payments.services.reports.takings import CHUNK
from stores.principals import MANAGERS

ON_READER = Least("tip_amount", Coalesce("reader_tip_amount", 0))


def _tipped(scope: Scope) -> QuerySet[Payment]:
    paid = scope.of(Payment.objects.filter(status="succeeded", tip_amount__gt=0), "ended_at")
    if scope.by.sees_all():
        return paid
    manages = scope.by.stores("store_id", MANAGERS)
    return paid.filter(manages | Q(user_id__isnull=False, user_id=scope.by.user_id))


def tables(scope: Scope) -> list[Table]:
    found: list[Any] = list(
        _tipped(scope)
        .order_by()
        .values("user_id", "device_id", "currency")
        .annotate(
            count=Count("pk"),
            received=Sum("amount_received"),
            tips=Sum("tip_amount"),
            on_reader=Sum(ON_READER),
        )
    )
    people = People((row["user_id"], row["device_id"]) for row in found)
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in found:
        name = people.name(row["user_id"], row["device_id"])
        groups.setdefault((name, row["currency"]), []).append(row)
    rows = [(name, *_sums(group, currency)) for (name, currency), group in sorted(groups.items())]
    columns = (
        gettext("Employee"),
        gettext("Tipped sales"),
        gettext("Sales"),
        gettext("On the reader"),
        gettext("On the receipt"),
        gettext("Tips"),
    )
    return [
        Table(
            gettext("By employee"),
            columns,
            rows,
            totals(gettext("Total"), rows, len(columns)),
            empty=gettext("No tips in these days."),
            note=gettext(
                "A tip that was refunded later is in it: refunds have a report of their own."
            ),
        )
    ]


def _sums(group: list[dict[str, Any]], currency: str) -> Row:
    count, received, tips, on_reader = (
        sum(row[name] for row in group) for name in ("count", "received", "tips", "on_reader")
    )
    amounts = (received - tips, on_reader, tips - on_reader, tips)
    return (count, *(Money(amount, currency) for amount in amounts))


LINES = (
    _("At"),
    _("Store"),
    _("Employee"),
    _("Order"),
    _("Payment"),
    _("Sale"),
    _("On the reader"),
    _("On the receipt"),
    _("Tip"),
    _("Currency"),
    _("Id at Stripe"),
)


def lines(scope: Scope) -> Lines:
    """Every payment with a tip, oldest first."""

    def rows() -> Iterator[Row]:
        tipped = _tipped(scope).annotate(order_number=F("order__number"))
        related = tipped.select_related("user", "device").order_by("ended_at", "pk")
        for row in related.iterator(CHUNK):
            assert row.ended_at is not None
            tip, on_reader = row.tip_amount, min(row.tip_amount, row.reader_tip_amount or 0)
            amounts = (row.amount_received - tip, on_reader, tip - on_reader, tip)
            yield (
                scope.local(row.ended_at, row.store_id),
                scope.names[row.store_id],
                name_of(row.user, row.device),
                row.order_number,
                row.pk,
                *(Money(amount, row.currency) for amount in amounts),
                row.currency.upper(),
                row.payment_intent_id or "",
            )

    return Lines(LINES, rows())
