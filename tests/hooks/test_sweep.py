"""What a sweep hands out, and what it holds back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Payment, ReadBudget, State
from terminal import dispatcher
from terminal.models import Reader, ReaderDisplay
from tests.factories import LocationFactory, OrderFactory, StoreFactory
from tests.factories_money import PaymentFactory, ReaderFactory, StripeRequestFactory


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


def swept() -> list[int]:
    return [pk for (_, pk), _ in dispatcher._overdue_payments()]


def seconds_pass(seconds: float) -> None:
    """For the buckets, and for what was handed over already."""
    for row in ReadBudget.objects.all():
        row.filled_at -= timedelta(seconds=seconds)
        row.save()


def test_reads_take_turns_so_that_no_account_starves_its_own_sales(waiting, settings):
    settings.STRIPE_READS_PER_SECOND = 3
    oldest = [*waiting[:3], *waiting[20:23]]
    assert sorted(swept()) == sorted(payment.pk for payment in oldest)


def test_two_dispatchers_together_read_no_more_than_one(waiting, settings):
    settings.STRIPE_READS_PER_SECOND = 3
    assert len(swept()) == 6
    Payment.objects.update(handed_at=None)
    assert swept() == []
    seconds_pass(1)
    assert len(swept()) == 6


def test_who_stands_at_a_reader_is_read_before_what_lies_idle(waiting, settings):
    settings.STRIPE_READS_PER_SECOND = 1
    last = waiting[19]
    Payment.objects.exclude(pk=last.pk).update(next_read_at=timezone.now())
    Payment.objects.filter(pk=last.pk).update(
        next_read_at=timezone.now() + timedelta(seconds=-1), state=State.WAITING_FOR_CARD
    )
    assert last.pk in swept()


def test_what_lies_idle_is_not_forgotten_for_those_at_the_readers(waiting, settings):
    settings.STRIPE_READS_PER_SECOND = 1
    idle = waiting[19]
    Payment.objects.exclude(pk=idle.pk).update(
        next_read_at=timezone.now(), state=State.WAITING_FOR_CARD
    )
    Payment.objects.filter(pk=idle.pk).update(next_read_at=timezone.now() - timedelta(seconds=31))
    assert idle.pk in swept()


def test_a_bell_is_heard_however_many_reads_wait(waiting, settings):
    settings.STRIPE_READS_PER_SECOND = 1
    last = waiting[19]
    Payment.objects.filter(pk=last.pk).update(rung_at=timezone.now() - timedelta(minutes=1))
    assert last.pk in swept()


def attended() -> list[int]:
    return [pk for kind, pk in dispatcher._overdue_errands() if kind == "reader"]


AGO, AHEAD = timedelta(seconds=-3), timedelta(seconds=3)


@pytest.mark.parametrize(
    ("seconds", "is_taken_up"),
    [
        ({"next_read_at": AGO}, True),
        ({"next_read_at": AHEAD}, False),
        ({"next_read_at": None}, False),
        ({"rung_at": AGO}, True),
        ({"rung_at": timedelta()}, False),  # a worker hears that bell
        ({"next_read_at": AGO, "lease_until": AHEAD}, False),
        ({"next_read_at": AGO, "lease_until": AGO}, True),  # who held it is dead
    ],
)
def test_a_reader_is_taken_up_when_its_read_is_due(db, seconds, is_taken_up):
    now = timezone.now()
    reader = ReaderFactory.create()
    times = {name: None if at is None else now + at for name, at in seconds.items()}
    Reader.objects.filter(pk=reader.pk).update(**times)
    assert attended() == ([reader.pk] if is_taken_up else [])


def test_a_reader_is_taken_up_when_its_cart_is_due(db):
    reader = ReaderFactory.create()
    ReaderDisplay.objects.create(
        store=reader.store, reader=reader, next_try_at=timezone.now() + AGO
    )
    assert attended() == [reader.pk]


def readers_to_read(number):
    """Readers of one account that are due for a read, the longest first."""
    location = LocationFactory.create()
    return [
        ReaderFactory.create(
            location=location, next_read_at=timezone.now() - timedelta(minutes=number - n)
        )
        for n in range(number)
    ]


def test_reads_of_readers_take_from_the_budget_of_their_account(db, settings):
    settings.STRIPE_READS_PER_SECOND = 2
    first, second, third = readers_to_read(3)
    [foreign] = readers_to_read(1)

    assert sorted(attended()) == sorted([first.pk, second.pk, foreign.pk])
    Reader.objects.filter(pk__in=[first.pk, second.pk]).update(next_read_at=None)
    seconds_pass(1)
    assert third.pk in attended()


def test_reads_of_readers_and_of_payments_share_one_budget(db, settings):
    settings.STRIPE_READS_PER_SECOND = 2
    [reader] = readers_to_read(1)
    for _ in range(2):
        order = OrderFactory.create(store=reader.store)
        PaymentFactory.create(order=order, next_read_at=timezone.now())

    assert len(swept()) == 2
    assert attended() == []


@pytest.mark.parametrize("why", ["a bell", "a command", "a cart"])
def test_a_reader_with_more_to_do_than_a_read_waits_for_no_budget(db, settings, why):
    settings.STRIPE_READS_PER_SECOND = 1
    first, second = readers_to_read(2)
    then = timezone.now() + AGO
    if why == "a bell":
        Reader.objects.filter(pk=second.pk).update(rung_at=then)
    elif why == "a command":
        StripeRequestFactory.create(
            payment=None,
            store=second.store,
            stripe_account=second.stripe_account,
            reader_id=second.pk,
            kind="reader.collect_inputs",
            path="/v1/terminal/readers/tmr/collect_inputs",
            next_try_at=then,
        )
    else:
        ReaderDisplay.objects.create(store=second.store, reader=second, next_try_at=then)

    assert sorted(attended()) == sorted([first.pk, second.pk])
    assert attended() == [second.pk]
