"""What came off an order comes off all that is made of it: sale, capture, refund, receipt."""

from typing import Any

import pytest
from django.utils.html import strip_tags

from payments.admin.facts import discounts as shown
from payments.admin.facts import lines as shown_lines
from payments.api.receipts import ReceiptSerializer
from payments.errors import OrderHasOpenPayment
from payments.services import captures, increments, receipts, refunds
from payments.services.cash import take_cash
from payments.services.splitting import Split
from stores.errors import DiscountNotAllowed, DiscountRefused
from stores.models import Discount
from stores.principals import SYSTEM
from stores.services import create_order, discounts, replace_lines
from stores.services.discounts import Terms
from terminal.services import changing, sales
from tests.money.conftest import broken_promises
from tests.money.test_captures_in_part import ids
from tests.money.test_refunds import at_stripe

COFFEES: Any = {
    "description": "Coffee",
    "unit_amount": 3_00,
    "quantity": 3,
    "tax_rate_ppm": 100_000,
}
CAKE: Any = {"description": "Cake", "unit_amount": 5_00, "quantity": 1, "tax_rate_ppm": 100_000}
TENTH = Terms(basis_points=1_000, reason="loyalty", note="Jenny")


@pytest.fixture
def order(shop):
    """14.00, 1.40 off, 1.26 of tax."""
    order = create_order(shop.store, [COFFEES, CAKE], device=shop.device)
    order = discounts.give(order, TENTH, by=SYSTEM)
    assert order.total_amount == 13_86
    return order


def sell(shop, order, **how):
    return shop.converse(sales.sell(order, shop.reader, by=shop.by, **how))


def pay(shop, order, **how):
    payment = sell(shop, order, **how)
    shop.tap()
    return shop.ring(payment)


def test_a_discounted_order_is_sold_to_the_end(shop, order):
    payment = pay(shop, order)

    assert (payment.state, payment.amount_received) == ("paid", 13_86)
    order.refresh_from_db()
    assert (order.status, order.paid_amount, order.discount_amount) == ("paid", 13_86, 1_40)
    [intent] = shop.simulator.objects("payment_intents")
    assert intent["amount_received"] == 13_86
    assert broken_promises(shop.simulator, settled=True) == []
    with pytest.raises(Exception, match="is paid"):
        discounts.give(order, TENTH, by=SYSTEM)


def test_nothing_comes_off_under_a_customers_hands(shop, order):
    sell(shop, order)

    with pytest.raises(OrderHasOpenPayment):
        discounts.give(order, Terms(amount_off=1, reason="staff"), by=SYSTEM)
    with pytest.raises(OrderHasOpenPayment):
        discounts.take_back(order, by=SYSTEM)


def test_nothing_comes_off_what_is_paid_in_part(shop, order):
    coffee, cake = order.lines.order_by("position")
    take_cash(order, by=shop.by, split=Split([cake.pk]))

    with pytest.raises(DiscountRefused, match="Parts of"):
        discounts.give(order, Terms(amount_off=1, reason="staff"), by=SYSTEM)
    order.refresh_from_db()
    assert (order.paid_amount, order.due_amount) == (4_95, 8_91)
    # The line that was paid stays as it was paid, whatever comes beside it.
    replace_lines(order, [{"line": cake.pk}, {"line": coffee.pk}, CAKE], version=order.version)
    cake.refresh_from_db()
    assert (cake.discount_amount, cake.total_amount) == (50, 4_95)
    order.refresh_from_db()
    assert (order.due_amount, order.discount_amount) == (8_91 + 5_50, 1_40)
    assert pay(shop, order).amount_received == 14_41


def test_a_part_is_captured_at_its_discounted_price(shop, order):
    payment = pay(shop, order, capture_method="manual")
    captures.capture(payment, by=shop.by, lines=ids(payment, "Coffee"))
    payment = shop.converse(payment)

    assert (payment.state, payment.amount_received) == ("paid", 8_91)
    order.refresh_from_db()
    assert (order.status, order.total_amount, order.discount_amount) == ("paid", 8_91, 90)
    assert Discount.objects.get().amount == 90


def test_what_joins_a_hold_later_costs_its_price(shop, order):
    shop.store.incremental_authorization = True
    shop.store.save()
    payment = pay(shop, order, capture_method="manual")
    increments.increment_authorization(payment, [CAKE], by=shop.by)
    payment = shop.converse(payment)

    assert payment.amount_capturable == 13_86 + 5_50
    order.refresh_from_db()
    assert (order.total_amount, order.discount_amount) == (19_36, 1_40)
    assert Discount.objects.get().amount == 1_40


def test_shares_of_a_discounted_bill_add_up(shop, order):
    parts = [take_cash(order, by=shop.by, split=Split(shares=4)).amount for _ in range(4)]

    assert sum(parts) == 13_86
    order.refresh_from_db()
    assert order.status == "paid"


def test_a_line_comes_back_for_what_was_paid_for_it(shop, order):
    payment = pay(shop, order)
    coffee, cake = order.lines.order_by("position")
    for pieces in ({coffee.pk: 1}, {coffee.pk: 2}, {cake.pk: 1}):
        refunds.refund(payment, by=SYSTEM, pieces=pieces)
        payment = shop.converse(payment)

    assert sorted(each["amount"] for each in at_stripe(shop)) == [2_97, 4_95, 5_94]
    assert (payment.state, payment.amount_refunded) == ("refunded", 13_86)


def test_a_change_on_the_reader_takes_the_same_part_off(shop, order):
    payment = sell(shop, order)
    kept: Any = [{"line": line.pk} for line in order.lines.order_by("position")]
    shop.store.cashier_discount_limit = 2_00
    shop.store.save()
    order.refresh_from_db()
    with pytest.raises(DiscountNotAllowed):
        changing.change_order(
            payment,
            [*kept, CAKE | {"quantity": 2}],
            version=order.version,
            by=shop.by,
        )
    changing.change_order(payment, [*kept, CAKE], version=order.version, by=shop.by)
    payment = shop.converse(payment)

    assert payment.amount == 18_81  # 19.00, 1.90 off, tax
    order.refresh_from_db()
    assert (order.total_amount, order.discount_amount) == (18_81, 1_90)
    given = Discount.objects.get()
    assert (given.amount, given.device) == (1_90, shop.device)
    shop.tap()
    assert shop.ring(payment).amount_received == 18_81


def test_a_receipt_says_what_came_off(shop, order):
    payment = pay(shop, order)

    printed = receipts.receipt(payment, "en")
    assert printed.lines == [
        ("3 × Coffee, less 0.90 USD", "8.91 USD"),  # noqa: RUF001
        ("1 × Cake, less 0.50 USD", "4.95 USD"),  # noqa: RUF001
    ]
    assert printed.sums[:4] == [
        ("Discounts, taken off above", "1.40 USD"),
        ("Net", "12.60 USD"),
        ("Tax", "1.26 USD"),
        ("Order", "13.86 USD"),
    ]
    told: Any = ReceiptSerializer(payment).data
    assert told["discount_amount"] == sum(each["discount_amount"] for each in told["lines"])
    assert (told["net_amount"], told["order_amount"]) == (12_60, 13_86)


def test_the_page_of_an_order_says_what_came_off_and_who_gave_it(shop, order):
    [row] = shown(order)

    assert (row["size"], str(row["about"]), row["why"]) == (
        "10 %",
        "The order",
        "Regular customer: Jenny",
    )
    assert [strip_tags(each["off"]) for each in shown_lines(order)] == ["-0.90 USD", "-0.50 USD"]
