"""Payouts with the payments and refunds inside, for the owners of an account and the platform.

Days are those of arrival at the bank, which Stripe names without a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.models import BalanceTransaction, Payout
from payments.services.reports.scopes import Scope
from payments.services.reports.tables import Lines, Money, Row, Table, totals
from payments.services.reports.takings import CHUNK, words_of
from payments.transitions.codes import code_words
from stores.models import Store
from stores.periods import Period
from stores.principals import Principal

COLUMNS = (
    _("Payout"),
    _("Account"),
    _("Arrives"),
    _("Status"),
    _("Parts"),
    _("Payments"),
    _("Refunds"),
    _("Others"),
    pgettext_lazy("payout", "Fees"),
    _("Amount"),
    _("Adds up"),
)
PLATFORM = _("The platform")
MOST = 500  # parts of one payout on a page; the export has all


def payouts_of(scope: Scope, *, whole: bool = True) -> QuerySet[Payout]:
    """Those of the scope's stores' accounts; the platform's own for who sees all, unless one store
    was chosen.
    """
    accounts = Q(account__in={store.account_id for store in scope.stores})
    own = Q(account=None) if whole and scope.by.sees_all() else Q(pk__in=())
    period: Period = scope.period
    seen = Payout.objects.for_principal(scope.by).filter(accounts | own)
    days = seen.filter(arrival_date__gte=period.first, arrival_date__lte=period.last)
    return days.select_related("account").order_by("arrival_date", "pk")


def tables(scope: Scope) -> list[Table]:
    found = list(payouts_of(scope))
    rows = [_row(payout) for payout in found]
    return [
        Table(
            gettext("Payouts"),
            COLUMNS,
            rows,
            totals(gettext("Total"), rows, len(COLUMNS)),
            empty=gettext(
                "No payouts arrive in these days. Stripe's payouts are listed once a night."
            ),
            links=[payout.payout_id for payout in found],
        )
    ]


def _row(payout: Payout) -> Row:
    known = payout.listed_at is not None
    sums = (payout.charged, payout.refunded, payout.others, -payout.fees)
    return (
        payout.payout_id,
        str(payout.account or PLATFORM),
        payout.arrival_date,
        _status(payout),
        payout.transactions if known else None,
        *(Money(each, payout.currency) if known else None for each in sums),
        Money(payout.amount, payout.currency),
        _adds_up(payout),
    )


def _status(payout: Payout) -> str:
    words = capfirst(code_words(payout.status))
    return f"{words}: {payout.failure_message}" if payout.failure_message else words


def _adds_up(payout: Payout) -> str:
    if not payout.is_automatic:
        return gettext("Made by hand: Stripe does not say what is in it")
    if payout.listed_at is None:
        return gettext("Stripe is still putting it together")
    differs = payout.amount - payout.consists_of
    if not differs:
        return gettext("Yes")
    return gettext("No: {amount}").format(amount=words_of(Money(differs, payout.currency)))


_NONE = (None,) * 4  # numbers of orders and payments are not added up
PARTS = (
    _("At"),
    _("What"),
    _("Store"),
    _("Order"),
    _("Payment"),
    _("Amount"),
    pgettext_lazy("payout", "Fee"),
    _("Net"),
    _("Currency"),
    _("Id at Stripe"),
)


def parts(payout: Payout, by: Principal) -> Table:
    """What one payout consists of."""
    seen = BalanceTransaction.objects.for_principal(by).filter(payout=payout)
    own = set(Store.objects.for_principal(by).values_list("pk", flat=True))
    related = seen.select_related("store", "payment__order").order_by("created_at", "-pk")
    rows = [_part(row, own) for row in related[:MOST]]
    return Table(
        gettext("Payout {payout_id}").format(payout_id=payout.payout_id),
        PARTS,
        rows,
        [(gettext("Total"), *_NONE, *row[5:8], None, None) for row in totals("", rows, len(PARTS))],
        empty=f"{_sentence(_status(payout))} {_sentence(_adds_up(payout))}",
        note=" ".join([_sentence(_status(payout)), *_more(payout.transactions - len(rows))]),
    )


def _sentence(words: str) -> str:
    return words if words.endswith(".") else f"{words}."


def _more(count: int) -> list[str]:
    if count <= 0:
        return []
    return [gettext("{count} more are in the export.").format(count=count)]


def _part(row: BalanceTransaction, own: set[int]) -> Row:
    """Of a store that is not one's own, what is Stripe's to tell and no more."""
    ours = row.payment if row.store_id in own else None
    zone = ZoneInfo(row.store.timezone if ours and row.store else "UTC")
    return (
        row.created_at.astimezone(zone),
        capfirst(code_words(row.category)),
        str(row.store) if ours and row.store else "",
        ours.order.number if ours else None,
        ours.pk if ours else None,
        Money(row.amount, row.currency),
        Money(-row.fee, row.currency),
        Money(row.net, row.currency),
        row.currency.upper(),
        row.source_id,
    )


LINES = (_("Payout"), _("Account"), _("Arrives"), _("Status"), _("Paid out"), *PARTS)


def lines(scope: Scope) -> Lines:
    """Every balance transaction of these payouts; of one that is not known in parts, itself."""

    def rows() -> Iterator[Row]:
        own = {store.pk for store in scope.stores}
        for payout in payouts_of(scope):
            head: Row = (
                payout.payout_id,
                str(payout.account or PLATFORM),
                payout.arrival_date,
                _status(payout),
                Money(payout.amount, payout.currency),
            )
            if payout.listed_at is None:
                yield (*head, None, _adds_up(payout), *(None,) * 6, payout.currency.upper(), "")
                continue
            found = BalanceTransaction.objects.filter(payout=payout).order_by("created_at", "-pk")
            for row in found.select_related("store", "payment__order").iterator(CHUNK):
                yield (*head, *_part(row, own))

    return Lines(LINES, rows())
