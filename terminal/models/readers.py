"""Readers on the counter: how they come, and who uses them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models import StripeRequest
from stores.models import Device, Location, Store
from stores.principals import StoreScopedQuerySet
from stores.sentences import Sentence


class Reader(models.Model):
    """A card reader as Stripe last described it. `status` is for people to see, never a gate:
    it may be stale, and the answer to a command decides.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="readers")
    location = models.ForeignKey(Location, models.PROTECT, related_name="readers")
    stripe_id = models.CharField(max_length=64)
    stripe_account = models.CharField(max_length=64, blank=True)
    livemode = models.BooleanField(default=False)
    label = models.CharField(max_length=200)
    device_type = models.CharField(max_length=64, blank=True)
    serial_number = models.CharField(max_length=64, blank=True)
    device_sw_version = models.CharField(max_length=64, blank=True)
    ip_address = models.CharField(max_length=64, blank=True)
    status = models.CharField(
        max_length=16, blank=True, help_text=_("Stripe's word; may be stale.")
    )
    last_seen_at = models.DateTimeField(null=True, blank=True)
    action = models.JSONField(
        default=dict, blank=True, help_text=_("What Stripe last said it does; empty when nothing.")
    )
    read_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When Stripe was last asked.")
    )
    read_error = models.CharField(max_length=200, blank=True)
    read_error_said = models.JSONField(
        default=list, blank=True, help_text="What it is made of, to be said in other languages."
    )
    rung_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Someone wants it read anew.")
    )
    next_read_at = models.DateTimeField(null=True, blank=True)
    # The lease of what a reader does without a payment
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When it was given up here, for good.")
    )
    created_at = models.DateTimeField(default=timezone.now)
    compared_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When a comparison last saw what Stripe has.")
    )

    # Not stored: the read of a moment ago proves nothing of what it does.
    is_doubted = False
    # When Stripe was asked for what is being merged: what happened since it may not tell.
    asked_at: datetime

    spoken_read_error = Sentence("read_error", "read_error_said")
    objects = StoreScopedQuerySet["Reader"].as_manager()

    class Meta:
        ordering: ClassVar = ["store_id", "label", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "store"], name="terminal_reader_id_store"),
            models.UniqueConstraint(
                fields=["stripe_id"],
                condition=Q(retired_at__isnull=True),
                name="terminal_reader_stripe_id_once",
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(is_active=False),
                name="terminal_reader_retired_is_not_active",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["rung_at"], condition=Q(rung_at__isnull=False), name="terminal_reader_rung"
            ),
            models.Index(
                fields=["next_read_at"],
                condition=Q(next_read_at__isnull=False),
                name="terminal_reader_next_read",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.stripe_id


class ReaderRegistration(models.Model):
    """A reader that is to be registered at a location by the code on its screen; what Stripe says
    of it is in the request.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, models.PROTECT, related_name="registrations")
    label = models.CharField(max_length=200)
    request = models.OneToOneField(StripeRequest, models.PROTECT, related_name="registration")
    replaces = models.ForeignKey(
        Reader,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("What it was before it moved: retired once it stands here."),
    )
    reader = models.ForeignKey(
        Reader, models.PROTECT, null=True, blank=True, related_name="registrations"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = StoreScopedQuerySet["ReaderRegistration"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return gettext("{label} at {location}").format(label=self.label, location=self.location)


class DefaultReader(models.Model):
    """The reader a tablet uses when it names none."""

    device = models.OneToOneField(Device, models.CASCADE, related_name="default_reader")
    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    reader = models.ForeignKey(Reader, models.CASCADE, related_name="+")

    objects = StoreScopedQuerySet["DefaultReader"].as_manager()

    def __str__(self) -> str:
        return f"{self.device}: {self.reader}"
