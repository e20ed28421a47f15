"""Giving money back for what came back: which lines, how many pieces of each, and for how much."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils.html import strip_tags

from payments.admin.facts import lines
from payments.errors import AmountRefused, LinePaid, LinesRefused, PaymentBusy, RefundNotAllowed
from payments.models import Refund, RefundLine
from payments.services import approvals, receipts, refund_lines, refunds
from payments.services.cash import take_cash
from payments.services.covers import keep_paid_lines
from payments.services.reports import refunds as report
from payments.services.reports.tables import Money
from stores.models import LogEntry
from stores.principals import SYSTEM, Principal, Role
from stores.services import Line, create_order
from terminal.services import sales
from tests import factories
from tests.factories import MembershipFactory
from tests.money.test_refunds import at_stripe
from tests.money.test_refunds_elsewhere import hear
from tests.money.test_reports import of

COFFEES: Line = {"description": "Coffee", "unit_amount": 3_33, "quantity": 3}
CAKE: Line = {"description": "Cake", "unit_amount": 5_00, "quantity": 1}


def pay(shop, *lines, card="visa"):
    order = create_order(shop.store, [*(lines or (COFFEES, CAKE))], device=shop.device)
    payment = shop.converse(sales.sell(order, shop.reader, by=shop.by))
    shop.tap(card)
    payment = shop.ring(payment)
    assert payment.state == "paid"
    return payment, *order.lines.order_by("position")


def give_back(shop, payment, pieces):
    made = refunds.refund(payment, by=SYSTEM, pieces=pieces)
    shop.converse(payment)
    made.refresh_from_db()
    return made


def rows(refund):
    return [(r.line.description, r.quantity, r.amount) for r in refund.lines.all()]


def test_a_refund_of_lines_says_which_came_back_and_what_was_given_for_them(shop):
    payment, coffee, cake = pay(shop)

    made = give_back(shop, payment, {coffee.pk: 2, cake.pk: 1})

    assert (made.status, made.amount) == ("succeeded", 11_66)
    assert rows(made) == [("Coffee", 2, 6_66), ("Cake", 1, 5_00)]
    assert [each["amount"] for each in at_stripe(shop)] == [11_66]
    entry = LogEntry.objects.get(verb="refund_requested")
    assert entry.message == "Refund of 11.66 USD requested: 2 x Coffee, 1 x Cake."
    assert entry.data["lines"] == [
        {"line": coffee.pk, "quantity": 2, "amount": 6_66},
        {"line": cake.pk, "quantity": 1, "amount": 5_00},
    ]


def test_no_more_pieces_come_back_than_were_sold(shop):
    payment, coffee, cake = pay(shop)
    give_back(shop, payment, {coffee.pk: 2})

    with pytest.raises(LinesRefused, match="Of Coffee, 1 to 1 can come back"):
        refunds.refund(payment, by=SYSTEM, pieces={coffee.pk: 2})
    with pytest.raises(LinesRefused, match="Of Cake, 1 to 1"):
        refunds.refund(payment, by=SYSTEM, pieces={cake.pk: 0})
    give_back(shop, payment, {coffee.pk: 1})
    with pytest.raises(LinesRefused, match="All of Coffee came back already"):
        refunds.refund(payment, by=SYSTEM, pieces={coffee.pk: 1})
    assert Refund.objects.count() == 2


def test_pieces_come_to_the_whole_line_however_they_come_back(shop):
    shop.store.prices_include_tax = False
    shop.store.save()
    taxed: Line = {
        "description": "Coffee",
        "unit_amount": 3_35,
        "quantity": 3,
        "tax_rate_ppm": 88_750,
    }
    payment, coffee, _cake = pay(shop, taxed, CAKE)
    assert (coffee.total_amount, coffee.tax_amount) == (10_94, 89)

    made = [give_back(shop, payment, {coffee.pk: 1}) for _ in range(3)]

    assert [each.amount for each in made] == [3_64, 3_65, 3_65]
    assert sum(row.tax_amount for row in RefundLine.objects.all()) == 89


def test_pieces_are_back_only_when_they_are_refunded(shop):
    payment, coffee, cake = pay(shop)
    give_back(shop, payment, {coffee.pk: 1})
    refunds.refund(payment, by=SYSTEM, pieces={coffee.pk: 2, cake.pk: 1})

    def said():
        return [strip_tags("; ".join(line["returned"])) for line in lines(payment.order)]

    assert said() == ["1 of 3 returned; 2 on their way", "1 on its way"]
    with pytest.raises(LinesRefused, match="All of Cake came back, and is being refunded"):
        refund_lines.priced(payment, {cake.pk: 1})
    shop.converse(payment)
    assert said() == ["3 of 3 returned", "1 of 1 returned"]


def test_pieces_of_a_refund_that_failed_may_come_back_again(shop):
    payment, coffee, _cake = pay(shop, card="refund_fail")
    failed = give_back(shop, payment, {coffee.pk: 3})
    shop.simulator.call("clock", {"advance": 120})
    hear(shop, payment)
    failed.refresh_from_db()
    assert failed.status == "failed"

    assert refund_lines.returned(payment.order_id) == {}
    assert [line["returned"] for line in lines(payment.order)] == [[], []]
    assert refunds.refund(payment, by=SYSTEM, pieces={coffee.pk: 3}).amount == 9_99


def test_pieces_of_a_refund_that_was_not_made_may_come_back_again(shop):
    payment, coffee, _cake = pay(shop)
    shop.simulator.fault("refunds.create", "before", "error", status=400, count=1)
    assert give_back(shop, payment, {coffee.pk: 1}).status == "refused"

    assert give_back(shop, payment, {coffee.pk: 3}).amount == 9_99


def test_the_same_pieces_pressed_twice_are_one_refund(shop):
    payment, coffee, cake = pay(shop)

    first = refunds.refund(payment, by=SYSTEM, pieces={coffee.pk: 3})
    assert refunds.refund(payment, by=SYSTEM, pieces={coffee.pk: 3}) == first
    with pytest.raises(PaymentBusy):
        refunds.refund(payment, by=SYSTEM, pieces={cake.pk: 1})
    assert refunds.refund(payment, by=SYSTEM, amount=9_99) == first


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_take_the_last_piece_back_once(shop):
    payment, _coffee, cake = pay(shop)
    answers, barrier = [], threading.Barrier(2)

    def press():
        barrier.wait()
        try:
            refunds.refund(payment, by=SYSTEM, pieces={cake.pk: 1})
            answers.append("made")
        finally:
            connection.close()

    people = [threading.Thread(target=press) for _ in range(2)]
    for each in people:
        each.start()
    for each in people:
        each.join()

    assert answers == ["made", "made"]  # the second is the first
    assert RefundLine.objects.count() == Refund.objects.count() == 1


def test_lines_do_not_pass_what_is_left_nor_what_one_may_refund(shop):
    payment, coffee, cake = pay(shop)
    shop.store.cashier_refund_limit = 5_00
    shop.store.save()

    with pytest.raises(RefundNotAllowed):
        refunds.refund(payment, by=shop.by, pieces={coffee.pk: 2})
    refunds.refund(payment, by=SYSTEM, amount=10_00)
    shop.converse(payment)
    with pytest.raises(AmountRefused, match=r"Up to 4\.99 USD"):
        refunds.refund(payment, by=SYSTEM, pieces={cake.pk: 1})


def test_only_lines_of_the_payment_come_back_with_it(shop):
    payment, _coffee, cake = pay(shop)
    other, *_ = pay(shop)

    with pytest.raises(LinesRefused, match=f"for no line {cake.pk}"):
        refunds.refund(other, by=SYSTEM, pieces={cake.pk: 1})
    made = give_back(shop, payment, {cake.pk: 1})
    with pytest.raises(IntegrityError), transaction.atomic():
        RefundLine.objects.filter(refund=made).update(payment=other.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        RefundLine.objects.filter(refund=made).update(payment=other.pk, order=other.order_id)
    elsewhere = factories.StoreFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        RefundLine.objects.filter(refund=made).update(store=elsewhere)


def test_cash_comes_back_by_line_too(shop):
    order = create_order(shop.store, [COFFEES, CAKE], device=shop.device)
    payment = take_cash(order, by=shop.by)
    coffee = order.lines.get(description="Coffee")

    made = refunds.refund(payment, by=SYSTEM, pieces={coffee.pk: 1})

    assert (made.status, rows(made)) == ("succeeded", [("Coffee", 1, 3_33)])


def test_a_line_that_came_back_stays_in_its_order(shop):
    payment, coffee, _cake = pay(shop)
    give_back(shop, payment, {coffee.pk: 1})
    payment.order.refresh_from_db()

    with pytest.raises(LinePaid, match="3 x Coffee was refunded with payment"):
        keep_paid_lines(payment.order, [coffee.pk])


def test_a_receipt_says_what_came_back(shop):
    payment, coffee, _cake = pay(shop)
    assert "Returned" not in str(receipts.receipt(payment, "en").sums)
    give_back(shop, payment, {coffee.pk: 2})
    payment.refresh_from_db()

    assert ("Returned: 2 x Coffee", "6.66 USD") in receipts.receipt(payment, "en").sums


def test_somebody_is_told_when_pieces_came_back_twice_after_all(shop):
    """Our row says that the first refund was not made, and then Stripe has it after all."""
    payment, _coffee, cake = pay(shop)
    first = give_back(shop, payment, {cake.pk: 1})
    Refund.objects.filter(pk=first.pk).update(status="refused", refund_id=None)
    give_back(shop, payment, {cake.pk: 1})
    hear(shop, payment)

    first.refresh_from_db()
    assert first.status == "succeeded"
    assert payment.incidents.filter(kind="returned_twice").exists()


def test_the_report_adds_up_what_came_back(shop):
    payment, coffee, cake = pay(shop)
    give_back(shop, payment, {coffee.pk: 1, cake.pk: 1})
    give_back(shop, payment, {coffee.pk: 1})
    refunds.refund(payment, by=SYSTEM, amount=1)
    shop.converse(payment)
    scope = of(shop)

    table = report.tables(scope)[-1]
    assert table.rows == [
        ("Cake", 1, Money(5_00, "usd"), Money(0, "usd")),
        ("Coffee", 2, Money(6_66, "usd"), Money(0, "usd")),
    ]
    lines = report.lines(scope)
    place = [str(name) for name in lines.columns].index("What came back")
    assert [row[place] for row in lines.rows] == ["1 x Coffee, 1 x Cake", "1 x Coffee", ""]


def test_a_second_person_approves_pieces(shop):
    payment, coffee, _cake = pay(shop)
    asked = approvals.ask(payment, by=shop.by, note="Cold", pieces={coffee.pk: 2})
    assert (asked.amount, asked.pieces) == (6_66, {coffee.pk: 2})
    assert LogEntry.objects.get(verb="approval_asked").message.startswith(
        "A refund of 6.66 USD (2 x Coffee) waits"
    )

    manager = MembershipFactory.create(store=shop.store, role=Role.MANAGER).user
    approvals.approve(asked, by=Principal.of_user(manager))
    shop.converse(payment)

    (made,) = payment.refunds.all()
    assert (made.status, rows(made)) == ("succeeded", [("Coffee", 2, 6_66)])


def test_pieces_that_came_back_meanwhile_are_not_approved(shop):
    payment, _coffee, cake = pay(shop)
    asked = approvals.ask(payment, by=shop.by, note="Stale", pieces={cake.pk: 1})
    give_back(shop, payment, {cake.pk: 1})

    manager = MembershipFactory.create(store=shop.store, role=Role.MANAGER).user
    with pytest.raises(LinesRefused, match="came back already"):
        approvals.approve(asked, by=Principal.of_user(manager))
    assert Refund.objects.count() == 1
