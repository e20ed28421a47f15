"""Money: a Payment per PaymentIntent or per handful of cash."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext

from payments.models.fees import FeePlan
from payments.models.payment_rules import CONSTRAINTS, INDEXES, OPEN
from payments.models.requests import UNFINISHED, StripeRequest
from payments.models.states import Method, State
from stores.models import Device, Flow, Order, Store
from stores.principals import StoreScopedQuerySet
from stores.sentences import Sentence


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

    def due(self, now: datetime) -> PaymentQuerySet:
        """Payments nobody holds and somebody should: a request to send, a bell, a read that is
        due.
        """
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        return self.filter(free, _has_work(now))

    def idle(self, now: datetime) -> PaymentQuerySet:
        """Payments with nothing to do now, whoever holds them."""
        return self.exclude(_has_work(now))


def _has_work(now: datetime) -> Q:
    waiting = StripeRequest.objects.filter(
        payment=OuterRef("pk"), status__in=UNFINISHED, next_try_at__lte=now
    )
    # A bell may be younger than `now`: whoever was woken by the one before answers it too.
    return Q(Exists(waiting)) | Q(rung_at__isnull=False) | Q(next_read_at__lte=now)


class Payment(models.Model):
    """One PaymentIntent and its life. `status` is Stripe's, copied; `state` is what the till shows.

    Amounts are integers in the smallest unit of `currency`. Cash has no PaymentIntent.
    """

    # What was read of other tables under this row's lock, and holds while that is held; None
    # where it is not locked.
    kept: dict[str, Any] | None = None
    # Stripe's id of the request whose answer is being merged; rows of the log name it.
    answered = ""
    # When Stripe was asked for what is being merged: what happened since it may not tell.
    asked_at: datetime

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
    read_at = models.DateTimeField(
        null=True, blank=True, help_text="When Stripe was asked for what was last read of it."
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

    spoken = Sentence("message", "said")
    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = INDEXES
        constraints: ClassVar = CONSTRAINTS

    def __str__(self) -> str:
        return gettext("Payment {pk}").format(pk=self.pk)

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
