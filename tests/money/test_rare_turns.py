"""Turns a sale seldom takes, and what they would cost if they were not thought of."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import gateway
from payments.models import StripeRequest
from terminal.services import sales
from tests.money.test_answers_of_stripe import finish
from tests.money.test_declines_and_tries import decline


def age_requests(payment, hours):
    """As if the request had been sent so long ago, and no answer had ever been written down."""
    long_ago = timezone.now() - timedelta(hours=hours)
    rows = StripeRequest.objects.filter(payment=payment)
    rows.update(status="sent", finished_at=None, first_sent_at=long_ago, next_try_at=long_ago)


def test_a_create_whose_key_is_too_old_is_looked_up_and_never_sent_again(shop):
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    created = payment.requests.get()
    gateway.post(created)  # Stripe has it, and the worker died with the answer
    age_requests(payment, hours=24)
    payment = shop.converse(payment)

    finish(shop, payment)
    assert len(shop.simulator.exchanges("POST", "/v1/payment_intents")) == 1


def test_a_create_whose_key_is_too_old_and_that_never_arrived_gets_a_new_key(shop):
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    age_requests(payment, hours=24)
    payment = shop.converse(payment)

    finish(shop, payment)
    keys = StripeRequest.objects.filter(payment=payment, kind="payment_intent.create")
    assert sorted(keys.values_list("idempotency_key", flat=True)) == [
        f"create:{payment.uuid}:1",
        f"create:{payment.uuid}:2",
    ]


@pytest.mark.breaks("asked")
def test_a_key_used_for_something_else_stops_the_payment_and_is_never_renewed(shop):
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    created = payment.requests.get()
    gateway.post(created)
    StripeRequest.objects.filter(pk=created.pk).update(params=created.params | {"description": "x"})
    payment = shop.converse(payment)

    assert (payment.state, payment.code) == ("needs_attention", "idempotency_error")
    assert "Do not charge again" in payment.message
    assert payment.incidents.get().kind == "idempotency_error"
    assert payment.requests.filter(kind="payment_intent.create").count() == 1


def test_a_payment_intent_of_the_other_mode_is_never_merged(shop):
    payment = shop.sell()
    type(payment).objects.filter(pk=payment.pk).update(livemode=True)
    shop.tap()
    payment = shop.ring(payment)

    assert (payment.state, payment.code) == ("needs_attention", "livemode_mismatch")
    assert payment.status == "requires_payment_method"
    type(payment).objects.filter(pk=payment.pk).update(livemode=False)
    assert shop.ring(payment).status == "succeeded"


def test_a_try_again_after_the_dashboard_canceled_says_canceled(shop):
    payment = decline(shop)
    intent = {"account": shop.store.stripe_account, "id": payment.payment_intent_id}
    shop.simulator.call("dashboard/cancel", intent)
    sales.try_again(payment, by=shop.by)
    payment = shop.converse(payment)

    assert (payment.state, payment.status) == ("canceled", "canceled")
    action = payment.reader_actions.first()
    assert action is not None
    assert action.ended_at is not None


def test_a_try_again_after_a_late_approval_says_paid_and_charges_nothing(shop):
    shop.simulator.reader(
        shop.reader, next={"outcome": "connection_error", "truth": "late", "delay_ms": 60_000}
    )
    payment = shop.sell()
    shop.tap()
    payment = shop.ring(payment)
    payment.reader_actions.update(ended_at=timezone.now() - timedelta(seconds=30))
    sales.try_again(payment, by=shop.by)
    shop.simulator.call("clock", {"advance": 61})
    payment = shop.converse(payment)

    assert payment.state == "paid"
    assert len(shop.simulator.objects("charges")) == 1


def test_an_old_failure_does_not_end_a_try_that_is_still_to_be_sent(shop):
    payment = decline(shop)
    sales.try_again(payment, by=shop.by)
    payment.requests.filter(status="planned").update(
        next_try_at=timezone.now() + timedelta(minutes=1)
    )
    payment = shop.ring(payment)  # the reader still shows the decline of the first try

    assert payment.state == "sending"
    assert payment.reader_actions.filter(ended_at=None).count() == 1


def test_the_same_failure_after_an_unanswered_command_is_the_last_tries_and_it_is_sent_anew(shop):
    shop.simulator.reader(shop.reader, next={"outcome": "cancel"})
    payment = shop.sell()
    shop.tap()
    payment = shop.ring(payment)
    assert payment.state == "canceled_by_customer"

    shop.simulator.fault("readers.process_payment_intent", "before", "reset")
    sales.try_again(payment, by=shop.by)
    payment = shop.converse(payment)
    assert payment.state in ("checking", "sending")  # the reader shows the first try's failure

    finish(shop, payment)


def test_a_card_that_cannot_be_read_is_the_readers_to_ask_for_again(shop):
    shop.simulator.reader(shop.reader, next={"outcome": "read_error", "count": 2})
    payment = shop.sell()
    for _ in range(2):
        shop.tap()
        payment = shop.ring(payment)
        assert payment.state == "waiting_for_card"
    shop.tap()

    assert shop.ring(payment).state == "paid"
    assert payment.reader_actions.count() == 1


@pytest.mark.parametrize("status", ["offline", ""])
def test_a_reader_that_is_shown_offline_is_asked_all_the_same(shop, status):
    type(shop.reader).objects.filter(pk=shop.reader.pk).update(
        status=status, last_seen_at=timezone.now() - timedelta(days=1)
    )
    finish(shop, shop.sell())


def test_an_approval_between_freeing_the_reader_and_the_cancel_wins(shop):
    shop.simulator.reader(
        shop.reader, next={"outcome": "connection_error", "truth": "late", "delay_ms": 5_000}
    )
    payment = shop.sell()
    shop.tap()
    shop.simulator.fault("payment_intents.cancel", "before", "503", retry_after=10)
    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)
    assert payment.state == "checking"
    shop.simulator.call("clock", {"advance": 6})
    payment = shop.later(payment)

    assert (payment.state, payment.code) == ("paid", "too_late_to_cancel")
    assert "Refund it if it is not wanted" in payment.message


def test_the_client_retries_nothing_by_itself_and_has_time_outs_of_its_own(shop, settings):
    shop.simulator.fault("payment_intents.create", "before", "500")
    payment = sales.sell(shop.order(), shop.reader, by=shop.by)
    answer = gateway.post(payment.requests.get())

    assert answer.meaning is gateway.Meaning.MAYBE_EXECUTED
    [asked] = shop.simulator.exchanges("POST", "/v1/payment_intents")
    assert asked["idempotency_key"] == f"create:{payment.uuid}:1"
    shop.simulator.fault("payment_intents.create", "before", "hang", seconds=4)
    answer = gateway.post(payment.requests.get())
    assert answer.meaning is gateway.Meaning.UNKNOWN
    assert answer.milliseconds < 2_500
