"""An approved payment that nobody captures is told of in time, and settled as its store wants."""

from datetime import timedelta

import pytest

from payments.services import captures
from stores.models import ExpiringHolds
from terminal.services import holds


@pytest.fixture
def approved(shop):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = shop.ring(payment)
    assert payment.state == "approved"
    return payment


def before(payment, **left):
    """So long before the hold expires."""
    return payment.capture_before - timedelta(**left)


def want(payment, policy):
    payment.store.expiring_holds = policy
    payment.store.save()


def test_a_fresh_hold_is_left_alone(approved):
    assert holds.due(before(approved, hours=13)) == []
    holds.settle(approved.pk, before(approved, hours=13))
    assert not approved.incidents.exists()


def test_twelve_hours_before_the_end_somebody_is_told_once(approved):
    now = before(approved, hours=11)
    assert holds.due(now) == [approved.pk]
    holds.settle(approved.pk, now)
    [incident] = approved.incidents.all()
    assert incident.kind == "hold_expires"
    assert "25.00 USD of Order" in incident.message
    assert holds.due(now) == []
    assert not approved.requests.filter(kind="payment_intent.capture").exists()


def test_six_hours_before_the_end_it_is_captured(shop, approved):
    now = before(approved, hours=5)
    assert holds.due(now) == [approved.pk]
    holds.settle(approved.pk, now)
    assert holds.due(now) == []
    payment = shop.converse(approved)
    assert (payment.state, payment.amount_received) == ("paid", 2_500)
    assert not payment.incidents.filter(resolved_at=None).exists()


def test_or_released_when_the_store_wants_that(shop, approved):
    want(approved, ExpiringHolds.RELEASE)
    holds.settle(approved.pk, before(approved, hours=5))
    payment = shop.converse(approved)
    assert (payment.state, payment.status) == ("canceled", "canceled")
    assert not payment.incidents.filter(resolved_at=None).exists()


def test_or_only_told_when_a_person_decides(shop, approved):
    want(approved, ExpiringHolds.TELL)
    now = before(approved, hours=5)
    holds.settle(approved.pk, now)
    assert holds.due(now) == []
    assert shop.converse(approved).state == "approved"
    assert "the money is lost" in approved.incidents.get().message


def test_a_hold_whose_end_stripe_did_not_tell_ends_after_two_days(approved):
    approved.capture_before = None
    approved.save()
    start = approved.created_at
    assert holds.due(start + timedelta(hours=35)) == []
    assert holds.due(start + timedelta(hours=37)) == [approved.pk]


def test_a_capture_that_stripe_refused_is_not_asked_for_again(shop, approved):
    now = before(approved, hours=5)
    shop.simulator.stripe_post(
        f"payment_intents/{approved.payment_intent_id}/cancel",
        account=approved.stripe_account,
    )
    holds.settle(approved.pk, now)
    payment = shop.converse(approved)
    assert payment.status == "canceled"
    assert holds.due(now) == []


def test_a_hold_that_is_being_captured_already_is_left_to_that(shop, approved):
    captures.capture(approved, by=shop.by, tip_amount=200)
    holds.settle(approved.pk, before(approved, hours=5))
    assert approved.requests.filter(kind="payment_intent.capture").count() == 1
    assert shop.converse(approved).tip_amount == 200
