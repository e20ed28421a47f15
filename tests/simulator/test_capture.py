"""Holds, capture, over-capture, expiry: https://docs.stripe.com/api/payment_intents/capture"""

import pytest
import stripe

from .conftest import SHOP, on

REFUSED = stripe.InvalidRequestError
DAY = 24 * 3600


def hold(simulator, amount=4000, card="visa", **params):
    return simulator.pay(amount, card, capture_method="manual", **params)


def capture(simulator, intent, account="", **params):
    return simulator.v1.payment_intents.capture(intent.id, params, on(account))


def details(charge):
    return charge.payment_method_details.card_present


def test_a_hold_is_authorised_not_paid(simulator):
    held = hold(simulator)
    assert held.status == "requires_capture"
    assert (held.amount_capturable, held.amount_received) == (4000, 0)
    charge = held.latest_charge
    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, False)
    assert charge.amount_captured == 0
    assert charge.balance_transaction is None
    assert details(charge).amount_authorized == 4000
    assert simulator.events()[1:] == [
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "terminal.reader.action_succeeded",
    ]


@pytest.mark.parametrize(
    ("card", "seconds"),
    [("visa", 4 * DAY + 18 * 3600), ("mastercard", 2 * DAY), ("amex", 2 * DAY)],
)
def test_capture_before_depends_on_the_brand(simulator, card, seconds):
    charge = hold(simulator, card=card).latest_charge
    assert details(charge).capture_before - charge.created == seconds


def test_a_captured_payment_has_no_deadline(simulator):
    assert details(simulator.pay().latest_charge).capture_before is None


def test_all_of_it_is_captured_unless_said_otherwise(simulator):
    held = hold(simulator)
    captured = capture(simulator, held)
    assert captured.status == "succeeded"
    assert (captured.amount_received, captured.amount_capturable) == (4000, 0)
    charge = simulator.read(held).latest_charge
    assert (charge.captured, charge.amount_captured, charge.amount_refunded) == (True, 4000, 0)
    assert simulator.events()[-2:] == ["charge.captured", "payment_intent.succeeded"]


def test_a_part_can_be_captured_and_the_rest_is_released(simulator):
    held = hold(simulator)
    captured = capture(simulator, held, amount_to_capture=1500, metadata={"a": "b"})
    assert (captured.amount, captured.amount_received) == (4000, 1500)
    assert captured.metadata.to_dict() == {"a": "b"}
    charge = simulator.read(held).latest_charge
    assert (charge.amount, charge.amount_captured, charge.amount_refunded) == (4000, 1500, 2500)
    assert not charge.refunded


def test_more_than_was_held_is_too_much(simulator):
    held = hold(simulator)
    assert not details(held.latest_charge).overcapture_supported
    with pytest.raises(REFUSED) as refused:
        capture(simulator, held, amount_to_capture=4001)
    assert refused.value.code == "amount_too_large"
    assert simulator.read(held).status == "requires_capture"


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_cannot_be_captured(simulator, amount):
    with pytest.raises(REFUSED) as refused:
        capture(simulator, hold(simulator), amount_to_capture=amount)
    assert refused.value.param == "amount_to_capture"


@pytest.mark.parametrize(("held_amount", "most"), [(4000, 9000), (20000, 30000)])
def test_a_restaurant_captures_a_tip_up_to_the_limit(simulator, held_amount, most):
    simulator.account(mcc="5812")
    held = hold(simulator, held_amount, account=SHOP)
    assert details(held.latest_charge).overcapture_supported
    with pytest.raises(REFUSED) as refused:
        capture(simulator, held, SHOP, amount_to_capture=most + 1)
    assert refused.value.code == "amount_too_large"
    captured = capture(simulator, held, SHOP, amount_to_capture=most)
    assert (captured.amount, captured.amount_received) == (most, most)
    charge = simulator.read(held, SHOP).latest_charge
    assert (charge.amount, charge.amount_captured) == (most, most)
    assert details(charge).amount_authorized == held_amount


@pytest.mark.parametrize(
    ("country", "mcc", "card", "supported"),
    [
        ("US", "5812", "mastercard", True),
        ("US", "7230", "amex", True),
        ("US", "4121", "discover", True),
        ("US", "5812", "jcb", False),
        ("US", "5411", "visa", False),
        ("GB", "5812", "visa", False),
    ],
)
def test_over_capture_goes_by_country_category_and_brand(simulator, country, mcc, card, supported):
    simulator.account(country=country, mcc=mcc)
    charge = hold(simulator, card=card, account=SHOP).latest_charge
    assert details(charge).overcapture_supported == supported


def test_a_captured_payment_is_not_over_capturable(simulator):
    simulator.account(mcc="5812")
    charge = simulator.pay(account=SHOP).latest_charge
    assert not details(charge).overcapture_supported


@pytest.mark.parametrize("status", ["requires_payment_method", "canceled"])
def test_only_a_hold_can_be_captured(simulator, status):
    intent = simulator.intent()
    if status == "canceled":
        simulator.v1.payment_intents.cancel(intent.id)
    with pytest.raises(REFUSED) as refused:
        capture(simulator, intent)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert f"because it has a status of {status}" in str(refused.value)


def test_it_is_captured_once(simulator):
    held = hold(simulator)
    capture(simulator, held)
    with pytest.raises(REFUSED) as refused:
        capture(simulator, held)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert "has already been captured" in str(refused.value)
    assert simulator.events().count("charge.captured") == 1


def test_interac_is_never_captured(simulator):
    paid = simulator.pay(
        card="interac", currency="cad", payment_method_types=["card_present", "interac_present"]
    )
    with pytest.raises(REFUSED):
        capture(simulator, paid)


@pytest.mark.parametrize("reason", ["automatic", "expired"])
def test_a_hold_that_is_not_captured_in_time_expires(simulator, reason):
    simulator.tell("switches", expired_hold_reason=reason)
    held = hold(simulator, card="mastercard")
    deadline = details(held.latest_charge).capture_before
    simulator.tell("clock", advance=2 * DAY - 60)
    assert simulator.read(held).status == "requires_capture"
    simulator.tell("clock", advance=120)
    expired = simulator.read(held)
    assert (expired.status, expired.amount_capturable) == ("canceled", 0)
    assert expired.cancellation_reason == reason
    assert abs(expired.canceled_at - deadline) <= 1
    assert expired.latest_charge.refunded
    assert simulator.events()[-2:] == ["charge.expired", "payment_intent.canceled"]


def test_what_was_captured_does_not_expire(simulator):
    held = hold(simulator)
    capture(simulator, held)
    simulator.tell("clock", advance=10 * DAY)
    assert simulator.read(held).status == "succeeded"
    assert "charge.expired" not in simulator.events()


def test_a_captured_charge_is_booked_with_stripes_price(simulator):
    charge = simulator.pay(10_000).latest_charge
    booked = simulator.v1.balance_transactions.retrieve(charge.balance_transaction)
    assert (booked.amount, booked.fee, booked.net) == (10_000, 275, 9_725)
    assert booked.source == charge.id
    assert booked.type == "charge"


def test_an_asynchronous_capture_is_booked_later(simulator):
    simulator.tell("switches", async_capture_delay_ms=60_000)
    paid = simulator.pay(capture_method="automatic_async")
    assert paid.status == "succeeded"
    assert paid.latest_charge.balance_transaction is None
    assert "charge.updated" not in simulator.events()
    simulator.tell("clock", advance=61)
    assert simulator.read(paid).latest_charge.balance_transaction.startswith("txn_")
    assert simulator.events()[-1] == "charge.updated"
