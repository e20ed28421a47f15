"""Who may call Stripe about a payment: the lease is renewed in time, and never used when lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import crashpoints
from payments.errors import LeaseLost
from payments.models import Payment
from payments.services.lease import Lease, claim
from terminal.services import sales


@pytest.fixture
def rung(shop) -> Payment:
    payment: Payment = shop.sell()
    sales.check_status(payment)
    return payment


def stored(payment: Payment) -> Payment:
    payment.refresh_from_db()
    return payment


def claimed(payment: Payment) -> Lease:
    lease = claim(payment.pk)
    assert lease is not None
    return lease


def test_a_fresh_lease_outlasts_a_call_and_is_not_renewed(rung):
    lease = claimed(rung)
    first = lease.until
    lease.hold()

    assert stored(rung).lease_until == first


def test_a_lease_that_a_call_might_outlast_is_renewed_before_it(rung):
    lease = claimed(rung)
    first = lease.until
    lease.until = timezone.now() + timedelta(seconds=1)
    lease.hold()

    assert lease.until > first
    assert stored(rung).lease_until == lease.until


def test_who_slept_through_the_lease_may_not_call_once_another_has_it(rung):
    lease = claimed(rung)
    lease.until = timezone.now() - timedelta(seconds=1)
    Payment.objects.filter(pk=rung.pk).update(lease_until=lease.until)
    claimed(rung)

    with pytest.raises(LeaseLost):
        lease.hold()
    with pytest.raises(LeaseLost):
        lease.lock()


def test_the_lease_is_kept_while_more_is_due_and_given_back_with_the_last_word(shop):
    held = []

    def look(point: str) -> None:
        if point.startswith("committed:"):
            held.append((point, Payment.objects.get().lease_until is not None))

    crashpoints.watchers.append(look)
    try:
        shop.sell()
    finally:
        crashpoints.watchers.remove(look)

    assert held == [
        ("committed:payment_intent.create", True),
        ("committed:reader.process_payment_intent", False),
    ]
