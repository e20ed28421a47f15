"""A card saved on a reader: asked for, saved, declined, canceled, and in doubt."""

import pytest

from payments.errors import CardNotSavable
from payments.models import Customer, SavedCard
from stores.models import LogEntry
from terminal.errors import ReaderBusy
from terminal.services import freeing, sales, saving
from tests.money.conftest import open_shop
from tests.terminal.conftest import Counter


def save(counter, **more):
    return saving.save_card(
        counter.shop.store, counter.reader, allow_redisplay="limited", by=counter.by, **more
    )


def asked(counter, **more):
    action = counter.attend(save(counter, **more))
    assert action.status == "in_progress", action.failure_code
    return action


def ended(action):
    return action.status, action.failure_code


def test_a_card_is_saved_for_a_new_customer(counter):
    action = asked(counter, name="Jenny", email="jenny@example.com")
    counter.shop.tap()

    action = counter.ring(action)

    card = action.saved_card
    assert ended(action) == ("succeeded", "")
    assert (card.status, card.brand, card.last4) == ("succeeded", "visa", "4242")
    assert card.payment_method_id.startswith("pm_")
    assert card.exp_year > 2000
    [there] = counter.simulator.objects("customers")
    assert (there["id"], there["email"]) == (card.customer.stripe_id, "jenny@example.com")
    assert there["metadata"]["customer"] == str(card.customer.uuid)
    [kept] = [
        each
        for each in counter.simulator.objects("payment_methods")
        if each["id"] == card.payment_method_id
    ]
    assert (kept["customer"], kept["allow_redisplay"]) == (there["id"], "limited")
    [intent] = counter.simulator.objects("setup_intents")
    assert (intent["usage"], intent["payment_method_types"]) == ("off_session", ["card_present"])


def test_the_consent_of_the_cardholder_is_recorded_with_who_took_it(counter):
    card = save(counter).saved_card

    assert (card.consent_at is not None, card.device) == (True, counter.shop.device)
    assert LogEntry.objects.get(verb="consent").device == counter.shop.device


def test_a_second_card_of_a_customer_needs_no_second_customer(counter):
    first = asked(counter)
    counter.shop.tap()
    customer = counter.ring(first).saved_card.customer
    action = asked(counter, customer=customer)
    counter.shop.tap("mastercard")

    assert counter.ring(action).saved_card.brand == "mastercard"
    assert len(counter.simulator.objects("customers")) == 1
    assert customer.cards.count() == 2


def test_a_declined_card_can_be_followed_by_another(counter):
    action = asked(counter)
    counter.shop.tap("insufficient_funds")
    action = counter.ring(action)
    assert ended(action) == ("failed", "setup_intent_authentication_failure")
    assert action.saved_card.ended_at is None

    saving.try_again(action.saved_card, counter.reader, by=counter.by)
    again = counter.attend(action.saved_card).reader_actions.get(status="in_progress")
    counter.shop.tap()

    assert counter.ring(again).saved_card.status == "succeeded"
    assert SavedCard.objects.count() == 1
    with pytest.raises(CardNotSavable):
        saving.try_again(again.saved_card, counter.reader, by=counter.by)


@pytest.mark.parametrize(("truth", "status"), [("approved", "succeeded"), ("none", "failed")])
def test_a_lost_connection_is_settled_by_the_setup_intent(counter, truth, status):
    counter.simulator.reader(counter.reader, next={"outcome": "connection_error", "truth": truth})
    action = asked(counter)
    counter.shop.tap()

    action = counter.ring(action)

    assert action.status == status
    assert bool(action.saved_card.payment_method_id) == (status == "succeeded")


def test_the_customer_presses_cancel(counter):
    action = asked(counter)
    counter.simulator.call(f"readers/{counter.reader.stripe_id}/cancel_by_customer", {})

    assert ended(counter.ring(action)) == ("failed", "customer_canceled")


def test_the_till_cancels(counter):
    action = asked(counter)
    freeing.cancel_action(counter.reader, by=counter.by)

    assert ended(counter.attend(action)) == ("canceled", "action_canceled")
    assert counter.shown()["kind"] == "splash"


def test_a_card_that_is_quicker_than_the_cancel_is_saved(counter):
    action = asked(counter)
    counter.shop.tap()
    freeing.cancel_action(counter.reader, by=counter.by)

    assert counter.attend(action).status == "succeeded"
    assert not counter.sent("cancel_action")


def test_a_wallet_that_cannot_be_saved_is_told(counter):
    action = asked(counter)
    counter.simulator.call(f"readers/{counter.reader.stripe_id}", {"next": {"outcome": "decline"}})
    counter.shop.tap()

    assert counter.ring(action).saved_card.last_error["code"] == action_code(counter)


def action_code(counter):
    [intent] = counter.simulator.objects("setup_intents")
    return intent["last_setup_error"]["code"]


@pytest.mark.parametrize(
    "operation", ["customers.create", "setup_intents.create", "readers.process_setup_intent"]
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_makes_nothing_twice(counter, operation, when):
    counter.simulator.fault(operation, when, "reset")
    action = counter.attend(save(counter))
    for _ in range(3):
        action = counter.later(action, seconds=5)

    assert action.status == "in_progress"
    counter.shop.tap()
    assert counter.ring(action).status == "succeeded"
    assert len(counter.simulator.objects("customers")) == 1
    assert len(counter.simulator.objects("setup_intents")) == 1
    assert Customer.objects.get().stripe_id


def test_a_refusal_of_stripe_is_told(counter):
    customer = Customer.objects.create(store=counter.shop.store, stripe_id="cus_nobody")
    customer.stripe_account = counter.shop.store.stripe_account
    customer.save()

    action = counter.attend(save(counter, customer=customer))

    assert ended(action) == ("failed", "resource_missing")
    assert counter.attend() is None


def test_a_sale_waits_until_the_card_is_saved(counter):
    asked(counter)
    with pytest.raises(ReaderBusy, match="a card that is to be saved"):
        sales.sell(counter.cart(500), counter.reader, by=counter.by)


def test_a_decline_of_the_try_before_is_not_taken_for_this_ones(counter):
    action = asked(counter)
    counter.shop.tap("insufficient_funds")
    card = counter.ring(action).saved_card
    counter.simulator.fault("readers.retrieve", "before", "stale_read", count=-1, seconds=3_600)
    counter.simulator.call("clock", {"advance": 60})
    saving.try_again(card, counter.reader, by=counter.by)
    again = counter.attend(card).reader_actions.get(status="in_progress")
    assert counter.ring(again).status == "in_progress"

    counter.simulator.unfault()
    counter.shop.tap()
    assert counter.ring(again).saved_card.status == "succeeded"


def test_a_card_is_saved_abroad_where_the_platform_charges_for_the_store(simulator, db):
    counter = Counter(open_shop(simulator, "destination", "GB"))
    action = asked(counter)
    counter.shop.tap()

    assert counter.ring(action).saved_card.status == "succeeded"
    [intent] = simulator.objects("setup_intents")
    assert intent["on_behalf_of"] == counter.shop.store.account.stripe_id
