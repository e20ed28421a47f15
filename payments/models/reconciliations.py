"""The nightly comparison with Stripe, what it found, and how many reads an account is allowed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment
from stores.models import Account, Store
from stores.principals import EVERYONE, Principal, Role, StoreScopedQuerySet
from stores.sentences import Sentence


class Step(models.TextChoices):
    """What a comparison is doing, in this order."""

    PAYMENT_INTENTS = "payment_intents", _("PaymentIntents")
    CHARGES = "charges", _("Charges")
    REFUNDS = "refunds", _("Refunds")
    DISPUTES = "disputes", _("Disputes")
    PAYOUTS = "payouts", _("Payouts")
    PAID_OUT = "paid_out", _("Paid out")  # what the payouts consist of
    FEES = "fees", _("Fees")  # the platform's only
    FEES_RETURNED = "fees_returned", _("Fees returned")
    LOCATIONS = "locations", _("Locations")
    READERS = "readers", _("Readers")
    FLEET = "fleet", _("Fleet")  # each of ours that was not listed as it is here, read alone
    OURS = "ours", _("Ours")  # what we have and Stripe did not list
    AGAIN = "again", _("Again")  # what differed is read anew
    DONE = "done", _("Done")


class ReconciliationQuerySet(models.QuerySet["Reconciliation"]):
    def for_principal(
        self, principal: Principal, roles: frozenset[Role] = EVERYONE
    ) -> ReconciliationQuerySet:
        """Those of the accounts where one of the principal's stores makes its charges."""
        if principal.sees_all(roles):
            return self.all()
        stores = Store.objects.for_principal(principal, roles).select_related("account")
        return self.filter(stripe_account__in={store.stripe_account for store in stores})


class Reconciliation(models.Model):
    """One comparison of what an account made in some days with our rows.

    Everything it has done is in the row, so it goes on where it stopped, whoever takes it up.
    """

    # What we call the account, where it was looked up with the row: a list has many.
    account_name = ""

    stripe_account = models.CharField(
        max_length=64, blank=True, help_text=_("Empty for the platform.")
    )
    since = models.DateTimeField(help_text=_("Compares what Stripe made from here …"))
    until = models.DateTimeField(help_text=_("… to here."))
    step = models.CharField(max_length=16, choices=Step, default=Step.PAYMENT_INTENTS)
    after = models.CharField(max_length=64, blank=True, help_text=_("The last object compared."))
    counted = models.JSONField(
        default=dict, help_text=_("How many objects Stripe listed, by kind.")
    )
    differences = models.PositiveIntegerField(default=0)
    told = models.PositiveIntegerField(
        default=0, help_text=_("Differences that remained after Stripe was read anew.")
    )
    error = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ReconciliationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["stripe_account", "-id"], name="payments_reconciliation_newest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stripe_account"],
                condition=Q(finished_at__isnull=True),
                name="payments_reconciliation_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Comparison of {account}, {day}").format(
            account=self.account_name or self.stripe_account or gettext("the platform"),
            day=date_format(self.until, gettext("M j, Y")),
        )

    @property
    def account(self) -> Account | None:
        return Account.objects.filter(stripe_id=self.stripe_account).first()


class Outcome(models.TextChoices):
    FOUND = "found", pgettext_lazy("difference", "Found")  # Stripe is still to be read anew
    MENDED = "mended", pgettext_lazy("difference", "Mended")  # after that, both say the same
    TOLD = "told", pgettext_lazy("difference", "Told")  # they do not: a person was told


class Difference(models.Model):
    """One object that is not the same at Stripe and here."""

    reconciliation = models.ForeignKey(Reconciliation, models.CASCADE, related_name="lines")
    store = models.ForeignKey(Store, models.PROTECT, null=True, blank=True, related_name="+")
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="differences"
    )
    kind = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64, help_text=_("Stripe's id of what differs."))
    message = models.TextField(help_text=_("What Stripe says, and what is here."))
    said = models.JSONField(
        default=list,
        blank=True,
        help_text="What the message is made of, to be said in other languages.",
    )
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.FOUND)
    resolution = models.TextField(blank=True, help_text=_("What became of it, or is to be done."))
    resolution_said = models.JSONField(
        default=list, blank=True, help_text="The same of the resolution."
    )
    looks = models.PositiveIntegerField(default=0, help_text=_("How often it was read anew."))
    found_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    spoken = Sentence("message", "said")
    spoken_resolution = Sentence("resolution", "resolution_said")
    objects = StoreScopedQuerySet["Difference"].as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reconciliation", "object_id"], name="payments_difference_once"
            ),
        ]

    def __str__(self) -> str:
        return gettext("Difference {pk}").format(pk=self.pk)


class ReadBudget(models.Model):
    """How many reads that nobody waits for an account has left: a bucket that fills by itself."""

    stripe_account = models.CharField(max_length=64, primary_key=True, blank=True)
    tokens = models.FloatField()
    rate = models.FloatField(help_text=_("Reads a second; less after Stripe said: too many."))
    filled_at = models.DateTimeField()
    granted = models.IntegerField(default=0, help_text=_("What was taken last."))

    def __str__(self) -> str:
        return f"reads of {self.stripe_account or 'the platform'}: {self.rate:g} a second"
