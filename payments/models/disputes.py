"""What a cardholder's bank took back, or asks about."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from payments.models.payments import Payment
from stores.models import Store
from stores.principals import StoreScopedQuerySet

DISPUTED = "disputed"  # the kind of its incident
# Stripe's words: https://docs.stripe.com/api/disputes/object. An inquiry (warning_…) takes nothing.
TAKEN_BACK = ("needs_response", "under_review", "lost")
TO_ANSWER = ("needs_response", "warning_needs_response")
CLOSED_DISPUTES = ("won", "lost", "warning_closed", "prevented", "charge_refunded")


class Dispute(models.Model):
    """A dispute as Stripe last described it; nobody here decides one."""

    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    dispute_id = models.CharField(max_length=64, unique=True)
    charge_id = models.CharField(max_length=64)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=32)
    respond_before = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = StoreScopedQuerySet["Dispute"].as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "store"], name="payments_dispute_id_store"),
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="payments_dispute_amount_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return gettext("Dispute {pk}").format(pk=self.pk)

    @property
    def is_to_answer(self) -> bool:
        return self.status in TO_ANSWER
