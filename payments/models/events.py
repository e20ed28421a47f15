"""What Stripe tells us: an InboundEvent per webhook event, and how far we have listed them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class EventStatus(models.TextChoices):
    RECEIVED = "received", _("Received")
    HANDLED = "handled", _("Handled")
    IGNORED = "ignored", _("Ignored")
    FAILED = "failed", _("Failed")  # tried too often; a person may replay it


class InboundEvent(models.Model):
    """One webhook event, committed before it was acknowledged. Body kept as text, once."""

    endpoint = models.UUIDField(help_text=_("The dj-stripe WebhookEndpoint it came through."))
    stripe_account = models.CharField(max_length=64, blank=True)
    event_id = models.CharField(max_length=64)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=80, blank=True)
    livemode = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    received_at = models.DateTimeField()
    body = models.TextField()

    status = models.CharField(max_length=16, choices=EventStatus, default=EventStatus.RECEIVED)
    reason = models.CharField(max_length=200, blank=True)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claimed_until = models.DateTimeField()
    rung_at = models.DateTimeField(null=True, blank=True)  # what is left is for the mirror
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(status="received"),
                name="payments_event_waiting",
            ),
            models.Index(fields=["object_id"], name="payments_event_object"),
            models.Index(
                fields=["status", "-id"],
                condition=Q(status__in=("ignored", "failed")),
                name="payments_event_not_handled",
            ),
            BrinIndex(fields=["received_at"], autosummarize=True, name="payments_event_days"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stripe_account", "event_id"], name="payments_event_once_per_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class EventCursor(models.Model):
    """How far the events of one Stripe account have been listed and compared with the inbox."""

    stripe_account = models.CharField(
        max_length=64, unique=True, blank=True, help_text=_("Empty for the platform.")
    )
    listed_until = models.DateTimeField(help_text=_("Older events are in the inbox, or not ours."))
    next_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(default=timezone.now)
    recovered = models.PositiveIntegerField(
        default=0, help_text=_("Events no webhook had brought.")
    )
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["next_at"], name="payments_cursor_due")]

    def __str__(self) -> str:
        return gettext("events of {account}").format(
            account=self.stripe_account or gettext("the platform")
        )
