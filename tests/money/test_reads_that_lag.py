"""Stripe promises no read of what was just written: what a reader shows within seconds of the
answer that it took our command may be what it showed before.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from payments.models import Incident, Payment, StripeRequest
from payments.services import captures, refunds
from payments.services.verdicts import may_not_show_yet
from stores.principals import SYSTEM
from terminal.services import lag as lagging
from terminal.services import sales
from tests.money.conftest import Shop, broken_promises, open_shop
from tests.money.test_changing import change, in_step
from tests.money.test_declines_and_tries import decline
from tests.money.test_increments import PIE, hold, increment
from tests.money.test_moving import move
from tests.money.test_refunds import at_stripe, pay
from tests.money.test_refunds_on_a_reader import ask, later, newest


def lag(shop: Shop, operation: str = "readers.retrieve") -> None:
    """From now on these reads are as old as this moment, until `catch_up`."""
    shop.simulator.fault(operation, "before", "stale_read", count=-1, seconds=300)
    shop.simulator.call("clock", {"advance": 600})


def catch_up(shop: Shop) -> None:
    shop.simulator.unfault()


def press_cancel(shop: Shop) -> None:
    shop.simulator.call(f"readers/{shop.reader.stripe_id}/cancel_by_customer", {})


def try_again(shop: Shop, payment: Payment, **how: Any) -> Payment:
    sales.try_again(payment, by=shop.by, **how)
    payment = shop.converse(payment)
    assert payment.state == "waiting_for_card"
    return payment


def is_lit(shop: Shop) -> bool:
    """Whether the first reader asks for a card."""
    [shown] = [r for r in shop.simulator.objects("readers") if r["id"] == shop.reader.stripe_id]
    return bool(shown["action"]) and shown["action"]["status"] == "in_progress"


@pytest.mark.parametrize("software", ["", "2.41.0"])
def test_a_decline_of_the_try_before_is_not_taken_for_this_ones(shop, software):
    shop.simulator.reader(shop.reader, software=software)
    payment = decline(shop)
    assert payment.state == "declined"
    lag(shop)
    payment = shop.ring(try_again(shop, payment))

    assert payment.state == "waiting_for_card"
    catch_up(shop)
    shop.tap()
    assert shop.ring(payment).state == "paid"


def test_a_cancel_by_the_customer_in_the_try_before_is_not_taken_for_this_ones(shop):
    payment = shop.sell()
    press_cancel(shop)
    payment = shop.ring(payment)
    assert payment.state == "canceled_by_customer"
    lag(shop)
    payment = shop.ring(try_again(shop, payment))

    assert payment.state == "waiting_for_card"
    catch_up(shop)
    shop.tap()
    assert shop.ring(payment).state == "paid"


def test_a_decline_before_a_busy_reader_is_not_taken_for_the_try_after_it(shop):
    payment = decline(shop)
    shop.simulator.reader(shop.reader, condition="busy_update")
    sales.try_again(payment, by=shop.by)
    payment = shop.converse(payment)
    shop.simulator.reader(shop.reader, condition=None)
    lag(shop)
    payment = shop.ring(shop.later(payment, 3))
    assert payment.reader_actions.count() == 3

    assert payment.state == "waiting_for_card"


def test_what_nobody_saw_of_the_try_before_is_not_taken_for_this_ones(shop):
    """Its command reached the reader after Stripe gave up on it."""
    shop.simulator.reader(shop.reader, command_timeout={"delivered": True, "count": 1})
    shop.simulator.fault("readers.retrieve", "before", "stale_read", seconds=3_600)
    payment = shop.sell()
    press_cancel(shop)
    lag(shop)
    payment = shop.ring(shop.later(payment, 2))
    assert payment.reader_actions.count() == 2

    assert payment.state == "waiting_for_card"


def test_a_customer_who_cancels_twice_at_once_is_believed_when_reads_are_not_old_any_more(shop):
    payment = shop.sell()
    press_cancel(shop)
    payment = try_again(shop, shop.ring(payment))
    press_cancel(shop)
    payment = shop.ring(payment)
    assert payment.state == "waiting_for_card"

    payment = shop.later(payment, 6)
    assert payment.state == "canceled_by_customer"


def test_two_declines_with_one_code_are_told_apart_at_once_by_their_charges(shop):
    shop.simulator.reader(shop.reader, software="2.41.0")
    payment = try_again(shop, decline(shop))
    shop.tap("insufficient_funds")

    assert shop.ring(payment).state == "declined"


def test_a_failed_confirmation_is_not_taken_for_another_hand_on_the_reader_in_the_next_try(shop):
    payment = shop.sell(flow="collect")
    shop.tap("insufficient_funds")
    payment = shop.ring(payment)
    shop.simulator.call("clock", {"advance": 5})
    payment = shop.ring(payment)
    assert payment.state == "declined"
    lag(shop)
    payment = shop.ring(try_again(shop, payment))

    assert payment.state == "waiting_for_card"
    catch_up(shop)


def test_a_reader_is_freed_although_it_is_read_from_before_its_command(shop):
    lag(shop)
    payment = shop.sell()
    sales.cancel_action(shop.reader, by=shop.by, payment_id=payment.pk)
    payment = shop.converse(payment)
    assert payment.state != "stopped"
    catch_up(shop)
    payment = shop.later(payment, 2)

    assert payment.state == "stopped"
    assert not is_lit(shop)


def test_a_payment_is_moved_only_when_the_first_reader_really_let_go(shop):
    lag(shop)
    payment = shop.converse(move(shop, shop.sell()))
    assert is_lit(shop)
    assert payment.reader_actions.get(attempt=2).status == "reserved"
    catch_up(shop)
    payment = shop.later(shop.later(payment, 2), 2)

    assert payment.message == "Waiting for a card on Till 2."
    assert not is_lit(shop)


def test_a_cancel_frees_a_reader_that_is_read_from_before_its_command(shop):
    lag(shop)
    payment = shop.sell()
    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)
    catch_up(shop)
    payment = shop.later(payment, 2)

    assert payment.state == "canceled"
    assert not is_lit(shop)


@pytest.fixture
def canada(simulator, db):
    shop = open_shop(simulator, country="CA")
    yield shop
    assert not broken_promises(simulator)


def test_a_refund_is_not_given_up_by_a_read_from_before_its_command(canada):
    payment = pay(canada, card="interac")
    lag(canada)
    payment = canada.ring(ask(canada, payment, 500))

    [refund] = payment.refunds.all()
    assert refund.status == "requested"
    catch_up(canada)
    canada.tap("interac")
    canada.ring(payment)
    refund.refresh_from_db()
    assert (refund.status, refund.refund_id) == ("succeeded", at_stripe(canada)[0]["id"])


def test_a_refund_on_a_reader_ends_when_reads_are_not_old_any_more(canada):
    payment = ask(canada, pay(canada, card="interac"), 500)
    canada.simulator.stripe_post(
        f"terminal/readers/{canada.reader.stripe_id}/cancel_action", payment.stripe_account
    )
    payment = canada.ring(payment)
    assert payment.refunds.get().status == "requested"

    payment = canada.later(payment, 6)
    assert payment.refunds.get().status == "refused"
    assert newest(payment).status == "canceled"


def test_a_refund_that_reached_the_reader_after_all_is_not_sent_again(canada):
    """Stripe gave up on the command, and a read from before it agreed."""
    payment = pay(canada, card="interac")
    lag(canada)
    canada.simulator.reader(canada.reader, command_timeout={"delivered": True, "count": 1})
    payment = ask(canada, payment, 500)
    catch_up(canada)
    canada.tap("interac")
    payment = later(canada, payment, 2)

    assert [each["amount"] for each in at_stripe(canada)] == [500]
    assert not is_lit(canada)
    assert payment.refunds.get().status == "succeeded"


def test_a_refund_that_waits_on_the_reader_after_all_is_not_sent_again(canada):
    payment = pay(canada, card="interac")
    lag(canada)
    canada.simulator.reader(canada.reader, command_timeout={"delivered": True, "count": 1})
    payment = ask(canada, payment, 500)
    catch_up(canada)
    payment = later(canada, payment, 2)
    sent = canada.simulator.exchanges("POST", "refund_payment")
    assert len({each["idempotency_key"] for each in sent}) == 1

    canada.tap("interac")
    payment = canada.ring(payment)
    assert payment.refunds.get().status == "succeeded"


def test_a_refund_that_is_not_listed_yet_is_not_made_again(shop):
    payment = pay(shop)
    lag(shop, "payment_intents.retrieve")
    shop.simulator.fault("refunds.create", "after", "500", count=2)
    made = refunds.refund(payment, by=SYSTEM, amount=900)
    payment = shop.later(shop.converse(payment), 2)
    made.refresh_from_db()
    assert made.status == "requested"

    catch_up(shop)
    payment = shop.later(payment, 6)
    made.refresh_from_db()
    assert (made.status, payment.amount_refunded) == ("succeeded", 900)
    assert len(at_stripe(shop)) == 1


SPOILED = {"answer_lost": [("reset", 1)], "told_an_error_twice": [("500", 2)]}


def spoil(shop: Shop, operation: str, how: str) -> None:
    """It is done, and we are not told; from now on reads show what was before."""
    lag(shop, "payment_intents.retrieve")
    for what, count in SPOILED[how]:
        shop.simulator.fault(operation, "after", what, count=count)


def wait_and_catch_up(shop: Shop, payment: Payment) -> Payment:
    for _ in range(4):
        payment = shop.later(payment, 1)
    catch_up(shop)
    for _ in range(4):
        payment = shop.later(payment, 2)
    assert not Incident.objects.exists()
    return payment


@pytest.mark.parametrize("how", SPOILED)
@pytest.mark.parametrize("again", ["payment_intent_unexpected_state", "charge_already_captured"])
def test_a_capture_that_reads_do_not_show_yet_is_not_called_refused(shop, how, again):
    shop.simulator.call("switches", {"captured_again_code": again})
    payment = hold(shop)
    spoil(shop, "payment_intents.capture", how)
    captures.capture(payment, by=shop.by, tip_amount=700)
    payment = wait_and_catch_up(shop, shop.converse(payment))

    assert payment.state == "paid"
    assert payment.tip_amount == 700
    assert not payment.order.log.filter(verb="capture_refused").exists()


@pytest.mark.parametrize("how", SPOILED)
def test_a_hold_whose_release_reads_do_not_show_yet_is_not_called_held(shop, how):
    payment = hold(shop)
    spoil(shop, "payment_intents.cancel", how)
    sales.cancel_payment(payment, by=shop.by)
    payment = wait_and_catch_up(shop, shop.converse(payment))

    assert payment.state == "canceled"
    assert not payment.order.log.filter(verb="cancel_refused").exists()


@pytest.mark.parametrize("how", SPOILED)
def test_a_bigger_hold_that_reads_do_not_show_yet_is_not_called_refused(shop, how):
    payment = hold(shop)
    spoil(shop, "payment_intents.increment_authorization", how)
    payment = wait_and_catch_up(shop, increment(shop, payment, PIE))

    assert payment.amount == payment.amount_capturable
    assert payment.order.lines.count() == 2
    assert not payment.order.log.filter(verb="increment_refused").exists()


@pytest.mark.parametrize("how", SPOILED)
def test_a_change_that_reads_do_not_show_yet_is_not_called_refused(shop, how):
    payment = shop.sell()
    spoil(shop, "payment_intents.update", how)
    change(shop, payment)
    payment = wait_and_catch_up(shop, shop.converse(payment))

    assert payment.state == "waiting_for_card"
    assert in_step(shop, payment, 3_600)
    assert not payment.order.log.filter(verb="change_dropped").exists()


@pytest.mark.parametrize(("asked_after", "nothing"), [(5.9, True), (6.0, False)])
def test_what_a_reader_shows_is_as_old_as_the_question_however_late_the_answer(
    shop, asked_after, nothing
):
    action = shop.sell().reader_actions.get()
    action.accepted_at -= timedelta(minutes=1)
    asked_at = action.accepted_at + timedelta(seconds=asked_after)

    assert lagging.proves_nothing(action, {}, "", {}, asked_at) is nothing


@pytest.mark.parametrize(("asked_after", "may_miss_it"), [(5.9, True), (6.0, False)])
def test_a_read_is_as_old_as_its_question_however_late_the_answer(asked_after, may_miss_it):
    sent = timezone.now() - timedelta(minutes=1)
    request = StripeRequest(first_sent_at=sent)
    asked_at = sent + timedelta(seconds=asked_after)

    assert may_not_show_yet(request, asked_at) is may_miss_it
