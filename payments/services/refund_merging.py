"""Merge the refunds that were read with a charge: ours, and those made elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from payments.models import GIVEN, UNSETTLED, Payment, Refund, RefundStatus
from payments.services import refund_lines
from payments.services.requests import raise_incident
from payments.services.telling import log
from payments.transitions.codes import said_code
from stores.currencies import format_amount
from stores.principals import STRIPE, SYSTEM
from stores.sentences import Said, said, together

JSON = dict[str, Any]

# A refund may fail days after it succeeded; it never goes the other way.
RANK = {
    RefundStatus.REQUESTED.value: 0,
    RefundStatus.REFUSED.value: 0,
    RefundStatus.PENDING.value: 1,
    RefundStatus.REQUIRES_ACTION.value: 1,
    RefundStatus.SUCCEEDED.value: 2,
    RefundStatus.FAILED.value: 3,
    RefundStatus.CANCELED.value: 3,
}
UNDONE = (RefundStatus.FAILED, RefundStatus.CANCELED)


def merge_refunds(payment: Payment, intent: JSON) -> None:
    """Take over what a read PaymentIntent's charge says of its refunds; the payment is locked.

    Nothing is learned from an answer whose charge was not expanded with its refunds.
    """
    if payment.status != "succeeded":
        return
    refunds = refunds_of(intent)
    for read in refunds:
        merge_refund(payment, read)
    if refunds or payment.amount_refunded:
        add_up(payment)


def made_of(charge: JSON) -> list[JSON]:
    """The charge's refunds, oldest first.

    A capture of less than was held lets the rest go as the charge's first refund: no money that
    was received goes back with it.
    """
    refunds: list[JSON] = list(reversed((charge.get("refunds") or {}).get("data", ())))
    released = charge["amount"] - charge["amount_captured"]
    if refunds and released > 0 and refunds[0]["amount"] == released:
        del refunds[0]
    return refunds


def refunds_of(intent: JSON) -> list[JSON]:
    """The refunds read with a PaymentIntent, oldest first."""
    charge = intent.get("latest_charge")
    return made_of(charge) if isinstance(charge, dict) else []


def names_refund(thing: JSON, uuid: UUID) -> bool:
    """Whether a Refund, or the action of a reader that makes one, is about this row of ours."""
    return (thing.get("metadata") or {}).get("refund") == str(uuid)


def merge_refund(payment: Payment, read: JSON) -> None:
    """One refund as Stripe has it now; an older picture of it changes nothing."""
    row = _row_of(payment, read) or _external(payment, read)
    status = read.get("status") or RefundStatus.SUCCEEDED.value
    if row.refund_id == read["id"] and RANK[status] < RANK[row.status]:
        return
    if (row.refund_id, row.status) == (read["id"], status):
        return
    before, row.refund_id, row.status = row.status, read["id"], status
    row.charge_id = read.get("charge") or row.charge_id
    row.code = read.get("failure_reason") or ""
    row.message = ""
    row.updated_at = timezone.now()
    row.ended_at = None if status in UNSETTLED else row.updated_at
    row.save()
    _tell(payment, row, before)
    if before == RefundStatus.REFUSED and refund_lines.is_beyond(row):
        raise_incident(
            "returned_twice",
            said(
                "A refund that seemed not to be made was made after all, and its pieces came back"
                " with another one, too."
            ),
            payment=payment,
            refund=row.refund_id,
        )


def _row_of(payment: Payment, read: JSON) -> Refund | None:
    """By Stripe's id, else by ours in its metadata."""
    known = payment.refunds.filter(refund_id=read["id"]).first()
    if known is not None:
        return known
    ours = next((each for each in payment.refunds.all() if names_refund(read, each.uuid)), None)
    if ours is not None and ours.refund_id is not None:
        raise_incident(
            "second_refund",
            said(
                "Stripe made two refunds for one of ours: {first} and {second}.",
                first=ours.refund_id,
                second=read["id"],
            ),
            payment=payment,
        )
        return None
    return ours


def _external(payment: Payment, read: JSON) -> Refund:
    """A row for a refund that somebody made elsewhere, not saved yet."""
    return Refund(
        store_id=payment.store_id,
        payment=payment,
        amount=read["amount"],
        reason=read.get("reason") or "",
        external=True,
        created_at=datetime.fromtimestamp(read["created"], UTC),
    )


def _tell(payment: Payment, row: Refund, before: str) -> None:
    elsewhere = row.external and before == RefundStatus.REQUESTED
    words = _words(row, format_amount(row.amount, payment.currency), elsewhere=elsewhere)
    log(
        payment,
        f"refund_{row.status}",
        words,
        by=STRIPE if row.external else SYSTEM,
        data={"refund": str(row.uuid), "refund_id": row.refund_id, "code": row.code},
    )
    if row.status in UNDONE:
        _raise_failed(payment, row, words)


def _words(row: Refund, amount: str, *, elsewhere: bool) -> Said:
    if row.status == RefundStatus.FAILED:
        reason = said_code(row.code) or said("no reason given")
        return said("The refund of {amount} failed ({reason}).", amount=amount, reason=reason)
    if row.status == RefundStatus.CANCELED:
        return said("The refund of {amount} was canceled.", amount=amount)
    if elsewhere and row.status == RefundStatus.SUCCEEDED:
        return said("{amount} refunded elsewhere, as in Stripe's Dashboard.", amount=amount)
    if elsewhere:
        return said(
            "{amount} refunded elsewhere, as in Stripe's Dashboard: it is pending at Stripe.",
            amount=amount,
        )
    if row.status == RefundStatus.SUCCEEDED:
        return said("{amount} refunded.", amount=amount)
    return said("{amount} refunded: it is pending at Stripe.", amount=amount)


def _raise_failed(payment: Payment, row: Refund, words: Said) -> None:
    """One open incident per payment, which names every refund that failed."""
    sentence = together(
        words, said("The customer did not get the money: refund again, or pay it out.")
    )
    told = raise_incident("refund_failed", sentence, payment=payment, refund=row.refund_id)
    if sentence not in told.message or told.data.get("refund") != row.refund_id:
        before = Said(told.said) if told.said else told.message
        told.spoken = together(before, sentence)
        told.save(update_fields=["message", "said"])


def add_up(payment: Payment) -> None:
    """The sums of payment and order, from the rows; both rows are locked."""
    given = payment.refunds.filter(status__in=GIVEN).aggregate(sum=Sum("amount"))["sum"] or 0
    if given > payment.amount_received:
        raise_incident(
            "refunds_exceed_payment",
            said(
                "Stripe lists refunds of {amount}, more than was received.",
                amount=format_amount(given, payment.currency),
            ),
            payment=payment,
        )
        given = payment.amount_received
    if given == payment.amount_refunded:
        return
    order = payment.order
    order.refunded_amount += given - payment.amount_refunded
    order.version += 1
    order.updated_at = timezone.now()
    order.save(update_fields=["refunded_amount", "version", "updated_at"])
    payment.amount_refunded = given
