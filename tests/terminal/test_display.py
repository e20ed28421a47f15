"""The cart on the display: in step with its order, and never in the way of a payment."""

import pytest
from django.utils import timezone

from stores.principals import SYSTEM
from stores.services import Line, discounts, orders
from stores.services.discounts import Terms
from terminal.errors import NothingToCancel
from terminal.models import ReaderDisplay
from terminal.services import displays, forms, freeing, on_its_way, sales

SHOW = "set_reader_display"


def show(counter, order):
    displays.show(order, counter.reader, by=counter.by)
    counter.attend()
    return order


def change(order, *amounts):
    lines: list[Line] = [
        {"description": f"Other {n}", "unit_amount": amount, "quantity": 1}
        for n, amount in enumerate(amounts, start=1)
    ]
    order.refresh_from_db()
    return orders.replace_lines(order, lines, version=order.version)


def test_shows_the_lines_tax_and_total_of_the_order(counter):
    order = show(counter, counter.cart(500, 250))

    assert counter.shown()["cart"] == {
        "currency": "usd",
        "line_items": [
            {"description": "Thing 1", "quantity": 2, "amount": 1000},
            {"description": "Thing 2", "quantity": 2, "amount": 500},
        ],
        "tax": 0,
        "total": 1500,
    }
    display = ReaderDisplay.objects.get()
    assert (display.shown_order, display.shown_version) == (order, 1)
    assert display.next_try_at is None


def test_prices_with_tax_add_up_to_the_total(counter):
    counter.shop.store.prices_include_tax = True
    counter.shop.store.save()
    order = counter.cart(500)

    cart = displays.cart(order)

    assert "tax" not in cart
    assert sum(line["amount"] for line in cart["line_items"]) == cart["total"]


def test_follows_the_order(counter):
    order = show(counter, counter.cart(500))
    change(order, 700)
    counter.attend()

    assert counter.shown()["cart"]["total"] == 700
    assert len(counter.sent(SHOW)) == 2


def test_sends_the_newest_only(counter):
    order = counter.cart(500)
    displays.show(order, counter.reader, by=counter.by)
    for amount in (700, 800, 900):
        change(order, amount)
    counter.attend()

    assert counter.shown()["cart"]["total"] == 900
    assert len(counter.sent(SHOW)) == 1


@pytest.mark.parametrize("how", ["canceled", "by hand"])
def test_is_cleared(counter, how):
    order = show(counter, counter.cart(500))
    if how == "canceled":
        orders.cancel_order(order)
    else:
        freeing.cancel_action(counter.reader, by=counter.by)
    counter.attend()

    assert counter.shown()["kind"] == "splash"
    assert len(counter.sent("cancel_action")) == 1
    with pytest.raises(NothingToCancel):
        freeing.cancel_action(counter.reader, by=counter.by)


def test_gives_way_to_a_payment_and_does_not_come_back_when_that_is_paid(counter):
    order = show(counter, counter.cart(500))
    payment = sales.sell(order, counter.reader, by=counter.by)
    payment = counter.shop.converse(payment)
    counter.later()
    assert payment.state == "waiting_for_card"
    counter.shop.tap()
    payment = counter.shop.ring(payment)
    counter.later()

    assert payment.state == "paid"
    assert len(counter.sent(SHOW)) == 1
    assert not counter.sent("cancel_action")
    assert ReaderDisplay.objects.get().order is None


def test_comes_back_when_the_payment_is_canceled(counter):
    order = show(counter, counter.cart(500))
    payment = counter.shop.converse(sales.sell(order, counter.reader, by=counter.by))
    sales.cancel_payment(payment, by=counter.by)
    counter.shop.converse(payment)
    counter.later()

    assert counter.shown()["cart"]["total"] == 1000


def test_comes_back_after_a_form(counter):
    order = show(counter, counter.cart(500))
    form = {"type": "email", "custom_text": {"title": "Your e-mail"}}
    action = forms.collect(order, counter.reader, [form], by=counter.by)
    counter.attend()
    change(order, 300)
    counter.attend()
    assert counter.shown()["kind"] == "form"
    counter.answer(value="jenny@example.com")
    assert counter.ring(action).status == "succeeded"
    counter.later()

    assert counter.shown()["cart"]["total"] == 300


def test_never_ends_a_payment_of_another_order(counter):
    payment = counter.shop.sell()
    displays.show(counter.cart(500), counter.reader, by=counter.by)
    counter.attend()
    counter.later()

    assert not counter.sent(SHOW)
    counter.shop.tap()
    assert counter.shop.ring(payment).state == "paid"
    counter.later()
    assert counter.shown()["cart"]["total"] == 1000


def test_never_ends_a_payment_of_another_system(counter):
    theirs = counter.simulator.foreign_payment_on(counter.reader)
    displays.show(counter.cart(500), counter.reader, by=counter.by)
    counter.attend()
    for _ in range(4):
        counter.later()

    assert not counter.sent(SHOW)
    assert counter.simulator.shown_on(counter.reader) == theirs
    display = ReaderDisplay.objects.get()
    assert (display.error_code, display.next_try_at) == ("terminal_reader_busy", None)


def test_an_offline_reader_shows_it_when_the_order_changes_next(counter):
    counter.simulator.reader(counter.reader, condition="offline")
    order = show(counter, counter.cart(500))
    for _ in range(4):
        counter.later()
    display = ReaderDisplay.objects.get()
    assert (display.error_code, display.shown_order) == ("terminal_reader_offline", None)
    counter.simulator.reader(counter.reader, condition=None)

    change(order, 300)
    counter.attend()

    assert counter.shown()["cart"]["total"] == 300


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_settled_by_reading(counter, when):
    counter.simulator.fault(f"readers.{SHOW}", when, "reset")
    show(counter, counter.cart(500))
    counter.later()

    assert counter.shown()["cart"]["total"] == 1000
    sent = counter.sent(SHOW)
    assert len({row["idempotency_key"] for row in sent}) == len(sent)
    assert len(sent) == (1 if when == "after" else 2)


def test_a_payment_that_starts_while_a_cart_is_sent_wins(counter):
    order = counter.cart(500)
    displays.show(order, counter.reader, by=counter.by)
    display = displays.Display(on_its_way.SHOW)
    assert displays.settle(counter.reader)
    request = ReaderDisplay.objects.get().request
    assert request is not None
    assert display.allow(counter.reader, request)
    request.status, request.tries = "sent", 1

    request.first_sent_at = timezone.now()
    request.save()

    payment = counter.shop.converse(sales.sell(order, counter.reader, by=counter.by))

    assert payment.state == "sending"
    assert not counter.sent("process_payment_intent")
    counter.attend()  # whoever sent it is dead: what the reader shows is read, nothing is sent
    assert not counter.sent(SHOW)
    assert counter.shop.later(payment).state == "waiting_for_card"


def test_a_cart_is_not_sent_once_a_payment_has_the_reader(counter):
    order = counter.cart(500)
    displays.show(order, counter.reader, by=counter.by)
    assert displays.settle(counter.reader)
    payment = sales.sell(order, counter.reader, by=counter.by)
    counter.attend()

    assert not counter.sent(SHOW)
    assert counter.shop.converse(payment).state == "waiting_for_card"


def test_shows_what_came_off_each_line_since_it_was_given(counter):
    order = show(counter, counter.cart(500, 250))
    discounts.give(order, Terms(basis_points=1_000, reason="staff"), by=SYSTEM)
    counter.attend()

    assert counter.shown()["cart"] == {
        "currency": "usd",
        "line_items": [
            {"description": "Thing 1 (-1.00 USD)", "quantity": 2, "amount": 900},
            {"description": "Thing 2 (-0.50 USD)", "quantity": 2, "amount": 450},
        ],
        "tax": 0,
        "total": 1350,
    }
