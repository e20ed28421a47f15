"""A hold is made bigger: https://docs.stripe.com/terminal/features/incremental-authorizations"""

import pytest
import stripe

from .conftest import SHOP, on, stripe_error
from .test_capture import capture, details

REFUSED = stripe.InvalidRequestError
WANTED = {"card_present": {"request_incremental_authorization_support": True}}


def hold(simulator, amount=4000, card="visa", account="", **params):
    params = {"capture_method": "manual", "payment_method_options": WANTED, **params}
    return simulator.pay(amount, card, account, **params)


def increment(simulator, intent, amount, account="", **params):
    sent = {"amount": amount, **params}
    return simulator.v1.payment_intents.increment_authorization(intent.id, sent, on(account))


def test_the_hold_grows_to_the_new_total(simulator):
    held = hold(simulator)
    assert details(held.latest_charge).incremental_authorization_supported
    grown = increment(simulator, held, 5500, metadata={"night": "2"}, description="Room 7")
    assert (grown.status, grown.amount, grown.amount_capturable) == ("requires_capture", 5500, 5500)
    assert (grown.metadata["night"], grown.description) == ("2", "Room 7")
    charge = simulator.read(held).latest_charge
    assert charge.id == held.latest_charge.id
    assert (charge.amount, details(charge).amount_authorized) == (5500, 5500)
    assert simulator.events()[-2:] == [
        "charge.updated",
        "payment_intent.amount_capturable_updated",
    ]
    assert capture(simulator, grown).amount_received == 5500


def test_a_refusal_leaves_the_hold_as_it_was(simulator):
    held = hold(simulator)
    with pytest.raises(stripe.CardError) as declined:
        increment(simulator, held, 5505, metadata={"a": "b"})
    assert declined.value.code == "card_declined"
    assert stripe_error(declined.value)["payment_intent"]["id"] == held.id
    after = simulator.read(held)
    assert (after.status, after.amount_capturable) == ("requires_capture", 4000)
    assert after.metadata.to_dict() == {}
    assert after.latest_charge.amount == 4000
    assert capture(simulator, held).amount_received == 4000


def test_ten_attempts_are_allowed_refused_ones_included(simulator):
    held = hold(simulator)
    for attempt in range(1, 11):
        if attempt % 2:
            increment(simulator, held, 4000 + 100 * attempt)
            continue
        with pytest.raises(stripe.CardError):
            increment(simulator, held, 4005 + 100 * attempt)
    with pytest.raises(REFUSED):
        increment(simulator, held, 9000)
    assert simulator.read(held).amount_capturable == 4900


def test_it_must_have_been_asked_for(simulator):
    held = hold(simulator, payment_method_options={})
    assert not details(held.latest_charge).incremental_authorization_supported
    with pytest.raises(REFUSED) as refused:
        increment(simulator, held, 5000)
    assert refused.value.code == "payment_intent_invalid_parameter"


@pytest.mark.parametrize(
    ("card", "mcc", "supported"),
    [
        ("mastercard", "5411", True),
        ("amex", "5411", True),
        ("discover", "5411", False),
        ("discover", "7011", True),
        ("jcb", "7011", False),
    ],
)
def test_it_goes_by_brand_and_category(simulator, card, mcc, supported):
    simulator.account(mcc=mcc)
    charge = hold(simulator, card=card, account=SHOP).latest_charge
    assert details(charge).incremental_authorization_supported == supported


@pytest.mark.parametrize("amount", [4000, 100])
def test_the_new_total_must_be_higher(simulator, amount):
    held = hold(simulator)
    with pytest.raises(REFUSED) as refused:
        increment(simulator, held, amount)
    assert refused.value.param == "amount"


def test_only_a_hold_can_grow(simulator):
    paid = simulator.pay()
    with pytest.raises(REFUSED) as refused:
        increment(simulator, paid, 5000)
    assert refused.value.code == "payment_intent_unexpected_state"


def test_capturing_more_asks_the_bank_first(simulator):
    held = hold(simulator)
    captured = capture(simulator, held, amount_to_capture=4700)
    assert (captured.status, captured.amount, captured.amount_received) == ("succeeded", 4700, 4700)
    assert details(simulator.read(held).latest_charge).amount_authorized == 4700


def test_a_bank_that_will_not_give_more_leaves_it_all_to_be_captured(simulator):
    simulator.account(mcc="5411")
    held = hold(simulator, account=SHOP, application_fee_amount=100)
    with pytest.raises(stripe.CardError) as declined:
        capture(simulator, held, SHOP, amount_to_capture=4705, application_fee_amount=200)
    assert declined.value.http_status == 402
    after = simulator.read(held, SHOP)
    assert (after.status, after.amount_capturable) == ("requires_capture", 4000)
    assert after.application_fee_amount == 100
    assert capture(simulator, held, SHOP).amount_received == 4000


def test_it_needs_manual_capture(simulator):
    with pytest.raises(REFUSED) as refused:
        simulator.intent(capture_method="automatic", payment_method_options=WANTED)
    assert refused.value.code == "payment_intent_invalid_parameter"
    assert "request_incremental_authorization_support" in str(refused.value.param)
