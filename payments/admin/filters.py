"""How managers narrow the list of payments, and what the selection comes to.

Filters offer words we know: Django's own would ask a large table for every word in it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count, F, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin.words import STATES
from payments.models import Payment
from stores.admin_base import KnownWords, OwnRowsFilter, scoped
from stores.currencies import format_amount
from stores.models import Membership, Store

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class StateFilter(KnownWords):
    title = _("state")
    parameter_name = "state"
    words = {state: said for state, (_tone, said) in STATES.items()}


class BrandFilter(KnownWords):
    title = _("card")
    parameter_name = "card__brand"
    words = {
        "visa": "Visa",
        "mastercard": "Mastercard",
        "amex": "American Express",
        "discover": "Discover",
        "diners": "Diners Club",
        "jcb": "JCB",
        "unionpay": "UnionPay",
        "interac": "Interac",
        "eftpos_au": "eftpos",
    }


class DeclineFilter(KnownWords):
    """Of payments that stand declined: their code is the bank's reason."""

    title = _("declined for")
    parameter_name = "code"
    words = {
        "insufficient_funds": _("Insufficient funds"),
        "generic_decline": _("No reason given"),
        "do_not_honor": _("Do not honor"),
        "expired_card": _("Expired card"),
        "incorrect_pin": _("Wrong PIN"),
        "pin_try_exceeded": _("PIN tried too often"),
        "lost_card": _("Lost card"),
        "stolen_card": _("Stolen card"),
        "card_velocity_exceeded": _("Card used too often"),
        "card_not_supported": _("Card not supported"),
        "withdrawal_count_limit_exceeded": _("Limit exceeded"),
        "processing_error": _("Processing error"),
    }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().queryset(request, queryset)
        return rows.filter(state="declined") if self.value() else rows


class AmountFilter(admin.SimpleListFilter):
    """In the smallest unit, which is a hundredth of what is written on most banknotes."""

    title = _("amount")
    parameter_name = "amount"
    bands = {
        "0-10": (0, 10_00),
        "10-50": (10_00, 50_00),
        "50-200": (50_00, 200_00),
        "200-": (200_00, None),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = (
            gettext("Under 10.00"),
            gettext("10.00 to 50.00"),
            gettext("50.00 to 200.00"),
            gettext("200.00 and more"),
        )
        return list(zip(self.bands, names, strict=True))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        least, most = self.bands.get(self.value() or "", (None, None))
        if least is not None:
            queryset = queryset.filter(amount__gte=least)
        return queryset if most is None else queryset.filter(amount__lt=most)


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def _first(today: date) -> date:
    return today.replace(day=1)


def _month_before(today: date) -> date:
    return _first(_first(today) - timedelta(days=1))


DAY = timedelta(days=1)
PERIODS: dict[str, tuple[StrOrPromise, Callable[[date], tuple[date, date]]]] = {
    "today": (_("Today"), lambda today: (today, today + DAY)),
    "yesterday": (_("Yesterday"), lambda today: (today - DAY, today)),
    "week": (_("This week"), lambda today: (_monday(today), today + DAY)),
    "last-week": (_("Last week"), lambda today: (_monday(today) - 7 * DAY, _monday(today))),
    "month": (_("This month"), lambda today: (_first(today), today + DAY)),
    "last-month": (_("Last month"), lambda today: (_month_before(today), _first(today))),
}


class PeriodFilter(admin.SimpleListFilter):
    """Days as the chosen store's clock has them; without one, as the first store's has."""

    title = _("started")
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, str(period[0])) for name, period in PERIODS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        period = PERIODS.get(self.value() or "")
        if period is None:
            return queryset
        zone = ZoneInfo(_zone(request))
        begin, end = period[1](timezone.now().astimezone(zone).date())
        at = [datetime.combine(day, time.min, zone) for day in (begin, end)]
        return queryset.filter(created_at__gte=at[0], created_at__lt=at[1])


def _zone(request: HttpRequest) -> str:
    stores = scoped(Store.objects.order_by("pk"), request)
    chosen = request.GET.get("store__id__exact", "")
    if chosen.isdecimal():
        stores = stores.filter(pk=chosen)
    return stores.values_list("timezone", flat=True).first() or "UTC"


class PersonFilter(admin.SimpleListFilter):
    """Whoever works where this person may look."""

    title = _("cashier")
    parameter_name = "cashier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        works = scoped(Membership.objects.all(), request).values("user")
        people = User.objects.filter(pk__in=works).order_by("username")
        return [
            (str(user.pk), user.get_full_name() or user.get_username())
            for user in people[: OwnRowsFilter.limit]
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        if not chosen.isdecimal() or int(chosen) >= 2**31:
            return queryset
        return queryset.filter(user=int(chosen))


def totals(rows: QuerySet[Payment]) -> list[dict[str, Any]]:
    """By currency how many they are and what they come to; one statement."""
    sums = (
        Payment.objects.filter(pk__in=rows.order_by().values("pk"))
        .order_by("currency")
        .values("currency")
        .annotate(
            count=Count("pk"),
            asked=Sum(F("amount") + F("tip_amount")),
            held=Sum("amount_capturable"),
            received=Sum("amount_received"),
            refunded=Sum("amount_refunded"),
        )
    )
    return [
        {
            "count": each["count"],
            **{
                name: format_amount(each[name], each["currency"])
                for name in ("asked", "held", "received", "refunded")
                if each[name] or name in ("asked", "received")
            },
        }
        for each in sums
    ]
