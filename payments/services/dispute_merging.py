"""Merge the disputes that were read with a charge, and tell a person what the bank wants."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.utils import timezone

from payments.models import CLOSED_DISPUTES, DISPUTED, TAKEN_BACK, Dispute, Payment
from payments.services.requests import raise_incident
from payments.services.telling import log
from payments.transitions.codes import said_code
from stores.currencies import format_amount
from stores.principals import STRIPE
from stores.sentences import Fact, Said, said

JSON = dict[str, Any]


def merge_disputes(payment: Payment, intent: JSON) -> None:
    """Take over the disputes of a read PaymentIntent's charge; the payment is locked."""
    charge = intent.get("latest_charge")
    if not isinstance(charge, dict) or "disputes" not in charge:
        return
    for read in charge["disputes"]:
        _merge(payment, read)
    taken = payment.disputes.filter(status__in=TAKEN_BACK)
    payment.amount_disputed = taken.aggregate(sum=Sum("amount"))["sum"] or 0


def _merge(payment: Payment, read: JSON) -> None:
    row = payment.disputes.filter(dispute_id=read["id"]).first()
    if row is None:
        row = Dispute(
            store_id=payment.store_id,
            payment=payment,
            dispute_id=read["id"],
            charge_id=read["charge"],
            created_at=datetime.fromtimestamp(read["created"], UTC),
        )
    elif (row.status, row.amount) == (read["status"], read["amount"]):
        return
    row.status, row.amount, row.reason = read["status"], read["amount"], read.get("reason") or ""
    due = (read.get("evidence_details") or {}).get("due_by")
    row.respond_before = datetime.fromtimestamp(due, UTC) if due else None
    row.updated_at = timezone.now()
    row.ended_at = row.updated_at if row.status in CLOSED_DISPUTES else None
    row.save()
    _tell(payment, row)


def _tell(payment: Payment, row: Dispute) -> None:
    words = _words(payment, row)
    data = {"dispute": row.dispute_id, "code": row.reason}
    log(payment, f"dispute_{row.status}", words, by=STRIPE, data=data)
    if row.status in CLOSED_DISPUTES and row.status != "lost":
        payment.incidents.filter(kind=DISPUTED).end(words)
        return
    incident = raise_incident(DISPUTED, words, payment=payment, dispute=row.dispute_id)
    incident.spoken = words
    incident.save(update_fields=["message", "said"])


def _words(payment: Payment, row: Dispute) -> Said:
    facts: dict[str, Fact] = {
        "amount": format_amount(row.amount, payment.currency),
        "reason": said_code(row.reason.replace("_", " ")) or said("no reason given"),
    }
    if row.respond_before:
        facts["until"] = row.respond_before.astimezone(ZoneInfo(payment.store.timezone))
    match row.status:
        case "needs_response" if row.respond_before:
            return said(
                "The customer's bank took {amount} back ({reason}). Answer it in Stripe's"
                " Dashboard before {until}, or the money is lost. Do not refund it as well.",
                **facts,
            )
        case "needs_response":
            return said(
                "The customer's bank took {amount} back ({reason}). Answer it in Stripe's"
                " Dashboard, or the money is lost. Do not refund it as well.",
                **facts,
            )
        case "warning_needs_response" if row.respond_before:
            return said(
                "The customer's bank asks about {amount} ({reason}). Refund it, or answer in"
                " Stripe's Dashboard before {until}.",
                **facts,
            )
        case "warning_needs_response":
            return said(
                "The customer's bank asks about {amount} ({reason}). Refund it, or answer in"
                " Stripe's Dashboard.",
                **facts,
            )
        case "lost":
            return said("The bank decided for the customer: {amount} is lost ({reason}).", **facts)
        case "won":
            return said("The bank decided for the store: {amount} came back.", **facts)
    status = said_code(row.status.replace("_", " "))
    return said("The dispute of {amount} is {status}.", **facts, status=status)
