"""What random walks found, told as the short story it is."""

from collections.abc import Iterator
from typing import Any

import pytest

from payments import crashpoints
from payments.models import Payment
from terminal.services import sales
from tests.money.conftest import Shop, broken_promises, open_shop


@pytest.fixture
def shop(simulator, db) -> Iterator[Shop]:
    """Without processes beside it: a worker that heard the bell would be one actor too many."""
    yield open_shop(simulator)
    assert not broken_promises(simulator)


@pytest.fixture
def at(monkeypatch):
    """Have something happen once, where a crash point is passed."""

    def arrange(point, do):
        def watch(name):
            if name == point:
                crashpoints.watchers.remove(watch)
                do()

        crashpoints.watchers.append(watch)

    yield arrange
    crashpoints.watchers.clear()


@pytest.mark.parametrize("step", ["claimed", "answered", "read"])
def test_a_worker_that_is_overtaken_sends_and_writes_nothing(shop, at, step):
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)

    written: list[Any] = []

    def overtake():
        Payment.objects.filter(pk=payment.pk).update(lease_until=None)
        shop.converse(payment)
        written.extend(Payment.objects.filter(pk=payment.pk).values())

    at(f"{step}:payment_intent.create", overtake)
    payment = shop.converse(payment)

    assert payment.state == "waiting_for_card"
    assert [*Payment.objects.filter(pk=payment.pk).values()] == written
    keys = [each["idempotency_key"] for each in shop.simulator.exchanges("POST", "payment_intents")]
    assert len(set(keys)) == 1
    assert not payment.requests.filter(status__in=("planned", "sent")).exists()


def test_a_command_that_is_withdrawn_just_before_it_is_sent_is_not_sent(shop, at):
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)

    def cancel():
        sales.cancel_payment(payment, by=shop.by)

    at("claimed:reader.process_payment_intent", cancel)
    assert shop.converse(payment).state == "canceled"
    assert not shop.simulator.exchanges("POST", "process_payment_intent")
