"""How managers narrow the list of payments, and what the selection comes to.

Filters offer words we know: Django's own would ask a large table for every word in it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, F, QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from payments.admin.words import STATES
from payments.models import Payment
from stores.admin_base import KnownWords, scoped
from stores.admin_filters import AmountFilter
from stores.admin_row_filters import RowsFilter
from stores.currencies import spoken_amount
from stores.models import Membership
from stores.names import name_of


class StateFilter(KnownWords):
    title = _("status")
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


class AskedFilter(AmountFilter):
    """With the tip, as the list says it."""

    amount = F("amount") + F("tip_amount")


class PersonFilter(RowsFilter):
    """Whoever works where this person may look."""

    title = _("cashier")
    parameter_name = "cashier"

    def rows(self, request: HttpRequest) -> QuerySet[User]:
        works = scoped(Membership.objects.all(), request).values("user")
        return User.objects.filter(pk__in=works)

    def spoken(self, row: User) -> str:
        return name_of(row)

    def of(self, queryset: QuerySet[Any], pk: int) -> QuerySet[Any]:
        return queryset.filter(user=pk)


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
                name: spoken_amount(each[name], each["currency"])
                for name in ("asked", "held", "received", "refunded")
                if each[name] or name in ("asked", "received")
            },
        }
        for each in sums
    ]
