"""Interac gives money back on a reader, with the card that paid; the charge's refunds are true."""

from datetime import timedelta

import pytest

from payments.errors import PaymentBusy, RefundNeedsReader, RefundNotPossible
from payments.services import refunds
from payments.services.parts import Picture
from stores.principals import SYSTEM
from terminal.errors import ReaderBusy
from terminal.services import refund_merging, refunding, sales
from tests.money.conftest import broken_promises, open_shop
from tests.money.test_refunds import at_stripe, pay


@pytest.fixture
def canada(simulator, db):
    shop = open_shop(simulator, country="CA")
    yield shop
    assert not broken_promises(simulator)


@pytest.fixture
def paid(canada):
    return pay(canada, card="interac")


def ask(shop, payment, amount=None):
    refunding.refund_on(shop.reader, payment, by=SYSTEM, amount=amount)
    return shop.converse(payment)


def later(shop, payment, seconds=60):
    """Time passes, also for what a reader said last."""
    back = timedelta(seconds=seconds)
    for action in payment.reader_actions.filter(ended_at__isnull=False):
        action.ended_at -= back
        action.save()
    return shop.later(payment, seconds)


def newest(payment):
    return payment.reader_actions.order_by("-attempt").first()


def test_interac_is_refunded_by_presenting_the_card_again(canada, paid):
    payment = ask(canada, paid, 500)

    assert payment.message == (
        "Paid. Waiting on Till 1 for the card that paid, to refund 5.00 CAD."
    )
    [refund] = payment.refunds.all()
    assert (refund.in_person, refund.status) == (True, "requested")
    canada.tap("interac")
    payment = canada.ring(payment)
    refund.refresh_from_db()
    assert (refund.status, refund.refund_id) == ("succeeded", at_stripe(canada)[0]["id"])
    assert payment.message == "Paid. 5.00 CAD of it was refunded."
    assert (newest(payment).type, newest(payment).status) == ("refund_payment", "succeeded")
    assert not broken_promises(canada.simulator, settled=True)


def test_interac_is_not_refunded_without_a_reader(canada, paid):
    with pytest.raises(RefundNeedsReader):
        refunds.refund(paid, by=SYSTEM)


def test_other_cards_are_not_refunded_on_a_reader(shop):
    with pytest.raises(RefundNotPossible) as refused:
        refunding.refund_on(shop.reader, pay(shop), by=SYSTEM)
    assert refused.value.code == "refund_needs_no_reader"


def test_the_reader_is_the_refunds_alone_meanwhile(canada, paid):
    payment = ask(canada, paid)

    with pytest.raises(ReaderBusy):
        sales.sell(canada.order(), canada.reader, by=canada.by)
    again = refunding.refund_on(canada.reader, payment, by=SYSTEM)
    assert again == payment.refunds.get()
    with pytest.raises(PaymentBusy):
        refunding.refund_on(canada.reader, payment, by=SYSTEM, amount=100)


def test_a_refund_waits_for_a_reader_that_sells(canada, paid):
    canada.sell()

    with pytest.raises(ReaderBusy):
        refunding.refund_on(canada.reader, paid, by=SYSTEM)
    assert not paid.refunds.exists()


@pytest.mark.parametrize(
    ("next", "words"),
    [
        ({"outcome": "decline", "decline_code": "generic_decline"}, "The bank declined it"),
        ({"outcome": "cancel"}, "The customer pressed cancel on Till 1."),
    ],
)
def test_a_refund_that_the_card_did_not_take_is_over_and_may_be_asked_for_again(
    canada, paid, next, words
):
    canada.simulator.reader(canada.reader, next=next)
    payment = ask(canada, paid, 500)
    canada.tap("interac")
    payment = canada.ring(payment)

    assert payment.refunds.get().status == "refused"
    assert words in payment.message
    assert payment.amount_refunded == 0
    payment = ask(canada, payment, 500)
    canada.tap("interac")
    assert canada.ring(payment).amount_refunded == 500


def test_another_card_gets_nothing(canada, paid):
    payment = ask(canada, paid)
    canada.tap("visa")
    payment = canada.ring(payment)

    assert "Use the card that paid" in payment.message
    assert not at_stripe(canada)


def test_a_connection_lost_after_the_bank_gave_it_back_is_a_refund(canada, paid):
    canada.simulator.reader(
        canada.reader, next={"outcome": "connection_error", "truth": "approved"}
    )
    payment = ask(canada, paid)
    canada.tap("interac")
    payment = canada.ring(payment)

    assert payment.state == "refunded"
    assert len(at_stripe(canada)) == 1


def test_a_connection_lost_is_in_doubt_until_stripe_has_no_refund_for_half_a_minute(canada, paid):
    canada.simulator.reader(canada.reader, next={"outcome": "connection_error", "truth": "none"})
    payment = ask(canada, paid)
    canada.tap("interac")
    payment = canada.ring(payment)

    assert payment.message.startswith("Paid. Checking with Stripe whether 25.00 CAD was refunded.")
    with pytest.raises(PaymentBusy):
        refunding.refund_on(canada.reader, payment, by=SYSTEM, amount=1)
    payment = later(canada, payment)
    assert payment.refunds.get().status == "refused"
    assert "lost its connection, and Stripe has no refund" in payment.message
    assert payment.next_read_at is None


@pytest.mark.parametrize(("asked_after", "status"), [(29, "requested"), (30, "refused")])
def test_that_stripe_has_no_refund_counts_from_when_it_was_asked(canada, paid, asked_after, status):
    canada.simulator.reader(canada.reader, next={"outcome": "connection_error", "truth": "none"})
    payment = ask(canada, paid)
    canada.tap("interac")
    payment = canada.ring(payment)
    action = newest(payment)
    action.ended_at -= timedelta(minutes=1)
    action.save()

    payment.asked_at = action.ended_at + timedelta(seconds=asked_after)
    refund_merging.merge(payment, Picture())

    assert payment.refunds.get().status == status


def test_a_refund_that_lands_after_its_connection_was_lost_is_found(canada, paid):
    canada.simulator.reader(
        canada.reader, next={"outcome": "connection_error", "truth": "late", "delay_ms": 3_000}
    )
    payment = ask(canada, paid)
    canada.tap("interac")
    payment = canada.ring(payment)
    assert "Checking with Stripe" in payment.message
    canada.simulator.call("clock", {"advance": 5})

    payment = canada.later(payment, 3)
    assert payment.state == "refunded"
    assert len(at_stripe(canada)) == 1


@pytest.mark.parametrize("delivered", [True, False])
def test_a_reader_timeout_is_one_refund_either_way(canada, paid, delivered):
    canada.simulator.reader(canada.reader, command_timeout={"delivered": delivered, "count": 1})
    payment = ask(canada, paid, 700)
    payment = canada.later(canada.later(payment))

    assert newest(payment).status == "in_progress"
    canada.tap("interac")
    assert canada.ring(payment).amount_refunded == 700
    assert len(at_stripe(canada)) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["reset", "500", "429"])
def test_a_lost_answer_to_the_command_is_one_refund(canada, paid, when, what):
    canada.simulator.fault("readers.refund_payment", when, what)
    payment = ask(canada, paid, 700)
    for _ in range(3):
        payment = canada.later(payment, 10)

    canada.tap("interac")
    assert canada.ring(payment).amount_refunded == 700
    assert len(at_stripe(canada)) == 1


def test_a_reader_that_is_offline_says_so(canada, paid):
    canada.simulator.reader(canada.reader, condition="offline")
    payment = ask(canada, paid)

    assert payment.refunds.get().status == "refused"
    assert "Till 1 is offline" in payment.message


def test_a_busy_reader_is_tried_again_three_times(canada, paid):
    canada.simulator.reader(canada.reader, condition="card_left_in")
    payment = ask(canada, paid)
    for _ in range(3):
        assert payment.refunds.get().status == "requested"
        payment = canada.later(payment)

    assert payment.refunds.get().status == "refused"
    assert "Till 1 is busy: remove the card" in payment.message


def test_a_refund_is_stopped_by_freeing_its_reader(canada, paid):
    payment = ask(canada, paid)
    sales.cancel_action(canada.reader, by=canada.by)
    payment = canada.converse(payment)

    assert payment.refunds.get().status == "refused"
    assert "It was stopped on Till 1." in payment.message
    assert not at_stripe(canada)


def test_something_else_on_the_reader_ends_the_refund(canada, paid):
    payment = ask(canada, paid)
    canada.simulator.foreign_payment_on(canada.reader)
    payment = canada.later(canada.ring(payment), 6)

    assert payment.refunds.get().code == "superseded"
    assert newest(payment).status == "failed"


def test_a_refund_whose_reader_vanished_goes_on_being_read_and_can_be_stopped(canada, paid):
    canada.simulator.reader(canada.reader, next={"outcome": "vanish"})
    payment = ask(canada, paid)
    canada.tap("interac")
    payment = canada.later(payment, 40)
    assert payment.next_read_at is not None

    sales.cancel_action(canada.reader, by=canada.by)
    payment = canada.converse(payment)
    assert payment.refunds.get().status == "refused"
