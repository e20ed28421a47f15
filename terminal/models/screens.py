"""What readers show besides a payment: forms of an order, and its cart."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models import StripeRequest
from stores.models import Order, Store
from stores.principals import StoreScopedQuerySet
from terminal.models.actions import ReaderAction
from terminal.models.readers import Reader


class CollectedInputs(models.Model):
    """A form of an order: what was asked, and what the customer answered.

    `inputs` is as Stripe has it. A signature is the id of a file that Stripe keeps for 7 days;
    `forget_answers` empties all of it, e-mail and phone too, after 35.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    action = models.OneToOneField(ReaderAction, models.PROTECT, related_name="form")
    order = models.ForeignKey(Order, models.PROTECT, related_name="forms")
    asked = models.JSONField(help_text=_("The inputs as they were sent."))
    inputs = models.JSONField(default=list, blank=True)
    receipt_email = models.EmailField(blank=True)
    receipt_phone = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = StoreScopedQuerySet["CollectedInputs"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name_plural = "collected inputs"

    def __str__(self) -> str:
        return gettext("Form {id}").format(id=self.pk)


class ReaderDisplay(models.Model):
    """The order whose cart a reader shows while nothing else is on it.

    `order` is what is wanted; `shown_order` and `shown_version` are what the reader was last known
    to show. No queue: what is sent is always the newest.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    reader = models.OneToOneField(Reader, models.CASCADE, related_name="display")
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="displays")
    shown_order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="+")
    shown_version = models.PositiveIntegerField(default=0)
    request = models.OneToOneField(
        StripeRequest, models.PROTECT, null=True, blank=True, related_name="reader_display"
    )
    tries = models.PositiveIntegerField(default=0, help_text=_("In a row that showed nothing."))
    next_try_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When what is shown is made what is wanted.")
    )
    error_code = models.CharField(max_length=64, blank=True)

    objects = StoreScopedQuerySet["ReaderDisplay"].as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="terminal_display_due",
            ),
        ]

    def __str__(self) -> str:
        return f"Display of {self.reader_id}"
