"""A card was read, and then something fails. It is charged once or let go, and the sale goes on."""

from datetime import timedelta

import pytest
from django.db.models import F

from payments.errors import PaymentBusy
from terminal.errors import NoCardCollected
from terminal.models import ReaderAction
from terminal.services import confirming, sales
from tests.money.test_answers_of_stripe import FAULTS, longer, until
from tests.money.test_collect_and_confirm import actions, collect, confirm, settle

HOW = ["usual", "waits_again"]


@pytest.fixture(params=HOW)
def how(request, shop):
    """Whether a confirmation waits for the card to be presented once more; Stripe does not say."""
    shop.simulator.call("switches", {"confirm_waits_for_card": request.param == "waits_again"})
    return request.param


def ask_to_confirm(shop, payment):
    confirming.confirm(payment, by=shop.by)
    return shop.converse(payment)


def age(payment, seconds, *fields):
    back = {name: F(name) - timedelta(seconds=seconds) for name in fields}
    ReaderAction.objects.filter(payment=payment).update(**back)


def finish_with_another_card(shop, payment):
    """The PaymentIntent and the reader are free for another card."""
    confirming.collect(payment, by=shop.by)
    payment = shop.converse(payment)
    assert payment.state == "waiting_for_card", payment.message
    shop.tap()
    payment = confirm(shop, shop.ring(payment))
    assert payment.state == "paid"
    assert len(shop.simulator.objects("payment_intents")) == 1
    assert len([c for c in shop.simulator.objects("charges") if c["captured"]]) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", FAULTS)
def test_a_spoiled_collect_reads_one_card(shop, what, when):
    shop.simulator.fault("readers.collect_payment_method", when, what, **longer(what))
    payment = until(shop, shop.sell(flow="collect"), "waiting_for_card")
    shop.tap()
    shop.ring(payment)
    shop.simulator.wait_for_reader(shop.reader, "idle")

    assert shop.ring(payment).state == "paid"
    assert len(shop.simulator.objects("charges")) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", FAULTS)
def test_a_spoiled_confirm_charges_once(shop, what, when):
    payment = collect(shop)
    shop.simulator.fault("readers.confirm_payment_intent", when, what, **longer(what))

    payment = until(shop, ask_to_confirm(shop, payment), "paid")

    assert len(shop.simulator.objects("charges")) == 1
    assert actions(payment)[-1][:2] == ("confirm", "succeeded")


@pytest.mark.parametrize("delivered", [True, False])
def test_a_confirm_that_timed_out_is_adopted_or_sent_anew(shop, how, delivered):
    payment = collect(shop)
    shop.simulator.reader(shop.reader, command_timeout={"delivered": delivered, "count": 1})
    payment = ask_to_confirm(shop, payment)
    if not delivered:
        assert actions(payment)[1] == ("confirm", "failed", "terminal_reader_timeout")
        payment = shop.later(payment, 2)

    assert settle(shop, payment).state == "paid"
    assert payment.reader_actions.count() == (2 if delivered else 3)
    assert len(shop.simulator.objects("charges")) == 1


@pytest.mark.parametrize("delivered", [True, False])
def test_a_collect_that_timed_out_is_adopted_or_sent_anew(shop, delivered):
    shop.simulator.reader(shop.reader, command_timeout={"delivered": delivered, "count": 1})
    payment = shop.sell(flow="collect")
    if not delivered:
        payment = shop.later(payment, 2)

    assert payment.state == "waiting_for_card"
    assert payment.reader_actions.count() == (1 if delivered else 2)


def test_a_reader_that_is_busy_for_a_moment_is_asked_again_in_time(shop, how):
    payment = collect(shop)
    shop.simulator.reader(shop.reader, condition="settings_open")
    payment = ask_to_confirm(shop, payment)
    assert actions(payment)[-1] == ("confirm", "requested", "")
    shop.simulator.reader(shop.reader, condition=None)

    payment = settle(shop, shop.later(payment, 2))

    assert payment.state == "paid"


def test_a_reader_that_stays_busy_is_freed_and_the_card_asked_for_again(shop):
    payment = collect(shop)
    shop.simulator.reader(shop.reader, condition="settings_open")
    payment = ask_to_confirm(shop, payment)
    for seconds in (2, 4, 8):
        payment = shop.later(payment, seconds)

    assert payment.code == "terminal_reader_busy"
    assert payment.state == "checking"  # it could not be freed: Stripe lets go by itself
    with pytest.raises(PaymentBusy):
        confirming.collect(payment, by=shop.by)
    shop.simulator.reader(shop.reader, condition=None)
    shop.simulator.call("clock", {"advance": 31})
    payment = shop.later(payment, 2)
    assert (payment.state, payment.code) == ("stopped", "terminal_reader_busy")
    finish_with_another_card(shop, payment)


def test_a_reader_that_refuses_the_card_is_freed_at_once(shop):
    payment = collect(shop)
    shop.simulator.fault(
        "readers.confirm_payment_intent", "before", "error", error={"code": "parameter_invalid"}
    )

    payment = ask_to_confirm(shop, payment)

    assert payment.state == "stopped"
    assert payment.status == "requires_payment_method"
    shop.simulator.wait_for_reader(shop.reader, "idle")
    finish_with_another_card(shop, payment)


def test_a_reader_that_goes_offline_with_a_card_is_waited_for_as_long_as_stripe_keeps_it(shop):
    payment = collect(shop)
    shop.simulator.reader(shop.reader, condition="offline")
    payment = ask_to_confirm(shop, payment)

    assert (payment.state, payment.code) == ("checking", "terminal_reader_offline")
    assert "Nothing was charged" in payment.message
    shop.simulator.call("clock", {"advance": 31})
    payment = shop.later(payment, 2)
    assert (payment.state, payment.code) == ("stopped", "terminal_reader_offline")
    shop.simulator.reader(shop.reader, condition=None)
    finish_with_another_card(shop, payment)


def test_a_reader_that_is_offline_when_the_time_is_over_says_so(shop):
    payment = collect(shop)
    shop.simulator.reader(shop.reader, condition="offline")
    payment = shop.later(payment, 20)
    shop.simulator.call("clock", {"advance": 31})
    payment = shop.later(payment, 2)

    assert (payment.state, payment.code) == ("stopped", "expired")
    assert payment.status == "requires_payment_method"


def lose_connection(shop, payment, truth, **more):
    plan = {"outcome": "connection_error", "truth": truth, **more}
    shop.simulator.reader(shop.reader, next=plan)
    return confirm(shop, payment)


def test_a_confirm_whose_line_was_lost_and_that_the_bank_approved_is_paid(shop, how):
    assert lose_connection(shop, collect(shop), "approved").state == "paid"


def test_a_confirm_that_the_bank_approved_late_is_never_called_failed(shop, how):
    payment = lose_connection(shop, collect(shop), "late", delay_ms=3000)
    assert payment.state == "checking"
    shop.simulator.call("clock", {"advance": 4})

    payment = shop.later(payment, 2)

    assert payment.state == "paid"
    shown = payment.order.log.filter(verb="state").values_list("new", flat=True)
    assert not set(shown) & {"stopped", "declined"}


def test_a_confirm_that_the_bank_never_heard_of_can_be_sent_again(shop, how):
    payment = lose_connection(shop, collect(shop), "none")
    assert payment.state == "checking"
    age(payment, 10, "ended_at")
    payment = shop.later(payment, 2)
    assert (payment.state, payment.code) == ("stopped", "connection_error")
    if payment.status == "requires_payment_method":
        finish_with_another_card(shop, payment)
        return
    with pytest.raises(PaymentBusy):
        confirming.collect(payment, by=shop.by)

    assert confirm(shop, payment).state == "paid"
    assert len(shop.simulator.objects("charges")) == 1


def test_after_a_lost_line_the_payment_can_be_canceled(shop, how):
    payment = lose_connection(shop, collect(shop), "none")
    sales.cancel_payment(payment, by=shop.by)

    assert shop.converse(payment).state == "canceled"


def test_a_line_lost_while_the_card_was_read_leaves_the_payment_free_for_another(shop):
    plan = {"outcome": "connection_error", "truth": "approved"}
    shop.simulator.reader(shop.reader, next=plan)
    payment = collect(shop)
    age(payment, 10, "ended_at")
    payment = shop.later(payment, 2)
    assert payment.state == "checking"
    shop.simulator.call("clock", {"advance": 31})

    payment = shop.later(payment, 2)

    assert (payment.state, payment.code) == ("stopped", "connection_error")
    finish_with_another_card(shop, payment)


def test_what_stripe_never_lets_go_of_can_be_canceled_at_least(shop):
    plan = {"outcome": "connection_error", "truth": "approved"}
    shop.simulator.reader(shop.reader, next=plan)
    payment = collect(shop)
    age(payment, 60, "ended_at")

    payment = shop.later(payment, 2)

    assert payment.state == "stopped"
    assert "Cancel, and start again" in payment.message
    with pytest.raises(PaymentBusy):
        confirming.collect(payment, by=shop.by)
    sales.cancel_payment(payment, by=shop.by)
    assert shop.converse(payment).state == "canceled"


def test_a_customer_may_press_cancel_instead_of_presenting_a_card(shop):
    payment = shop.sell(flow="collect", confirm="manual")
    shop.simulator.call(f"readers/{shop.reader.stripe_id}/cancel_by_customer", {})
    payment = shop.ring(payment)

    assert payment.state == "canceled_by_customer"
    finish_with_another_card(shop, payment)


def test_a_pin_is_asked_for_while_confirming(shop):
    shop.simulator.call("switches", {"confirm_waits_for_card": True})
    payment = ask_to_confirm(shop, collect(shop, "online_pin_cvm"))
    assert payment.state == "authorizing"
    shop.tap(None, ask_pin=True)
    age(payment, 11, "accepted_at")
    payment = shop.later(payment, 10)
    assert payment.state == "waiting_for_card"
    assert "PIN" in payment.message

    shop.simulator.call(f"readers/{shop.reader.stripe_id}/pin", {"digits": "1234"})

    assert shop.ring(payment).state == "paid"


def test_a_card_that_must_be_inserted_after_its_tap_is_paid_with(shop, how):
    payment = confirm(shop, collect(shop, "online_pin_sca_retry"))

    assert payment.state == "paid"
    good = [c for c in shop.simulator.objects("charges") if c["status"] == "succeeded"]
    assert len(good) == 1


def test_a_cancel_while_the_bank_is_asked_is_too_late(shop):
    payment = collect(shop)
    shop.simulator.reader(shop.reader, authorization_ms=30_000)
    payment = ask_to_confirm(shop, payment)
    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)
    assert payment.state == "authorizing"
    assert "Too late" in payment.message

    shop.simulator.call("clock", {"advance": 31})
    payment = shop.later(payment)

    assert (payment.state, payment.code) == ("paid", "too_late_to_cancel")


def test_a_cancel_while_the_card_is_asked_for_once_more_is_in_time(shop):
    shop.simulator.call("switches", {"confirm_waits_for_card": True})
    payment = ask_to_confirm(shop, collect(shop))
    sales.cancel_payment(payment, by=shop.by)

    payment = shop.converse(payment)

    assert (payment.state, payment.status) == ("canceled", "canceled")
    assert actions(payment)[-1] == ("confirm", "canceled", "action_canceled")


def test_a_cancel_before_the_confirm_was_sent_frees_the_reader_too(shop):
    payment = collect(shop)
    confirming.confirm(payment, by=shop.by)
    sales.cancel_payment(payment, by=shop.by)

    payment = shop.converse(payment)

    assert payment.state == "canceled"
    shop.simulator.wait_for_reader(shop.reader, "idle")
    assert not shop.simulator.exchanges("POST", "confirm_payment_intent")


def test_a_card_that_is_read_after_a_cancel_was_asked_for_is_not_charged(shop):
    payment = shop.sell(flow="collect")
    shop.tap()
    sales.cancel_payment(payment, by=shop.by)

    assert shop.converse(payment).state == "canceled"
    assert not shop.simulator.objects("charges")


def test_a_cancel_in_stripes_dashboard_ends_a_collected_payment(shop):
    payment = collect(shop)
    account = payment.stripe_account
    shop.simulator.stripe_post(f"payment_intents/{payment.payment_intent_id}/cancel", account)

    payment = shop.ring(payment)

    assert payment.state == "canceled"
    with pytest.raises(Exception, match="canceled"):
        confirming.confirm(payment, by=shop.by)


def test_another_system_that_takes_the_reader_takes_the_card_with_it(shop):
    shop.simulator.call("switches", {"collected_reader_is_busy": False})
    payment = collect(shop)
    foreign = shop.simulator.foreign_payment_on(shop.reader)

    payment = shop.ring(payment)

    assert (payment.state, payment.code) == ("stopped", "superseded")
    assert shop.simulator.shown_on(shop.reader) == foreign


def test_a_freed_reader_gives_the_card_back(shop):
    payment = collect(shop)
    sales.cancel_action(shop.reader, by=shop.by)

    payment = shop.converse(payment)

    assert (payment.state, payment.code) == ("stopped", "action_canceled")
    with pytest.raises(NoCardCollected):
        confirming.confirm(payment, by=shop.by)
    finish_with_another_card(shop, payment)


def test_a_reader_with_a_collected_card_is_nobody_elses(shop):
    payment = collect(shop)

    with pytest.raises(Exception, match=f"busy with order {payment.order.number}"):
        sales.sell(shop.order(), shop.reader, by=shop.by)
