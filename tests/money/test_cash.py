"""Cash: all of an order or the rest, and given back; never beside a card that may be charged."""

import pytest
from django.db import IntegrityError, transaction

from payments.errors import (
    AmountRefused,
    OrderCovered,
    OrderHasOpenPayment,
    OrderNotPayable,
    RefundNotAllowed,
    RefundNotPossible,
)
from payments.models import Payment, StripeRequest
from payments.services import captures, refunds
from payments.services.cash import take_cash
from payments.services.splitting import Split
from stores.models import Role
from stores.principals import Principal
from stores.services import cancel_order
from terminal.models import ReaderAction
from terminal.services import sales
from tests.factories import MembershipFactory
from tests.factories_money import CashPaymentFactory, RefundFactory
from tests.money.conftest import broken_promises


def manager(shop):
    membership = MembershipFactory.create(store=shop.store, role=Role.MANAGER)
    return Principal.of_user(membership.user)


def cancel(shop, payment):
    sales.cancel_payment(payment, by=shop.by)
    return shop.converse(payment)


def test_an_order_is_paid_at_once_and_stripe_is_not_asked(shop):
    order = shop.order(2_500)
    before = len(shop.simulator.exchanges())

    payment = take_cash(order, by=shop.by)

    order.refresh_from_db()
    assert (payment.state, payment.message) == ("paid", "Paid in cash.")
    assert (payment.amount, payment.amount_received) == (2_500, 2_500)
    assert (order.status, order.paid_amount, order.due_amount) == ("paid", 2_500, 0)
    assert not StripeRequest.objects.filter(payment=payment).exists()
    assert not ReaderAction.objects.exists()
    assert len(shop.simulator.exchanges()) == before
    assert not broken_promises(shop.simulator, settled=True)
    assert [row.message for row in order.log.filter(verb="created")] == ["25.00 USD, in cash."]


def test_a_paid_order_takes_no_cash_again(shop):
    order = shop.order()
    take_cash(order, by=shop.by)

    with pytest.raises(OrderNotPayable):
        take_cash(order, by=shop.by)
    assert order.payments.count() == 1


def test_cash_waits_until_the_card_payment_is_seen_canceled(shop):
    payment = shop.sell(2_500)
    order = payment.order

    with pytest.raises(OrderHasOpenPayment) as refused:
        take_cash(order, by=shop.by)
    assert "cancel it and wait until it is canceled" in refused.value.next_action

    # Asked for is not done: the cancel was not seen at Stripe yet.
    sales.cancel_payment(payment, by=shop.by)
    with pytest.raises(OrderHasOpenPayment):
        take_cash(order, by=shop.by)

    assert shop.converse(payment).state == "canceled"
    assert take_cash(order, by=shop.by).amount == 2_500


def test_cash_is_refused_while_it_is_unknown_if_the_card_was_charged(shop):
    shop.simulator.reader(
        shop.reader, next={"outcome": "connection_error", "truth": "late", "delay_ms": 3000}
    )
    payment = shop.sell()
    shop.tap()
    payment = shop.ring(payment)
    assert payment.state == "checking"

    with pytest.raises(OrderHasOpenPayment):
        take_cash(payment.order, by=shop.by)


def test_the_rest_after_a_card_share_is_paid_in_cash(shop):
    order = shop.order(1_099)
    payment = sales.sell(order, shop.reader, by=shop.by, split=Split(shares=2))
    payment = shop.converse(payment)
    shop.tap()
    payment = shop.ring(payment)
    assert (payment.state, payment.amount) == ("paid", 550)

    rest = take_cash(order, by=shop.by)

    order.refresh_from_db()
    assert rest.amount == 549
    assert (order.status, order.paid_amount) == ("paid", 1_099)


def test_a_hold_covers_its_part_and_the_order_is_paid_when_it_is_captured(shop):
    order = shop.order(1_000)
    payment = sales.sell(
        order, shop.reader, by=shop.by, capture_method="manual", split=Split(shares=2)
    )
    payment = shop.converse(payment)
    shop.tap()
    payment = shop.ring(payment)
    assert payment.state == "approved"

    take_cash(order, by=shop.by)
    order.refresh_from_db()
    assert (order.status, order.paid_amount, order.held_amount) == ("open", 500, 500)

    captures.capture(payment, by=shop.by)
    shop.converse(payment)
    order.refresh_from_db()
    assert (order.status, order.paid_amount, order.held_amount) == ("paid", 1_000, 0)


def test_a_hold_that_is_released_is_owed_again(shop):
    order = shop.order(1_000)
    payment = sales.sell(
        order, shop.reader, by=shop.by, capture_method="manual", split=Split(shares=2)
    )
    payment = shop.converse(payment)
    shop.tap()
    payment = shop.ring(payment)
    take_cash(order, by=shop.by)

    assert cancel(shop, payment).state == "canceled"
    order.refresh_from_db()
    assert (order.held_amount, order.due_amount) == (0, 500)
    assert take_cash(order, by=shop.by).amount == 500


# Giving it back


def test_cash_is_given_back_at_once(shop):
    payment = take_cash(shop.order(2_500), by=shop.by)

    refund = refunds.refund(payment, by=manager(shop), amount=700)

    payment.refresh_from_db()
    payment.order.refresh_from_db()
    assert (refund.status, refund.refund_id, refund.method) == ("succeeded", None, "cash")
    assert (payment.amount_refunded, payment.order.refunded_amount) == (700, 700)
    assert payment.message == "Paid. 7.00 USD of it was refunded."
    assert not StripeRequest.objects.filter(payment=payment).exists()
    assert not shop.simulator.objects("refunds")


def test_all_of_it_given_back_shows_as_refunded_and_no_more_follows(shop):
    payment = take_cash(shop.order(2_500), by=shop.by)
    refunds.refund(payment, by=manager(shop), amount=700)
    refunds.refund(payment, by=manager(shop))

    payment.refresh_from_db()
    assert (payment.state, payment.amount_refunded) == ("refunded", 2_500)
    with pytest.raises(RefundNotPossible):
        refunds.refund(payment, by=manager(shop))


def test_a_till_gives_back_cash_up_to_its_limit_only(shop):
    shop.store.cashier_refund_limit = 500
    shop.store.save()
    payment = take_cash(shop.order(2_500), by=shop.by)

    with pytest.raises(RefundNotAllowed):
        refunds.refund(payment, by=shop.by, amount=501)
    with pytest.raises(AmountRefused):
        refunds.refund(payment, by=manager(shop), amount=2_501)
    refunds.refund(payment, by=shop.by, amount=500)
    payment.refresh_from_db()
    assert payment.amount_refunded == 500


def test_an_order_with_a_paid_part_is_given_up_only_after_the_money_went_back(shop):
    order = shop.order(1_000)
    payment = take_cash(order, by=shop.by, split=Split(shares=2))

    with pytest.raises(OrderCovered) as refused:
        cancel_order(order, device=shop.device)
    assert refused.value.code == "order_covered"

    refunds.refund(payment, by=manager(shop))
    assert cancel_order(order, device=shop.device).status == "canceled"


# What the database refuses


@pytest.mark.parametrize(
    "wrong",
    [
        {"payment_intent_id": "pi_1"},
        {"status": "requires_capture"},
        {"amount_received": 1},
        {"application_fee_amount": 1},
        {"tip_amount": 1},
        {"stripe_account": "acct_1"},
        {"latest_charge_id": "ch_1"},
        {"capture_method": "manual"},
    ],
)
def test_a_cash_row_is_nothing_but_cash(db, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        CashPaymentFactory.create(**wrong)


def test_a_cash_refund_belongs_to_a_cash_payment(db):
    cash = CashPaymentFactory.create()
    RefundFactory.create(payment=cash, method="cash", refund_id=None)

    with pytest.raises(IntegrityError), transaction.atomic():
        RefundFactory.create(method="cash", refund_id=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        RefundFactory.create(payment=cash)
    assert Payment.objects.get(pk=cash.pk).is_cash
