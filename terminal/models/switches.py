"""Stores that charge in another account from then on."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.models import ChargeModel, Store
from stores.principals import StoreScopedQuerySet


class ChargeModelSwitch(models.Model):
    """A store charges in another account from then on, and its readers are to follow."""

    store = models.ForeignKey(Store, models.PROTECT, related_name="charge_model_switches")
    from_model = models.CharField(max_length=16, choices=ChargeModel)
    to_model = models.CharField(max_length=16, choices=ChargeModel)
    from_account = models.CharField(
        max_length=64, blank=True, help_text=_("Where it charged until then; empty = the platform.")
    )
    places = models.JSONField(default=dict, help_text=_("The tml_ ids there, by location."))
    readers = models.JSONField(
        default=dict, help_text=_("The readers still to be registered, with the tablets of each.")
    )
    reason = models.CharField(max_length=300, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = StoreScopedQuerySet["ChargeModelSwitch"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name_plural = "charge model switches"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["store"],
                condition=Q(finished_at__isnull=True),
                name="terminal_chargemodelswitch_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return gettext("{store}: from {from_model} to {to_model} charges").format(
            store=self.store, from_model=self.from_model, to_model=self.to_model
        )
