"""Columns that many lists have: of which payment, since when and until when, and what Stripe calls
it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from payments.admin import words


class OfAPayment:
    @admin.display(description=_("Payment"), ordering="payment")
    def shown_payment(self, row: Any) -> SafeString | str:
        return words.admin_link(row.payment)


class OfAnAmount(OfAPayment):
    """In the currency of the payment."""

    @admin.display(description=_("Amount"), ordering="amount")
    def shown_amount(self, row: Any) -> SafeString:
        return words.money(row.amount, row.payment.currency)


class AskedAndEnded:
    @admin.display(description=_("Asked"), ordering="id")
    def asked(self, row: Any) -> SafeString | str:
        return words.local_time(row.created_at, row.store, words.SHORT)

    @admin.display(description=_("Ended"))
    def ended(self, row: Any) -> SafeString | str:
        return words.local_time(row.ended_at, row.store)


class AtStripe:
    """`stripe_name` is the field with Stripe's id; the row or its payment says in which mode."""

    stripe_name: ClassVar[str]

    @admin.display(description=_("At Stripe"))
    def at_stripe(self, row: Any) -> SafeString | str:
        known = getattr(row, "payment", None) or row
        return words.stripe_link(
            getattr(row, self.stripe_name),
            known.stripe_account,
            livemode=getattr(known, "livemode", False),
        )
