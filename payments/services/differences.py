"""After a merge: amounts that are not what was asked, and tips that are hardly meant."""

from __future__ import annotations

from django.utils import timezone

from payments.models import Payment
from payments.services.captures import CAPTURE
from payments.services.requests import raise_incident
from payments.transitions import (
    AMOUNT_DIFFERS,
    HIGH_TIP,
    expected_hold,
    hold_differs,
    sale_received,
    tip_is_high,
)
from stores.currencies import format_amount

HOLD_EXPIRES = "hold_expires"  # an Incident's kind, which is told before it comes to that


def tell_differences(payment: Payment) -> None:
    """Have a person look, once: the till says the same, but tills are left alone."""
    if hold_differs(payment):
        _tell(payment, AMOUNT_DIFFERS, _held(payment))
    if payment.status != "succeeded":
        return
    if sale_received(payment) < payment.amount:
        _tell(payment, AMOUNT_DIFFERS, _received(payment))
    elif payment.tip_amount and tip_is_high(payment) and not _was_decided(payment):
        _tell(payment, HIGH_TIP, _tipped(payment))


def _was_decided(payment: Payment) -> bool:
    return payment.requests.filter(kind=CAPTURE).exists()


def close_answered(payment: Payment) -> None:
    """What was decided needs nobody any more: a hold captured or released, a tip given back."""
    if payment.ended_at is None:
        return
    over = [HOLD_EXPIRES]
    if payment.status == "canceled" or sale_received(payment) >= payment.amount:
        over.append(AMOUNT_DIFFERS)
    _close(payment, over, f"The payment is {payment.status}.")
    if payment.amount_refunded >= payment.tip_amount > 0:
        _close(payment, [HIGH_TIP], "It was refunded.")


def _close(payment: Payment, kinds: list[str], resolution: str) -> None:
    payment.incidents.filter(kind__in=kinds, resolved_at=None).update(
        resolved_at=timezone.now(), resolution=resolution
    )


def _tell(payment: Payment, kind: str, message: str) -> None:
    if not payment.incidents.filter(kind=kind).exists():
        raise_incident(kind, message, payment=payment)


def _held(payment: Payment) -> str:
    held, asked = _money(payment, payment.amount_capturable, expected_hold(payment))
    return (
        f"{held} is held for {payment.order.called}, but {asked} was asked for. Release it, or"
        " capture it and take what is missing by another payment."
    )


def _received(payment: Payment) -> str:
    received, asked = _money(payment, sale_received(payment), payment.amount)
    return (
        f"{received} of {asked} was approved and taken for {payment.order.called}, which is not"
        " paid. Take the rest by another payment, or refund this one."
    )


def _tipped(payment: Payment) -> str:
    tip, sale = _money(payment, payment.tip_amount, payment.amount)
    return (
        f"A tip of {tip} was added on the reader to {sale}, and taken. Ask the customer, and refund"
        f" {tip} if it was a mistake."
    )


def _money(payment: Payment, *amounts: int) -> list[str]:
    return [format_amount(amount, payment.currency) for amount in amounts]
