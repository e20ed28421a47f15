"""What came in: by method and brand, by reader and by who sold it; and each payment as a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models import GIVEN, Payment, Refund
from payments.services.reports.scopes import PEOPLE, People, Scope, name_of
from payments.services.reports.tables import Lines, Money, Row, Table, totals
from payments.transitions import brand_words
from stores.currencies import spoken_amount

CHUNK = 2_000  # rows of the server's cursor that are in memory at once
NO_READER = _("No reader")
# Which reader a payment was taken on, as an expression; terminal knows, and brings it in `ready()`.
reader_label: list[Callable[[], Combinable]] = []


@dataclass(frozen=True)
class Taken:
    """What is alike of the payments that came in, and of the refunds of such."""

    method: str
    reader: str
    who: tuple[int | None, int | None]
    currency: str
    payments: int = 0
    received: int = 0
    tips: int = 0
    refunded: int = 0
    is_cash: bool = False


def _reader() -> Combinable:
    return reader_label[0]() if reader_label else Value("")


def taken(scope: Scope) -> list[Taken]:
    """Payments by when they were captured, refunds by when they were made. Two statements."""
    return [*_payments(scope), *_refunds(scope)]


def _payments(scope: Scope) -> Iterator[Taken]:
    paid = scope.of(Payment.objects.filter(status="succeeded"), "ended_at")
    alike = paid.annotate(brand=KeyTextTransform("brand", "card"), on=_reader()).order_by()
    for row in alike.values("method", "brand", "on", "user_id", "device_id", "currency").annotate(
        count=Count("pk"), received=Sum("amount_received"), tips=Sum("tip_amount")
    ):
        yield Taken(
            **_alike(row), payments=row["count"], received=row["received"], tips=row["tips"]
        )


def _refunds(scope: Scope) -> Iterator[Taken]:
    given = scope.of(Refund.objects.filter(status__in=GIVEN), "created_at")
    alike = given.annotate(
        brand=KeyTextTransform("brand", "payment__card"),
        on=Value(""),
        currency=F("payment__currency"),
    ).order_by()
    for row in alike.values("method", "brand", "on", "user_id", "device_id", "currency").annotate(
        refunded=Sum("amount")
    ):
        yield Taken(**_alike(row), refunded=row["refunded"])


def _alike(row: Mapping[str, Any]) -> dict[str, Any]:
    is_cash = row["method"] == "cash"
    return {
        "method": gettext("Cash") if is_cash else _brand(row["brand"]),
        "reader": row["on"] or (gettext("Cash") if is_cash else str(NO_READER)),
        "is_cash": is_cash,
        "who": (row["user_id"], row["device_id"]),
        "currency": row["currency"],
    }


COLUMNS = (_("Payments"), _("Sales"), _("Tips"), _("Taken"))


def _brand(brand: str | None) -> str:
    return brand_words(brand) if brand else gettext("Card")


def by_method(found: list[Taken]) -> Table:
    columns = (gettext("Paid with"), *COLUMNS, gettext("Refunded"), gettext("Left"))
    rows = _grouped(found, lambda each: each.method, with_refunds=True)
    return Table(gettext("By method"), columns, rows, totals(gettext("Total"), rows, len(columns)))


def by_reader(found: list[Taken]) -> Table:
    came_in = [each for each in found if each.payments]
    rows = _grouped(came_in, lambda each: each.reader)
    columns = (gettext("Reader"), *COLUMNS)
    return Table(gettext("By reader"), columns, rows, totals(gettext("Total"), rows, len(columns)))


def by_person(found: list[Taken]) -> Table:
    came_in = [each for each in found if each.payments]
    people = People(each.who for each in came_in)
    columns = (gettext("Cashier"), *COLUMNS)
    rows = _grouped(came_in, lambda each: people.name(*each.who))
    return Table(gettext("By cashier"), columns, rows, totals(gettext("Total"), rows, len(columns)))


def _grouped(
    found: list[Taken], name: Callable[[Taken], str], *, with_refunds: bool = False
) -> list[Row]:
    groups: dict[tuple[str, str], list[Taken]] = {}
    for each in found:
        groups.setdefault((name(each), each.currency), []).append(each)
    return [
        (label, *_sums(group, currency, with_refunds=with_refunds))
        for (label, currency), group in sorted(groups.items())
    ]


def _sums(group: list[Taken], currency: str, *, with_refunds: bool) -> Row:
    received, tips, refunded = (
        sum(getattr(each, name) for each in group) for name in ("received", "tips", "refunded")
    )
    sums: Row = (
        sum(each.payments for each in group),
        Money(received - tips, currency),
        Money(tips, currency),
        Money(received, currency),
    )
    if with_refunds:
        sums += (Money(refunded, currency), Money(received - refunded, currency))
    return sums


def tables(scope: Scope) -> list[Table]:
    found = taken(scope)
    return [by_method(found), by_person(found)]


LINES = (
    _("At"),
    _("Store"),
    _("What"),
    _("Order"),
    _("Payment"),
    _("Paid with"),
    _("Last four"),
    _("Reader"),
    _("By"),
    _("Sale"),
    _("Tip"),
    _("Total"),
    _("Currency"),
    _("Started"),
    _("Id at Stripe"),
)


def lines(scope: Scope) -> Lines:
    """Every payment that was captured, then every refund that was made, oldest first."""

    def rows() -> Iterator[Row]:
        yield from _payment_lines(scope)
        yield from _refund_lines(scope)

    return Lines(LINES, rows(), (gettext("At"), gettext("Started")))


PAID = (
    "store_id",
    "method",
    "card",
    "currency",
    "amount_received",
    "tip_amount",
    "created_at",
    "ended_at",
    "payment_intent_id",
    "order__number",
    *PEOPLE,
)
GIVEN_BACK = (
    "store_id",
    "amount",
    "refund_id",
    "created_at",
    "payment__method",
    "payment__card",
    "payment__currency",
    "payment__created_at",
    "payment__order__number",
    *PEOPLE,
)


def _payment_lines(scope: Scope) -> Iterator[Row]:
    paid = scope.of(Payment.objects.filter(status="succeeded"), "ended_at").annotate(on=_reader())
    related = paid.select_related("order", "user", "device").only(*PAID)
    for row in related.order_by("ended_at", "pk").iterator(CHUNK):
        assert row.ended_at is not None
        sale = row.amount_received - row.tip_amount
        yield (
            scope.local(row.ended_at, row.store_id),
            scope.names[row.store_id],
            gettext("Payment"),
            row.order.number,
            row.pk,
            gettext("Cash") if row.is_cash else brand_words(row.card.get("brand", "")),
            row.card.get("last4", ""),
            row.on or "",
            name_of(row.user, row.device),
            *(Money(each, row.currency) for each in (sale, row.tip_amount, row.amount_received)),
            row.currency.upper(),
            scope.local(row.created_at, row.store_id),
            row.payment_intent_id or "",
        )


def _refund_lines(scope: Scope) -> Iterator[Row]:
    given = scope.of(Refund.objects.filter(status__in=GIVEN), "created_at")
    related = given.select_related("payment__order", "user", "device").only(*GIVEN_BACK)
    for row in related.order_by("created_at", "pk").iterator(CHUNK):
        payment = row.payment
        yield (
            scope.local(row.created_at, row.store_id),
            scope.names[row.store_id],
            gettext("Refund"),
            payment.order.number,
            payment.pk,
            gettext("Cash") if payment.is_cash else brand_words(payment.card.get("brand", "")),
            payment.card.get("last4", ""),
            "",
            name_of(row.user, row.device),
            None,
            None,
            Money(-row.amount, payment.currency),
            payment.currency.upper(),
            scope.local(payment.created_at, row.store_id),
            row.refund_id or "",
        )


def words_of(money: Money) -> str:
    return spoken_amount(*money)


def cash_in_drawer(found: list[Taken]) -> int:
    """What the drawer should hold of these days, beside what was in it before."""
    return sum(each.received - each.refunded for each in found if each.is_cash)
