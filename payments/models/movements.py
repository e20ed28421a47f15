"""What Stripe took from accounts for the platform, and what it gave back to them."""

from __future__ import annotations

from typing import ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment
from payments.models.refunds import Refund
from stores.currencies import spoken_amount
from stores.models import Account, Store
from stores.principals import EVERYONE, OWNERS, Principal, Role, StoreScopedQuerySet

M = TypeVar("M", bound=models.Model, covariant=True)


class MovementKind(models.TextChoices):
    """The types of the platform's balance transactions about fees."""

    TAKEN = "application_fee", _("fee")
    RETURNED = "application_fee_refund", _("fee given back")


class OwnersQuerySet(StoreScopedQuerySet[M]):
    def for_principal(self, principal: Principal, roles: frozenset[Role] = EVERYONE) -> Self:
        """Of the stores that one owns; what is of no payment of ours is the platform's."""
        if principal.sees_all(roles):
            return self.all()
        return super().for_principal(principal, roles & OWNERS)


class FeeMovement(models.Model):
    """One application fee, or one refund of one, as Stripe lists it."""

    object_id = models.CharField(
        max_length=64, unique=True, help_text=_("Stripe's: fee_… or fr_….")
    )
    fee_id = models.CharField(max_length=64, db_index=True, help_text=_("The fee it is about."))
    kind = models.CharField(max_length=24, choices=MovementKind)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    store = models.ForeignKey(
        Store, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    payment = models.ForeignKey(
        Payment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fee_movements",
        help_text=_("Empty: no payment of ours has this charge."),
    )
    refund = models.ForeignKey(
        Refund,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fee_movements",
        help_text=_("With which it was given back; empty: with none of ours."),
    )
    charge_id = models.CharField(max_length=64)
    amount = models.BigIntegerField(help_text=_("In the smallest unit; below 0 when given back."))
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(help_text=_("When Stripe did it."))

    objects = OwnersQuerySet["FeeMovement"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["account", "created_at"], name="payments_feemovement_account"),
            # For the list, newest first
            models.Index(
                fields=["store", "-created_at", "-id"], name="payments_feemovement_by_store"
            ),
            models.Index(
                fields=["kind", "-created_at", "-id"],
                condition=Q(kind=MovementKind.RETURNED),
                name="payments_feemovement_by_kind",
            ),
            models.Index(fields=["created_at", "id"], name="payments_feemovement_by_day"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind=MovementKind.TAKEN, amount__gt=0)
                | Q(kind=MovementKind.RETURNED, amount__lt=0),
                name="payments_feemovement_sign_of_kind",
            ),
            models.CheckConstraint(
                condition=Q(payment=None, store=None)
                | Q(payment__isnull=False, store__isnull=False),
                name="payments_feemovement_of_a_payment_s_store",
            ),
            models.CheckConstraint(
                condition=Q(refund=None) | Q(kind=MovementKind.RETURNED, store__isnull=False),
                name="payments_feemovement_of_a_refund_goes_back",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_id}: {spoken_amount(self.amount, self.currency)}"


class FeeDay(models.Model):
    """The fees of a store in one day of the platform's, summed; written by `services.fee_days`
    alone, and gone when something of that day, or of one before, is listed late.

    `missing` is what payments that ended that day owe and Stripe has not listed.
    """

    day = models.DateField()
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    store = models.ForeignKey(Store, models.PROTECT, null=True, related_name="+")
    currency = models.CharField(max_length=3)
    payments = models.PositiveIntegerField(default=0)
    taken = models.BigIntegerField(default=0)
    returned = models.BigIntegerField(default=0)
    due = models.BigIntegerField(default=0)
    foreign = models.BigIntegerField(default=0)
    missing = models.BigIntegerField(default=0)

    objects = OwnersQuerySet["FeeDay"].as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["day"], name="payments_feeday_day")]

    def __str__(self) -> str:
        return gettext("Fees of {day}").format(day=self.day)
