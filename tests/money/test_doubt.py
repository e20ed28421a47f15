"""`connection_error`, vanished readers, cancels that come too late: the PaymentIntent decides."""

from datetime import timedelta

import pytest
from django.db.models import F

from payments.errors import PaymentBusy, PaymentFinal
from payments.models import Payment
from payments.services import bells
from payments.services.incidents import resolve
from stores.principals import SYSTEM
from terminal.errors import NothingToCancel
from terminal.models import ReaderAction
from terminal.services import sales


def lose_connection(shop, truth, **more):
    shop.simulator.reader(shop.reader, next={"outcome": "connection_error", "truth": truth, **more})
    payment = shop.sell()
    shop.tap()
    return shop.ring(payment)


def age(payment, seconds=10):
    """So long ago the reader's action ended, and Stripe was asked."""
    ago = timedelta(seconds=seconds)
    ended = ReaderAction.objects.filter(payment=payment, ended_at__isnull=False)
    ended.update(ended_at=F("ended_at") - ago)
    Payment.objects.filter(pk=payment.pk).update(read_at=F("read_at") - ago)


def states(payment):
    return list(payment.order.log.filter(verb="state").order_by("pk").values_list("new", flat=True))


def test_a_connection_error_with_the_bank_having_approved_is_never_shown_as_failed(shop):
    payment = lose_connection(shop, "approved")

    assert payment.state == "paid"
    assert set(states(payment)) <= {"sending", "waiting_for_card", "paid"}


def test_a_connection_error_with_nothing_at_the_bank_is_checked_and_then_free_to_try(shop):
    payment = lose_connection(shop, "none")
    assert payment.state == "checking"
    assert payment.next_read_at is not None

    age(payment)
    payment = shop.later(payment)
    assert (payment.state, payment.code) == ("stopped", "connection_error")
    assert "Nothing was charged" in payment.message


def test_an_approval_that_lands_late_wins(shop):
    payment = lose_connection(shop, "late", delay_ms=3000)
    assert payment.state == "checking"

    shop.simulator.call("clock", {"advance": 4})
    payment = shop.later(payment)

    assert payment.state == "paid"
    assert "stopped" not in states(payment)


def test_an_approval_that_lands_late_is_not_denied_while_stripe_cannot_be_asked(shop):
    payment = lose_connection(shop, "late", delay_ms=3000)
    shop.simulator.call("clock", {"advance": 4})
    shop.simulator.fault("payment_intents.retrieve", "before", "502", count=-1)
    age(payment)
    payment = shop.later(payment)
    assert payment.state == "checking"

    shop.simulator.unfault()
    payment = shop.later(payment)

    assert payment.state == "paid"
    assert "stopped" not in states(payment)


def test_an_answer_counts_from_when_stripe_was_asked_for_it(shop):
    payment = lose_connection(shop, "none")

    first = next(e for e in shop.simulator.exchanges("GET", payment.payment_intent_id))
    assert payment.read_at.timestamp() * 1000 <= first["at"]


def test_what_a_request_brought_counts_from_before_it_was_sent(shop):
    payment = shop.sell()

    [create] = shop.simulator.exchanges("POST", "/v1/payment_intents")
    assert payment.read_at.timestamp() * 1000 <= create["at"]


def test_an_approval_that_lands_after_a_new_try_began_charges_once(shop):
    payment = lose_connection(shop, "late", delay_ms=8000)
    age(payment)
    payment = shop.later(payment)
    sales.try_again(payment, by=shop.by)
    payment = shop.converse(payment)
    shop.simulator.call("clock", {"advance": 9})
    payment = shop.ring(payment)

    charges = [c for c in shop.simulator.objects("charges") if c["captured"]]
    assert len(charges) <= 1
    assert payment.state in ("paid", "waiting_for_card")


def test_a_reader_that_vanishes_is_waited_for_and_can_be_canceled(shop):
    shop.simulator.reader(shop.reader, next={"outcome": "vanish"})
    payment = shop.sell()
    shop.tap()
    payment = shop.later(payment)
    assert payment.state == "waiting_for_card"

    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)

    assert payment.state == "canceled"
    assert shop.simulator.objects("payment_intents")[0]["status"] == "canceled"


def test_a_cancel_before_the_card_frees_the_reader_and_cancels_the_payment_intent(shop):
    payment = shop.sell()
    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)

    assert payment.state == "canceled"
    assert not ReaderAction.objects.filter(payment=payment, ended_at=None).exists()
    shop.reader.refresh_from_db()
    assert shop.reader.action == {}


def test_a_cancel_while_the_card_is_authorised_is_too_late_and_says_so(shop):
    shop.simulator.reader(shop.reader, authorization_ms=60_000)
    payment = shop.sell()
    shop.tap()
    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)
    assert (payment.state, payment.code) == ("authorizing", "too_late_to_cancel")

    shop.simulator.call("clock", {"advance": 61})
    payment = shop.later(payment)

    assert payment.state == "paid"
    assert payment.cancel_requested_at is None


def test_a_cancel_too_late_for_a_card_that_is_declined_ends_canceled(shop):
    shop.simulator.reader(shop.reader, authorization_ms=60_000)
    payment = shop.sell()
    shop.tap("charge_declined")
    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)
    shop.simulator.call("clock", {"advance": 61})
    payment = shop.later(payment)
    payment = shop.later(payment)

    assert payment.state == "canceled"


def test_freeing_a_reader_leaves_the_payment_open_for_another_try(shop):
    payment = shop.sell()
    sales.cancel_action(shop.reader, by=shop.by)
    payment = shop.converse(payment)
    assert (payment.state, payment.code) == ("stopped", "action_canceled")

    sales.try_again(payment, by=shop.by)
    payment = shop.converse(payment)
    shop.tap()
    assert shop.ring(payment).state == "paid"


def test_cancel_action_compares_first_and_never_stops_somebody_elses_payment(shop):
    payment = shop.sell()
    foreign = shop.simulator.foreign_payment_on(shop.reader)
    sales.cancel_action(shop.reader, by=shop.by)
    payment = shop.later(shop.converse(payment), 6)

    assert (payment.state, payment.code) == ("stopped", "superseded")
    assert shop.simulator.shown_on(shop.reader) == foreign
    assert not shop.simulator.exchanges("POST", "cancel_action")


def test_a_canceled_payment_is_canceled_once(shop):
    payment = shop.sell()
    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)

    with pytest.raises(PaymentFinal):
        sales.cancel_payment(payment, by=shop.by)
    assert len(shop.simulator.exchanges("POST", "/cancel")) == 2  # the action's and the intent's


def test_a_waiting_payment_costs_one_read_per_look(shop):
    payment = shop.sell()
    before = len(shop.simulator.exchanges())
    shop.later(payment)

    assert len(shop.simulator.exchanges()) == before + 1


def test_with_working_webhooks_a_waiting_payment_is_read_every_thirty_seconds(shop):
    payment = shop.sell()
    silent = payment.next_read_at
    bells.hear_canary(payment.pk)
    payment.refresh_from_db()
    assert payment.next_read_at > silent

    payment = shop.later(payment)
    wait = payment.next_read_at - payment.updated_at
    assert timedelta(seconds=25) < wait < timedelta(seconds=40)


def test_without_webhooks_a_tap_is_seen_within_seconds(shop):
    payment = shop.sell()
    shop.tap()
    assert payment.next_read_at - payment.created_at <= timedelta(seconds=4)

    assert shop.later(payment, seconds=4).state == "paid"


@pytest.mark.breaks("X1")
def test_an_outside_refusal_to_go_backwards_is_an_incident(shop):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = shop.ring(payment)
    assert payment.state == "approved"
    # What a stale read would look like: our row is further than what Stripe shows.
    type(payment).objects.filter(pk=payment.pk).update(amount_received=10_000)
    payment = shop.ring(payment)
    payment = shop.ring(payment)

    assert payment.incidents.get().kind == "moved_backwards"
    assert payment.amount_received == 10_000


def test_freeing_a_reader_of_a_sale_it_no_longer_has_stops_nothing(shop):
    payment = shop.sell()

    with pytest.raises(NothingToCancel):
        sales.cancel_action(shop.reader, by=shop.by, payment_id=payment.pk + 1)
    assert not payment.requests.filter(kind="reader.cancel_action").exists()


def test_resolving_the_last_incident_lets_the_till_show_what_stripe_says_again(shop):
    payment = shop.sell()
    ours = payment.payment_intent_id
    rows = type(payment).objects.filter(pk=payment.pk)
    rows.update(payment_intent_id=shop.simulator.foreign_payment_on(shop.other_reader))
    payment = shop.ring(payment)
    assert payment.state == "needs_attention"
    rows.update(payment_intent_id=ours)

    resolve(payment.incidents.get(), by=SYSTEM, resolution="The id was mended.")
    assert shop.converse(payment).state == "waiting_for_card"


def test_nobody_is_asked_for_another_card_while_it_is_unknown_if_one_was_charged(shop):
    payment = lose_connection(shop, "none")
    assert payment.state == "checking"

    with pytest.raises(PaymentBusy):
        sales.try_again(payment, by=shop.by)
    age(payment)
    with pytest.raises(PaymentBusy):  # that time went by tells nothing
        sales.try_again(payment, by=shop.by)
    payment = shop.later(payment)
    sales.try_again(payment, by=shop.by)
    assert shop.converse(payment).state == "waiting_for_card"
