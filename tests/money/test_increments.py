"""A hold grows with its order: all of it, or nothing at all."""

import pytest

from payments.errors import IncrementRefused, PaymentBusy
from payments.services import captures, increments
from stores.errors import InvalidLine
from stores.services import FreeLine, create_order
from terminal.services import sales
from tests.factories import ProductFactory
from tests.factories_money import plan_fee

BURGER: FreeLine = {"description": "Burger", "unit_amount": 4_000, "quantity": 1}
PIE: FreeLine = {"description": "Pie", "unit_amount": 750, "quantity": 2}
NOTHING: FreeLine = {"description": "Pie", "unit_amount": 750, "quantity": 0}
REFUSED: FreeLine = {
    "description": "Declined by the test amount",
    "unit_amount": 1_505,
    "quantity": 1,
}


def hold(shop):
    """A hold of 40.00 on a card whose bank may be asked for more."""
    shop.store.incremental_authorization = True
    shop.store.save()
    order = create_order(shop.store, [BURGER], device=shop.device)
    payment = sales.sell(order, shop.reader, by=shop.by, capture_method="manual")
    shop.converse(payment)
    shop.tap()
    payment = shop.ring(payment)
    assert payment.incremental_authorization_supported
    return payment


@pytest.fixture
def approved(shop):
    return hold(shop)


def increment(shop, payment, *lines):
    increments.increment_authorization(payment, list(lines), by=shop.by)
    return shop.converse(payment)


def attempts(payment):
    return payment.requests.filter(kind=increments.INCREMENT)


def test_new_lines_join_the_order_once_the_bank_holds_more(shop, approved):
    increments.increment_authorization(approved, [PIE], by=shop.by)
    approved.order.refresh_from_db()
    assert approved.order.total_amount == 4_000
    payment = shop.converse(approved)

    assert (payment.state, payment.code) == ("approved", "")
    assert (payment.amount, payment.amount_capturable, payment.amount_authorized) == (5_500,) * 3
    assert payment.order.total_amount == 5_500
    assert [line.description for line in payment.order.lines.order_by("position")] == [
        "Burger",
        "Pie",
    ]
    captures.capture(payment, by=shop.by)
    payment = shop.converse(payment)
    assert (payment.order.status, payment.amount_received) == ("paid", 5_500)


def test_a_price_is_the_one_of_the_moment_it_was_asked_for(shop, approved):
    product = ProductFactory.create(store=shop.store, unit_amount=900)
    increments.increment_authorization(
        approved, [{"product": product.pk, "quantity": 2}], by=shop.by
    )
    product.unit_amount = 5_000
    product.save()
    payment = shop.converse(approved)

    assert payment.amount == payment.order.total_amount == 5_800


def test_a_refusal_leaves_hold_and_order_as_they_were(shop, approved):
    payment = increment(shop, approved, REFUSED)

    assert (payment.state, payment.code) == ("approved", "authorization_not_incremented")
    assert "Hold and order are as they were" in payment.message
    assert (payment.amount, payment.amount_capturable) == (4_000, 4_000)
    assert (payment.order.total_amount, payment.order.lines.count()) == (4_000, 1)
    assert payment.promised == {}
    captures.capture(payment, by=shop.by)
    assert shop.converse(payment).amount_received == 4_000


def test_another_increment_after_a_refusal_is_told_of_as_it_is(shop, approved):
    payment = increment(shop, approved, REFUSED)
    payment = increment(shop, payment, PIE)

    assert (payment.code, payment.amount) == ("", 5_500)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_settled_by_the_payment_intents_amount(shop, approved, when):
    increments.increment_authorization(approved, [PIE], by=shop.by)
    shop.simulator.fault("payment_intents.increment_authorization", when, "reset")
    payment = shop.converse(approved)
    payment = shop.later(payment)

    assert (payment.amount, payment.order.total_amount) == (5_500, 5_500)
    [charge] = shop.simulator.objects("charges")
    assert charge["amount"] == 5_500


def test_an_answer_that_never_comes_right_ends_with_the_hold_as_it_was(shop, approved):
    increments.increment_authorization(approved, [PIE], by=shop.by)
    shop.simulator.fault("payment_intents.increment_authorization", "before", "500", count=-1)
    payment = approved
    for _ in range(10):
        payment = shop.later(payment)

    assert not attempts(payment).filter(status__in=("planned", "sent")).exists()
    assert (payment.amount, payment.promised) == (4_000, {})
    assert payment.code == "authorization_not_incremented"
    shop.simulator.unfault()


def test_the_bank_is_asked_ten_times_at_most(shop, approved):
    payment = approved
    for _ in range(10):
        payment = increment(shop, payment, REFUSED)

    with pytest.raises(IncrementRefused, match="10 times"):
        increments.increment_authorization(payment, [PIE], by=shop.by)


def test_a_hold_that_cannot_grow_says_what_to_do_instead(shop):
    order = create_order(shop.store, [BURGER], device=shop.device)
    payment = sales.sell(order, shop.reader, by=shop.by, capture_method="manual")
    shop.converse(payment)
    shop.tap()
    payment = shop.ring(payment)

    with pytest.raises(IncrementRefused) as refused:
        increments.increment_authorization(payment, [PIE], by=shop.by)
    assert str(refused.value.next_action) == "Sell what is new as an order of its own."


def test_only_a_hold_grows(shop, approved):
    captures.capture(approved, by=shop.by)
    with pytest.raises(PaymentBusy):
        increments.increment_authorization(approved, [PIE], by=shop.by)
    payment = shop.converse(approved)
    with pytest.raises(IncrementRefused):
        increments.increment_authorization(payment, [PIE], by=shop.by)


def test_lines_are_checked_before_stripe_is_asked(shop, approved):
    with pytest.raises(InvalidLine):
        increments.increment_authorization(approved, [], by=shop.by)
    with pytest.raises(InvalidLine):
        increments.increment_authorization(approved, [NOTHING], by=shop.by)
    assert not attempts(approved).exists()


@pytest.fixture
def planned(shop):
    plan_fee(shop.store, 1_000)


def test_the_fee_grows_with_the_hold(shop, planned, approved):
    payment = increment(shop, approved, PIE)
    [intent] = shop.simulator.objects("payment_intents")

    assert payment.application_fee_amount == intent["application_fee_amount"] == 550


def test_a_hold_can_be_asked_to_last_longer(shop):
    shop.store.extended_authorization = True
    shop.store.save()
    payment = shop.sell(4_000, capture_method="manual")
    shop.tap("mastercard")
    payment = shop.ring(payment)

    assert (payment.capture_before - payment.created_at).days >= 29


def test_nothing_is_asked_of_a_hold_when_the_money_is_taken_at_once(shop):
    shop.store.extended_authorization = shop.store.incremental_authorization = True
    shop.store.save()
    payment = shop.sell(4_000)
    shop.tap()

    assert shop.ring(payment).state == "paid"
