"""The end of a store's day: who counted the drawer, and what the day had brought by then."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from stores.models import Store
from stores.models.checks import LARGEST_AMOUNT, between
from stores.principals import StoreScopedQuerySet


class DayClose(models.Model):
    """One day of one store, closed once. Never changed and never deleted: a trigger refuses both.

    The sums are of that moment, so that what came after it can be told.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="closes")
    day = models.DateField(help_text="In the store's time zone.")
    currency = models.CharField(max_length=3)
    counted_cash = models.BigIntegerField(help_text="What was in the drawer, less what it had.")
    expected_cash = models.BigIntegerField(help_text="Cash taken less cash given back.")
    difference = models.BigIntegerField(help_text="Counted less expected.")
    payments = models.PositiveIntegerField(help_text="How many had come in by then.")
    received = models.BigIntegerField(help_text="What they brought, cash and tips included.")
    refunded = models.BigIntegerField()
    note = models.TextField(blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(default=timezone.now)

    objects = StoreScopedQuerySet["DayClose"].as_manager()

    class Meta:
        ordering: ClassVar = ["-day", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "day"], name="payments_dayclose_once"),
            between("payments_dayclose", "counted_cash", 0, LARGEST_AMOUNT),
            models.CheckConstraint(
                condition=Q(difference=F("counted_cash") - F("expected_cash")),
                name="payments_dayclose_difference",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
