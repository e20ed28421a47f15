"""How much one person may give back and add, and what a second person must agree to. It …"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from payments.errors import (
    ApprovalNotPossible,
    ApprovalWaits,
    NotTheSecondPerson,
    RefundNotAllowed,
    TipRefused,
)
from payments.models import Approval, Refund
from payments.services import approvals, captures, refunds
from payments.services.cash import take_cash
from stores.models import LogEntry
from stores.principals import Principal, Role
from tests.factories import MembershipFactory
from tests.money.test_capture_and_tips import approve


def person(shop, role) -> Principal:
    return Principal.of_user(MembershipFactory.create(store=shop.store, role=role).user)


def sold(shop, amount=2_000):
    return take_cash(shop.order(amount), by=shop.by)


def limit(shop, **limits):
    for name, value in limits.items():
        setattr(shop.store, name, value)
    shop.store.save()


def test_counts_what_a_person_gave_back_today_over_all_payments(shop):
    limit(shop, cashier_refund_limit=2_000, cashier_refund_day_limit=2_500)
    anna, berta = person(shop, Role.CASHIER), person(shop, Role.CASHIER)
    refunds.refund(sold(shop), by=anna)

    with pytest.raises(RefundNotAllowed, match=r"25\.00 USD a day, and 20\.00 USD is done"):
        refunds.refund(sold(shop), by=anna)
    refunds.refund(sold(shop), by=anna, amount=500)
    refunds.refund(sold(shop), by=berta)
    Refund.objects.update(created_at=timezone.now() - timedelta(days=1))
    refunds.refund(sold(shop), by=anna)


def test_holds_for_a_manager_what_the_store_says_and_for_an_owner_nothing(shop):
    limit(shop, manager_refund_limit=1_000, manager_refund_day_limit=1_500)
    manager, owner = person(shop, Role.MANAGER), person(shop, Role.OWNER)

    with pytest.raises(RefundNotAllowed):
        refunds.refund(sold(shop), by=manager, amount=1_001)
    refunds.refund(sold(shop), by=manager, amount=1_000)
    with pytest.raises(RefundNotAllowed):
        refunds.refund(sold(shop), by=manager, amount=501)
    refunds.refund(sold(shop), by=owner)


@pytest.mark.django_db(transaction=True)
def test_lets_no_two_refunds_at_once_pass_the_limit_of_a_day(shop):
    limit(shop, cashier_refund_limit=2_000, cashier_refund_day_limit=3_000)
    anna = person(shop, Role.CASHIER)
    payments = [sold(shop) for _ in range(6)]

    def give_back(payment):
        try:
            refunds.refund(payment, by=anna)
        except RefundNotAllowed:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(give_back, payments)) == 1
    assert Refund.objects.count() == 1


def test_gives_back_above_the_limit_when_a_second_person_agrees(shop):
    anna, manager = person(shop, Role.CASHIER), person(shop, Role.MANAGER)
    payment = sold(shop)
    asked = approvals.ask(payment, by=anna, note="Broken in the box", amount=1_500)
    assert not Refund.objects.exists()

    decided = approvals.approve(asked, by=manager, answer="Seen it")

    [refund] = payment.refunds.all()
    assert (refund.amount, refund.user_id, decided.refund) == (1_500, anna.user_id, refund)
    assert (decided.status, decided.decided_by_id) == ("approved", manager.user_id)
    told = LogEntry.objects.filter(verb__in=["approval_asked", "approved"]).order_by("id")
    assert [row.user_id for row in told] == [anna.user_id, manager.user_id]
    with pytest.raises(ApprovalNotPossible):
        approvals.approve(asked, by=manager)
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("who", ["self", "cashier", "elsewhere", "tablet", "support"])
def test_takes_nobody_else_for_the_second_person(shop, who):
    manager = person(shop, Role.MANAGER)
    asked = approvals.ask(sold(shop), by=manager, note="Too much for me")
    by = {
        "self": manager,
        "cashier": person(shop, Role.CASHIER),
        "elsewhere": Principal.of_user(MembershipFactory.create(role=Role.OWNER).user),
        "tablet": shop.by,
        "support": Principal.of_user(
            MembershipFactory.create(store=shop.store, role=Role.OWNER).user, is_support=True
        ),
    }[who]

    with pytest.raises(NotTheSecondPerson):
        approvals.approve(asked, by=by)
    assert not Refund.objects.exists()


def test_is_worth_nothing_when_nobody_decided_in_time(shop):
    asked = approvals.ask(sold(shop), by=shop.by, note="Broken")
    with pytest.raises(ApprovalWaits):
        approvals.ask(asked.payment, by=shop.by, note="Broken")
    Approval.objects.update(expires_at=timezone.now())

    with pytest.raises(ApprovalNotPossible):
        approvals.approve(asked, by=person(shop, Role.OWNER))
    approvals.ask(asked.payment, by=shop.by, note="Broken")


def test_can_be_declined_and_taken_back(shop):
    anna = person(shop, Role.CASHIER)
    payment = sold(shop)
    for by in (person(shop, Role.MANAGER), anna):
        asked = approvals.ask(payment, by=anna, note="Broken")
        assert approvals.decline(asked, by=by, answer="No").status == "declined"
    with pytest.raises(NotTheSecondPerson):
        approvals.decline(
            approvals.ask(payment, by=anna, note="Broken"), by=person(shop, Role.CASHIER)
        )
    assert not Refund.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_lets_no_two_approve_at_once(shop):
    asked = approvals.ask(sold(shop), by=shop.by, note="Broken")
    deciders = [person(shop, Role.OWNER) for _ in range(4)]

    def decide(by):
        try:
            approvals.approve(asked, by=by)
        except ApprovalNotPossible:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(decide, deciders)) == 1
    assert Refund.objects.count() == 1


def test_counts_the_tips_a_person_typed_in_from_receipts_today(shop):
    limit(shop, cashier_tip_day_limit=1_500)
    anna, manager = person(shop, Role.CASHIER), person(shop, Role.MANAGER)
    captures.capture(approve(shop), by=anna, tip_amount=1_000)
    payment = approve(shop)

    with pytest.raises(TipRefused, match=r"15\.00 USD a day, and 10\.00 USD is done"):
        captures.capture(payment, by=anna, tip_amount=501)
    captures.capture(payment, by=manager, tip_amount=501)
