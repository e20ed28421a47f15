"""A split bill: by lines, or in equal shares. Parts add up, and nothing is paid twice."""

import pytest
from django.db import IntegrityError, transaction

from payments.errors import (
    AmountRefused,
    LinePaid,
    OrderCovered,
    OrderHasOpenPayment,
    OrderNotPayable,
    SplitRefused,
)
from payments.models import PaidLine
from payments.services.cash import take_cash
from payments.services.splitting import Split
from stores.errors import InvalidLine
from stores.services import Line, cancel_order, create_order, replace_lines
from terminal.services import changing, sales
from tests.factories import OrderLineFactory, StoreFactory
from tests.factories_money import CashPaymentFactory
from tests.money.conftest import broken_promises

TEA: Line = {"description": "Tea", "unit_amount": 3_00, "quantity": 1}
PRICES = {"Soup": 12_00, "Fish": 20_00, "Wine": 8_00}


@pytest.fixture
def bill(shop):
    """Soup for 12.00, fish for 20.00 and wine for 8.00."""
    lines: list[Line] = [
        {"description": name, "unit_amount": amount, "quantity": 1}
        for name, amount in PRICES.items()
    ]
    return create_order(shop.store, lines, device=shop.device)


def ids(order, *names):
    lines = order.lines.filter(description__in=names).order_by("position")
    return tuple(lines.values_list("pk", flat=True))


def by_card(shop, order, split, card="visa", **more):
    payment = sales.sell(order, shop.reader, by=shop.by, split=split, **more)
    payment = shop.converse(payment)
    shop.tap(card)
    return shop.ring(payment)


def shares_in_cash(shop, amount, *counts):
    order = shop.order(amount)
    return [take_cash(order, by=shop.by, split=Split(shares=n)).amount for n in counts]


# By lines


def test_each_guest_pays_what_he_had_by_card_or_in_cash(shop, bill):
    soup = by_card(shop, bill, Split(lines=ids(bill, "Soup")))
    fish = take_cash(bill, by=shop.by, split=Split(lines=ids(bill, "Fish")))
    rest = by_card(shop, bill, Split(lines=ids(bill, "Wine")))

    bill.refresh_from_db()
    assert [each.amount for each in (soup, fish, rest)] == [12_00, 20_00, 8_00]
    assert (bill.status, bill.paid_amount) == ("paid", 40_00)
    assert [i["amount"] for i in shop.simulator.objects("payment_intents")] == [12_00, 8_00]
    assert not broken_promises(shop.simulator, settled=True)


def test_the_timeline_says_what_a_part_is_for(shop, bill):
    take_cash(bill, by=shop.by, split=Split(lines=ids(bill, "Soup", "Wine")))
    take_cash(bill, by=shop.by)

    told = bill.log.filter(verb="created", subject="payment").order_by("pk")
    told = told.values_list("message", flat=True)
    assert list(told) == ["20.00 USD for 1 x Soup, 1 x Wine, in cash.", "20.00 USD, in cash."]


def test_a_line_is_paid_once(shop, bill):
    take_cash(bill, by=shop.by, split=Split(lines=ids(bill, "Soup")))

    with pytest.raises(LinePaid):
        take_cash(bill, by=shop.by, split=Split(lines=ids(bill, "Soup", "Fish")))
    assert bill.payments.count() == 1


def test_a_line_of_a_canceled_payment_is_free_again(shop, bill):
    soup = Split(lines=ids(bill, "Soup"))
    payment = shop.converse(sales.sell(bill, shop.reader, by=shop.by, split=soup))
    assert payment.paid_lines.count() == 1
    sales.cancel_payment(payment, by=shop.by)
    assert shop.converse(payment).state == "canceled"

    assert take_cash(bill, by=shop.by, split=soup).amount == 12_00


def test_a_line_of_a_payment_that_stripe_refused_is_free_again(shop, bill):
    soup = Split(lines=ids(bill, "Soup"))
    shop.simulator.fault("payment_intents.create", "before", "error", status=400)
    payment = shop.converse(sales.sell(bill, shop.reader, by=shop.by, split=soup))
    assert (payment.state, payment.payment_intent_id) == ("canceled", None)

    assert take_cash(bill, by=shop.by, split=soup).amount == 12_00


def test_the_next_part_waits_until_the_one_before_is_approved_or_paid(shop, bill):
    sales.sell(bill, shop.reader, by=shop.by, split=Split(lines=ids(bill, "Soup")))

    with pytest.raises(OrderHasOpenPayment):
        sales.sell(bill, shop.other_reader, by=shop.by, split=Split(lines=ids(bill, "Fish")))


def test_an_approved_part_covers_and_the_next_may_start(shop, bill):
    held = by_card(shop, bill, Split(lines=ids(bill, "Soup")), capture_method="manual")
    assert held.state == "approved"

    rest = by_card(shop, bill, Split())
    bill.refresh_from_db()
    assert (rest.state, rest.amount) == ("paid", 28_00)
    assert (bill.status, bill.paid_amount, bill.held_amount) == ("open", 28_00, 12_00)
    assert bill.due_amount == 0


def test_lines_that_come_to_more_than_is_owed_are_refused(shop, bill):
    take_cash(bill, by=shop.by, split=Split(shares=2))
    take_cash(bill, by=shop.by, split=Split(lines=ids(bill, "Soup")))

    with pytest.raises(SplitRefused) as refused:
        take_cash(bill, by=shop.by, split=Split(lines=ids(bill, "Fish")))
    assert refused.value.message.endswith("owes 8.00 USD.")


def test_a_line_of_another_order_is_unknown(shop, bill):
    other = create_order(shop.store, [TEA])

    with pytest.raises(SplitRefused):
        take_cash(bill, by=shop.by, split=Split(lines=ids(other, "Tea")))


# In equal shares


@pytest.mark.parametrize(
    ("amount", "counts", "shares"),
    [
        (100_00, [3, 3, 3], [33_34, 33_33, 33_33]),
        (100_00, [3, 2, 1 + 1], [33_34, 33_33, 33_33]),
        (2_00, [4, 4, 4, 4], [50, 50, 50, 50]),
        (10_01, [2, 2], [5_01, 5_00]),
    ],
)
def test_shares_add_up_exactly(shop, amount, counts, shares):
    assert shares_in_cash(shop, amount, *counts) == shares
    assert sum(shares) == amount


def test_after_the_last_share_nothing_is_owed(shop):
    order = shop.order(90_00)
    for _ in range(3):
        take_cash(order, by=shop.by, split=Split(shares=3))

    with pytest.raises(OrderNotPayable):
        take_cash(order, by=shop.by, split=Split(shares=3))
    order.refresh_from_db()
    assert order.status == "paid"


def test_a_share_whose_payment_was_canceled_is_asked_for_again(shop):
    order = shop.order(90_00)
    payment = shop.converse(sales.sell(order, shop.reader, by=shop.by, split=Split(shares=3)))
    sales.cancel_payment(payment, by=shop.by)
    assert shop.converse(payment).state == "canceled"

    again = take_cash(order, by=shop.by, split=Split(shares=3))
    assert (again.amount, again.share_number, again.share_count) == (30_00, 1, 3)


def test_shares_keep_the_step_of_the_currency(shop):
    shop.store.currency = "isk"
    shop.store.save()
    order = shop.order(1_000_00)

    amounts = [take_cash(order, by=shop.by, split=Split(shares=3)).amount for _ in range(3)]
    assert amounts == [334_00, 333_00, 333_00]


# What is refused beforehand


def test_a_rest_that_no_card_can_pay_is_refused_beforehand(shop):
    order = create_order(
        shop.store,
        [
            {"description": "Bag", "unit_amount": 30, "quantity": 1},
            {"description": "Bread", "unit_amount": 5_00, "quantity": 1},
        ],
    )
    bread, bag = Split(lines=ids(order, "Bread")), Split(lines=ids(order, "Bag"))

    with pytest.raises(SplitRefused) as refused:
        sales.sell(order, shop.reader, by=shop.by, split=bread)
    assert refused.value.message == "0.30 USD would be left, and cards are charged from 0.50 USD."
    assert not order.payments.exists()

    with pytest.raises(AmountRefused):
        sales.sell(order, shop.reader, by=shop.by, split=bag)
    take_cash(order, by=shop.by, split=bag)  # the small part first, as it was told
    assert by_card(shop, order, bread).state == "paid"


# Orders with paid parts


def test_a_paid_line_stays_when_the_others_change(shop, bill):
    take_cash(bill, by=shop.by, split=Split(lines=ids(bill, "Fish")))
    [fish] = ids(bill, "Fish")
    bill.refresh_from_db()
    replace_lines(bill, [TEA, {"line": fish}], version=bill.version)

    bill.refresh_from_db()
    lines = list(bill.lines.order_by("position").values_list("position", "description"))
    assert lines == [(1, "Tea"), (2, "Fish")]
    assert ids(bill, "Fish") == (fish,)
    assert (bill.total_amount, bill.due_amount) == (23_00, 3_00)


def test_a_paid_line_does_not_go(shop, bill):
    take_cash(bill, by=shop.by, split=Split(lines=ids(bill, "Fish")))
    bill.refresh_from_db()

    with pytest.raises(LinePaid):
        replace_lines(bill, [TEA], version=bill.version)
    assert bill.lines.count() == 3


def test_an_order_never_becomes_worth_less_than_what_was_paid(shop, bill):
    take_cash(bill, by=shop.by, split=Split(shares=2))
    [soup] = ids(bill, "Soup")
    bill.refresh_from_db()

    with pytest.raises(OrderCovered):
        replace_lines(bill, [{"line": soup}], version=bill.version)
    with pytest.raises(OrderCovered):
        cancel_order(bill)


def test_an_order_whose_unpaid_lines_go_is_paid(shop, bill):
    take_cash(bill, by=shop.by, split=Split(lines=ids(bill, "Fish")))
    [fish] = ids(bill, "Fish")
    bill.refresh_from_db()

    replace_lines(bill, [{"line": fish}], version=bill.version)

    bill.refresh_from_db()
    assert (bill.status, bill.total_amount) == ("paid", 20_00)


def test_a_line_is_kept_once_and_of_this_order(shop, bill):
    [fish] = ids(bill, "Fish")
    other = create_order(shop.store, [TEA])

    wrong: list[list[Line]] = [
        [{"line": fish}, {"line": fish}],
        [{"line": ids(other, "Tea")[0]}],
    ]
    for lines in wrong:
        with pytest.raises(InvalidLine):
            replace_lines(bill, lines, version=bill.version)


@pytest.mark.parametrize("how", ["lines", "shares"])
def test_a_bill_stays_as_it_is_while_a_part_of_it_is_on_a_reader(shop, bill, how):
    split = Split(shares=2) if how == "shares" else Split(lines=ids(bill, "Soup"))
    payment = shop.converse(sales.sell(bill, shop.reader, by=shop.by, split=split))
    bill.refresh_from_db()
    before = bill.version, list(bill.lines.order_by("pk").values())

    with pytest.raises(SplitRefused) as refused:
        changing.change_order(payment, [TEA], version=bill.version, by=shop.by)
    assert refused.value.message == "This payment is over a part of the bill."
    assert str(refused.value.next_action) == (
        "Cancel it, change the order, and start the part again."
    )
    kept: list[Line] = [{"line": pk} for pk in ids(bill, *PRICES)]
    for lines in ([TEA], [*kept, TEA]):
        with pytest.raises(OrderHasOpenPayment):
            replace_lines(bill, lines, version=bill.version)
    with pytest.raises(OrderHasOpenPayment):
        cancel_order(bill)

    bill.refresh_from_db()
    assert (bill.version, list(bill.lines.order_by("pk").values())) == before
    payment = shop.converse(payment)
    assert (payment.state, payment.promised) == ("waiting_for_card", {})
    assert shop.simulator.shown_on(shop.reader) == payment.payment_intent_id


def test_what_is_told_to_do_with_a_part_changes_the_bill(shop, bill):
    payment = shop.converse(sales.sell(bill, shop.reader, by=shop.by, split=Split(shares=2)))
    sales.cancel_payment(payment, by=shop.by)
    assert shop.converse(payment).state == "canceled"

    bill.refresh_from_db()
    replace_lines(bill, [TEA], version=bill.version)
    again = by_card(shop, bill, Split(shares=2))
    assert (again.state, again.amount) == ("paid", 1_50)


# What the database refuses


def test_the_database_has_a_line_paid_once_by_a_payment_of_its_own_order(db):
    payment = CashPaymentFactory.create()
    line = OrderLineFactory.create(order=payment.order)
    mine = {"store": payment.store, "order": payment.order, "payment": payment, "line": line}
    PaidLine.objects.create(**mine)
    foreign = OrderLineFactory.create()
    other = CashPaymentFactory.create(order=payment.order)

    for wrong in (
        {},
        {"payment": other},
        {"line": foreign},
        {"line": foreign, "order": foreign.order},
        {"store": StoreFactory.create(), "line": OrderLineFactory.create(order=payment.order)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            PaidLine.objects.create(**(mine | wrong))


def test_a_share_is_one_of_so_many(db):
    for wrong in ({"share_number": 3, "share_count": 2}, {"share_number": 1}, {"share_count": 2}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CashPaymentFactory.create(**wrong)
