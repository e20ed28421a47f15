"""Merge a read PaymentIntent into the locked payment, or refuse to and tell a person."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from payments.models import Payment
from payments.services.dispute_merging import merge_disputes
from payments.services.refund_merging import merge_refunds
from payments.services.requests import raise_incident
from payments.transitions import intent_mismatch, merge_intent, moves_back
from payments.transitions.codes import said_code
from stores.sentences import said, together


def merge_read(payment: Payment, intent: dict[str, Any]) -> bool:
    """Whether the read was merged. `payment` is locked and changed in memory; the caller saves."""
    mismatch = intent_mismatch(payment, intent)
    if mismatch is not None:
        payment.attention = together(mismatch.message, said("Do not charge again; call support."))
        payment.code = mismatch.kind
        raise_incident(
            mismatch.kind, mismatch.message, payment=payment, payment_intent=intent.get("id")
        )
        return False
    if moves_back(payment, intent):
        _refuse_stale(payment, intent)
        return False
    payment.stale_reads = 0
    payment.read_at = payment.asked_at
    merge_intent(payment, intent, timezone.now())
    merge_refunds(payment, intent)
    merge_disputes(payment, intent)
    return True


def _refuse_stale(payment: Payment, intent: dict[str, Any]) -> None:
    """Stripe's read would take the payment backwards: read once more, then tell a person."""
    payment.stale_reads += 1
    if payment.stale_reads == 1:
        payment.rung_at = timezone.now()
        return
    raise_incident(
        "moved_backwards",
        said(
            "Stripe says {there}, but {here} was read before.",
            there=said_code(intent["status"]),
            here=said_code(payment.status),
        ),
        payment=payment,
        status=intent["status"],
        amount_received=intent.get("amount_received"),
    )
