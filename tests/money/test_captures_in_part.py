"""A part of a hold is captured by the lines that were delivered; the rest is released."""

import pytest

from payments.errors import AmountDiffers, PartRefused
from payments.services import captures
from stores.services import FreeLine, create_order
from terminal.services import sales
from tests.factories_money import plan_fee

BURGER: FreeLine = {"description": "Burger", "unit_amount": 1_750, "quantity": 1}
PIE: FreeLine = {"description": "Pie", "unit_amount": 950, "quantity": 2}


def approve(shop, *lines, **next_card):
    order = create_order(shop.store, list(lines), device=shop.device)
    payment = sales.sell(order, shop.reader, by=shop.by, capture_method="manual")
    shop.converse(payment)
    if next_card:
        shop.simulator.reader(shop.reader, next=next_card)
    shop.tap()
    return shop.ring(payment)


def ids(payment, *descriptions):
    return [line.pk for line in payment.order.lines.all() if line.description in descriptions]


def captured(shop):
    [charge] = shop.simulator.objects("charges")
    return charge["amount_captured"]


def test_undelivered_lines_are_struck_and_the_order_is_paid(shop):
    payment = approve(shop, BURGER, PIE)
    captures.capture(payment, by=shop.by, lines=ids(payment, "Burger"))
    payment.order.refresh_from_db()
    assert payment.order.total_amount == 3_650  # nothing is struck before Stripe has done it
    payment = shop.converse(payment)

    assert (payment.state, payment.message) == ("paid", "Paid.")
    assert (payment.amount, payment.amount_received, captured(shop)) == (1_750, 1_750, 1_750)
    assert (payment.order.status, payment.order.total_amount) == ("paid", 1_750)
    assert [line.description for line in payment.order.lines.all()] == ["Burger"]
    assert payment.promised == {}


def test_a_part_is_captured_with_a_tip_on_the_receipt(shop):
    payment = approve(shop, BURGER, PIE)
    captures.capture(payment, by=shop.by, lines=ids(payment, "Burger"), tip_amount=300)
    payment = shop.converse(payment)

    assert (payment.amount, payment.tip_amount, payment.amount_received) == (1_750, 300, 2_050)
    assert (payment.order.status, payment.order.total_amount) == ("paid", 1_750)


def test_the_fee_is_on_what_is_captured(shop):
    plan_fee(shop.store, 1_000)
    payment = approve(shop, BURGER, PIE)
    assert payment.application_fee_amount == 365
    captures.capture(payment, by=shop.by, lines=ids(payment, "Burger"))
    payment = shop.converse(payment)

    [intent] = shop.simulator.objects("payment_intents")
    assert payment.application_fee_amount == intent["application_fee_amount"] == 175


def test_all_lines_are_the_whole_hold(shop):
    payment = approve(shop, BURGER, PIE)
    captures.capture(payment, by=shop.by, lines=ids(payment, "Burger", "Pie"))
    payment = shop.converse(payment)

    assert (payment.amount_received, payment.order.total_amount) == (3_650, 3_650)
    assert payment.order.version == 3  # held, paid, and nothing else


@pytest.mark.parametrize(("lines", "code"), [([], "nothing_to_capture"), ([0], "unknown_line")])
def test_a_part_is_of_the_orders_lines(shop, lines, code):
    payment = approve(shop, BURGER)

    with pytest.raises(PartRefused) as refused:
        captures.capture(payment, by=shop.by, lines=lines)
    assert refused.value.code == code
    assert not payment.requests.filter(kind=captures.CAPTURE).exists()


def test_a_refused_capture_strikes_nothing(shop):
    payment = approve(shop, BURGER, PIE)
    captures.capture(payment, by=shop.by, lines=ids(payment, "Burger"))
    shop.simulator.call("clock", {"advance": 8 * 24 * 3600})
    payment = shop.converse(payment)

    assert payment.state == "canceled"
    assert (payment.order.status, payment.order.total_amount) == ("open", 3_650)
    assert payment.order.lines.count() == 2


def test_a_capture_of_another_sum_from_outside_strikes_nothing(shop):
    payment = approve(shop, BURGER, PIE)
    captures.capture(payment, by=shop.by, lines=ids(payment, "Burger"))
    shop.simulator.stripe_post(
        f"payment_intents/{payment.payment_intent_id}/capture", payment.stripe_account
    )
    payment = shop.converse(payment)

    assert (payment.amount, payment.amount_received) == (3_650, 3_650)
    assert (payment.order.status, payment.order.lines.count()) == ("paid", 2)


def test_a_capture_whose_answer_is_lost_strikes_the_lines_all_the_same(shop):
    payment = approve(shop, BURGER, PIE)
    captures.capture(payment, by=shop.by, lines=ids(payment, "Burger"))
    shop.simulator.fault("payment_intents.capture", "after", "reset")
    payment = shop.converse(payment)
    payment = shop.later(payment)

    assert (payment.state, payment.order.total_amount) == ("paid", 1_750)
    assert captured(shop) == 1_750


def test_a_card_that_is_approved_in_part_is_not_captured_silently(shop):
    payment = approve(shop, BURGER, PIE, outcome="partial", amount=1_500)

    assert (payment.state, payment.code) == ("approved", "amount_differs")
    assert "15.00 USD was approved, not the 36.50 USD" in payment.message
    assert payment.incidents.get().kind == "amount_differs"
    with pytest.raises(AmountDiffers):
        captures.capture(payment, by=shop.by)


def test_what_was_approved_in_part_is_captured_on_purpose_and_the_rest_stays_due(shop):
    payment = approve(shop, BURGER, PIE, outcome="partial", amount=1_500)
    captures.capture(payment, by=shop.by, accept_difference=True)
    payment = shop.converse(payment)

    assert (payment.state, payment.amount, payment.amount_received) == ("paid", 1_500, 1_500)
    assert payment.order.status == "open"
    assert payment.incidents.get().resolved_at is not None
    rest = shop.converse(sales.sell(payment.order, shop.reader, by=shop.by))
    assert rest.amount == 2_150
    shop.tap()
    assert shop.ring(rest).order.status == "paid"


def test_an_automatic_capture_of_less_leaves_the_order_unpaid_and_somebody_told(shop):
    order = create_order(shop.store, [BURGER], device=shop.device)
    payment = shop.converse(sales.sell(order, shop.reader, by=shop.by))
    shop.simulator.reader(shop.reader, next={"outcome": "partial", "amount": 500})
    shop.tap()
    payment = shop.ring(payment)

    assert (payment.state, payment.code) == ("paid", "amount_differs")
    assert "Only 5.00 USD of 17.50 USD" in payment.message
    assert payment.order.status == "open"
    assert payment.incidents.get(resolved_at=None).kind == "amount_differs"
