"""Every kind of answer, or none, from Stripe: one PaymentIntent, one charge, and an end."""

import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from payments import gateway
from payments.errors import StripeCallInTransaction
from payments.models import StripeRequest
from payments.services import captures, intents
from terminal.services import fleet, locations, sales
from tests.factories import LocationFactory


def until(shop, payment, state):
    """Let time pass until the payment shows this state; a hanging call takes its real second."""
    deadline = time.monotonic() + 5
    while payment.state != state and time.monotonic() < deadline:
        payment = shop.later(payment)
    assert payment.state == state, payment.message
    return payment


def finish(shop, payment):
    """Whatever happened, the sale can be finished, and one card is charged once."""
    payment = until(shop, payment, "waiting_for_card")
    shop.tap()
    payment = shop.ring(payment)
    assert payment.state == "paid"
    assert len(shop.simulator.objects("payment_intents")) == 1
    assert len(shop.simulator.objects("charges")) == 1
    return payment


FAULTS = ["reset", "hang", "500", "502", "503", "429", "409", "lock_timeout"]


def longer(what: str) -> dict[str, float]:
    """A hang that outlasts our patience; other faults take no time."""
    return {"seconds": 1.5} if what == "hang" else {}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", FAULTS)
def test_a_spoiled_create_makes_one_payment_intent(shop, what, when):
    shop.simulator.fault("payment_intents.create", when, what, **longer(what))

    finish(shop, shop.sell())


def test_a_create_told_again_makes_no_other_payment_intent_where_a_read_does_not_find_it_yet(shop):
    shop.simulator.fault("payment_intents.create", "after", "reset")
    shop.simulator.fault("payment_intents.retrieve", "before", "stale_read")

    finish(shop, shop.sell())


def test_a_payment_intent_that_is_listed_and_not_read_yet_is_not_made_again(shop):
    shop.simulator.fault("payment_intents.create", "after", "424", count=3)
    shop.simulator.fault("payment_intents.retrieve", "before", "stale_read")

    finish(shop, shop.sell())


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", FAULTS)
def test_a_spoiled_process_charges_once(shop, what, when):
    shop.simulator.fault("readers.process_payment_intent", when, what, **longer(what))

    finish(shop, shop.sell())


def test_a_read_from_before_the_command_does_not_take_the_reader_for_free(shop):
    shop.simulator.fault("readers.retrieve", "before", "stale_read", seconds=30)
    shop.simulator.call("clock", {"advance": 60})
    payment = shop.ring(shop.sell())

    assert shop.simulator.exchanges("GET", "terminal/readers/")
    assert payment.state == "waiting_for_card"
    finish(shop, payment)


def test_a_reader_that_another_system_freed_is_free_when_reads_cannot_be_old_any_more(shop):
    payment = shop.sell()
    shop.simulator.stripe_post(
        f"terminal/readers/{shop.reader.stripe_id}/cancel_action", payment.stripe_account
    )
    payment = shop.ring(payment)
    assert payment.state == "waiting_for_card"
    assert (payment.next_read_at - timezone.now()).total_seconds() < 3

    payment = shop.later(payment, 10)
    assert payment.state == "stopped"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", FAULTS)
def test_a_spoiled_capture_captures_once(shop, what, when):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = shop.ring(payment)
    assert payment.state == "approved"
    shop.simulator.fault("payment_intents.capture", when, what, **longer(what))
    captures.capture(payment, by=shop.by)
    payment = until(shop, shop.converse(payment), "paid")

    assert payment.amount_received == payment.amount


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", FAULTS)
def test_a_spoiled_cancel_ends_canceled(shop, what, when):
    payment = shop.sell()
    shop.simulator.fault("payment_intents.cancel", when, what, **longer(what))
    sales.cancel_payment(payment, by=shop.by)
    payment = until(shop, shop.converse(payment), "canceled")

    assert shop.simulator.objects("payment_intents")[0]["status"] == "canceled"


def test_a_stored_500_on_create_is_looked_up_before_another_key_is_used(shop):
    shop.simulator.fault("payment_intents.create", "after", "500")
    payment = finish(shop, shop.sell())

    kinds = StripeRequest.objects.filter(payment=payment, kind="payment_intent.create")
    assert [r.status for r in kinds] == ["succeeded"]


@pytest.mark.parametrize("delivered", [True, False])
def test_a_reader_timeout_is_one_charge_either_way(shop, delivered):
    shop.simulator.reader(shop.reader, command_timeout={"delivered": delivered, "count": 1})
    payment = finish(shop, shop.sell())

    assert payment.reader_actions.count() == (1 if delivered else 2)


def test_a_reader_that_never_answers_stops_the_payment_after_two_more_tries(shop):
    shop.simulator.reader(shop.reader, command_timeout={"delivered": False, "count": 9})
    payment = shop.sell()
    for _ in range(5):
        payment = shop.later(payment)

    assert (payment.state, payment.code) == ("stopped", "terminal_reader_timeout")
    assert payment.reader_actions.count() == 3


def test_an_offline_reader_stops_the_payment_at_once_and_another_takes_it(shop):
    shop.simulator.reader(shop.reader, condition="offline")
    payment = shop.sell()
    assert (payment.state, payment.code) == ("stopped", "terminal_reader_offline")

    sales.try_again(payment, by=shop.by, reader=shop.other_reader)
    payment = shop.converse(payment)
    shop.simulator.present(shop.other_reader)
    assert shop.ring(payment).state == "paid"


@pytest.mark.parametrize("condition", ["busy_update", "card_left_in", "other_mode"])
def test_a_busy_reader_is_tried_again_and_takes_the_payment_when_it_is_free(shop, condition):
    shop.simulator.reader(shop.reader, condition=condition)
    payment = shop.sell()
    assert payment.state in ("sending", "stopped")
    shop.simulator.reader(shop.reader, condition=None)

    finish(shop, payment)


def test_a_reader_that_stays_busy_is_said_so_after_three_more_tries(shop):
    shop.simulator.reader(shop.reader, condition="busy_update")
    payment = shop.sell()
    for _ in range(6):
        payment = shop.later(payment)

    assert (payment.state, payment.code) == ("stopped", "terminal_reader_busy")
    assert payment.reader_actions.count() == 4


@pytest.mark.parametrize("what", ["401", "403"])
def test_a_refused_key_calls_a_person_and_goes_on_when_it_is_repaired(shop, what):
    shop.simulator.fault("payment_intents.create", "before", what)
    payment = shop.sell()
    assert payment.state == "needs_attention"
    assert payment.incidents.get().kind == "account_refused"

    assert not payment.reader_actions.filter(ended_at=None).exists()  # others may sell on it

    payment = shop.later(payment, 3600)
    assert payment.state == "stopped"
    sales.try_again(payment, by=shop.by)
    assert shop.converse(payment).state == "waiting_for_card"


def test_a_refused_key_is_not_hammered_by_reads(shop):
    payment = shop.sell()
    shop.simulator.fault("*", "before", "401", count=-1)
    payment = shop.ring(payment)
    assert payment.state == "needs_attention"
    assert payment.next_read_at - payment.updated_at > timedelta(seconds=50)

    shop.simulator.unfault()
    shop.tap()
    assert shop.later(payment, 3600).state == "paid"


def test_a_reader_that_is_deleted_at_stripe_lets_its_payment_be_canceled(shop):
    payment = shop.sell()
    shop.simulator.forget_reader(shop.reader)
    sales.cancel_payment(payment, by=shop.by)

    assert shop.converse(payment).state == "canceled"


def test_a_location_whose_creation_got_no_answer_is_not_created_twice(shop):
    location = LocationFactory.create(store=shop.store, country="US", stripe_id=None)
    before = len(shop.simulator.objects("locations"))
    shop.simulator.fault("locations.create", "after", "reset")
    with pytest.raises(fleet.FleetRefused):
        fleet.create_location(location)
    StripeRequest.objects.filter(kind=locations.CREATE).update(next_try_at=timezone.now())
    fleet.create_location(location)

    assert len(shop.simulator.objects("locations")) == before + 1


def test_an_account_that_cannot_charge_is_refused_before_stripe_is_asked(shop):
    before = len(shop.simulator.exchanges())
    shop.store.account.charges_enabled = False
    shop.store.account.save()

    with pytest.raises(intents.AccountCannotCharge):
        shop.sell()
    assert len(shop.simulator.exchanges()) == before


def test_no_call_to_stripe_is_made_inside_a_transaction(shop):
    with transaction.atomic(), pytest.raises(StripeCallInTransaction):
        gateway.get("/v1/account", "")
