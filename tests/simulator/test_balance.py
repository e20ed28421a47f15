"""Balance and balance transactions: https://docs.stripe.com/api/balance"""

import pytest

from .conftest import SHOP, on

DAY = 24 * 3600


def sums(rows):
    return {row.currency: row.amount for row in rows}


def test_a_new_accounts_balance_is_nothing_in_its_currency(simulator):
    simulator.account(SHOP, country="CA")
    balance = simulator.v1.balance.retrieve({}, on(SHOP))
    assert (sums(balance.available), sums(balance.pending)) == ({"cad": 0}, {"cad": 0})
    assert not balance.livemode
    assert "connect_reserved" not in balance
    assert sums(simulator.v1.balance.retrieve().connect_reserved) == {"usd": 0}


def test_a_payment_is_pending_until_midnight_two_days_later(simulator):
    charge = simulator.pay(10_000).latest_charge
    booked = simulator.v1.balance_transactions.retrieve(charge.balance_transaction)
    assert (booked.type, booked.amount, booked.fee, booked.net) == ("charge", 10_000, 275, 9_725)
    assert booked.fee_details[0].type == "stripe_fee"
    assert booked.available_on % DAY == 0
    assert DAY < booked.available_on - booked.created <= 2 * DAY
    balance = simulator.v1.balance.retrieve()
    assert (sums(balance.available), sums(balance.pending)) == ({"usd": 0}, {"usd": 9_725})
    assert booked.status == "pending"
    simulator.tell("clock", advance=booked.available_on - booked.created + 1)
    assert simulator.v1.balance_transactions.retrieve(booked.id).status == "available"
    balance = simulator.v1.balance.retrieve()
    assert (sums(balance.available), sums(balance.pending)) == ({"usd": 9_725}, {"usd": 0})
    assert balance.available[0].source_types.card == 9_725


def test_money_that_becomes_available_is_one_event_a_day(simulator):
    simulator.pay(1_000)
    simulator.pay(2_000)
    simulator.tell("clock", advance=2 * DAY)
    [event] = simulator.v1.events.list({"type": "balance.available"}).data
    assert event.created % DAY < 5
    assert event.data.object["object"] == "balance"
    assert event.data.object["available"][0]["amount"] == 1_000 - 32 + 2_000 - 59


def test_each_account_has_a_balance_of_its_own(simulator):
    simulator.account()
    simulator.pay(1_000, account=SHOP)
    assert sums(simulator.v1.balance.retrieve().pending) == {"usd": 0}
    assert sums(simulator.v1.balance.retrieve({}, on(SHOP)).pending) == {"usd": 968}


def test_currencies_are_never_mixed(simulator):
    simulator.pay(1_000)
    simulator.pay(1_000, currency="jpy")
    assert sums(simulator.v1.balance.retrieve().pending) == {"jpy": 968, "usd": 968}


def test_balance_transactions_are_listed_by_what_they_are(simulator):
    paid = simulator.pay(1_000)
    made = simulator.v1.refunds.create({"payment_intent": paid.id, "amount": 100})
    simulator.pay(1_000, currency="jpy")
    listing = simulator.v1.balance_transactions.list

    def amounts(**params):
        return [(each.currency, each.amount) for each in listing(params).data]

    assert amounts() == [("jpy", 1_000), ("usd", -100), ("usd", 1_000)]
    assert amounts(type="charge") == [("jpy", 1_000), ("usd", 1_000)]
    assert amounts(currency="jpy") == [("jpy", 1_000)]
    assert amounts(source=made.id) == [("usd", -100)]
    assert amounts(created={"gt": made.created + 1000}) == []
    assert amounts(limit=1) == [("jpy", 1_000)]


@pytest.mark.parametrize("source", ["charge", "refund"])
def test_the_source_of_a_balance_transaction_can_be_expanded(simulator, source):
    paid = simulator.pay(1_000)
    simulator.v1.refunds.create({"payment_intent": paid.id})
    params = {"type": source, "expand": ["data.source.payment_intent"]}
    [booked] = simulator.v1.balance_transactions.list(params).data
    assert booked.source.object == source
    assert booked.source.payment_intent.id == paid.id
