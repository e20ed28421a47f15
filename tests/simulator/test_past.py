"""`POST /_simulator/past`: what was sold before anybody looked."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from .conftest import SHOP, on

DAY = 24 * 3600
SALE = {
    "amount": 20_00,
    "currency": "usd",
    "payment_method_types": ["card_present"],
    "capture_method": "manual",
    "application_fee_amount": 30,
}


def ago(seconds: float) -> float:
    return time.time() - seconds


@pytest.fixture
def shop(simulator):
    simulator.account()
    return simulator.reader(SHOP)


def sold(reader: str, at: float, **present: Any) -> list[dict[str, Any]]:
    """A sale of 20.00 with a card, and 3.00 on its receipt."""
    intent = {"payment_intent": "{0}", "reader": reader, **present}
    capture = {"amount_to_capture": 23_00, "application_fee_amount": 30}
    return [
        {"at": at, "account": SHOP, "path": "/v1/payment_intents", "params": SALE},
        {"at": at + 30, "account": SHOP, "present": intent},
        {
            "at": at + 600,
            "account": SHOP,
            "path": "/v1/payment_intents/{0}/capture",
            "params": capture,
        },
    ]


def test_a_sale_of_that_day_is_there_with_its_fee_and_can_be_refunded(simulator, shop):
    at = ago(3 * DAY)

    intent, *_ = simulator.tell("past", acts=sold(shop, at, card="amex"))["objects"]

    assert (intent["status"], intent["amount_received"]) == ("succeeded", 23_00)
    assert intent["latest_charge"]["payment_method_details"]["card_present"]["brand"] == "amex"
    read = simulator.v1.payment_intents.retrieve(intent["id"], {}, on(SHOP))
    assert read.created == int(at)
    charge = simulator.v1.charges.retrieve(read.latest_charge, {}, on(SHOP))
    assert (charge.created, charge.application_fee_amount) == (int(at + 30), 30)
    back = simulator.v1.refunds.create({"payment_intent": read.id}, on(SHOP))
    assert (back.status, back.amount) == ("succeeded", 23_00)


def test_a_card_was_declined_before_another_one_paid(simulator, shop):
    first, *rest = sold(shop, ago(DAY))
    no = {"payment_intent": "{0}", "reader": shop, "decline_code": "insufficient_funds"}
    declined = {"at": first["at"] + 10, "account": SHOP, "present": no}

    simulator.tell("past", acts=[first, declined, *rest])

    charges = simulator.v1.charges.list({}, on(SHOP)).data
    assert [charge.failure_code for charge in charges] == [None, "card_declined"]


def test_money_became_available_and_left_for_the_bank_in_between(simulator, shop):
    simulator.tell("switches", automatic_payouts=True)

    simulator.tell("past", acts=sold(shop, ago(9 * DAY)))

    [payout] = simulator.v1.payouts.list({}, on(SHOP)).data
    assert payout.status == "paid"
    assert ago(8 * DAY) < payout.created < ago(5 * DAY)


def test_it_is_now_again_and_nobody_was_told(simulator, shop, listener):
    simulator.v1.webhook_endpoints.create(
        {"url": listener.url, "enabled_events": ["*"], "connect": True}
    )

    simulator.tell("past", acts=sold(shop, ago(2 * DAY)))

    shown = datetime.fromisoformat(simulator.look("clock")["at"])
    assert abs((datetime.now(UTC) - shown).total_seconds()) < 5
    simulator.v1.customers.create({}, on(SHOP))
    assert listener.next_event()["type"] == "customer.created"
    assert "payment_intent.succeeded" in simulator.events(SHOP)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"at": 0}, "the oldest is the first"),
        ({"at": time.time() + DAY}, "in the past"),
        ({"at": None}, "at is a time"),
        ({"path": "/v1/nothing"}, "There is no POST /v1/nothing."),
        ({"present": {"payment_intent": "{0}", "reader": "tmr_no"}}, "No such reader"),
        ({"present": {"payment_intent": "{0}", "card": "gold"}}, "no test card 'gold'"),
    ],
)
def test_an_act_that_cannot_be_is_refused_and_it_is_now_again(simulator, shop, change, says):
    acts = sold(shop, ago(DAY))
    acts[2] |= change
    if "present" in change:
        acts[2]["present"] = {"reader": shop} | change["present"]

    response = simulator.http.post("/_simulator/past", json={"acts": acts})

    assert response.status_code in (400, 404)
    assert says in response.json()["error"]["message"]
    shown = datetime.fromisoformat(simulator.look("clock")["at"])
    assert abs((datetime.now(UTC) - shown).total_seconds()) < 5


def test_acts_are_a_list(simulator):
    told = simulator.tell("past", 400, acts="yesterday")
    assert told["error"]["message"] == "acts is a list of acts."
