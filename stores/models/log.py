"""The one log of every change to an order, a payment or a reader action: timeline and audit."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from stores.models import checks
from stores.models.companies import Store
from stores.models.orders import Order
from stores.models.teams import Device
from stores.principals import SYSTEM, Principal, StoreScopedQuerySet
from stores.sentences import Said, parts_of, spoken

SAID = "said"  # in a row's data: what its message is made of


class ActorKind(models.TextChoices):
    DEVICE = "device", _("Device")
    USER = "user", _("User")
    SYSTEM = "system", _("System")
    STRIPE = "stripe", _("Stripe")


class LogEntryQuerySet(StoreScopedQuerySet["LogEntry"]):
    def write(
        self,
        *,
        store: Store | int | None,
        subject: str,
        subject_id: int,
        verb: str,
        message: str,
        by: Principal = SYSTEM,
        old: str = "",
        new: str = "",
        order: Order | int | None = None,
        payment_id: int | None = None,
        reader_id: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> "LogEntry":
        """Add one row, in the transaction of the change it tells of; one INSERT.

        `store` is None for what is the platform's. `data` holds ids and amounts, never secrets or
        card data; and what the message is made of, if it is a sentence with facts.
        """
        kept = dict(data or {})
        if isinstance(message, Said) and any(part.get("with") for part in message.parts):
            kept[SAID] = message.parts
        return self.create(
            store_id=store.pk if isinstance(store, Store) else store,
            order_id=order.pk if isinstance(order, Order) else order,
            payment_id=payment_id,
            reader_id=reader_id,
            subject=subject,
            subject_id=subject_id,
            verb=verb,
            old=old,
            new=new,
            message=message,
            actor_kind=by.kind.value,
            device_id=by.device_id,
            user_id=by.user_id,
            data=kept,
        )

    def of_payment(self, payment_id: int) -> "LogEntryQuerySet":
        """The payment's timeline, oldest first."""
        return self.filter(payment_id=payment_id).order_by("id")

    def of_order(self, order_id: int) -> "LogEntryQuerySet":
        """The order's timeline, oldest first."""
        return self.filter(order_id=order_id).order_by("id")


class LogEntry(models.Model):
    """One thing that happened. Never changed and never deleted: a trigger refuses both."""

    # NULL: of the platform, and for nobody else to see.
    store = models.ForeignKey(Store, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(default=now)
    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="log", db_index=False)
    # Plain ids: payments and readers live in apps above this one.
    payment_id = models.BigIntegerField(null=True)
    reader_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=32)
    subject_id = models.BigIntegerField()
    verb = models.CharField(max_length=48)
    old = models.TextField(blank=True)
    new = models.TextField(blank=True)
    message = models.TextField()
    actor_kind = models.CharField(max_length=16, choices=ActorKind.choices)
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    objects = LogEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("log entries")
        constraints = [
            checks.one_of("stores_logentry", "actor_kind", ActorKind),
            models.CheckConstraint(
                condition=Q(actor_kind="device", device__isnull=False)
                | Q(actor_kind="user", device__isnull=True, user__isnull=False)
                | Q(actor_kind__in=["system", "stripe"], device__isnull=True, user__isnull=True),
                name="stores_logentry_actor_is_named",
            ),
            models.CheckConstraint(
                condition=Q(store__isnull=False)
                | Q(
                    order__isnull=True,
                    payment_id__isnull=True,
                    reader_id__isnull=True,
                    device__isnull=True,
                ),
                name="stores_logentry_of_a_store",
            ),
        ]
        indexes = [
            models.Index(fields=["order", "id"], name="stores_logentry_of_order"),
            models.Index(
                fields=["payment_id", "id"],
                name="stores_logentry_of_payment",
                condition=Q(payment_id__isnull=False),
            ),
            models.Index(
                fields=["reader_id", "id"],
                name="stores_logentry_of_reader",
                condition=Q(reader_id__isnull=False),
            ),
            models.Index(fields=["at", "id"], name="stores_logentry_by_day"),
            models.Index(F("store"), F("id").desc(), name="stores_logentry_of_store"),
            models.Index(
                fields=["subject", "-id"],
                condition=~Q(subject="payment") & ~Q(subject="order") & ~Q(subject="reader_action"),
                name="stores_logentry_subject",
            ),
        ]

    def __str__(self) -> str:
        return self.message

    @property
    def spoken(self) -> str:
        """The message, in the language of whoever asks now, as far as it is known there."""
        return spoken(self.data.get(SAID) or parts_of(self.message), self.message)
