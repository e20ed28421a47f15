"""What accounts paid the platform, month by month, beside what their plans make.

Months are the platform's, in its own time zone (`TIME_ZONE`), so that they add up to its books.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models import FeeDay, FeeMovement, Payment
from payments.services import fee_days
from payments.services.reports.tables import Lines, Money, Row
from stores.currencies import spoken_amount
from stores.principals import OWNERS, Principal

LINES = (
    _("At"),
    _("Account"),
    _("Store"),
    _("Kind"),
    _("Amount"),
    _("Currency"),
    _("Fee at Stripe"),
    _("Payment"),
    _("PaymentIntent"),
    _("Received"),
    _("Tip"),
    _("Fee by plan"),
    _("Plan"),
)


@dataclass
class Month:
    """An account's fees in one currency. `taken` + `returned` is what Stripe moved; `due` is what
    the plans of the month's payments make.
    """

    account: str
    month: date
    currency: str
    payments: int = 0
    taken: int = 0
    returned: int = 0
    due: int = 0
    foreign: int = 0  # of charges that are no payment of ours
    wrong: int = 0  # more than the plan makes, or less, of payments of ours
    missing: int = 0  # of payments that are paid and whose fee Stripe has not listed yet

    @property
    def net(self) -> int:
        return self.taken + self.returned

    @property
    def difference(self) -> int:
        """It is explained: what is foreign and wrong, less what is missing."""
        return self.taken - self.due

    def explained(self) -> str:
        parts = [
            (
                self.missing,
                gettext("{amount} not listed yet, which the next nightly comparison does"),
            ),
            (self.wrong, gettext("{amount} other than by plan: see the incidents")),
            (self.foreign, gettext("{amount} on charges that are no payment here")),
        ]
        return "; ".join(
            words.format(amount=spoken_amount(amount, self.currency))
            for amount, words in parts
            if amount
        )


def months(by: Principal) -> list[Month]:
    """Newest first; four statements, whatever there is. Owners see what is of their stores."""
    found: dict[tuple[Any, ...], Month] = {}
    since = fee_days.end()
    for row in (*_summed(by), *_moved(by, since), *_unlisted(by, since)):
        month = _month(found, row)
        for name in fee_days.SUMS:
            setattr(month, name, getattr(month, name) + row.get(name, 0))
    for month in found.values():
        month.wrong = month.taken - month.foreign - (month.due - month.missing)
    return sorted(found.values(), key=lambda m: (m.month, m.account, m.currency), reverse=True)


def _month(found: dict[tuple[Any, ...], Month], row: dict[str, Any]) -> Month:
    key = (row["name"], _day(row["month"]), row["currency"], row["account_id"])
    return found.setdefault(key, Month(*key[:3]))


def _day(month: date) -> date:
    return month.date() if isinstance(month, datetime) else month


_BY = ("account_id", "name", "month", "currency")


def _summed(by: Principal) -> Any:
    seen = FeeDay.objects.for_principal(by)
    months = seen.annotate(month=TruncMonth("day"), name=F("account__name")).order_by()
    sums = months.values(*_BY).annotate(**{f"all_{name}": Sum(name) for name in fee_days.SUMS})
    return [
        {name: row[name] for name in _BY} | {name: row[f"all_{name}"] for name in fee_days.SUMS}
        for row in sums
    ]


def _moved(by: Principal, since: datetime) -> Any:
    seen = FeeMovement.objects.for_principal(by).filter(created_at__gte=since)
    return fee_days.moved(
        seen.annotate(month=TruncMonth("created_at"), name=F("account__name")), *_BY
    )


def _unlisted(by: Principal, since: datetime) -> Any:
    paid = Payment.objects.filter(ended_at__gte=since)
    seen = paid if by.sees_all() else paid.for_principal(by, OWNERS)
    months = seen.annotate(
        month=TruncMonth("ended_at"),
        account_id=F("store__account_id"),
        name=F("store__account__name"),
    )
    return fee_days.unlisted(months, *_BY)


def lines(by: Principal) -> Lines:
    """Every fee and every one given back, oldest first, with the rule it was taken by."""
    return Lines(LINES, _rows(by))


def _rows(by: Principal) -> Iterator[Row]:
    zone = ZoneInfo(settings.TIME_ZONE)
    seen = FeeMovement.objects.for_principal(by).order_by("created_at", "pk")
    for row in seen.select_related("account", "store", "payment__fee_plan").iterator(2_000):
        yield (
            row.created_at.astimezone(zone),
            row.account.name,
            row.store.name if row.store else "",
            row.get_kind_display(),
            Money(row.amount, row.currency),
            row.currency.upper(),
            row.object_id,
            *(_of_payment(row.payment) if row.payment else (None,) * 6),
        )


def _of_payment(payment: Payment) -> Row:
    amounts = (payment.amount_received, payment.tip_amount, payment.application_fee_amount)
    return (
        payment.pk,
        payment.payment_intent_id or "",
        *(Money(amount, payment.currency) for amount in amounts),
        str(payment.fee_plan or ""),
    )
