"""Authorised is not paid: capture, a tip on the receipt, release, and their limits."""

from datetime import timedelta

import pytest

from payments.errors import PaymentBusy, PaymentFinal, PaymentNotCapturable, TipRefused
from payments.services import captures, intents
from terminal.services import sales
from tests.factories_money import plan_fee
from tests.money.conftest import open_shop


def approve(shop, amount=4_000, card="visa"):
    payment = shop.sell(amount, capture_method="manual")
    shop.tap(card)
    return shop.ring(payment)


def test_an_approved_payment_does_not_pay_the_order(shop):
    payment = approve(shop)

    assert (payment.state, payment.status) == ("approved", "requires_capture")
    assert payment.order.status == "open"
    assert payment.amount_capturable == 4_000
    assert payment.capture_before is not None


def test_a_capture_pays_the_order(shop):
    payment = approve(shop)
    captures.capture(payment, by=shop.by)
    payment = shop.converse(payment)

    assert payment.state == "paid"
    payment.order.refresh_from_db()
    assert payment.order.status == "paid"


def test_a_manual_sale_costs_three_posts_and_two_gets(shop):
    before = len(shop.simulator.exchanges())
    payment = approve(shop)
    captures.capture(payment, by=shop.by)
    shop.converse(payment)

    methods = [e["method"] for e in shop.simulator.exchanges()[before:]]
    assert sorted(methods) == ["GET", "GET", "POST", "POST", "POST"]


@pytest.mark.parametrize(
    ("amount", "most"), [(4_000, 5_000), (10_000, 5_000), (10_002, 5_001), (30_000, 15_000)]
)
def test_a_tip_on_the_receipt_may_be_half_of_the_hold_or_fifty_dollars(shop, amount, most):
    payment = approve(shop, amount)
    assert captures.highest_tip(payment) == most

    with pytest.raises(TipRefused):
        captures.capture(payment, by=shop.by, tip_amount=most + 1)
    captures.capture(payment, by=shop.by, tip_amount=most)
    payment = shop.converse(payment)

    assert payment.state == "paid"
    assert payment.amount_received == amount + most
    assert payment.tip_amount == most
    payment.order.refresh_from_db()
    assert payment.order.status == "paid"


def test_a_tip_that_is_too_large_is_refused_before_stripe_is_asked(shop):
    payment = approve(shop)
    before = len(shop.simulator.exchanges())

    with pytest.raises(TipRefused):
        captures.capture(payment, by=shop.by, tip_amount=5_001)
    assert len(shop.simulator.exchanges()) == before
    assert not payment.requests.filter(kind=captures.CAPTURE).exists()


@pytest.mark.parametrize("tip_amount", [-1, -5_000])
def test_a_negative_tip_is_refused(shop, tip_amount):
    payment = approve(shop)

    with pytest.raises(TipRefused):
        captures.capture(payment, by=shop.by, tip_amount=tip_amount)


def test_a_store_outside_the_us_takes_no_tip_on_the_receipt(simulator, db):
    shop = open_shop(simulator, country="GB")
    payment = approve(shop)
    assert captures.highest_tip(payment) == 0

    with pytest.raises(TipRefused):
        captures.capture(payment, by=shop.by, tip_amount=100)


def test_the_fee_is_on_the_sale_and_not_on_the_tip(shop):
    plan_fee(shop.store, 250)
    payment = approve(shop)
    captures.capture(payment, by=shop.by, tip_amount=1_000)
    shop.converse(payment)

    [intent] = shop.simulator.objects("payment_intents")
    assert intent["amount_received"] == 5_000
    assert intent["application_fee_amount"] == 100


def test_a_second_capture_is_refused_while_the_first_is_on_its_way(shop):
    payment = approve(shop)
    captures.capture(payment, by=shop.by)

    with pytest.raises(PaymentBusy):
        captures.capture(payment, by=shop.by)


def test_a_captured_payment_is_not_captured_again(shop):
    payment = approve(shop)
    captures.capture(payment, by=shop.by)
    payment = shop.converse(payment)

    with pytest.raises(PaymentNotCapturable):
        captures.capture(payment, by=shop.by)


def test_a_waiting_payment_is_not_captured(shop):
    payment = shop.sell(capture_method="manual")

    with pytest.raises(PaymentNotCapturable):
        captures.capture(payment, by=shop.by)


def test_a_release_gives_the_hold_back_and_leaves_the_order_open(shop):
    payment = approve(shop)
    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)

    assert payment.state == "canceled"
    assert payment.order.status == "open"
    [charge] = shop.simulator.objects("charges")
    assert charge["captured"] is False


def test_a_released_order_can_be_sold_again(shop):
    payment = approve(shop)
    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)

    again = sales.sell(payment.order, shop.reader, by=shop.by)
    again = shop.converse(again)
    shop.tap()
    assert shop.ring(again).state == "paid"


def test_a_capture_and_a_release_at_once_have_one_winner(shop):
    payment = approve(shop)
    captures.capture(payment, by=shop.by)

    with pytest.raises(PaymentBusy):
        sales.cancel_payment(payment, by=shop.by)
    assert shop.converse(payment).state == "paid"


def test_an_authorisation_that_expired_is_seen_and_the_order_is_open_again(shop):
    payment = approve(shop, card="mastercard")
    shop.simulator.call("clock", {"advance": 3 * 24 * 3600})
    payment = shop.later(payment, seconds=7200)

    assert payment.state == "canceled"
    assert payment.order.status == "open"


def test_an_approved_payment_is_read_now_and_then_until_it_expires(shop):
    payment = approve(shop)

    wait = payment.next_read_at - payment.updated_at
    assert timedelta(minutes=1) <= wait <= timedelta(hours=1, seconds=1)


def test_a_capture_from_outside_is_believed(shop):
    payment = approve(shop)
    shop.simulator.stripe_post(
        f"payment_intents/{payment.payment_intent_id}/capture", payment.stripe_account
    )
    payment = shop.later(payment, seconds=7200)

    assert payment.state == "paid"


def test_a_capture_stripe_refuses_is_an_incident_and_the_tip_is_forgotten(shop):
    payment = approve(shop)
    captures.capture(payment, by=shop.by, tip_amount=1_000)
    shop.simulator.call("clock", {"advance": 8 * 24 * 3600})
    payment = shop.converse(payment)

    assert payment.state == "canceled"
    assert payment.tip_amount == 0
    assert payment.incidents.get().kind == "capture_failed"


def test_a_cashiers_cancel_never_releases_a_hold(shop):
    payment = approve(shop)

    with pytest.raises(PaymentFinal):
        sales.cancel_payment(payment, by=shop.by, release=False)
    assert not payment.requests.filter(kind=intents.CANCEL).exists()


def test_a_requested_capture_is_said_to_be_on_its_way(shop):
    payment = approve(shop)
    captures.capture(payment, by=shop.by)
    payment.refresh_from_db()

    assert payment.message == "Approved. The capture is on its way."
