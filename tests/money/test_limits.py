"""How much one person may give back and add, and what a second person must agree to. It …"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from payments.errors import (
    ApprovalNotPossible,
    ApprovalWaits,
    RefundNotAllowed,
    TipRefused,
)
from payments.models import Approval, Refund
from payments.services import approvals, captures, limits, refunds
from payments.services.cash import take_cash
from stores.errors import NotTheSecondPerson
from stores.models import LogEntry
from stores.principals import Principal, Role
from stores.services.limits import role_in
from tests.factories import DeviceFactory, MembershipFactory
from tests.money.conftest import open_shop
from tests.money.test_capture_and_tips import approve
from tests.money.test_refunds import pay


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


def test_counts_all_that_was_given_back_of_a_payment_not_only_this_part(shop):
    limit(shop, cashier_refund_limit=1_000)
    payment = sold(shop)
    refunds.refund(payment, by=person(shop, Role.CASHIER), amount=600)

    berta = person(shop, Role.CASHIER)
    with pytest.raises(RefundNotAllowed, match=r"up to 10\.00 USD of a payment"):
        refunds.refund(payment, by=berta, amount=401)
    refunds.refund(payment, by=berta, amount=400)


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


def test_counts_the_tips_of_each_person_by_themselves_and_of_today(shop):
    limit(shop, cashier_tip_day_limit=1_500, manager_tip_day_limit=1_200)
    anna, berta = person(shop, Role.CASHIER), person(shop, Role.CASHIER)
    manager = person(shop, Role.MANAGER)
    captures.capture(approve(shop), by=anna, tip_amount=1_500)
    captures.capture(approve(shop), by=berta, tip_amount=1_500)
    captures.capture(approve(shop), by=manager, tip_amount=1_200)
    with pytest.raises(TipRefused, match=r"12\.00 USD a day, and 12\.00 USD is done"):
        captures.capture(approve(shop), by=manager, tip_amount=1)


def test_begins_to_count_tips_anew_each_day(shop):
    limit(shop, cashier_tip_day_limit=1_500)
    anna = person(shop, Role.CASHIER)
    LogEntry.objects.create(
        store=shop.store,
        at=timezone.now() - timedelta(days=1),
        subject="payment",
        subject_id=0,
        verb=limits.CAPTURE_REQUESTED,
        message="Capture requested with a tip.",
        actor_kind="user",
        user_id=anna.user_id,
        data={"tip": 1_500},
    )
    captures.capture(approve(shop), by=anna, tip_amount=1_500)


@pytest.mark.django_db(transaction=True)
def test_lets_no_two_tips_at_once_pass_the_limit_of_a_day(shop):
    limit(shop, cashier_tip_day_limit=1_500)
    anna = person(shop, Role.CASHIER)
    payments = [approve(shop) for _ in range(4)]

    def add(payment):
        try:
            captures.capture(payment, by=anna, tip_amount=1_000)
        except TipRefused:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(add, payments)) == 1


def test_counts_of_a_day_what_one_person_gave_back_in_one_store(shop):
    limit(shop, cashier_refund_limit=2_000)
    anna, sister = person(shop, Role.CASHIER), open_shop(shop.simulator)
    limit(sister, cashier_refund_limit=2_000)
    MembershipFactory.create(store=sister.store, user_id=anna.user_id)
    refunds.refund(sold(sister), by=anna)
    refunds.refund(sold(shop), by=anna, amount=500)
    # A tablet that nobody entered a PIN on is one by itself, and so is the next.
    refunds.refund(sold(shop), by=shop.by, amount=300)
    other = Principal.of_device(DeviceFactory.create(store=shop.store))

    assert limits.refunded_today(shop.store, anna) == 500
    assert limits.refunded_today(shop.store, shop.by) == 300
    assert limits.refunded_today(shop.store, other) == 0
    on_this_tablet = replace(shop.by, user_id=anna.user_id)
    refunds.refund(sold(shop), by=on_this_tablet, amount=20)
    assert limits.refunded_today(shop.store, anna) == 520
    assert limits.refunded_today(shop.store, shop.by) == 300


@pytest.mark.parametrize("status", ["refused", "failed", "canceled"])
def test_counts_nothing_that_came_to_nothing(shop, status):
    limit(shop, cashier_refund_limit=2_000)
    anna = person(shop, Role.CASHIER)
    refund = refunds.refund(pay(shop), by=anna, amount=500)
    assert limits.refunded_today(shop.store, anna) == refund.amount
    here = Refund.objects.filter(pk=refund.pk)
    refund_id = None if status == "refused" else "re_1"
    here.update(status=status, refund_id=refund_id, ended_at=timezone.now())
    assert limits.refunded_today(shop.store, anna) == 0
    here.update(status="requested", refund_id=None, ended_at=None)


def test_counts_no_refund_that_a_second_person_approved(shop):
    limit(shop, cashier_refund_limit=2_000, cashier_refund_day_limit=2_000)
    anna = person(shop, Role.CASHIER)
    asked = approvals.ask(sold(shop), by=anna, note="Broken in the box")
    approvals.approve(asked, by=person(shop, Role.MANAGER))
    assert limits.refunded_today(shop.store, anna) == 0
    refunds.refund(sold(shop), by=anna)


def test_a_day_begins_at_midnight_where_the_store_is(shop):
    shop.store.timezone = "Asia/Tokyo"
    limit(shop, cashier_refund_limit=2_000)
    anna = person(shop, Role.CASHIER)
    refunds.refund(sold(shop), by=anna)
    here = timezone.now().astimezone(ZoneInfo("Asia/Tokyo"))
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)

    Refund.objects.update(created_at=midnight)
    assert limits.refunded_today(shop.store, anna) == 2_000
    Refund.objects.update(created_at=midnight - timedelta(microseconds=1))
    assert limits.refunded_today(shop.store, anna) == 0


def test_a_person_is_in_each_store_what_they_are_there(shop):
    sister = open_shop(shop.simulator)
    user = MembershipFactory.create(store=sister.store, role=Role.OWNER).user
    MembershipFactory.create(store=shop.store, user=user, role=Role.CASHIER)
    by = Principal.of_user(user)

    assert role_in(shop.store.pk, by) == Role.CASHIER
    assert role_in(sister.store.pk, by) == Role.OWNER
    assert role_in(sister.store.pk, shop.by) is None
    assert role_in(shop.store.pk, replace(by, is_support=True)) is None
