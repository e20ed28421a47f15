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


TOLD = {
    "expired_card": "Declined: the card has expired. Ask for another card, or cancel.",
    "incorrect_pin": "Declined: wrong PIN. Try again with the right PIN, or another card.",
    "offline_pin_required": (
        "The card needs its PIN. Try again: the card is to be inserted and its PIN entered."
    ),
    "issuer_not_available": (
        "The cardholder's bank did not answer. Try the same card once more, or ask for another."
    ),
    "duplicate_transaction": (
        "Declined: the same amount was charged to this card just now."
        " Look whether the sale is paid already before you ask for another card."
    ),
    "do_not_honor": (
        "The bank declined the card. Ask for another card; only the cardholder's bank can say why."
    ),
    "a_code_that_is_new": "The bank declined the card. Ask for another card, or cancel.",
}
SECRET = ("lost_card", "stolen_card", "pickup_card", "fraudulent", "generic_decline")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [*TOLD.items(), *((code, TOLD["a_code_that_is_new"]) for code in SECRET)],
)
def test_a_decline_says_what_to_do_and_nothing_a_bank_suspects(shop, code, sentence):
    payment = shop.sell()
    shop.simulator.reader(shop.reader, next={"outcome": "decline", "decline_code": code})
    shop.tap()
    payment = shop.ring(payment)

    assert (payment.state, payment.code) == ("declined", code)
    assert payment.message == sentence


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
