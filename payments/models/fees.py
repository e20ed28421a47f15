"""What the platform takes of each payment: fee plans, which are only ever added to."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stores.currencies import format_amount, percent
from stores.models import Account, Store
from stores.models.checks import LARGEST_AMOUNT, between, matches, validate_currency
from stores.principals import EVERYONE, OWNERS, Principal, Role
from stores.sentences import Said, said


class FeePlanQuerySet(models.QuerySet["FeePlan"]):
    def for_principal(
        self, principal: Principal, roles: frozenset[Role] = EVERYONE
    ) -> FeePlanQuerySet:
        """Owners see their stores' plans and their account's; nobody below them sees any."""
        if principal.sees_all(roles):
            return self.all()
        stores = Store.objects.for_principal(principal, roles & OWNERS)
        of_account = Q(store=None, account__in=stores.values("account_id"))
        return self.filter(of_account | Q(store__in=stores.values("pk")))


class FeePlan(models.Model):
    """The fee of an account's payments in one currency, or of one of its stores, from an instant
    on. Never changed and never deleted, a trigger refuses both: a change is a newer row.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="fee_plans")
    store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fee_plans",
        help_text=_("Empty: for every store of the account that has no plan of its own."),
    )
    currency = models.CharField(max_length=3, validators=[validate_currency])
    as_account = models.BooleanField(
        _("as the account"),
        default=False,
        help_text=_("The store has no plan of its own any more: its account's holds."),
    )
    basis_points = models.PositiveIntegerField(
        default=0, help_text=_("The platform's share; 100 is 1 %.")
    )
    fixed_amount = models.BigIntegerField(
        default=0, help_text=_("Added to the share, in the currency's smallest unit.")
    )
    minimum_amount = models.BigIntegerField(
        default=0, help_text=_("The least a payment costs; never more than the payment itself.")
    )
    cap_amount = models.BigIntegerField(
        _("highest amount"),
        null=True,
        blank=True,
        help_text=_("The most a payment costs; empty: none."),
    )
    includes_tips = models.BooleanField(
        default=False,
        help_text=_(
            "Whether a tip costs the fee, too. Only where payments are captured by hand:"
            " an automatic capture takes the fee before the tip is known."
        ),
    )
    effective_from = models.DateTimeField(
        help_text=_("Payments started from this instant on have this fee, in every time zone.")
    )
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    objects = FeePlanQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-effective_from", "-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["account", "currency", "-effective_from"], name="payments_feeplan_in_force"
            ),
        ]
        constraints: ClassVar = [
            # The target of the composite foreign key of payments.
            models.UniqueConstraint(fields=["id", "currency"], name="payments_feeplan_id_currency"),
            matches("payments_feeplan", "currency", "[a-z]{3}"),
            between("payments_feeplan", "basis_points", 0, 10_000),
            between("payments_feeplan", "fixed_amount", 0, LARGEST_AMOUNT),
            between("payments_feeplan", "minimum_amount", 0, LARGEST_AMOUNT),
            models.CheckConstraint(
                condition=Q(cap_amount=None)
                | Q(cap_amount__gte=F("minimum_amount"), cap_amount__lte=LARGEST_AMOUNT),
                name="payments_feeplan_cap_above_minimum",
            ),
            models.CheckConstraint(
                condition=Q(as_account=False)
                | Q(
                    store__isnull=False,
                    basis_points=0,
                    fixed_amount=0,
                    minimum_amount=0,
                    cap_amount=None,
                    includes_tips=False,
                ),
                name="payments_feeplan_own_terms_or_the_accounts",
            ),
        ]

    def __str__(self) -> str:
        return self.said.spoken

    @property
    def said(self) -> Said:
        """2.5 % + 0.10 USD, at least 0.30 USD, at most 5.00 USD, tips included."""
        if self.as_account:
            return said("As the account")
        share, fixed = percent(self.basis_points * 100), self._amount(self.fixed_amount)
        words = said("{share} + {amount}", share=share, amount=fixed)
        if not self.fixed_amount:
            words = said("{share}", share=share)
        elif not self.basis_points:
            words = said("{amount}", amount=fixed)
        if self.minimum_amount:
            least = self._amount(self.minimum_amount)
            words = said("{terms}, at least {amount}", terms=words, amount=least)
        if self.cap_amount is not None:
            most = self._amount(self.cap_amount)
            words = said("{terms}, at most {amount}", terms=words, amount=most)
        return said("{terms}, tips included", terms=words) if self.includes_tips else words

    def _amount(self, amount: int) -> str:
        return format_amount(amount, self.currency)
