"""After a merge: amounts that are not what was asked, and tips that are hardly meant."""

from __future__ import annotations

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
from payments.transitions.codes import said_code
from stores.currencies import format_amount
from stores.sentences import Said, said

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
    status = said_code(payment.status)
    payment.incidents.filter(kind__in=over).end(said("The payment is {status}.", status=status))
    if payment.amount_refunded >= payment.tip_amount > 0:
        payment.incidents.filter(kind=HIGH_TIP).end(said("It was refunded."))


def _tell(payment: Payment, kind: str, message: Said) -> None:
    if not payment.incidents.filter(kind=kind).exists():
        raise_incident(kind, message, payment=payment)


def _held(payment: Payment) -> Said:
    held, asked = _money(payment, payment.amount_capturable, expected_hold(payment))
    return said(
        "{held} is held for Order {number}, but {asked} was asked for. Release it, or capture it"
        " and take what is missing by another payment.",
        held=held,
        number=payment.order.number,
        asked=asked,
    )


def _received(payment: Payment) -> Said:
    received, asked = _money(payment, sale_received(payment), payment.amount)
    return said(
        "{received} of {asked} was approved and taken for Order {number}, which is not paid. Take"
        " the rest by another payment, or refund this one.",
        received=received,
        asked=asked,
        number=payment.order.number,
    )


def _tipped(payment: Payment) -> Said:
    tip, sale = _money(payment, payment.tip_amount, payment.amount)
    return said(
        "A tip of {tip} was added on the reader to {sale}, and taken. Ask the customer, and refund"
        " {tip} if it was a mistake.",
        tip=tip,
        sale=sale,
    )


def _money(payment: Payment, *amounts: int) -> list[str]:
    return [format_amount(amount, payment.currency) for amount in amounts]
