"""Many holds that one person captures together, and what became of each."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment
from payments.models.requests import StripeRequest
from stores.models import Store
from stores.principals import EVERYONE, Principal, Role, StoreScopedQuerySet


class CaptureRunQuerySet(models.QuerySet["CaptureRun"]):
    def for_principal(
        self, principal: Principal, roles: frozenset[Role] = EVERYONE
    ) -> CaptureRunQuerySet:
        """Those with a payment of a store where the principal works."""
        if principal.sees_all(roles):
            return self.all()
        seen = RunPayment.objects.for_principal(principal, roles)
        return self.filter(Exists(seen.filter(run=OuterRef("pk"))))


class CaptureRun(models.Model):
    """What was pressed once. Its rows are the queue: a worker takes them one after another."""

    key = models.UUIDField(
        default=uuid.uuid4, unique=True, editable=False, help_text=_("Of the question it answers.")
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("When each of its payments had been asked for, or refused."),
    )

    objects = CaptureRunQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name = "capture in bulk"
        verbose_name_plural = "captures in bulk"
        indexes: ClassVar = [
            models.Index(
                fields=["claimed_until"],
                condition=Q(asked_at__isnull=True),
                name="payments_capturerun_waiting",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Capture in bulk {pk}").format(pk=self.pk)


class RunPayment(models.Model):
    """One payment of a run: waiting, asked for by a request, or refused with a reason."""

    run = models.ForeignKey(CaptureRun, models.PROTECT, related_name="payments")
    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="runs")
    request = models.ForeignKey(
        StripeRequest, models.PROTECT, null=True, blank=True, related_name="+"
    )
    refused = models.TextField(blank=True, help_text=_("Why it was not asked for, and what to do."))

    objects = StoreScopedQuerySet["RunPayment"].as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["run"],
                condition=Q(request__isnull=True, refused=""),
                name="payments_runpayment_waiting",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "payment"], name="payments_runpayment_once"),
            models.CheckConstraint(
                condition=Q(request__isnull=True) | Q(refused=""),
                name="payments_runpayment_asked_or_refused",
            ),
        ]

    def __str__(self) -> str:
        return gettext("payment {payment_id} of run {run_id}").format(
            payment_id=self.payment_id, run_id=self.run_id
        )
