"""A card is saved without being charged: https://docs.stripe.com/api/setup_intents"""

import pytest
import stripe

from .conftest import SHOP, on, stripe_error

REFUSED = stripe.InvalidRequestError


def setup(simulator, account="", **params):
    params = {"payment_method_types": ["card"], **params}
    return simulator.v1.setup_intents.create(params, on(account))


def customer(simulator, account=""):
    return simulator.v1.customers.create({"email": "jane@example.com"}, on(account)).id


def test_a_new_one_wants_a_card(simulator):
    intent = setup(simulator, payment_method_types=["card_present"], metadata={"a": "b"})
    assert intent.status == "requires_payment_method"
    assert intent.usage == "off_session"
    assert intent.metadata.to_dict() == {"a": "b"}
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert simulator.events() == ["setup_intent.created"]


def test_it_is_found_in_its_own_account_only(simulator):
    simulator.account()
    intent = setup(simulator, SHOP)
    assert simulator.v1.setup_intents.retrieve(intent.id, {}, on(SHOP)).id == intent.id
    with pytest.raises(REFUSED) as refused:
        simulator.v1.setup_intents.retrieve(intent.id)
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_a_confirmed_one_keeps_the_card_with_its_customer(simulator):
    buyer = customer(simulator)
    intent = setup(simulator, customer=buyer, payment_method="pm_card_visa")
    assert intent.status == "requires_confirmation"
    intent = simulator.v1.setup_intents.confirm(intent.id, {"expand": ["latest_attempt"]})
    assert intent.status == "succeeded"
    attempt = intent.latest_attempt
    assert (attempt.status, attempt.setup_intent) == ("succeeded", intent.id)
    assert attempt.payment_method_details.card.last4 == "4242"
    kept = simulator.v1.customers.payment_methods.list(buyer).data
    assert [each.id for each in kept] == [intent.payment_method]
    assert simulator.events()[-2:] == ["payment_method.attached", "setup_intent.succeeded"]


def test_it_can_be_confirmed_as_it_is_created(simulator):
    intent = setup(simulator, payment_method="pm_card_visa", confirm=True)
    assert intent.status == "succeeded"


def test_a_refused_card_raises_and_is_noted(simulator):
    intent = setup(simulator, payment_method="pm_card_visa_chargeDeclinedInsufficientFunds")
    with pytest.raises(stripe.CardError) as declined:
        simulator.v1.setup_intents.confirm(intent.id)
    error = stripe_error(declined.value)
    assert (error["code"], error["decline_code"]) == ("card_declined", "insufficient_funds")
    assert error["setup_intent"]["id"] == intent.id
    intent = simulator.v1.setup_intents.retrieve(intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.payment_method is None
    assert intent.last_setup_error.code == "card_declined"
    [attempt] = simulator.v1.setup_attempts.list({"setup_intent": intent.id}).data
    assert attempt.status == "failed"
    assert attempt.setup_error.code == "card_declined"
    assert simulator.events()[-1] == "setup_intent.setup_failed"


def test_attempts_are_listed_newest_first(simulator):
    intent = setup(simulator)
    for token in ("pm_card_visa_chargeDeclined", "pm_card_visa"):
        try:
            simulator.v1.setup_intents.confirm(intent.id, {"payment_method": token})
        except stripe.CardError:
            continue
    attempts = simulator.v1.setup_attempts.list({"setup_intent": intent.id}).data
    assert [each.status for each in attempts] == ["succeeded", "failed"]


def test_without_a_card_it_cannot_be_confirmed(simulator):
    with pytest.raises(REFUSED) as refused:
        simulator.v1.setup_intents.confirm(setup(simulator).id)
    assert refused.value.code == "setup_intent_unexpected_state"


@pytest.mark.parametrize("act", ["cancel", "update", "confirm"])
def test_what_has_ended_cannot_be_changed(simulator, act):
    intent = setup(simulator, payment_method="pm_card_visa", confirm=True)
    with pytest.raises(REFUSED) as refused:
        getattr(simulator.v1.setup_intents, act)(intent.id)
    assert refused.value.code == "setup_intent_unexpected_state"
    assert "because it has a status of succeeded" in str(refused.value)


def test_it_can_be_canceled(simulator):
    intent = setup(simulator)
    canceled = simulator.v1.setup_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert simulator.events()[-1] == "setup_intent.canceled"


def test_it_can_be_changed_while_it_is_open(simulator):
    buyer = customer(simulator)
    intent = setup(simulator)
    changed = simulator.v1.setup_intents.update(
        intent.id, {"customer": buyer, "description": "Club", "metadata": {"a": "b"}}
    )
    assert (changed.customer, changed.description) == (buyer, "Club")
    [listed] = simulator.v1.setup_intents.list({"customer": buyer}).data
    assert listed.id == intent.id
    assert simulator.v1.setup_intents.list({"customer": "cus_other"}).data == []


def test_an_unknown_customer_is_refused(simulator):
    with pytest.raises(REFUSED) as refused:
        setup(simulator, customer="cus_nobody")
    assert (refused.value.code, refused.value.param) == ("resource_missing", "customer")


def test_the_card_of_another_customer_is_refused(simulator):
    buyer, other = customer(simulator), customer(simulator)
    card = simulator.v1.payment_methods.attach("pm_card_visa", {"customer": other})
    with pytest.raises(REFUSED) as refused:
        setup(simulator, customer=buyer, payment_method=card.id)
    assert refused.value.param == "payment_method"


def test_other_types_than_cards_are_not_simulated(simulator):
    response = simulator.raw("POST", "/v1/setup_intents", "payment_method_types[]=sepa_debit")
    assert response.status_code == 501


def save(simulator, card, **params):
    reader = simulator.reader()
    intent = setup(simulator, payment_method_types=["card_present"], **params)
    sent = {"setup_intent": intent.id, "allow_redisplay": "always"}
    simulator.v1.terminal.readers.process_setup_intent(reader, sent)
    action = simulator.present(reader, card)["action"]
    return simulator.v1.setup_intents.retrieve(intent.id, {"expand": ["latest_attempt"]}), action


def test_a_reader_makes_a_card_for_use_online(simulator):
    buyer = customer(simulator)
    intent, action = save(simulator, "visa", customer=buyer)
    assert intent.status == "succeeded"
    [kept] = simulator.v1.customers.payment_methods.list(buyer).data
    made = intent.latest_attempt.payment_method_details.card_present.generated_card
    assert kept.id == made == action["process_setup_intent"]["generated_card"]
    assert (kept.type, kept.allow_redisplay) == ("card", "always")
    assert kept.card.generated_from.setup_attempt == intent.latest_attempt.id
    assert simulator.v1.payment_methods.retrieve(intent.payment_method).type == "card_present"


@pytest.mark.parametrize("card", ["charge_declined", "expired_card", "girocard_debit", "unionpay"])
def test_a_card_that_cannot_be_saved_fails_to_be_set_up(simulator, card):
    intent, action = save(simulator, card)
    assert intent.status == "requires_payment_method"
    assert intent.last_setup_error.code == "setup_intent_authentication_failure"
    assert intent.latest_attempt.status == "failed"
    assert (action["status"], action["failure_code"]) == (
        "failed",
        "setup_intent_authentication_failure",
    )
    assert "setup_intent.setup_failed" in simulator.events()
