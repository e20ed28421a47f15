"""Interac refunds on a reader: https://docs.stripe.com/terminal/features/refunds#interac"""

import pytest
import stripe

from .conftest import SHOP, on

CANADA = {"currency": "cad", "payment_method_types": ["card_present", "interac_present"]}
REFUSED = stripe.InvalidRequestError


@pytest.fixture
def paid(simulator):
    return simulator.pay(2000, "interac", **CANADA)


def refund(simulator, reader, account="", **params):
    return simulator.v1.terminal.readers.refund_payment(reader, params, on(account))


def refusal(*args, **params):
    with pytest.raises(REFUSED) as refused:
        refund(*args, **params)
    return refused.value


@pytest.mark.parametrize("named_by", ["payment_intent", "charge"])
def test_the_card_gets_its_money_back(simulator, reader, paid, named_by):
    id = paid.id if named_by == "payment_intent" else paid.latest_charge.id
    config = {"enable_customer_cancellation": True}
    sent = {named_by: id, "metadata": {"why": "torn"}, "refund_payment_config": config}
    asked = refund(simulator, reader, **sent)
    assert asked.action.refund_payment.to_dict() == sent
    shown = simulator.look(f"readers/{reader}")["screen"]
    assert (shown["kind"], shown["title"], shown["amount"]) == ("present", "Refund", 2000)
    helper = simulator.v1.test_helpers.terminal.readers.present_payment_method
    ended = helper(reader, {"type": "interac_present"}).action
    assert ended.status == "succeeded"
    made = simulator.v1.refunds.retrieve(ended.refund_payment.refund)
    assert (made.amount, made.status, made.charge) == (2000, "succeeded", paid.latest_charge.id)
    assert made.metadata.to_dict() == {"why": "torn"}
    assert simulator.read(paid).latest_charge.refunded
    assert simulator.events()[-1] == "terminal.reader.action_succeeded"
    shown = simulator.look(f"readers/{reader}")["screen"]
    assert (shown["kind"], shown["amount"]) == ("refunded", 2000)


def test_a_part_can_be_refunded_and_no_more_than_is_left(simulator, reader, paid):
    refund(simulator, reader, payment_intent=paid.id, amount=500)
    simulator.present(reader)
    assert simulator.read(paid).latest_charge.amount_refunded == 500
    assert refusal(simulator, reader, payment_intent=paid.id, amount=1600).param == "amount"
    refund(simulator, reader, payment_intent=paid.id)
    assert simulator.look(f"readers/{reader}")["screen"]["amount"] == 1500
    simulator.present(reader)
    assert refusal(simulator, reader, payment_intent=paid.id).code == "charge_already_refunded"


def test_the_fee_goes_back_when_it_is_asked_for(simulator):
    simulator.account(country="CA")
    paid = simulator.pay(2000, "interac", SHOP, application_fee_amount=100, **CANADA)
    reader = simulator.reader(SHOP)
    refund(simulator, reader, SHOP, payment_intent=paid.id, refund_application_fee=True)
    simulator.present(reader)
    assert simulator.action(reader, SHOP).status == "succeeded"
    assert simulator.v1.application_fees.list().data[0].amount_refunded == 100


@pytest.mark.parametrize(
    ("amount", "decline_code"), [(501, "call_issuer"), (555, "incorrect_pin"), (560, None)]
)
def test_a_part_can_be_declined_by_its_amount(simulator, reader, paid, amount, decline_code):
    refund(simulator, reader, payment_intent=paid.id, amount=amount)
    simulator.present(reader)
    ended = simulator.action(reader)
    assert ended.status == ("failed" if decline_code else "succeeded")
    if decline_code:
        assert ended.failure_code == "card_declined"
        assert ended.api_error.decline_code == decline_code
        assert simulator.read(paid).latest_charge.amount_refunded == 0
        assert "refund" not in ended.refund_payment.to_dict()


def test_another_card_does_not_do(simulator, reader, paid):
    refund(simulator, reader, payment_intent=paid.id)
    simulator.present(reader, "visa")
    ended = simulator.action(reader)
    assert ended.failure_code == "card_declined"
    assert "not the card that was charged" in ended.failure_message
    assert simulator.v1.refunds.list().data == []


def test_other_cards_are_refunded_without_a_reader(simulator, reader):
    paid = simulator.pay(2000)
    assert "Only Interac" in str(refusal(simulator, reader, payment_intent=paid.id))


def test_exactly_one_of_payment_and_charge_is_named(simulator, reader, paid):
    both = refusal(simulator, reader, payment_intent=paid.id, charge=paid.latest_charge.id)
    assert both.code == "parameters_exclusive"
    assert refusal(simulator, reader).code == "parameter_missing"
    assert refusal(simulator, reader, charge="ch_none").code == "resource_missing"
    unpaid = simulator.intent(**CANADA)
    assert refusal(simulator, reader, payment_intent=unpaid.id).param == "payment_intent"


@pytest.mark.parametrize(
    ("plan", "code", "refunded"),
    [
        ({"outcome": "decline", "decline_code": "lost_card"}, "card_declined", 0),
        ({"outcome": "connection_error"}, "connection_error", 2000),
        ({"outcome": "connection_error", "truth": "late", "delay_ms": 900}, "connection_error", 0),
        ({"outcome": "connection_error", "truth": "none"}, "connection_error", 0),
    ],
)
def test_outcomes_can_be_planned(simulator, reader, paid, plan, code, refunded):
    simulator.tell(f"readers/{reader}", next=plan)
    refund(simulator, reader, payment_intent=paid.id)
    simulator.present(reader)
    assert simulator.action(reader).failure_code == code
    assert simulator.read(paid).latest_charge.amount_refunded == refunded
    simulator.tell("clock", advance=1)
    late = plan.get("truth") == "late"
    assert simulator.read(paid).latest_charge.amount_refunded == (2000 if late else refunded)


def test_a_customer_may_cancel_where_there_is_a_button(simulator, reader, paid):
    config = {"enable_customer_cancellation": True}
    refund(simulator, reader, payment_intent=paid.id, refund_payment_config=config)
    simulator.tell(f"readers/{reader}/cancel_by_customer")
    assert simulator.action(reader).failure_code == "customer_canceled"
