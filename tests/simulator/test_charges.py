"""What is noted on a charge, and capturing it: https://docs.stripe.com/api/charges"""

import pytest
import stripe

from .conftest import SHOP

REFUSED = stripe.InvalidRequestError


def test_notes_are_kept_and_told(simulator):
    charge = simulator.pay().latest_charge
    changed = simulator.v1.charges.update(
        charge.id,
        {
            "description": "Lunch",
            "receipt_email": "jane@example.com",
            "metadata": {"table": "7"},
            "fraud_details": {"user_report": "safe"},
            "transfer_group": "lunches",
        },
    )
    assert (changed.description, changed.receipt_email) == ("Lunch", "jane@example.com")
    assert changed.fraud_details.user_report == "safe"
    assert changed.metadata.to_dict() == {"table": "7"}
    event = simulator.v1.events.list({"type": "charge.updated"}).data[0]
    assert event.data.previous_attributes.description is None
    assert [each.id for each in simulator.v1.charges.list({"transfer_group": "lunches"}).data] == [
        charge.id
    ]


def test_a_transfer_group_is_set_once(simulator):
    charge = simulator.pay(transfer_group="lunches").latest_charge
    with pytest.raises(REFUSED) as refused:
        simulator.v1.charges.update(charge.id, {"transfer_group": "dinners"})
    assert refused.value.param == "transfer_group"


def test_what_the_payment_is_told_later_does_not_reach_the_charge(simulator):
    paid = simulator.pay(metadata={"order": "1"}, description="Lunch")
    changes = {"metadata": {"order": "2"}, "description": "Dinner"}
    simulator.v1.payment_intents.update(paid.id, changes)
    charge = simulator.read(paid).latest_charge
    assert (charge.metadata["order"], charge.description) == ("1", "Lunch")


def test_capturing_the_charge_captures_the_payment(simulator):
    held = simulator.pay(4000, capture_method="manual")
    charge = simulator.v1.charges.capture(held.latest_charge.id, {"amount": 2500})
    assert (charge.captured, charge.amount_captured) == (True, 2500)
    paid = simulator.read(held)
    assert (paid.status, paid.amount_received) == ("succeeded", 2500)
    assert simulator.events()[-1] == "payment_intent.succeeded"
    with pytest.raises(REFUSED) as refused:
        simulator.v1.charges.capture(held.latest_charge.id)
    assert refused.value.code == "charge_already_captured"


def test_a_released_hold_cannot_be_captured(simulator):
    held = simulator.pay(4000, capture_method="manual")
    simulator.tell("clock", advance=6 * 24 * 3600)
    with pytest.raises(REFUSED) as refused:
        simulator.v1.charges.capture(held.latest_charge.id)
    assert refused.value.code == "charge_expired_for_capture"


@pytest.mark.parametrize(
    ("card", "network", "advice"),
    [
        ("insufficient_funds", "51", "try_again_later"),
        ("stolen_card", "43", "do_not_try_again"),
        ("expired_card", "54", "confirm_card_data"),
    ],
)
def test_a_refusal_says_what_the_network_said(simulator, card, network, advice):
    refused = simulator.pay(card=card)
    outcome = refused.latest_charge.outcome
    assert (outcome.network_decline_code, outcome.advice_code) == (network, advice)
    error = refused.last_payment_error
    assert (error.network_decline_code, error.advice_code) == (network, advice)


def test_the_statement_shows_prefix_and_suffix(simulator):
    simulator.account()
    charge = simulator.pay(account=SHOP, statement_descriptor_suffix="TABLE 7").latest_charge
    assert charge.calculated_statement_descriptor == "SHOP* TABLE 7"
