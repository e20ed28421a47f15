"""The fees of accounts by month, beside Stripe's application fees."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import FeeDay, FeeMovement, Payment, ReadBudget
from payments.services import captures, fee_days, fee_report, reconciliation, refunds
from stores.principals import SYSTEM, Principal
from tests.factories import MembershipFactory, UserFactory
from tests.factories_money import plan_fee
from tests.money.conftest import broken_promises, open_shop


@pytest.fixture
def owner(db):
    return Principal.of_user(UserFactory.create(is_superuser=True))


def list_fees():
    """The platform's comparison of a night, ten minutes from now; no read is lacking by then."""
    ReadBudget.objects.all().delete()
    now = timezone.now() + timedelta(minutes=11)
    for row in (reconciliation.start("", now),):
        assert reconciliation.carry_on(row.pk)


def sell(shop, amount, *, tip=0, part=0, back=0, method="automatic"):
    payment = shop.sell(amount, capture_method=method)
    shop.tap()
    payment = shop.ring(payment)
    if method == "manual":
        captures.capture(payment, by=shop.by, tip_amount=tip)
        payment = shop.converse(payment)
    assert payment.state == "paid"
    if back:
        refunds.refund(payment, by=SYSTEM, amount=back)
        payment = shop.converse(payment)
    return payment


def at_stripe(simulator):
    taken = sum(fee["amount"] for fee in simulator.objects("application_fees"))
    back = sum(fee["amount_refunded"] for fee in simulator.objects("application_fees"))
    return taken, -back


def test_the_report_adds_up_to_stripe_s_application_fees_to_the_cent(simulator, owner):
    for number, model in enumerate(["direct", "destination"], start=1):
        shop = open_shop(simulator, model)
        plan_fee(shop.store, 275, fixed_amount=7 * number, includes_tips=model == "direct")
        sell(shop, 1_999)
        sell(shop, 3_333, tip=777, method="manual")
        sell(shop, 9_999, back=1_234)
        sell(shop, 5_017, back=5_017)
    assert [month.missing == month.due for month in fee_report.months(owner)] == [True, True]

    list_fees()
    months = fee_report.months(owner)
    assert len(months) == 2
    totals = tuple(sum(getattr(m, name) for m in months) for name in ("taken", "returned"))
    assert totals == at_stripe(simulator)
    assert totals[1] < 0
    assert {(m.difference, m.explained(), m.payments) for m in months} == {(0, "", 4)}
    assert not broken_promises(simulator, settled=True)

    list_fees()  # a night later nothing is counted twice
    assert fee_report.months(owner) == months


def test_a_part_that_was_captured_pays_the_fee_of_the_part(shop, owner):
    from tests.money.test_captures_in_part import BURGER, PIE, approve, ids

    plan_fee(shop.store, 1_000)
    payment = approve(shop, BURGER, PIE)
    captures.capture(payment, by=shop.by, lines=ids(payment, "Burger"))
    payment = shop.converse(payment)
    list_fees()

    [month] = fee_report.months(owner)
    assert (month.taken, month.due) == (175, 175) == (at_stripe(shop.simulator)[0],) * 2


def test_a_wrong_fee_and_one_of_no_payment_explain_the_difference(shop, owner):
    plan_fee(shop.store, 100)
    payment = shop.sell(10_000)
    edit = {"account": payment.stripe_account, "application_fee_amount": 130}
    shop.simulator.stripe_post(f"payment_intents/{payment.payment_intent_id}", **edit)
    shop.tap()
    shop.ring(payment)
    list_fees()

    [month] = fee_report.months(owner)
    assert (month.due, month.taken, month.difference, month.wrong) == (100, 130, 30, 30)
    assert "0.30 USD other than by plan" in month.explained()

    FeeMovement.objects.update(payment=None, store=None)
    [month] = fee_report.months(owner)
    assert (month.foreign, month.missing, month.difference) == (130, 100, 30)


def test_a_fee_given_back_on_its_own_in_the_dashboard_is_in_the_report(shop, owner):
    plan_fee(shop.store, 100)
    sell(shop, 10_000)
    [fee] = shop.simulator.objects("application_fees")
    shop.simulator.stripe_post(f"application_fees/{fee['id']}/refunds", amount=40)
    list_fees()

    [month] = fee_report.months(owner)
    assert (month.taken, month.returned, month.net) == (100, -40, 60)


def test_each_refund_has_the_fee_that_was_given_back_with_it(shop, owner):
    plan_fee(shop.store, 1_000)
    payment = sell(shop, 10_000, back=3_000)
    refunds.refund(payment, by=SYSTEM, amount=1_000)
    shop.converse(payment)
    list_fees()
    list_fees()

    rows = payment.refunds.order_by("pk")
    assert [[each.amount for each in row.fee_movements.all()] for row in rows] == [[-300], [-100]]


def test_a_refund_that_kept_the_fee_is_not_said_to_have_given_it_back(shop, owner):
    plan_fee(shop.store, 1_000)
    shop.store.account.refund_application_fee = False
    shop.store.account.save()
    payment = sell(shop, 10_000, back=3_000)
    [fee] = shop.simulator.objects("application_fees")
    shop.simulator.stripe_post(f"application_fees/{fee['id']}/refunds", amount=40)
    list_fees()

    assert FeeMovement.objects.get(amount=-40).refund is None
    assert not payment.refunds.get().fee_movements.exists()


def test_an_owner_sees_the_fees_of_the_own_stores_and_others_none(simulator, owner):
    shops = [open_shop(simulator), open_shop(simulator)]
    for shop in shops:
        plan_fee(shop.store, 100)
        sell(shop, 10_000)
    list_fees()
    people = {
        role: Principal.of_user(MembershipFactory.create(store=shops[0].store, role=role).user)
        for role in ("owner", "manager", "cashier")
    }

    assert len(fee_report.months(owner)) == 2
    assert [m.account for m in fee_report.months(people["owner"])] == [shops[0].store.account.name]
    assert len(list(fee_report.lines(people["owner"]).rows)) == 1
    for role in ("manager", "cashier"):
        assert fee_report.months(people[role]) == []
        assert list(fee_report.lines(people[role]).rows) == []


def test_the_report_is_the_same_when_its_days_are_summed(shop, owner):
    plan_fee(shop.store, 250)
    sell(shop, 1_999)
    sell(shop, 2_999, back=500)
    list_fees()
    sell(shop, 3_999)  # not listed yet
    before = fee_report.months(owner)

    fee_days.sum_up(timezone.now() + timedelta(days=3))
    fee_days.sum_up(timezone.now() + timedelta(days=3))

    assert FeeDay.objects.count() == 1
    assert fee_report.months(owner) == before
    assert before[0].missing > 0


def test_what_is_listed_late_is_in_the_report_although_its_day_was_summed(shop, owner):
    plan_fee(shop.store, 250)
    sell(shop, 1_999)
    list_fees()
    sell(shop, 3_999)
    fee_days.sum_up(timezone.now() + timedelta(days=3))

    list_fees()

    assert [month.missing for month in fee_report.months(owner)] == [0]
    assert not FeeDay.objects.exists()


def test_a_day_is_summed_when_stripe_has_had_time_to_list_it(shop, owner):
    plan_fee(shop.store, 250)
    sell(shop, 1_999)
    list_fees()

    fee_days.sum_up(timezone.now() + timedelta(days=1))
    assert not FeeDay.objects.exists()

    fee_days.sum_up(timezone.now() + timedelta(days=3))
    assert FeeDay.objects.exists()


def test_years_are_summed_month_by_month(shop, owner):
    plan_fee(shop.store, 250)
    payment = sell(shop, 1_999)
    list_fees()
    then = timezone.now() - timedelta(days=100)
    FeeMovement.objects.update(created_at=then)
    Payment.objects.filter(pk=payment.pk).update(ended_at=then)
    sell(shop, 3_999)
    list_fees()
    before = fee_report.months(owner)

    fee_days.sum_up(timezone.now() + timedelta(days=3))

    assert FeeDay.objects.count() == 2
    assert fee_report.months(owner) == before
