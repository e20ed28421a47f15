"""What a sweep hands out, and what it holds back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Payment
from terminal import dispatcher
from tests.factories import OrderFactory, StoreFactory
from tests.factories_money import PaymentFactory


@pytest.fixture
def waiting(db):
    """Twenty payments of each of two accounts that are due for a read, oldest first."""
    now = timezone.now()
    return [
        PaymentFactory.create(
            order=OrderFactory.create(store=store),
            next_read_at=now - timedelta(minutes=20 - number),
        )
        for store in (StoreFactory.create(), StoreFactory.create())
        for number in range(20)
    ]


def test_reads_take_turns_so_that_no_account_starves_its_own_sales(waiting, settings):
    settings.STRIPE_READS_PER_SECOND = 3
    jobs = [pk for (_, pk), _ in dispatcher._overdue_payments()]
    oldest = [*waiting[:3], *waiting[20:23]]
    assert sorted(jobs) == sorted(payment.pk for payment in oldest)


def test_a_bell_is_heard_however_many_reads_wait(waiting, settings):
    settings.STRIPE_READS_PER_SECOND = 1
    last = waiting[19]
    Payment.objects.filter(pk=last.pk).update(rung_at=timezone.now() - timedelta(minutes=1))
    assert last.pk in [pk for (_, pk), _ in dispatcher._overdue_payments()]
