"""refund.… rings the payment that was refunded, and never changes one by its payload."""

import pytest

from payments.models import Payment
from tests.factories_money import (
    ApprovedPaymentFactory,
    PaidPaymentFactory,
    PaymentFactory,
    RefundFactory,
)
from tests.hooks.conftest import JSON, make_event
from tests.hooks.test_payment_events import arrive, facts, is_rung


def about(payment: Payment, type: str = "refund.updated", **thing: object) -> JSON:
    refund = {
        "id": "re_somebodys",
        "object": "refund",
        "amount": payment.amount,
        "status": "succeeded",
        "payment_intent": payment.payment_intent_id,
        "metadata": {},
    }
    return make_event(type, refund | thing, account=payment.stripe_account or None)


@pytest.fixture
def paid(db, settings) -> Payment:
    settings.STRIPE_MIRROR_KEY = ""
    return PaidPaymentFactory.create()


@pytest.mark.parametrize(
    "type", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]
)
def test_an_event_rings_the_payment_and_writes_nothing_else(door, paid, type):
    before = facts(paid)

    event = arrive(door, about(paid, type, status="failed", amount=1))

    assert event.status == "handled"
    assert is_rung(paid)
    changed = {name for name, value in facts(paid).items() if value != before[name]}
    assert changed == {"rung_at"}
    assert not paid.refunds.exists()


def test_the_creation_of_a_refund_that_is_known_is_no_news(door, paid):
    RefundFactory.create(payment=paid, refund_id="re_ours")

    arrive(door, about(paid, "refund.created", id="re_ours"))
    assert not is_rung(paid)
    arrive(door, about(paid, "refund.failed", id="re_ours"))
    assert is_rung(paid)


def test_an_event_that_is_quicker_than_our_read_of_the_payment_comes_again(door, paid):
    payment = PaymentFactory.create()

    event = arrive(door, about(payment))
    assert (event.status, event.reason) == ("received", "the payment is not final here yet")
    assert not is_rung(payment)


def test_what_a_release_makes_is_nothing_to_us(door, paid):
    hold = ApprovedPaymentFactory.create()
    Payment.objects.filter(pk=hold.pk).update(
        status="canceled", state="canceled", ended_at=hold.created_at
    )

    assert arrive(door, about(hold, "refund.created")).status == "ignored"
    assert not is_rung(hold)


def test_an_event_of_another_account_rings_nobody(door, paid):
    stranger = PaidPaymentFactory.create()
    event = about(paid) | {"account": stranger.stripe_account}

    assert arrive(door, event).status == "ignored"
    assert not is_rung(paid)
    assert not is_rung(stranger)


@pytest.mark.parametrize("intent", [None, "", "pi_unknown", 7])
def test_a_refund_of_no_payment_of_ours_is_ignored(door, paid, intent):
    assert arrive(door, about(paid, payment_intent=intent)).status == "ignored"
