"""Money: a Payment per PaymentIntent or per handful of cash, and a StripeRequest per POST."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.fields.json import KeyTransform
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.models.fees import FeePlan
from stores.models import Device, Flow, Order, OrderLine, Store
from stores.principals import StoreScopedQuerySet
from stores.sentences import parts_of, spoken

FINAL_STATUSES = ("succeeded", "canceled")


class State(models.TextChoices):
    """What the till shows for a payment (docs/api.md, "States of a payment")."""

    SENDING = "sending"
    WAITING_FOR_CARD = "waiting_for_card"
    COLLECTED = "collected"
    AUTHORIZING = "authorizing"
    CHECKING = "checking"
    DECLINED = "declined"
    CANCELED_BY_CUSTOMER = "canceled_by_customer"
    STOPPED = "stopped"
    APPROVED = "approved"
    PAID = "paid"
    CANCELED = "canceled"
    REFUNDED = "refunded"
    NEEDS_ATTENTION = "needs_attention"
    DETACHED = "detached"


class Method(models.TextChoices):
    CARD = "card", _("Card")
    # No PaymentIntent, no reader, no request: paid when it is written down.
    CASH = "cash", _("Cash")


class PaymentQuerySet(StoreScopedQuerySet["Payment"]):
    def open(self) -> PaymentQuerySet:
        """Not final, and not yet covering its part of the order by an authorisation."""
        return self.filter(OPEN)

    def attached(self) -> PaymentQuerySet:
        """Those that count for their order."""
        return self.filter(detached_at__isnull=True)

    def covering(self) -> PaymentQuerySet:
        """Those that cover a part of their order: money is held, or was taken."""
        return self.attached().filter(status__in=("requires_capture", "succeeded"))

    def due(self, now: datetime, *, grace: float = 0.0) -> PaymentQuerySet:
        """Payments nobody holds and somebody should: a request to send, a bell, a read that is due.

        `grace` seconds are left to the bell, which usually is faster than a sweep.
        """
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        return self.filter(free, _has_work(now - timedelta(seconds=grace)))

    def idle(self, now: datetime) -> PaymentQuerySet:
        """Payments with nothing to do now, whoever holds them."""
        return self.exclude(_has_work(now))


def _has_work(then: datetime) -> Q:
    waiting = StripeRequest.objects.filter(
        payment=OuterRef("pk"), status__in=UNFINISHED, next_try_at__lte=then
    )
    return Q(Exists(waiting)) | Q(rung_at__lte=then) | Q(next_read_at__lte=then)


OPEN = Q(ended_at__isnull=True, detached_at__isnull=True) & ~Q(status="requires_capture")

# All that a cash row may be: money in the drawer, and nothing at Stripe.
IS_CASH = Q(
    method=Method.CASH,
    status="succeeded",
    amount_received=F("amount"),
    payment_intent_id__isnull=True,
    latest_charge_id="",
    stripe_account="",
    destination="",
    capture_method="automatic",
    amount_capturable=0,
    application_fee_amount=0,
    tip_amount=0,
    cancel_requested_at__isnull=True,
)


class Payment(models.Model):
    """One PaymentIntent and its life. `status` is Stripe's, copied; `state` is what the till shows.

    Amounts are integers in the smallest unit of `currency`. Cash has no PaymentIntent.
    """

    # What was read of other tables under this row's lock, and holds while that is held; None
    # where it is not locked.
    kept: dict[str, Any] | None = None
    # Stripe's id of the request whose answer is being merged; rows of the log name it.
    answered = ""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    store = models.ForeignKey(Store, models.PROTECT, related_name="payments", db_index=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    device = models.ForeignKey(Device, models.PROTECT, null=True, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    stripe_account = models.CharField(
        max_length=64, blank=True, help_text="The Stripe-Account header; empty for the platform."
    )
    destination = models.CharField(
        max_length=64, blank=True, help_text="The account a destination charge is transferred to."
    )
    livemode = models.BooleanField(default=False)
    method = models.CharField(max_length=8, choices=Method, default=Method.CARD)

    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    capture_method = models.CharField(
        max_length=16, choices=[("automatic", "automatic"), ("manual", "manual")]
    )
    flow = models.CharField(max_length=16, choices=Flow.choices, default=Flow.PROCESS)
    confirm = models.CharField(
        max_length=16,
        choices=[("automatic", "automatic"), ("manual", "manual")],
        default="automatic",
        help_text="In the flow collect: whether a card that no rule is about waits for the till.",
    )
    fee_plan = models.ForeignKey(
        FeePlan,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The rule of its fee: the one in force when it was made.",
    )
    application_fee_amount = models.BigIntegerField(
        default=0, help_text="The platform's fee by that rule, of the sale or what was captured."
    )
    fee_at_stripe = models.BigIntegerField(
        null=True, blank=True, help_text="The fee that Stripe showed when last read."
    )
    tip_amount = models.BigIntegerField(default=0)
    reader_tip_amount = models.BigIntegerField(
        null=True, blank=True, help_text="The tip chosen on the reader; empty: it did not ask."
    )
    skip_tipping = models.BooleanField(default=False, help_text="The reader asks for no tip.")
    share_number = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Which of equal shares of the bill this is, from 1."
    )
    share_count = models.PositiveSmallIntegerField(null=True, blank=True)

    intent_amount = models.BigIntegerField(
        null=True, blank=True, help_text="What the PaymentIntent asked for when last read."
    )
    payment_intent_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    status = models.CharField(max_length=32, blank=True)
    amount_capturable = models.BigIntegerField(default=0)
    amount_received = models.BigIntegerField(default=0)
    amount_authorized = models.BigIntegerField(default=0)
    amount_refunded = models.BigIntegerField(default=0)
    amount_disputed = models.BigIntegerField(
        default=0, help_text="What banks took back by disputes that are open or lost."
    )
    latest_charge_id = models.CharField(max_length=64, blank=True)
    card = models.JSONField(
        default=dict, blank=True, help_text="Brand, last four and what a receipt must show."
    )
    capture_before = models.DateTimeField(null=True, blank=True)
    overcapture_supported = models.BooleanField(default=False)
    incremental_authorization_supported = models.BooleanField(default=False)
    promised = models.JSONField(
        default=dict,
        blank=True,
        help_text="What becomes of the order once Stripe has done what was asked.",
    )

    state = models.CharField(max_length=24, choices=State, default=State.SENDING)
    code = models.CharField(max_length=64, blank=True, help_text="Stripe's code, or ours.")
    message = models.TextField(blank=True, help_text="For the cashier: what is, and what to do.")
    said = models.JSONField(
        default=list,
        blank=True,
        help_text="What the message is made of, to be said in other languages.",
    )
    customer_message = models.TextField(blank=True, help_text="Only what Stripe lets be shown.")
    attention = models.TextField(blank=True, help_text="Why a person must look at it.")
    version = models.PositiveIntegerField(default=1)

    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancellation_reason = models.CharField(
        max_length=32, blank=True, help_text="Stripe's word for why a cancel was requested."
    )
    detached_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Since when it does not count for its order, and is only watched.",
    )
    detached_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    detach_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    stale_reads = models.PositiveIntegerField(
        default=0, help_text="Reads in a row that would have moved the payment backwards."
    )

    # The lease (docs/architecture.md, "The conversation")
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    rung_at = models.DateTimeField(null=True, blank=True)
    next_read_at = models.DateTimeField(null=True, blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)
    canary_at = models.DateTimeField(
        null=True, blank=True, help_text="When payment_intent.created arrived: webhooks work."
    )
    moved_at = models.DateTimeField(
        default=timezone.now, help_text="When anything last happened; reads back off from here."
    )
    compared_at = models.DateTimeField(
        null=True, blank=True, help_text="When a comparison last saw its PaymentIntent listed."
    )
    last_error = models.JSONField(
        default=dict, blank=True, help_text="The PaymentIntent's last_payment_error, in short."
    )

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["store", "-id"], name="payments_payment_store"),
            models.Index(
                fields=["rung_at"],
                condition=Q(rung_at__isnull=False),
                name="payments_payment_rung",
            ),
            models.Index(
                fields=["next_read_at"],
                condition=Q(next_read_at__isnull=False),
                name="payments_payment_next_read",
            ),
            models.Index(fields=["store", "updated_at"], name="payments_payment_recent"),
            models.Index(
                fields=["store"], condition=Q(ended_at__isnull=True), name="payments_payment_open"
            ),
            # For reports: what a store sold and took in its days. What is included is all that
            # tips need, so that those of a year are summed from the index alone.
            models.Index(fields=["store", "created_at"], name="payments_payment_started"),
            models.Index(
                fields=["store", "ended_at"],
                include=[
                    "method",
                    "currency",
                    "amount_received",
                    "tip_amount",
                    "reader_tip_amount",
                    "user",
                    "device",
                ],
                condition=Q(status="succeeded"),
                name="payments_payment_taken",
            ),
            models.Index(
                fields=["capture_before"],
                condition=Q(status="requires_capture"),
                name="payments_payment_held",
            ),
            # For lists and searches of a million rows: what is rare among them, and what is on a
            # receipt; then ranges: of days, of amounts, of the days of a capture by where rows lie.
            models.Index(
                fields=["state", "-id"], condition=~Q(state="paid"), name="payments_payment_state"
            ),
            models.Index(
                fields=["latest_charge_id"],
                opclasses=["varchar_pattern_ops"],
                name="payments_payment_charge",
            ),
            models.Index(KeyTransform("last4", "card"), name="payments_payment_last4"),
            models.Index(KeyTransform("brand", "card"), name="payments_payment_brand"),
            models.Index(fields=["created_at", "id"], name="payments_payment_by_day"),
            models.Index("currency", F("amount") + F("tip_amount"), name="payments_payment_asked"),
            BrinIndex(fields=["ended_at"], autosummarize=True, name="payments_payment_ended"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order"], condition=OPEN, name="payments_payment_one_open_per_order"
            ),
            models.UniqueConstraint(fields=["id", "store"], name="payments_payment_id_store"),
            models.UniqueConstraint(fields=["id", "order"], name="payments_payment_id_order"),
            models.UniqueConstraint(fields=["id", "method"], name="payments_payment_id_method"),
            models.CheckConstraint(
                condition=Q(method=Method.CARD) | IS_CASH, name="payments_payment_cash_is_paid"
            ),
            models.CheckConstraint(
                condition=Q(detached_at__isnull=True, detached_by__isnull=True, detach_reason="")
                | Q(detached_at__isnull=False, detached_by__isnull=False, method=Method.CARD)
                & ~Q(detach_reason=""),
                name="payments_payment_detached_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(share_number__isnull=True, share_count__isnull=True)
                | Q(
                    share_number__isnull=False,
                    share_number__gte=1,
                    share_count__isnull=False,
                    share_count__gte=F("share_number"),
                ),
                name="payments_payment_share_of_a_count",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) & Q(amount__lte=999_999_999_999),
                name="payments_payment_amount_positive",
            ),
            models.CheckConstraint(
                condition=Q(tip_amount__gte=0)
                & Q(amount_capturable__gte=0)
                & Q(amount_received__gte=0)
                & Q(amount_refunded__gte=0)
                & (Q(reader_tip_amount=None) | Q(reader_tip_amount__gte=0)),
                name="payments_payment_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(amount_refunded__lte=F("amount_received")),
                name="payments_payment_refunded_within_received",
            ),
            models.CheckConstraint(
                condition=Q(application_fee_amount__gte=0)
                & Q(application_fee_amount__lte=F("amount") + F("tip_amount")),
                name="payments_payment_fee_within_amount",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=FINAL_STATUSES) | Q(ended_at__isnull=False),
                name="payments_payment_ended_when_final",
            ),
            models.CheckConstraint(
                condition=Q(destination="") | Q(stripe_account=""),
                name="payments_payment_destination_is_on_platform",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Payment {pk}").format(pk=self.pk)

    def say(self, message: str) -> None:
        """Put this on the screen; the caller saves both fields."""
        self.message, self.said = str(message), parts_of(message)

    @property
    def spoken(self) -> str:
        """The message, in the language of whoever asks now."""
        return spoken(self.said, self.message)

    @property
    def is_cash(self) -> bool:
        return self.method == Method.CASH

    @property
    def is_final(self) -> bool:
        return self.ended_at is not None

    @property
    def is_authorized(self) -> bool:
        """Money is held or taken: nothing may be called failed."""
        return self.status in ("requires_capture", "succeeded")

    @property
    def is_open(self) -> bool:
        unsettled = self.ended_at is None and self.status != "requires_capture"
        return unsettled and self.detached_at is None


class PaidLine(models.Model):
    """A line of the order that a payment has for its part of the bill, as long as it may cover it.

    The row is deleted when the payment ends with nothing taken: then another may have the line.
    """

    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="paid_lines")
    # The database itself keeps the line from being deleted.
    line = models.OneToOneField(OrderLine, models.DO_NOTHING, related_name="+")

    objects = StoreScopedQuerySet["PaidLine"].as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"Line {self.line_id} by payment {self.payment_id}"


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
        Payment, models.PROTECT, null=True, blank=True, related_name="requests"
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
