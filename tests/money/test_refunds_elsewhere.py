"""Refunds that others make, that wait, and that fail later: Stripe's list is the truth."""

import pytest
from django.utils import timezone

from payments.errors import AmountRefused
from payments.models import Payment
from payments.services import bells, refunds
from payments.services.refund_merging import merge_refund
from stores.principals import SYSTEM
from tests.money.conftest import broken_promises
from tests.money.test_refunds import at_stripe, give_back, pay


def outside(shop, payment, **more):
    """In Stripe's Dashboard."""
    return shop.simulator.stripe_post(
        "refunds", payment.stripe_account, payment_intent=payment.payment_intent_id, **more
    )


def hear(shop, payment):
    """A refund's webhook came."""
    bells.ring_paid(payment.payment_intent_id, payment.stripe_account)
    return shop.converse(payment)


def test_a_refund_made_in_the_dashboard_is_ours_to_know(shop):
    payment = pay(shop)
    made = outside(shop, payment, amount=300)
    payment = hear(shop, payment)

    [refund] = payment.refunds.all()
    assert (refund.external, refund.refund_id, refund.amount) == (True, made["id"], 300)
    assert payment.message == "Paid. 3.00 USD of it was refunded."
    payment.order.refresh_from_db()
    assert payment.order.refunded_amount == 300
    entry = payment.order.log.get(verb="refund_succeeded")
    assert entry.actor_kind == "stripe"
    assert not broken_promises(shop.simulator, settled=True)


def test_no_more_is_refunded_here_than_the_dashboard_left(shop):
    payment = pay(shop)
    outside(shop, payment, amount=2_000)
    payment = hear(shop, payment)

    with pytest.raises(AmountRefused):
        refunds.refund(payment, by=SYSTEM, amount=501)


def test_a_refund_that_the_dashboard_was_faster_with_is_refused_and_read(shop):
    payment = pay(shop)
    outside(shop, payment, amount=2_000)
    payment = give_back(shop, payment, 2_500)

    assert [(r.status, r.external) for r in payment.refunds.all()] == [
        ("refused", False),
        ("succeeded", True),
    ]
    assert payment.amount_refunded == 2_000
    assert "was not made" in payment.order.log.get(verb="refund_refused").message


def test_more_refunds_than_one_page_are_all_known(shop):
    payment = pay(shop)
    for _ in range(12):
        outside(shop, payment, amount=100)
    payment = hear(shop, payment)

    assert payment.refunds.count() == 12
    assert payment.amount_refunded == 1_200


def test_a_refund_that_fails_days_later_goes_back_on_the_books_and_tells_a_person(shop):
    payment = give_back(shop, pay(shop, card="refund_fail"), 1_000)
    assert payment.amount_refunded == 1_000
    shop.simulator.call("clock", {"advance": 120})
    payment = hear(shop, payment)

    [refund] = payment.refunds.all()
    assert (refund.status, refund.code) == ("failed", "expired_or_canceled_card")
    assert (payment.state, payment.amount_refunded) == ("paid", 0)
    assert "failed and the customer did not get it" in payment.message
    payment.order.refresh_from_db()
    assert payment.order.refunded_amount == 0
    incident = payment.incidents.get()
    assert incident.kind == "refund_failed"
    assert "10.00 USD failed (expired_or_canceled_card)" in incident.message
    payment = give_back(shop, payment)
    assert payment.state == "refunded"


def test_every_refund_that_failed_is_named_in_one_incident(shop):
    payment = pay(shop, card="refund_fail")
    for amount in (600, 700):
        payment = give_back(shop, payment, amount)
    shop.simulator.call("clock", {"advance": 120})
    payment = hear(shop, payment)

    assert payment.amount_refunded == 0
    message = payment.incidents.get(kind="refund_failed").message
    assert "6.00 USD" in message
    assert "7.00 USD" in message


def test_a_refund_in_full_that_fails_makes_the_payment_paid_again(shop):
    payment = give_back(shop, pay(shop, card="refund_fail"))
    assert payment.state == "refunded"
    shop.simulator.call("clock", {"advance": 120})

    assert hear(shop, payment).state == "paid"


def test_a_refund_that_waits_for_funds_is_read_again_until_it_is_final(shop):
    payment = pay(shop)
    shop.simulator.call("switches", {"refund_over_balance": "wait"})
    payment = give_back(shop, payment)

    assert payment.refunds.get().status == "pending"
    assert payment.message.endswith("The refund of 25.00 USD is pending at Stripe.")
    assert payment.next_read_at is not None
    shop.simulator.call("switches", {"refund_over_balance": "succeed"})
    shop.simulator.call("clock", {"advance": 90_000})
    payment = shop.later(payment)
    assert payment.refunds.get().status == "succeeded"
    assert payment.message == "Refunded in full."
    assert payment.next_read_at is None


def test_a_hold_that_was_released_is_no_refund(shop):
    from terminal.services import sales

    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = shop.ring(payment)
    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)
    assert len(at_stripe(shop)) == 1

    account = payment.stripe_account
    assert bells.ring_paid(payment.payment_intent_id, account) is bells.Heard.NOTHING
    assert (payment.state, payment.amount_refunded) == ("canceled", 0)
    assert not payment.refunds.exists()


def test_what_a_smaller_capture_let_go_is_no_refund(shop):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = shop.ring(payment)
    path = f"payment_intents/{payment.payment_intent_id}/capture"
    shop.simulator.stripe_post(path, payment.stripe_account, amount_to_capture=2_000)
    payment = shop.ring(payment)
    assert (payment.amount_received, payment.amount_refunded) == (2_000, 0)

    payment = give_back(shop, payment)
    assert (payment.state, payment.amount_refunded) == ("refunded", 2_000)
    assert payment.refunds.count() == 1


@pytest.mark.breaks("S8")
def test_two_refunds_of_stripe_for_one_of_ours_are_told_and_both_counted(shop):
    payment = give_back(shop, pay(shop), 500)
    ours = payment.refunds.get()
    outside(shop, payment, **{"amount": 500, "metadata[refund]": str(ours.uuid)})
    payment = hear(shop, payment)

    assert payment.amount_refunded == 1_000
    assert payment.incidents.get().kind == "second_refund"
    assert payment.refunds.filter(external=True).count() == 1


def test_an_older_picture_of_a_refund_changes_nothing(shop):
    payment = give_back(shop, pay(shop, card="refund_fail"))
    [before] = at_stripe(shop)
    shop.simulator.call("clock", {"advance": 120})
    payment = hear(shop, payment)
    assert payment.refunds.get().status == "failed"

    merge_refund(payment, before)
    assert payment.refunds.get().status == "failed"
    assert payment.incidents.count() == 1


def test_a_replayed_answer_is_old_and_the_refund_is_read(shop):
    payment = pay(shop, card="refund_fail")
    shop.simulator.fault("refunds.create", "after", "reset")
    refunds.refund(payment, by=SYSTEM)
    payment = shop.converse(payment)
    shop.simulator.call("clock", {"advance": 120})

    payment = shop.later(payment)
    assert payment.requests.get(kind=refunds.REFUND).replayed
    assert payment.refunds.get().status == "failed"


class TestAnEvent:
    """An event about a refund …"""

    def test_rings_a_paid_payment(self, shop):
        payment = pay(shop)
        heard = bells.ring_paid(payment.payment_intent_id, payment.stripe_account)

        assert heard is bells.Heard.RUNG
        assert Payment.objects.due(timezone.now()).filter(pk=payment.pk).exists()

    def test_is_no_news_when_it_tells_of_the_creation_of_one_that_we_know(self, shop):
        payment = give_back(shop, pay(shop))
        known = payment.refunds.get().refund_id
        ids = (payment.payment_intent_id, payment.stripe_account)

        assert bells.ring_paid(*ids, known) is bells.Heard.NOTHING
        assert bells.ring_paid(*ids) is bells.Heard.RUNG

    def test_is_too_early_for_a_payment_that_is_not_final_here(self, shop):
        payment = shop.sell()

        heard = bells.ring_paid(payment.payment_intent_id, payment.stripe_account)
        assert heard is bells.Heard.EARLY

    def test_of_another_account_rings_nobody(self, shop):
        payment = pay(shop)

        heard = bells.ring_paid(payment.payment_intent_id, "acct_other")
        assert heard is bells.Heard.NOTHING
