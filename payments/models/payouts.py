"""Money on its way to a bank: Stripe's payouts, and the balance transactions each consists of."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from payments.models.payments import Payment
from payments.models.refunds import Refund
from stores.currencies import spoken_amount
from stores.models import Account, Store
from stores.principals import EVERYONE, OWNERS, Principal, Role

# Stripe's `reconciliation_status`: only of these it says what they consist of.
COMPLETED = "completed"


class PayoutQuerySet(models.QuerySet["Payout"]):
    def for_principal(
        self, principal: Principal, roles: frozenset[Role] = EVERYONE
    ) -> PayoutQuerySet:
        """Of the accounts of the stores that one owns; the platform's own are the platform's."""
        if principal.sees_all(roles):
            return self.all()
        stores = Store.objects.for_principal(principal, roles & OWNERS)
        return self.filter(account__in=stores.values("account_id"))


class Payout(models.Model):
    """One payout as Stripe last described it, and what it consists of in sums."""

    account = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payouts",
        help_text="Empty: the platform's own.",
    )
    payout_id = models.CharField(max_length=64, unique=True)
    amount = models.BigIntegerField(help_text="Below 0 when the bank account was debited.")
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=32)
    is_automatic = models.BooleanField()
    reconciliation_status = models.CharField(max_length=32, blank=True)
    arrival_date = models.DateField()
    created_at = models.DateTimeField(help_text="When Stripe made it.")
    failure_message = models.TextField(blank=True)
    read_at = models.DateTimeField()

    listed_at = models.DateTimeField(
        null=True, blank=True, help_text="When all that it consists of had been read."
    )
    transactions = models.PositiveIntegerField(default=0)
    charged = models.BigIntegerField(default=0, help_text="Payments in it, before fees.")
    refunded = models.BigIntegerField(default=0, help_text="Refunds in it, below 0.")
    fees = models.BigIntegerField(default=0, help_text="Stripe's fees and the platform's.")
    others = models.BigIntegerField(
        default=0, help_text="Disputes, transfers, adjustments and the like."
    )

    objects = PayoutQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-arrival_date", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["account", "arrival_date"], name="payments_payout_account"),
            models.Index(fields=["arrival_date"], name="payments_payout_arrival"),
            models.Index(
                fields=["account"],
                condition=Q(listed_at=None, reconciliation_status=COMPLETED),
                name="payments_payout_unlisted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payout_id}: {spoken_amount(self.amount, self.currency)}"

    @property
    def consists_of(self) -> int:
        return self.charged + self.refunded + self.others - self.fees


class BalanceTransactionQuerySet(models.QuerySet["BalanceTransaction"]):
    def for_principal(
        self, principal: Principal, roles: frozenset[Role] = EVERYONE
    ) -> BalanceTransactionQuerySet:
        """Those of the payouts one may see."""
        if principal.sees_all(roles):
            return self.all()
        payouts = Payout.objects.for_principal(principal, roles)
        return self.filter(payout__in=payouts.values("pk"))


class BalanceTransaction(models.Model):
    """One movement of an account's balance that a payout took to the bank."""

    payout = models.ForeignKey(Payout, models.PROTECT, related_name="lines")
    transaction_id = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=64, help_text="Stripe's word.")
    category = models.CharField(max_length=64, help_text="Stripe's reporting_category.")
    amount = models.BigIntegerField()
    fee = models.BigIntegerField()
    net = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    source_id = models.CharField(max_length=64, blank=True)
    store = models.ForeignKey(Store, models.PROTECT, null=True, blank=True, related_name="+")
    payment = models.ForeignKey(
        Payment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="balance_transactions",
        help_text="Empty: no payment of ours.",
    )
    refund = models.ForeignKey(
        Refund, models.PROTECT, null=True, blank=True, related_name="balance_transactions"
    )
    created_at = models.DateTimeField(help_text="When Stripe did it.")

    objects = BalanceTransactionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(net=models.F("amount") - models.F("fee")),
                name="payments_balancetransaction_net",
            ),
            models.CheckConstraint(
                condition=Q(payment=None, refund=None, store=None)
                | Q(payment__isnull=False, store__isnull=False),
                name="payments_balancetransaction_of_a_payment_s_store",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transaction_id}: {spoken_amount(self.net, self.currency)}"
