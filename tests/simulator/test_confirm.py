"""A saved card is charged by the server: https://docs.stripe.com/api/payment_intents/confirm"""

import pytest
import stripe

from .conftest import SHOP, on, stripe_error

REFUSED = stripe.InvalidRequestError


def intent(simulator, amount=1000, account="", **params):
    return simulator.intent(amount, account, payment_method_types=["card"], **params)


def confirm(simulator, of, account="", **params):
    return simulator.v1.payment_intents.confirm(of.id, params, on(account))


def customer(simulator, account=""):
    return simulator.v1.customers.create({"name": "Jane"}, on(account)).id


def saved(simulator, buyer):
    return simulator.v1.payment_methods.attach("pm_card_visa", {"customer": buyer}).id


def test_a_card_pays(simulator):
    paid = confirm(simulator, intent(simulator), payment_method="pm_card_visa")
    assert (paid.status, paid.amount_received) == ("succeeded", 1000)
    charge = simulator.read(paid).latest_charge
    card = charge.payment_method_details.card
    assert (charge.payment_method_details.type, card.last4) == ("card", "4242")
    assert charge.captured
    assert simulator.events()[-2:] == ["charge.succeeded", "payment_intent.succeeded"]


def test_a_card_is_held(simulator):
    held = confirm(
        simulator, intent(simulator, capture_method="manual"), payment_method="pm_card_visa"
    )
    assert (held.status, held.amount_capturable) == ("requires_capture", 1000)
    charge = simulator.read(held).latest_charge
    assert charge.payment_method_details.card.capture_before - charge.created == 7 * 24 * 3600
    with pytest.raises(REFUSED) as refused:
        simulator.v1.payment_intents.capture(held.id, {"amount_to_capture": 1001})
    assert refused.value.code == "amount_too_large"
    assert simulator.v1.payment_intents.capture(held.id).status == "succeeded"


def test_a_saved_card_pays_off_session(simulator):
    buyer = customer(simulator)
    card = saved(simulator, buyer)
    paid = intent(simulator, customer=buyer, payment_method=card, confirm=True, off_session=True)
    assert (paid.status, paid.customer) == ("succeeded", buyer)
    assert simulator.v1.charges.list({"customer": buyer}).data[0].id == paid.latest_charge


def test_the_card_a_reader_generated_pays_again(simulator):
    buyer = customer(simulator)
    first = simulator.pay(customer=buyer, setup_future_usage="off_session")
    card = first.latest_charge.payment_method_details.card_present.generated_card
    again = intent(simulator, customer=buyer, payment_method=card, confirm=True, off_session=True)
    assert again.status == "succeeded"
    charge = simulator.read(again).latest_charge
    assert charge.payment_method_details.card.last4 == "4242"


def test_a_refused_card_raises_and_wants_another(simulator):
    open_intent = intent(simulator)
    with pytest.raises(stripe.CardError) as declined:
        confirm(simulator, open_intent, payment_method="pm_card_visa_chargeDeclinedLostCard")
    error = stripe_error(declined.value)
    assert (error["code"], error["decline_code"]) == ("card_declined", "lost_card")
    assert error["payment_intent"]["status"] == "requires_payment_method"
    after = simulator.read(open_intent)
    assert after.last_payment_error.charge == after.latest_charge.id
    assert after.payment_method is None
    assert simulator.events()[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    assert confirm(simulator, open_intent, payment_method="pm_card_visa").status == "succeeded"


def test_without_a_card_there_is_nothing_to_confirm(simulator):
    with pytest.raises(REFUSED) as refused:
        confirm(simulator, intent(simulator))
    assert refused.value.code == "payment_intent_unexpected_state"
    assert "missing a payment method" in str(refused.value)


def test_it_is_confirmed_once(simulator):
    paid = confirm(simulator, intent(simulator), payment_method="pm_card_visa")
    with pytest.raises(REFUSED) as refused:
        confirm(simulator, paid, payment_method="pm_card_visa")
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_card_nobody_saved_is_used_up(simulator):
    card = simulator.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    confirm(simulator, intent(simulator), payment_method=card)
    with pytest.raises(REFUSED) as refused:
        confirm(simulator, intent(simulator), payment_method=card)
    assert "previously used" in str(refused.value)
    with pytest.raises(REFUSED):
        simulator.v1.payment_methods.attach(card, {"customer": customer(simulator)})


def test_a_card_is_kept_for_the_customer_when_that_was_asked(simulator):
    buyer = customer(simulator)
    paid = intent(simulator, customer=buyer, setup_future_usage="off_session")
    paid = confirm(simulator, paid, payment_method="pm_card_mastercard")
    [kept] = simulator.v1.customers.payment_methods.list(buyer).data
    assert kept.id == paid.payment_method


def test_the_card_of_another_customer_does_not_pay(simulator):
    card = saved(simulator, customer(simulator))
    with pytest.raises(REFUSED):
        confirm(simulator, intent(simulator), payment_method=card)


def test_what_a_reader_read_pays_nothing_else(simulator):
    read = simulator.pay().payment_method
    with pytest.raises(REFUSED) as refused:
        confirm(simulator, intent(simulator), payment_method=read)
    assert refused.value.param == "payment_method"


def test_too_many_refusals_end_it(simulator):
    simulator.tell("switches", most_confirmations=2)
    open_intent = intent(simulator)
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            confirm(simulator, open_intent, payment_method="pm_card_visa_chargeDeclined")
    assert confirm(simulator, open_intent, payment_method="pm_card_visa").status == "canceled"
    assert simulator.events()[-1] == "payment_intent.canceled"


def test_off_session_is_for_confirming_only(simulator):
    with pytest.raises(REFUSED) as refused:
        intent(simulator, off_session=True)
    assert refused.value.param == "off_session"


def test_a_card_of_one_account_is_unknown_in_another(simulator):
    simulator.account()
    card = saved(simulator, customer(simulator))
    with pytest.raises(REFUSED) as refused:
        confirm(simulator, intent(simulator, account=SHOP), SHOP, payment_method=card)
    assert refused.value.code == "resource_missing"


def test_naming_a_card_makes_it_ready_to_confirm(simulator):
    open_intent = intent(simulator)
    changed = simulator.v1.payment_intents.update(
        open_intent.id, {"payment_method": "pm_card_amex"}
    )
    assert changed.status == "requires_confirmation"
    assert confirm(simulator, changed).status == "succeeded"


def test_search_is_said_to_be_missing(simulator):
    path = "/v1/payment_intents/search?query=x"
    assert simulator.raw("GET", path).status_code == 501
