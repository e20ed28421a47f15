"""A customer pays by a code on the reader: shown in words, ended by reading."""

from typing import Any

import pytest

from payments.errors import PaymentBusy
from payments.services import refunds
from payments.services.possible import next_actions
from stores.principals import SYSTEM
from terminal.services import changing, sales
from tests.money.conftest import open_shop


def take(shop, type):
    """The store takes this beside cards, and its account may."""
    account = shop.store.account.stripe_id
    path = f"accounts/{account}/capabilities/{type}_payments"
    shop.simulator.stripe_post(path, requested="true")
    shop.store.payment_method_types = ["card_present", type]
    shop.store.save()


@pytest.fixture
def affirm(shop, settings):
    """A store that takes Affirm, which takes sales from 35.00."""
    settings.QR_RETURN_URL = "https://shop.example/thanks"
    take(shop, "affirm")
    return shop


def scan(shop, payment, type="affirm"):
    """The customer chooses to pay by phone: the reader shows the code."""
    shop.simulator.call(f"readers/{shop.reader.stripe_id}/qr", {"type": type})
    return shop.ring(payment)


def pay(shop, payment, *, paid=True):
    shop.simulator.call(f"payment_intents/{payment.payment_intent_id}/qr", {"paid": paid})
    return shop.ring(payment)


def possible(payment, *, on_reader):
    return next_actions(payment, on_reader=on_reader, waits_for_stripe=False)


def test_the_till_says_that_the_customer_scans_and_then_that_it_is_paid(affirm):
    payment = scan(affirm, affirm.sell(5_000))

    assert (payment.state, payment.code) == ("waiting_for_card", "requires_action")
    assert payment.message == "The customer scans the code on Till 1 and pays on their phone."
    assert possible(payment, on_reader=True) == ["cancel", "check_status"]
    payment = pay(affirm, payment)
    assert (payment.state, payment.amount_received) == ("paid", 5_000)
    assert payment.card["type"] == payment.card["brand"] == "affirm"
    assert payment.order.status == "paid"
    assert payment.reader_actions.get().status == "succeeded"


def test_the_phone_is_sent_back_to_where_we_say(affirm):
    affirm.sell(5_000)
    [sent] = affirm.simulator.exchanges("POST", "/process_payment_intent")

    assert sent["params"]["process_config"]["return_url"] == "https://shop.example/thanks"


def test_a_store_without_codes_sends_no_return_url(shop, settings):
    settings.QR_RETURN_URL = "https://shop.example/thanks"
    shop.sell(5_000)
    [sent] = shop.simulator.exchanges("POST", "/process_payment_intent")

    assert "return_url" not in sent["params"]["process_config"]


def test_a_customer_who_gives_up_can_try_again_with_a_card(affirm):
    payment = pay(affirm, scan(affirm, affirm.sell(5_000)), paid=False)

    assert payment.state == "stopped"
    assert "did not finish paying on their phone" in payment.message
    affirm.converse(sales.try_again(payment, by=affirm.by))
    affirm.tap()
    assert affirm.ring(payment).state == "paid"


def test_a_cancel_while_the_code_is_shown_ends_it(affirm):
    payment = scan(affirm, affirm.sell(5_000))
    sales.cancel_payment(payment, by=affirm.by)
    payment = affirm.converse(payment)

    assert payment.state == "canceled"
    assert not affirm.simulator.objects("charges")


def test_a_freed_reader_leaves_the_payment_to_the_customer(affirm):
    payment = scan(affirm, affirm.sell(5_000))
    sales.cancel_action(affirm.reader, by=affirm.by)
    payment = affirm.converse(payment)

    assert payment.code == "requires_action"
    assert payment.message.startswith("The customer may still pay")
    assert possible(payment, on_reader=False) == ["cancel", "check_status"]
    with pytest.raises(PaymentBusy):
        sales.try_again(payment, by=affirm.by)
    assert pay(affirm, payment).state == "paid"


@pytest.mark.parametrize("by_name", [False, True])
def test_a_payment_whose_code_is_shown_moves_to_no_other_reader(affirm, by_name):
    payment = scan(affirm, affirm.sell(5_000))
    on_it = {"take_over": payment.pk} if by_name else {}
    with pytest.raises(PaymentBusy, match="may still pay with the code"):
        sales.try_again(payment, by=affirm.by, reader=affirm.other_reader, **on_it)

    assert payment.reader_actions.count() == 1
    assert pay(affirm, affirm.converse(payment)).state == "paid"


def test_a_customer_who_scans_before_the_payment_moves_keeps_it_from_moving(affirm):
    payment = affirm.sell(5_000)
    payment = sales.try_again(payment, by=affirm.by, reader=affirm.other_reader)
    affirm.simulator.call(f"readers/{affirm.reader.stripe_id}/qr", {"type": "affirm"})
    payment = affirm.converse(payment)

    assert (payment.status, payment.code) == ("requires_action", "requires_action")
    assert not payment.reader_actions.filter(ended_at=None).exists()
    sent = affirm.simulator.exchanges("POST", "/process_payment_intent")
    assert len(sent) == 1
    assert pay(affirm, payment).state == "paid"


def test_a_cancel_after_the_reader_was_freed_ends_it_too(affirm):
    payment = scan(affirm, affirm.sell(5_000))
    sales.cancel_action(affirm.reader, by=affirm.by)
    payment = affirm.converse(payment)
    sales.cancel_payment(payment, by=affirm.by)

    assert affirm.converse(payment).state == "canceled"


def test_a_payment_whose_webhooks_are_lost_ends_by_reading(affirm):
    payment = scan(affirm, affirm.sell(5_000))
    affirm.simulator.call(f"payment_intents/{payment.payment_intent_id}/qr", {"paid": True})

    assert affirm.later(payment).state == "paid"


def test_a_payment_by_code_is_refunded_without_a_reader(affirm):
    payment = pay(affirm, scan(affirm, affirm.sell(5_000)))
    refunds.refund(payment, by=SYSTEM)

    assert affirm.converse(payment).state == "refunded"


def test_cards_are_held_where_a_code_is_paid_at_once(simulator, db):
    shop = open_shop(simulator, country="SG")
    take(shop, "paynow")
    held = shop.sell(capture_method="manual")
    shop.tap()
    assert shop.ring(held).state == "approved"
    paid = pay(shop, scan(shop, shop.sell(capture_method="manual"), "paynow"))
    assert paid.state == "paid"


def test_affirm_is_held_like_a_card(affirm):
    payment = scan(affirm, affirm.sell(5_000, capture_method="manual"))

    assert pay(affirm, payment).state == "approved"


def test_what_the_account_may_not_take_is_told_in_stripes_words(shop):
    shop.store.payment_method_types = ["card_present", "affirm"]
    shop.store.save()
    payment = shop.sell(5_000)

    assert payment.state == "canceled"
    assert "activated in your dashboard" in payment.message


def test_an_order_whose_code_is_being_scanned_is_not_changed(affirm):
    payment = scan(affirm, affirm.sell(5_000))
    rug: Any = {"description": "Rug", "unit_amount": 9_000, "quantity": 1}

    with pytest.raises(PaymentBusy, match="may still pay with the code"):
        changing.change_order(payment, [rug], version=payment.order.version, by=affirm.by)
