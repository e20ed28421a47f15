"""State moves forward only: what a read PaymentIntent may not do to a payment."""

import pytest

from payments.models import Payment
from payments.transitions import moves_back


@pytest.mark.parametrize(
    ("status", "read"),
    [
        ("requires_capture", "requires_payment_method"),
        ("requires_capture", "processing"),
        ("succeeded", "requires_capture"),
        ("succeeded", "canceled"),
        ("canceled", "succeeded"),
        ("canceled", "requires_payment_method"),
    ],
)
def test_a_lower_rank_and_another_end_are_refused(status, read):
    assert moves_back(Payment(status=status), {"status": read, "amount_received": 0})


@pytest.mark.parametrize(
    ("status", "read"),
    [
        ("", "requires_payment_method"),
        ("requires_action", "requires_payment_method"),
        ("requires_payment_method", "requires_capture"),
        ("requires_capture", "succeeded"),
        ("requires_capture", "canceled"),
        ("succeeded", "succeeded"),
    ],
)
def test_the_same_rank_and_a_higher_one_are_taken(status, read):
    assert not moves_back(Payment(status=status), {"status": read, "amount_received": 0})


def test_less_money_than_was_read_before_is_refused():
    payment = Payment(status="succeeded", amount_received=500)

    assert moves_back(payment, {"status": "succeeded", "amount_received": 499})
    assert not moves_back(payment, {"status": "succeeded", "amount_received": 500})
