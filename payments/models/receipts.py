"""Receipts that are sent by e-mail: each row is the promise, and what became of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy

from payments.models.payments import Payment
from stores.models import Device, Store
from stores.principals import StoreScopedQuerySet


class EmailStatus(models.TextChoices):
    ON_ITS_WAY = "on_its_way", pgettext_lazy("receipt", "On its way")
    SENT = "sent", pgettext_lazy("receipt", "Sent")
    FAILED = "failed", pgettext_lazy("receipt", "Failed")


class ReceiptEmail(models.Model):
    """One receipt to one address. What it says is what is true when it is sent.

    `next_try_at` is when a worker may take it: whoever does moves it on, and `tries` is the number
    that a late one is known by. `email` is emptied some weeks after the end.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    store = models.ForeignKey(Store, models.PROTECT, related_name="+", db_index=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="receipt_emails")
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=16)
    device = models.ForeignKey(Device, models.PROTECT, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    status = models.CharField(max_length=16, choices=EmailStatus, default=EmailStatus.ON_ITS_WAY)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    failure_code = models.CharField(max_length=32, blank=True)
    smtp_code = models.PositiveIntegerField(
        null=True, blank=True, help_text="What the mail server answered last, such as 550."
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = StoreScopedQuerySet["ReceiptEmail"].as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            models.Index(fields=["store", "-id"], name="payments_receiptemail_store"),
            models.Index(fields=["created_at", "id"], name="payments_receiptemail_by_day"),
            models.Index(
                fields=["next_try_at"],
                condition=Q(status="on_its_way"),
                name="payments_receiptemail_waiting",
            ),
            models.Index(
                fields=["ended_at"],
                condition=~Q(email=""),
                name="payments_receiptemail_known",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=EmailStatus.values),
                name="payments_receiptemail_status_known",
            ),
            # Pressing twice sends once.
            models.UniqueConstraint(
                fields=["payment", "email"],
                condition=Q(status="on_its_way"),
                name="payments_receiptemail_one_on_its_way",
            ),
            models.CheckConstraint(
                condition=Q(status="on_its_way", ended_at__isnull=True) & ~Q(email="")
                | ~Q(status="on_its_way") & Q(ended_at__isnull=False),
                name="payments_receiptemail_ended_at_when_ended",
            ),
            models.CheckConstraint(
                condition=Q(status="failed") & ~Q(failure_code="")
                | ~Q(status="failed") & Q(failure_code=""),
                name="payments_receiptemail_fails_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Receipt by e-mail {pk}").format(pk=self.pk)
