"""What of a payment's amount is sale and what is tip, and what about it needs a person's word."""

from __future__ import annotations

from payments.models import Payment


def expected_hold(payment: Payment) -> int:
    """What was asked of the card: the sale, and the tip chosen on the reader."""
    return payment.amount + (payment.reader_tip_amount or 0)


def hold_differs(payment: Payment) -> bool:
    """Whether the bank holds another sum than was asked: a card approved in part, or more."""
    return payment.status == "requires_capture" and payment.amount_capturable != expected_hold(
        payment
    )


def sale_received(payment: Payment) -> int:
    """What was received for the order, the tip left out."""
    return payment.amount_received - payment.tip_amount


def tip_limit(payment: Payment) -> int:
    """The largest tip on the reader that nobody asks about: a part of the sale, or an amount."""
    store = payment.store
    return max(payment.amount * store.tip_limit_percent // 100, store.tip_limit_amount)


def tip_is_high(payment: Payment) -> bool:
    return (payment.reader_tip_amount or 0) > tip_limit(payment)
