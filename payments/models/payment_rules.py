"""What a row of payments can be, and how it is found: constraints and indexes."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KeyTransform

from payments.models.states import FINAL_STATUSES, Method

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

INDEXES = [
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
    models.Index(
        KeyTransform("brand", "card"), "store", F("id").desc(), name="payments_payment_brand"
    ),
    models.Index(fields=["created_at", "id"], name="payments_payment_by_day"),
    models.Index("currency", F("amount") + F("tip_amount"), name="payments_payment_asked"),
    BrinIndex(fields=["ended_at"], autosummarize=True, name="payments_payment_ended"),
]

CONSTRAINTS = [
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
