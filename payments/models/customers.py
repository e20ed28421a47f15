"""Who comes back: a Customer at Stripe, and the cards they let us keep."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.models import Device, Store
from stores.principals import StoreScopedQuerySet


class Customer(models.Model):
    """A customer of one store; name, e-mail and phone may stay unknown."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    store = models.ForeignKey(Store, models.PROTECT, related_name="customers")
    stripe_account = models.CharField(max_length=64, blank=True)
    livemode = models.BooleanField(default=False)
    stripe_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = StoreScopedQuerySet["Customer"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "store"], name="payments_customer_id_store"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or gettext("Customer {pk}").format(pk=self.pk)


class AllowRedisplay(models.TextChoices):
    """Stripe's words: whether the card may be offered to the customer again."""

    ALWAYS = "always", _("Always")
    LIMITED = "limited", _("Limited")
    UNSPECIFIED = "unspecified", _("Unspecified")


class SavedCard(models.Model):
    """One SetupIntent and its life: a card that is to be saved, or was.

    `status` is Stripe's, copied. Nothing is asked of Stripe without the cardholder's consent.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="cards")
    stripe_account = models.CharField(max_length=64, blank=True)
    livemode = models.BooleanField(default=False)
    allow_redisplay = models.CharField(max_length=16, choices=AllowRedisplay)
    consent_at = models.DateTimeField(help_text=_("When the cardholder agreed that it is kept."))
    device = models.ForeignKey(Device, models.PROTECT, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    setup_intent_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    status = models.CharField(max_length=32, blank=True)
    payment_method_id = models.CharField(
        max_length=64, blank=True, help_text=_("The generated_card: the reusable one.")
    )
    brand = models.CharField(max_length=32, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    exp_month = models.PositiveSmallIntegerField(null=True, blank=True)
    exp_year = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.JSONField(
        default=dict, blank=True, help_text=_("The SetupIntent's last_setup_error, in short.")
    )
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = StoreScopedQuerySet["SavedCard"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "store"], name="payments_savedcard_id_store"),
            models.CheckConstraint(
                condition=~Q(status__in=("succeeded", "canceled")) | Q(ended_at__isnull=False),
                name="payments_savedcard_ended_when_final",
            ),
        ]

    def __str__(self) -> str:
        if self.last4:
            return f"{self.brand.capitalize()} •••• {self.last4}"
        return gettext("Card {pk}").format(pk=self.pk)
