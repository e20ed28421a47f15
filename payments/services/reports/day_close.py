"""A store's day beside what Stripe says of it: what was sold, what was captured, and why the two
differ. https://docs.stripe.com/terminal/payments/collect-card-payment#capture-payment
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext

from payments.models import (
    UNSETTLED,
    DayClose,
    Difference,
    Incident,
    Outcome,
    Payment,
    Refund,
    State,
)
from payments.services.reports import takings
from payments.services.reports.scopes import Scope
from payments.services.reports.tables import Money, Row, Table
from stores.models import Store

MOST = 50  # matters that are named; what is more is counted
SOLD = F("amount") + F("tip_amount")
IN_DOUBT = (State.CHECKING, State.NEEDS_ATTENTION, State.DETACHED)


@dataclass(frozen=True)
class Matter:
    """Something about the day that is not settled, or was not as it should be."""

    payment_id: int | None
    what: str
    words: str


@dataclass(frozen=True)
class Day:
    """All of one day. `bridge` leads from what was sold to what Stripe captured."""

    store: Store
    taken: list[takings.Taken]
    bridge: list[tuple[str, int, int]]  # words, payments, amount
    sold: int
    captured: int
    confirmed: int  # of what was captured: Stripe listed it in a nightly comparison
    matters: list[Matter]
    close: DayClose | None

    @property
    def expected_cash(self) -> int:
        return takings.cash_in_drawer(self.taken)

    @property
    def received(self) -> int:
        return sum(each.received for each in self.taken)

    @property
    def refunded(self) -> int:
        return sum(each.refunded for each in self.taken)

    @property
    def payments(self) -> int:
        return sum(each.payments for each in self.taken)

    def since_close(self) -> list[tuple[str, int]]:
        """What came after the day was closed, as far as anything did."""
        if self.close is None:
            return []
        parts = [
            (gettext("Taken"), self.received - self.close.received),
            (gettext("Refunded"), self.refunded - self.close.refunded),
            (gettext("Cash in the drawer"), self.expected_cash - self.close.expected_cash),
        ]
        return [(words, amount) for words, amount in parts if amount]


def look(scope: Scope) -> Day:
    """The day of the scope's one store; a constant number of statements."""
    [store] = scope.stores
    start, end = scope.period.bounds(store.timezone)
    cards = Payment.objects.for_principal(scope.by).filter(store=store, method="card")
    today = Q(ended_at__gte=start, ended_at__lt=end)
    started = _sums(
        cards.filter(created_at__gte=start, created_at__lt=end),
        sold=Q(status__in=("requires_capture", "succeeded")),
        held=Q(status="requires_capture"),
        later=Q(status="succeeded") & ~today,
        same=Q(status="succeeded") & today,
    )
    ended = _sums(
        cards.filter(today, status="succeeded"),
        captured=Q(),
        earlier=Q(created_at__lt=start),
        confirmed=Q(compared_at__isnull=False),
        same=Q(created_at__gte=start),
    )
    other = ended["same"][2] - started["same"][1]
    bridge = [
        (gettext("Approved, not captured yet"), started["held"][0], -started["held"][1]),
        (gettext("Captured on another day"), started["later"][0], -started["later"][1]),
        (
            gettext("Captured this day, sold on an earlier one"),
            ended["earlier"][0],
            ended["earlier"][2],
        ),
        (gettext("Captured with another amount than was sold"), 0, other),
    ]
    return Day(
        store=store,
        taken=takings.taken(scope),
        bridge=[each for each in bridge if each[1] or each[2]],
        sold=started["sold"][1],
        captured=ended["captured"][2],
        confirmed=ended["confirmed"][2],
        matters=list(_matters(scope, store)),
        close=DayClose.objects.for_principal(scope.by)
        .filter(store=store, day=scope.period.first)
        .select_related("closed_by")
        .first(),
    )


def _sums(rows: Any, **parts: Q) -> dict[str, tuple[int, int, int]]:
    """Of each part: how many payments, what was sold, what was received. One statement."""
    asked: dict[str, Any] = {}
    for name, part in parts.items():
        asked[f"{name}_0"] = Count("pk", filter=part)
        asked[f"{name}_1"] = Sum(SOLD, filter=part, default=0)
        asked[f"{name}_2"] = Sum("amount_received", filter=part, default=0)
    found = rows.aggregate(**asked)
    return {name: tuple(found[f"{name}_{n}"] for n in range(3)) for name in parts}


def _matters(scope: Scope, store: Store) -> Iterator[Matter]:
    """Four statements: doubts, refunds on their way, the nightly comparison's, incidents."""
    start, end = scope.period.bounds(store.timezone)
    day = Q(created_at__gte=start, created_at__lt=end)
    of_day = Q(payment__created_at__gte=start, payment__created_at__lt=end)
    doubts = Payment.objects.for_principal(scope.by).filter(
        day, store=store, ended_at=None, state__in=IN_DOUBT
    )
    for payment in doubts.order_by("pk")[:MOST]:
        yield Matter(payment.pk, gettext("Not known yet"), payment.spoken)
    refunds = Refund.objects.for_principal(scope.by).filter(day, store=store, status__in=UNSETTLED)
    for refund in refunds.select_related("payment").order_by("pk")[:MOST]:
        shown = Money(refund.amount, refund.payment.currency)
        yield Matter(refund.payment_id, gettext("Refund pending"), takings.words_of(shown))
    differences = Difference.objects.for_principal(scope.by).filter(of_day, store=store)
    for each in differences.order_by("pk")[:MOST]:
        what = gettext("Differed from Stripe, not mended")
        if each.outcome == Outcome.MENDED:
            what = gettext("Differed from Stripe, mended")
        words = f"{each.spoken} {each.spoken_resolution}".strip()
        yield Matter(each.payment_id, what, words)
    incidents = Incident.objects.for_principal(scope.by).filter(
        of_day, store=store, resolved_at=None
    )
    for incident in incidents.order_by("pk")[:MOST]:
        yield Matter(incident.payment_id, gettext("Incident"), incident.spoken)


def tables(scope: Scope) -> list[Table]:
    return tables_of(look(scope))


def tables_of(day: Day) -> list[Table]:
    return [
        takings.by_method(day.taken),
        takings.by_reader(day.taken),
        takings.by_person(day.taken),
        _against_stripe(day),
    ]


def _against_stripe(day: Day) -> Table:
    currency = day.store.currency
    rows: list[Row] = [(gettext("Sold by card"), None, Money(day.sold, currency))]
    rows += [(words, count or None, Money(amount, currency)) for words, count, amount in day.bridge]
    waiting = day.captured - day.confirmed
    note = gettext("Stripe listed all of it in a nightly comparison.")
    if waiting:
        shown = takings.words_of(Money(waiting, currency))
        note = gettext(
            "{shown} of it Stripe has not listed yet, which the next nightly comparison does."
        ).format(shown=shown)
    captured: Row = (gettext("Captured at Stripe"), None, Money(day.captured, currency))
    return Table(
        gettext("Cards, beside Stripe"),
        ("", gettext("Payments"), gettext("Amount")),
        rows if day.sold or day.captured else [],
        [captured] if day.sold or day.captured else [],
        empty=gettext("No card was charged or approved on this day."),
        note=note if day.captured else "",
    )
