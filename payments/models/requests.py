"""What is asked of Stripe: a StripeRequest per POST."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from stores.models import Store
from stores.principals import StoreScopedQuerySet


class RequestStatus(models.TextChoices):
    # committed; not sent, or to be sent again with the same key
    PLANNED = "planned", pgettext_lazy("request", "Planned")
    # a lease holder has sent it and has not recorded an answer
    SENT = "sent", pgettext_lazy("request", "Sent")
    SUCCEEDED = "succeeded", pgettext_lazy("request", "Succeeded")
    # a definite answer: Stripe did not do it
    REFUSED = "refused", pgettext_lazy("request", "Refused")
    # Given up: proven absent, superseded, or needs a person.
    ABANDONED = "abandoned", pgettext_lazy("request", "Abandoned")


UNFINISHED = (RequestStatus.PLANNED, RequestStatus.SENT)


class RequestMethod(models.TextChoices):
    POST = "post"
    DELETE = "delete"  # may be sent as often as one likes; Stripe wants no key for it


class StripeRequest(models.Model):
    """One POST (or DELETE) to Stripe, committed before it is sent. Its key names the intent, not
    the call.
    """

    store = models.ForeignKey(
        Store, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )  # null: the platform's own, such as a webhook endpoint
    payment = models.ForeignKey(
        "payments.Payment", models.PROTECT, null=True, blank=True, related_name="requests"
    )
    # A plain id: readers live in the app above. Of a payment's requests it is empty.
    reader_id = models.BigIntegerField(
        null=True, blank=True, help_text="The reader whose errand it is."
    )
    kind = models.CharField(max_length=48)
    method = models.CharField(max_length=6, choices=RequestMethod, default=RequestMethod.POST)
    path = models.CharField(max_length=200)
    params = models.JSONField(default=dict, blank=True)
    stripe_account = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=200, unique=True)

    status = models.CharField(max_length=16, choices=RequestStatus, default=RequestStatus.PLANNED)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    first_sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    http_status = models.PositiveIntegerField(null=True, blank=True)
    error_type = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)
    stripe_request_id = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=64, blank=True, help_text=_("What the answer named."))
    replayed = models.BooleanField(default=False)
    milliseconds = models.PositiveIntegerField(null=True, blank=True)

    # The lease of requests that belong to no payment
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = StoreScopedQuerySet["StripeRequest"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["payment", "id"], name="payments_request_payment"),
            models.Index(
                fields=["next_try_at"],
                condition=Q(status__in=("planned", "sent")),
                name="payments_request_waiting",
            ),
            # For the list, as of payments
            models.Index(fields=["store", "-id"], name="payments_request_of_store"),
            models.Index(
                fields=["status", "-id"],
                condition=~Q(status="succeeded"),
                name="payments_request_status",
            ),
            models.Index(
                fields=["kind", "-id"],
                condition=~Q(kind="payment_intent.create")
                & ~Q(kind="reader.process_payment_intent"),
                name="payments_request_kind",
            ),
            models.Index(
                fields=["stripe_request_id"],
                opclasses=["varchar_pattern_ops"],
                name="payments_request_answer",
            ),
            models.Index(
                fields=["object_id"],
                opclasses=["varchar_pattern_ops"],
                name="payments_request_object",
            ),
            BrinIndex(fields=["created_at"], autosummarize=True, name="payments_request_days"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "store"], name="payments_request_id_store"),
            models.UniqueConstraint(
                fields=["payment", "kind"],
                condition=Q(status__in=("planned", "sent")),
                name="payments_request_one_waiting_per_kind",
            ),
            models.UniqueConstraint(
                fields=["reader_id", "kind"],
                condition=Q(status__in=("planned", "sent")),
                name="payments_request_one_waiting_per_reader_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(payment__isnull=True) | Q(reader_id__isnull=True),
                name="payments_request_of_a_payment_or_a_reader",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("planned", "sent"), finished_at__isnull=True)
                | ~Q(status__in=("planned", "sent")) & Q(finished_at__isnull=False),
                name="payments_request_finished_at_when_finished",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Request {pk}").format(pk=self.pk)
