"""How retailers come to the platform: who was invited or connected, and their ways to Stripe."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models.requests import StripeRequest
from stores.models import Account, checks


class BusinessType(models.TextChoices):
    """Stripe's words."""

    COMPANY = "company", _("A company")
    INDIVIDUAL = "individual", _("A person, without a company")
    NON_PROFIT = "non_profit", _("A charity or association")


class Dashboard(models.TextChoices):
    """What the retailer has at Stripe, fixed for ever; who bears fees and losses goes with it."""

    FULL = "full", _("Full: their own Stripe account; they bear fees and disputes")
    EXPRESS = "express", _("Express: a small Dashboard; the platform bears fees and losses")


class Onboarding(models.Model):
    """One retailer's way to the platform: invited (an account is made), or connected (the account
    that `stripe_id` names is looked up; where it `connects`, its owner names it by logging in at
    Stripe). The account follows when Stripe has answered.
    """

    # Chosen by the form, so that a form sent twice is one invitation.
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # One that had left may come by a second way.
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="onboardings"
    )
    connects = models.BooleanField(
        default=False, help_text=_("Its owner connects an account that exists, by OAuth.")
    )
    stripe_id = models.CharField(
        max_length=64,
        blank=True,
        help_text=_("The existing account that was named; else one is made."),
    )
    name = models.CharField("business name", max_length=200)
    email = models.EmailField(_("e-mail"), max_length=200, blank=True)
    country = models.CharField(max_length=2, blank=True, validators=[checks.validate_country])
    business_type = models.CharField(max_length=16, choices=BusinessType, blank=True)
    dashboard = models.CharField(max_length=16, choices=Dashboard, default=Dashboard.FULL)
    request = models.OneToOneField(
        StripeRequest, models.PROTECT, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField(
        null=True, blank=True, help_text=_("A worker is to look the named account up.")
    )
    problem = models.TextField(blank=True, help_text=_("Why there is no account."))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    # The invitation: only the hash is kept, and it is worth something once, until it expires.
    token_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001
    expires_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name_plural = "onboarding"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(token_hash__isnull=True) | Q(token_hash__regex=r"^[0-9a-f]{64}$"),
                name="payments_onboarding_token_is_hashed",
            ),
            models.CheckConstraint(
                condition=Q(token_hash__isnull=True) | Q(expires_at__isnull=False),
                name="payments_onboarding_token_expires",
            ),
            checks.one_of("payments_onboarding", "dashboard", Dashboard),
        ]

    def __str__(self) -> str:
        return self.name or self.stripe_id

    @property
    def waits(self) -> bool:
        """Stripe has not said yet what became of the account."""
        return self.account_id is None and not self.problem and not self.waits_for_owner

    @property
    def waits_for_owner(self) -> bool:
        """Stripe has not been told yet which account it is."""
        return self.connects and self.account_id is None and not self.stripe_id


class AccountLink(models.Model):
    """One person's way to Stripe's onboarding page: good for one visit, for minutes.

    The URL is kept from the answer until the person is sent there, and no longer.
    """

    onboarding = models.ForeignKey(Onboarding, models.CASCADE, null=True, related_name="links")
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+")
    base_url = models.CharField(
        max_length=200, help_text=_("Where Stripe sends the person back to.")
    )
    request = models.OneToOneField(StripeRequest, models.PROTECT, null=True, related_name="+")
    url = models.TextField(blank=True)
    expires_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="payments_accountlink_age"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(onboarding__isnull=False) | Q(account__isnull=False),
                name="payments_accountlink_leads_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(url="") | Q(taken_at__isnull=True, expires_at__isnull=False),
                name="payments_accountlink_forgotten_when_taken",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Way to onboarding {pk}").format(pk=self.pk)


class GrantEnd(models.TextChoices):
    """What came of it when somebody was to connect an account."""

    CONNECTED = "connected", _("Stripe said which account it is")
    DENIED = "denied", _("Its owner did not agree")
    SPENT = "spent", _("Stripe no longer took the code")
    LOST = "lost", _("Stripe's answer was lost")
    REFUSED = "refused", _("Stripe refused")
    READ_ONLY = "read_only", _("Looking at it was allowed, and no more")
    OTHER_MODE = "other_mode", _("It was connected in the other mode")
    OTHER_ACCOUNT = "other_account", _("Another account was connected")


class AccountGrant(models.Model):
    """One press of “Connect with Stripe”, from leaving until it is known what came of it.

    `state` comes back from Stripe once: only its hash is kept. The code that comes with it is worth
    the account, so it is kept until it was exchanged, and no longer.
    """

    onboarding = models.ForeignKey(Onboarding, models.CASCADE, null=True, related_name="grants")
    account = models.ForeignKey(
        Account, models.CASCADE, null=True, related_name="+", help_text=_("One that had left.")
    )
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    state_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001
    expires_at = models.DateTimeField()
    code = models.CharField(max_length=255, blank=True)
    request = models.OneToOneField(StripeRequest, models.PROTECT, null=True, related_name="+")
    end = models.CharField(max_length=16, choices=GrantEnd, blank=True)
    problem = models.TextField(blank=True, help_text=_("Stripe's own words."))
    created_at = models.DateTimeField(default=timezone.now)
    returned_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="payments_accountgrant_age"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(onboarding__isnull=False) | Q(account__isnull=False),
                name="payments_accountgrant_leads_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(state_hash__isnull=True) | Q(state_hash__regex=r"^[0-9a-f]{64}$"),
                name="payments_accountgrant_state_is_hashed",
            ),
            models.CheckConstraint(
                condition=Q(state_hash__isnull=True) | Q(returned_at__isnull=True),
                name="payments_accountgrant_state_is_used_once",
            ),
            models.CheckConstraint(
                condition=Q(code="") | Q(end="", request__isnull=False),
                name="payments_accountgrant_code_forgotten_when_used",
            ),
            models.CheckConstraint(
                condition=Q(end__in=["", *GrantEnd.values]),
                name="payments_accountgrant_end_known",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Connecting {pk}").format(pk=self.pk)


class AccountMoney(models.Model):
    """What an account has at Stripe, as last read: its balance and latest payouts, for looking."""

    account = models.OneToOneField(Account, models.CASCADE, primary_key=True, related_name="money")
    available = models.JSONField(default=dict, help_text=_("Amounts by currency, smallest unit."))
    pending = models.JSONField(default=dict, help_text=_("Not yet available, by currency."))
    payouts = models.JSONField(default=list)
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return gettext("Money of {account}").format(account=self.account)
