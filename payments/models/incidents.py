"""What a person must look at."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from payments.models.payments import Payment
from stores.models import Store
from stores.principals import StoreScopedQuerySet
from stores.sentences import Said, Sentence


class IncidentQuerySet(StoreScopedQuerySet["Incident"]):
    def end(self, resolution: Said) -> int:
        """What people were told is over by itself; how many open ones it closed."""
        return self.filter(resolved_at=None).update(
            resolved_at=timezone.now(), **Incident.spoken_resolution.of(resolution)
        )


class Incident(models.Model):
    """Something a person must look at. Its sentence says what happened and what to do."""

    store = models.ForeignKey(Store, models.PROTECT, null=True, blank=True, related_name="+")
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    stripe_account = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=48)
    subject = models.CharField(
        max_length=80, blank=True, help_text="What it is about when it is about no payment."
    )
    message = models.TextField()
    said = models.JSONField(
        default=list,
        blank=True,
        help_text="What the message is made of, to be said in other languages.",
    )
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolution = models.TextField(blank=True)
    resolution_said = models.JSONField(
        default=list, blank=True, help_text="The same of the resolution; empty for a person's note."
    )

    spoken = Sentence("message", "said")
    spoken_resolution = Sentence("resolution", "resolution_said")
    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["payment", "kind"],
                condition=Q(resolved_at__isnull=True),
                name="payments_incident_one_open_per_kind",
            ),
            models.UniqueConstraint(
                fields=["kind", "stripe_account", "subject"],
                condition=Q(resolved_at__isnull=True, payment__isnull=True),
                name="payments_incident_one_open_per_subject",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Incident {pk}").format(pk=self.pk)
