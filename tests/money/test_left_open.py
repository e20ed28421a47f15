"""What nobody finishes: read ever less, never forgotten, and canceled after a day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Payment
from payments.transitions import OnReader, next_read
from stores.models import Store
from terminal.services import abandoned

DAY = timedelta(hours=25)


@pytest.mark.parametrize(
    ("state", "waited", "seconds"),
    [
        ("checking", 60, 2),
        ("checking", 1500, 10),
        ("checking", 10**6, 300),
        ("stopped", 0, 15),
        ("stopped", 600, 300),
        ("stopped", 10**6, 900),
    ],
)
def test_an_open_payment_is_read_until_it_is_final_however_long_it_takes(state, waited, seconds):
    now = timezone.now()
    payment = Payment(
        payment_intent_id="pi_1",
        status="requires_payment_method",
        state=state,
        moved_at=now - timedelta(seconds=waited),
    )
    assert next_read(payment, None, now) == now + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("heard", "waited", "seconds"),
    [(True, 60, 30), (False, 60, 2), (False, 3600, 24), (False, 10**6, 300)],
)
def test_a_reader_that_waits_is_looked_at_closely_and_then_ever_less(heard, waited, seconds):
    now = timezone.now()
    then = now - timedelta(seconds=waited)
    payment = Payment(
        payment_intent_id="pi_1",
        status="requires_payment_method",
        state="waiting_for_card",
        created_at=then,
        moved_at=then,
        canary_at=then if heard else None,
    )
    on_reader = OnReader(status="in_progress", reader="Till 1")
    assert next_read(payment, on_reader, now) == now + timedelta(seconds=seconds)


def test_a_declined_payment_is_canceled_after_a_day_and_its_log_says_so(shop):
    payment = shop.sell()
    shop.tap("charge_declined")
    payment = shop.ring(payment)
    now = timezone.now()
    assert abandoned.due(now) == []
    assert abandoned.due(now + DAY) == [payment.pk]
    abandoned.cancel(payment.pk, now + DAY)
    assert shop.converse(payment).state == "canceled"
    assert payment.order.log.filter(verb="abandoned").exists()
    assert abandoned.due(now + DAY) == []


def test_a_store_says_after_how_many_hours(shop):
    payment = shop.sell()
    shop.tap("charge_declined")
    payment = shop.ring(payment)
    Store.objects.update(abandoned_after_hours=2)
    now = timezone.now()
    assert abandoned.due(now + timedelta(hours=1, minutes=59)) == []
    later = now + timedelta(hours=2, minutes=1)
    assert abandoned.due(later) == [payment.pk]
    abandoned.cancel(payment.pk, later)
    told = payment.order.log.get(verb="abandoned")
    assert told.message == "Nobody finished it for 2 hours: it is canceled."


def test_a_reader_left_waiting_over_night_is_freed(shop):
    payment = shop.sell()
    abandoned.cancel(payment.pk, timezone.now() + DAY)
    payment = shop.later(payment)
    assert payment.state == "canceled"
    assert shop.simulator.objects("readers")[0]["action"] is None


def test_a_card_that_was_quicker_wins(shop):
    payment = shop.sell()
    shop.tap()
    abandoned.cancel(payment.pk, timezone.now() + DAY)
    assert shop.converse(payment).state == "paid"


def test_what_is_held_paid_or_looked_at_is_left_alone(shop):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    shop.ring(payment)
    assert abandoned.due(timezone.now() + DAY) == []
