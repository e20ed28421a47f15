"""How Stripe answers, over all stores and processes: one row for each kind of call in trouble."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Circuit(models.Model):
    """Open while a kind of call mostly fails, or Stripe refuses the platform's key."""

    name = models.CharField(
        max_length=120, primary_key=True, help_text="Method and path without ids, or `key`."
    )
    since = models.DateTimeField(default=timezone.now, help_text="When counting began.")
    calls = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    good_in_a_row = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {'open' if self.opened_at else 'closed'}"
