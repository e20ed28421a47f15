"""A declined card, then a good one: one PaymentIntent, two reader actions, one capture."""

import pytest

from payments.errors import PaymentFinal
from payments.models import StripeRequest
from terminal.errors import PaymentOnReader
from terminal.services import sales


def decline(shop, card="insufficient_funds"):
    payment = shop.sell()
    shop.tap(card)
    return shop.ring(payment)


def test_a_declined_card_is_told_in_plain_words(shop):
    payment = decline(shop)

    assert payment.state == "declined"
    assert payment.code == "insufficient_funds"
    assert "not enough money" in payment.message
    assert payment.customer_message == "Your card has insufficient funds."
    assert payment.status == "requires_payment_method"


def test_a_second_card_is_taken_on_the_same_payment_intent(shop):
    payment = decline(shop)
    sales.try_again(payment, by=shop.by)
    payment = shop.converse(payment)
    assert payment.state == "waiting_for_card"

    shop.tap("visa")
    payment = shop.ring(payment)

    assert payment.state == "paid"
    assert len(shop.simulator.objects("payment_intents")) == 1
    charges = shop.simulator.objects("charges")
    assert sorted(c["captured"] for c in charges) == [False, True]
    ended = payment.reader_actions.order_by("attempt").values_list("status", "decline_code")
    assert list(ended) == [("failed", "insufficient_funds"), ("succeeded", "")]


def test_a_late_failure_of_the_first_try_changes_nothing_in_the_second(shop):
    payment = decline(shop)
    sales.try_again(payment, by=shop.by)
    payment = shop.converse(payment)
    version = payment.version

    payment = shop.ring(payment)  # what a late `action_failed` of the first try does

    assert payment.state == "waiting_for_card"
    assert payment.version == version


def test_the_same_card_may_be_declined_twice_and_both_tries_are_kept(shop):
    payment = decline(shop)
    sales.try_again(payment, by=shop.by)
    payment = shop.converse(payment)
    shop.tap("insufficient_funds")
    payment = shop.ring(payment)

    assert payment.state == "declined"
    charges = payment.reader_actions.values_list("charge_id", flat=True)
    assert len(set(charges)) == 2


def test_every_try_has_a_key_of_its_own(shop):
    payment = decline(shop)
    sales.try_again(payment, by=shop.by)
    shop.converse(payment)

    keys = StripeRequest.objects.filter(kind="reader.process_payment_intent").values_list(
        "idempotency_key", flat=True
    )
    assert set(keys) == {f"process:{payment.uuid}:1", f"process:{payment.uuid}:2"}


def test_a_payment_on_a_reader_is_not_sent_twice(shop):
    payment = shop.sell()

    with pytest.raises(PaymentOnReader):
        sales.try_again(payment, by=shop.by)


def test_a_paid_payment_is_not_tried_again(shop):
    payment = shop.sell()
    shop.tap()
    payment = shop.ring(payment)

    with pytest.raises(PaymentFinal):
        sales.try_again(payment, by=shop.by)


def test_a_payment_moves_to_another_reader_with_the_same_payment_intent(shop):
    payment = decline(shop)
    sales.try_again(payment, by=shop.by, reader=shop.other_reader)
    payment = shop.converse(payment)
    shop.simulator.present(shop.other_reader)
    payment = shop.ring(payment)

    assert payment.state == "paid"
    assert len(shop.simulator.objects("payment_intents")) == 1


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("charge_declined", "generic_decline"),
        ("lost_card", "lost_card"),
        ("expired_card", "expired_card"),
        ("processing_error", "processing_error"),
    ],
)
def test_every_kind_of_decline_asks_for_another_card(shop, card, code):
    payment = decline(shop, card)

    assert payment.state == "declined"
    assert payment.code == code
    assert "another card" in payment.message


def test_a_reader_with_old_software_tells_no_api_error_and_the_payment_intent_does(shop):
    shop.simulator.reader(shop.reader, software="2.41.0")
    payment = decline(shop)

    assert (payment.state, payment.code) == ("declined", "insufficient_funds")
    assert payment.customer_message == "Your card has insufficient funds."


def test_a_customer_who_presses_cancel_is_told_apart_from_a_decline(shop):
    payment = shop.sell()
    shop.simulator.call(f"readers/{shop.reader.stripe_id}/cancel_by_customer", {})
    payment = shop.ring(payment)

    assert payment.state == "canceled_by_customer"
    assert payment.customer_message == ""
