"""What the platform takes of a payment: by which plan, and that Stripe takes just that."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from payments.errors import FeePlanNotAllowed, FeePlanRefused
from payments.models import FeePlan, Incident
from payments.services import captures, fees
from payments.services.fees import Terms
from payments.transitions import fee
from stores.models import LogEntry
from stores.principals import SYSTEM, Principal
from tests.factories import StoreFactory, UserFactory
from tests.factories_money import plan_fee
from tests.money.conftest import open_shop
from tests.money.test_changing import change

USD: Any = {"currency": "usd"}


def plan(**terms):
    return FeePlan(currency="usd", **terms)


@pytest.mark.parametrize(
    ("terms", "sale", "tip", "due"),
    [
        ({"basis_points": 250}, 19, 0, 0),  # 0.475
        ({"basis_points": 250}, 20, 0, 1),  # 0.5 is rounded up
        ({"basis_points": 250}, 59, 0, 1),
        ({"basis_points": 250}, 60, 0, 2),
        ({"basis_points": 250}, 999, 0, 25),
        ({"basis_points": 250, "fixed_amount": 30}, 1_000, 0, 55),
        ({"basis_points": 250, "minimum_amount": 50}, 1_000, 0, 50),
        ({"basis_points": 250, "cap_amount": 20}, 1_000, 0, 20),
        ({"basis_points": 250}, 1_000, 200, 25),
        ({"basis_points": 250, "includes_tips": True}, 1_000, 200, 30),
        ({"fixed_amount": 30}, 25, 0, 25),  # never more than the payment
        ({"minimum_amount": 50}, 30, 40, 30),  # and never out of a tip that costs nothing
        ({"basis_points": 10_000, "fixed_amount": 1}, 99_999_999, 0, 99_999_999),
        ({}, 1_000, 0, 0),
    ],
)
def test_a_plan_is_computed_in_integers(terms, sale, tip, due):
    assert fee(plan(**terms), sale, tip) == due


def test_without_a_plan_there_is_no_fee(shop):
    payment = shop.sell()
    assert (payment.fee_plan, payment.application_fee_amount) == (None, 0)
    [intent] = shop.simulator.objects("payment_intents")
    assert intent["application_fee_amount"] is None


# Which plan


@pytest.fixture
def store(db):
    return StoreFactory.create()


def in_force(store, at=None):
    found = fees.in_force(store, "usd", at or timezone.now())
    return None if found is None else found.basis_points


def test_the_newest_plan_that_has_begun_is_in_force(store):
    now = timezone.now()
    for bps, days in [(100, -3), (200, -1), (300, 1)]:
        plan_fee(store, bps, effective_from=now + timedelta(days=days))

    found = [in_force(store, now + timedelta(days=day)) for day in (-4, -3, -2, -1, 0, 1)]
    assert found == [None, 100, 100, 200, 200, 300]


def test_a_plan_that_has_not_begun_is_replaced_by_a_newer_of_the_same_instant(store):
    begins = timezone.now() - timedelta(hours=1)
    plan_fee(store, 900, effective_from=begins)
    plan_fee(store, 90, effective_from=begins)
    assert in_force(store) == 90


def test_a_store_s_own_plan_beats_its_account_s_even_when_that_is_newer(store):
    plan_fee(store, 100, store=store)
    plan_fee(store, 200, effective_from=timezone.now() - timedelta(minutes=1))

    assert in_force(store) == 100
    assert in_force(StoreFactory.create(account=store.account)) == 200


def test_a_store_can_go_back_to_its_account_s_plan(store):
    plan_fee(store, 100, store=store, effective_from=timezone.now() - timedelta(days=2))
    plan_fee(store, 200)
    plan_fee(store, store=store, as_account=True)
    assert in_force(store) == 200


def test_a_plan_is_of_one_account_and_one_currency(store):
    plan_fee(StoreFactory.create(), 100)
    plan_fee(store, 200, currency="cad")
    assert in_force(store) is None


# Who sets one


def owner():
    return Principal.of_user(UserFactory.create(is_superuser=True))


def test_the_platform_s_owner_adds_a_plan_and_each_store_s_log_tells(store):
    own = StoreFactory.create(account=store.account)
    plan_fee(own, 50, store=own)
    plan_fee(store, 100)
    by = owner()
    begins = timezone.now() + timedelta(days=1)
    added = fees.add_plan(
        Terms(basis_points=250, fixed_amount=10, minimum_amount=20, cap_amount=5_00),
        account=store.account,
        currency="usd",
        effective_from=begins,
        reason="The new contract.",
        by=by,
    )

    assert str(added) == "2.5 % + 0.10 USD, at least 0.20 USD, at most 5.00 USD"
    assert added.created_by_id == by.user_id
    row = LogEntry.objects.get(subject="fee_plan")
    assert (row.store_id, row.user_id, row.old, row.new) == (
        store.pk,
        by.user_id,
        "1 %",
        str(added),
    )
    assert "The new contract." in row.message
    assert (in_force(store), in_force(store, begins)) == (100, 250)


@pytest.mark.parametrize("begins", [timedelta(seconds=-1), timedelta(days=-30)])
def test_a_plan_never_begins_in_the_past(store, begins):
    with pytest.raises(FeePlanRefused):
        fees.add_plan(
            Terms(100),
            account=store.account,
            effective_from=timezone.now() + begins,
            by=owner(),
            **USD,
        )


@pytest.mark.parametrize(
    "terms",
    [
        Terms(basis_points=10_001),
        Terms(basis_points=-1),
        Terms(fixed_amount=-1),
        Terms(minimum_amount=20, cap_amount=10),
        Terms(as_account=True),
    ],
)
def test_terms_that_make_no_sense_are_refused_by_us_and_by_the_database(store, terms):
    with pytest.raises(FeePlanRefused):
        fees.add_plan(terms, account=store.account, by=owner(), **USD)
    with pytest.raises(IntegrityError), transaction.atomic():
        plan_fee(store, **vars(terms))


def test_a_plan_names_a_store_of_its_account_in_the_store_s_currency(store):
    other = StoreFactory.create()
    wrongs: tuple[Any, ...] = (
        {"store": other, "currency": "usd"},
        {"store": store, "currency": "cad"},
    )
    for wrong in wrongs:
        with pytest.raises(FeePlanRefused):
            fees.add_plan(Terms(100), account=store.account, by=owner(), **wrong)
        with pytest.raises(IntegrityError), transaction.atomic():
            plan_fee(store, 100, **wrong)


def test_nobody_else_sets_fees(shop):
    with pytest.raises(FeePlanNotAllowed):
        fees.add_plan(Terms(0), account=shop.store.account, by=shop.by, **USD)
    assert not FeePlan.objects.exists()


@pytest.mark.parametrize("change", [{"basis_points": 1}, {"reason": "better"}])
def test_the_database_lets_nobody_change_or_delete_a_plan(store, change):
    added = plan_fee(store, 100)
    with pytest.raises(IntegrityError), transaction.atomic():
        FeePlan.objects.filter(pk=added.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        FeePlan.objects.filter(pk=added.pk)._raw_delete("default")


# A payment and its plan


def test_a_payment_keeps_the_plan_it_began_with(shop):
    first = plan_fee(shop.store, 100)
    payment = shop.sell(10_000, capture_method="manual")
    fees.add_plan(Terms(900), account=shop.store.account, by=SYSTEM, **USD)
    shop.tap()
    payment = shop.ring(payment)
    captures.capture(payment, by=shop.by, tip_amount=2_000)
    payment = shop.converse(payment)

    assert (payment.fee_plan, payment.application_fee_amount) == (first, 100)
    assert payment.fee_at_stripe == 100
    assert shop.sell(10_000).application_fee_amount == 900


def test_a_tip_costs_the_fee_where_the_plan_says_so(shop):
    plan_fee(shop.store, 1_000, includes_tips=True)
    payment = approve(shop)
    captures.capture(payment, by=shop.by, tip_amount=2_000)
    payment = shop.converse(payment)

    assert (payment.amount_received, payment.application_fee_amount) == (12_000, 1_200)
    [charge] = shop.simulator.objects("charges")
    assert charge["application_fee_amount"] == 1_200


def test_the_fee_of_a_changed_order_is_by_the_plan_of_its_payment(shop):
    plan_fee(shop.store, 1_000, fixed_amount=7)
    payment = shop.sell()
    fees.add_plan(Terms(5_000), account=shop.store.account, by=SYSTEM, **USD)
    payment = change(shop, payment)
    shop.tap()
    payment = shop.ring(payment)
    assert payment.application_fee_amount == payment.amount // 10 + 7


def test_the_database_keeps_a_plan_of_another_currency_from_a_payment(shop):
    cad = plan_fee(shop.store, 100, currency="cad")
    payment = shop.sell()
    with pytest.raises(IntegrityError), transaction.atomic():
        type(payment).objects.filter(pk=payment.pk).update(fee_plan=cad)


# The look before a capture


def approve(shop, amount=10_000):
    payment = shop.sell(amount, capture_method="manual")
    shop.tap()
    return shop.ring(payment)


def approve_with_fee(shop, fee):
    """Somebody with a key sets another fee before the card is approved."""
    payment = shop.sell(10_000, capture_method="manual")
    edit_fee(shop, payment, fee)
    shop.tap()
    return shop.ring(payment)


def unseen(payment):
    """As if that had come after our last read."""
    payment.incidents.all().delete()
    payment.fee_at_stripe = payment.application_fee_amount
    payment.save()


def edit_fee(shop, payment, fee):
    shop.simulator.stripe_post(
        f"payment_intents/{payment.payment_intent_id}",
        account=payment.stripe_account,
        application_fee_amount=fee,
    )


@pytest.mark.parametrize("charge_model", ["direct", "destination"])
@pytest.mark.parametrize("wrong", [1, 5_000])
def test_a_fee_set_by_somebody_else_is_found_before_the_capture_and_corrected(
    simulator, db, wrong, charge_model
):
    shop = open_shop(simulator, charge_model)
    plan_fee(shop.store, 300)
    payment = approve_with_fee(shop, wrong)
    unseen(payment)
    captures.capture(payment, by=shop.by)
    payment = shop.converse(payment)

    assert (payment.state, payment.fee_at_stripe) == ("paid", 300)
    assert charge_of(shop, payment)["application_fee_amount"] == 300
    incident = Incident.objects.get()
    assert incident.kind == "fee_differs"
    assert incident.resolved_at is not None
    assert "fee_corrected" in LogEntry.objects.of_payment(payment.pk).values_list("verb", flat=True)
    [first, second] = payment.requests.filter(kind=captures.CAPTURE).order_by("pk")
    assert (first.tries, first.status, second.status) == (0, "abandoned", "succeeded")


def test_a_fee_where_no_plan_makes_one_is_taken_off(shop):
    payment = approve_with_fee(shop, 40)
    unseen(payment)
    captures.capture(payment, by=shop.by)
    payment = shop.converse(payment)

    assert (payment.state, payment.fee_at_stripe) == ("paid", 0)
    assert not charge_of(shop, payment)["application_fee_amount"]


def test_a_fee_that_is_seen_to_be_wrong_while_money_is_held_is_told_at_once(shop):
    plan_fee(shop.store, 300)
    payment = approve_with_fee(shop, 5_000)
    assert Incident.objects.get().resolved_at is None

    captures.capture(payment, by=shop.by)
    payment = shop.converse(payment)
    assert payment.requests.filter(kind=captures.CAPTURE).count() == 1  # it knew
    assert (payment.fee_at_stripe, Incident.objects.get().resolved_at is None) == (300, False)


def test_a_wrong_fee_that_an_automatic_capture_took_is_told(shop):
    plan_fee(shop.store, 300)
    payment = shop.sell(10_000)
    edit_fee(shop, payment, 250)
    shop.tap()
    payment = shop.ring(payment)

    assert (payment.state, payment.application_fee_amount) == ("paid", 300)
    assert payment.fee_at_stripe == 250
    incident = Incident.objects.get(kind="fee_differs")
    assert "2.50 USD" in incident.message
    assert "3.00 USD" in incident.message


def test_a_capture_elsewhere_of_less_is_told_with_the_fee_of_what_was_captured(shop):
    plan_fee(shop.store, 300)
    payment = approve(shop)
    shop.simulator.stripe_post(
        f"payment_intents/{payment.payment_intent_id}/capture",
        account=payment.stripe_account,
        amount_to_capture=5_000,
    )
    payment = shop.ring(payment)

    assert (payment.application_fee_amount, payment.fee_at_stripe) == (150, 300)
    assert Incident.objects.filter(kind="fee_differs").exists()


def charge_of(shop, payment):
    [charge] = [
        each for each in shop.simulator.objects("charges") if each["id"] == payment.latest_charge_id
    ]
    return charge
