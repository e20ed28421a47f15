"""What of locations and readers is not the same at Stripe and here."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stores.models import Location, Store
from stores.principals import StoreScopedQuerySet
from stores.sentences import Sentence
from terminal.models.configurations import ReaderConfiguration
from terminal.models.readers import Reader


class FleetKind(models.TextChoices):
    """What of a location or a reader is not the same at Stripe and here."""

    MISSING = "missing", pgettext_lazy("difference", "Missing")  # Stripe has it no more
    # Stripe has it, and nobody here knows it
    UNKNOWN = "unknown", pgettext_lazy("difference", "Unknown")
    DISPLAY_NAME = "display_name", _("Display name")
    ADDRESS = "address", _("Address")
    CONFIGURATION = "configuration", _("Configuration")  # which one a location uses
    SETTINGS = "settings", _("Settings")  # what a Configuration says
    LABEL = "label", _("Label")
    LOCATION = "location", _("Location")
    METADATA = "metadata", _("Metadata")


class FleetOutcome(models.TextChoices):
    OPEN = "open", pgettext_lazy("difference", "Open")  # a person decides
    SETTLED = "settled", pgettext_lazy("difference", "Settled")  # one did
    # one did: it may differ, as long as it differs like this
    LEFT = "left", pgettext_lazy("difference", "Left")
    EQUAL = "equal", pgettext_lazy("difference", "Equal")  # a later comparison found no difference


class FleetDifference(models.Model):
    """What a comparison found of one location or reader, until a person settles it. Nothing is
    overwritten before.
    """

    store = models.ForeignKey(Store, models.PROTECT, null=True, blank=True, related_name="+")
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="differences"
    )
    reader = models.ForeignKey(
        Reader, models.PROTECT, null=True, blank=True, related_name="differences"
    )
    configuration = models.ForeignKey(
        ReaderConfiguration, models.PROTECT, null=True, blank=True, related_name="differences"
    )
    stripe_account = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=64, help_text=_("Stripe's id of what differs."))
    kind = models.CharField(max_length=16, choices=FleetKind)
    ours = models.CharField(max_length=1_000, blank=True, help_text=_("What it is here."))
    theirs = models.CharField(max_length=1_000, blank=True, help_text=_("What it is at Stripe."))
    shown = models.JSONField(default=dict, help_text=_("As Stripe has it."))
    outcome = models.CharField(max_length=8, choices=FleetOutcome, default=FleetOutcome.OPEN)
    resolution = models.TextField(blank=True)
    resolution_said = models.JSONField(
        default=list, blank=True, help_text="What it is made of, to be said in other languages."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    found_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    spoken_resolution = Sentence("resolution", "resolution_said")
    objects = StoreScopedQuerySet["FleetDifference"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stripe_account", "object_id", "kind"],
                condition=Q(outcome="open"),
                name="terminal_fleetdifference_one_open",
            ),
            models.CheckConstraint(
                condition=Q(outcome="open", settled_at__isnull=True)
                | ~Q(outcome="open") & Q(settled_at__isnull=False),
                name="terminal_fleetdifference_settled_at_when_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner or self.object_id}: {self.get_kind_display()}"

    @property
    def owner(self) -> Reader | Location | ReaderConfiguration | None:
        """What differs, where it is known here."""
        return self.reader or self.location or self.configuration
