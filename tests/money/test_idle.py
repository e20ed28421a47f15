"""A reader that nobody touches is freed after the store's limit; a card that comes first wins."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.services import conversation
from stores.models import Store
from stores.principals import SYSTEM
from terminal.models import ReaderAction
from terminal.services import idle, refunding, sales
from tests.money.conftest import open_shop


def after(seconds):
    return timezone.now() + timedelta(seconds=seconds)


def run(shop, payment, seconds=301):
    for pk in idle.due(after(seconds)):
        idle.end(pk, after(seconds))
    return shop.converse(payment)


def test_an_untouched_payment_is_really_canceled_and_says_why(shop):
    payment = shop.sell()
    assert run(shop, payment, 299).state == "waiting_for_card"
    payment = run(shop, payment)

    assert (payment.state, payment.code) == ("canceled", "abandoned")
    assert payment.message == (
        "Nobody presented a card for 5 minutes; canceled. Nothing was charged."
    )
    [intent] = shop.simulator.objects("payment_intents")
    assert (intent["status"], intent["cancellation_reason"]) == ("canceled", "abandoned")
    shop.reader.refresh_from_db()
    assert shop.reader.action == {}
    assert idle.due(after(10_000)) == []


@pytest.mark.parametrize(("limit", "seconds"), [(0, 80_000), (600, 599)])
def test_the_store_says_how_long_it_waits(shop, limit, seconds):
    Store.objects.update(idle_limit_seconds=limit)
    payment = shop.sell()

    assert run(shop, payment, seconds).state == "waiting_for_card"


def test_the_time_counts_from_when_the_reader_has_it(shop):
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)

    assert idle.due(after(400)) == []
    shop.converse(payment)
    assert len(idle.due(after(400))) == 1


def test_a_card_that_is_approved_first_wins_and_nobody_hears_of_a_cancel(shop):
    payment = shop.sell()
    for pk in idle.due(after(301)):
        idle.end(pk, after(301))
    shop.tap()
    payment = shop.converse(payment)

    assert (payment.state, payment.code, payment.message) == ("paid", "", "Paid.")


@pytest.mark.parametrize(("card", "state"), [("visa", "paid"), ("charge_declined", "declined")])
def test_a_card_being_authorised_wins(shop, card, state):
    shop.simulator.reader(shop.reader, authorization_ms=60_000)
    payment = shop.sell()
    shop.tap(card)
    payment = run(shop, payment)
    assert payment.cancel_requested_at is None
    assert payment.state == "waiting_for_card"

    shop.simulator.call("clock", {"advance": 61})
    assert shop.ring(payment).state == state


def test_a_refused_stop_is_not_tried_again_every_second(shop):
    shop.simulator.reader(shop.reader, authorization_ms=60_000)
    payment = shop.sell()
    shop.tap()
    run(shop, payment)

    assert idle.due(timezone.now() + timedelta(seconds=30)) == []


def test_a_refund_that_waits_for_its_card_ends_too(simulator, db):
    shop = open_shop(simulator, country="CA")
    payment = shop.sell()
    shop.tap("interac")
    payment = shop.ring(payment)
    refund = refunding.refund_on(shop.reader, payment, by=SYSTEM)
    shop.converse(payment)
    payment = run(shop, payment)

    refund.refresh_from_db()
    assert (refund.status, refund.code) == ("refused", "idle")
    assert "Nobody presented the card" in payment.message
    assert not ReaderAction.objects.filter(ended_at=None).exists()


def test_a_reader_that_vanished_is_waited_for_until_the_limit_and_words_come_earlier(shop):
    shop.simulator.reader(shop.reader, next={"outcome": "vanish"})
    payment = shop.sell()
    shop.tap()
    assert shop.later(payment).message == "Waiting for a card on Till 1."

    ReaderAction.objects.update(accepted_at=timezone.now() - timedelta(seconds=91))
    payment = shop.later(payment)
    assert payment.state == "waiting_for_card"
    assert "cancel" in payment.message
    assert "another reader" in payment.message

    assert run(shop, payment).state == "canceled"


@pytest.mark.parametrize("condition", ["offline", "other_mode"])
def test_a_reader_that_refuses_to_stop_holds_nothing_up(shop, condition):
    payment = shop.sell()
    shop.simulator.reader(shop.reader, condition=condition)
    payment = run(shop, payment)

    assert payment.state == "canceled"
    conversation.converse(payment.pk)
