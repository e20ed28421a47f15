"""Payouts: https://docs.stripe.com/api/payouts, /payouts"""

import pytest
import stripe

from .conftest import SHOP, on

REFUSED = stripe.InvalidRequestError
DAY = 24 * 3600


@pytest.fixture
def funded(simulator):
    """A shop with 9725 available."""
    shop = simulator.account()
    simulator.pay(10_000, account=shop)
    simulator.tell("clock", advance=2 * DAY)
    return shop


def pay_out(simulator, shop, amount=5_000, **params):
    return simulator.v1.payouts.create({"amount": amount, "currency": "usd", **params}, on(shop))


def available(simulator, shop):
    return simulator.v1.balance.retrieve({}, on(shop)).available[0].amount


def read(simulator, payout, shop):
    return simulator.v1.payouts.retrieve(payout.id, {}, on(shop))


def test_a_payout_leaves_the_balance_at_once_and_arrives_days_later(simulator, funded):
    made = pay_out(simulator, funded, metadata={"a": "b"}, statement_descriptor="SHOP")
    assert (made.status, made.automatic, made.method) == ("pending", False, "standard")
    assert (made.metadata.to_dict(), made.statement_descriptor) == ({"a": "b"}, "SHOP")
    assert available(simulator, funded) == 4_725
    booked = simulator.v1.balance_transactions.retrieve(made.balance_transaction, {}, on(funded))
    assert (booked.type, booked.amount, booked.status) == ("payout", -5_000, "available")
    assert made.arrival_date % DAY == 0
    simulator.tell("clock", advance=DAY)
    assert read(simulator, made, funded).status == "in_transit"
    simulator.tell("clock", advance=DAY)
    assert read(simulator, made, funded).status == "paid"
    assert [each for each in simulator.events(funded) if each.startswith("payout.")] == [
        "payout.created",
        "payout.updated",
        "payout.paid",
        "payout.updated",
    ]


def test_nobody_pays_out_what_is_not_there(simulator, funded):
    with pytest.raises(REFUSED) as raised:
        pay_out(simulator, funded, 9_726)
    assert raised.value.code == "balance_insufficient"
    with pytest.raises(REFUSED) as raised:
        pay_out(simulator, funded, 0)
    assert raised.value.param == "amount"
    simulator.pay(10_000, account=funded)
    with pytest.raises(REFUSED):
        pay_out(simulator, funded, 9_726)


def test_an_account_must_be_able_to_be_paid_out(simulator):
    shop = simulator.v1.accounts.create({"country": "US"}).id
    with pytest.raises(REFUSED) as raised:
        pay_out(simulator, shop)
    assert raised.value.code == "payouts_not_allowed"


def test_a_payout_can_be_canceled_while_it_is_pending(simulator, funded):
    made = pay_out(simulator, funded)
    canceled = simulator.v1.payouts.cancel(made.id, {}, on(funded))
    assert canceled.status == "canceled"
    assert available(simulator, funded) == 9_725
    assert "payout.canceled" in simulator.events(funded)
    with pytest.raises(REFUSED):
        simulator.v1.payouts.cancel(made.id, {}, on(funded))
    simulator.tell("clock", advance=3 * DAY)
    assert read(simulator, made, funded).status == "canceled"


def test_a_payout_can_fail_even_after_it_was_paid(simulator, funded):
    made = pay_out(simulator, funded)
    simulator.tell("clock", advance=2 * DAY)
    simulator.tell("dashboard/payout_fail", account=funded, id=made.id, failure_code="no_account")
    failed = read(simulator, made, funded)
    assert (failed.status, failed.failure_code) == ("failed", "no_account")
    assert failed.failure_message
    assert failed.failure_balance_transaction
    assert available(simulator, funded) == 9_725
    assert "payout.failed" in simulator.events(funded)
    simulator.tell("dashboard/payout_fail", status=400, account=funded, id=made.id)


def test_a_paid_payout_can_be_taken_back(simulator, funded):
    made = pay_out(simulator, funded)
    with pytest.raises(REFUSED):
        simulator.v1.payouts.reverse(made.id, {}, on(funded))
    simulator.tell("clock", advance=2 * DAY)
    back = simulator.v1.payouts.reverse(made.id, {"metadata": {"a": "b"}}, on(funded))
    assert (back.amount, back.original_payout) == (-5_000, made.id)
    assert read(simulator, made, funded).reversed_by == back.id
    assert available(simulator, funded) == 9_725


def test_payouts_are_listed_by_what_they_are(simulator, funded):
    first, second = pay_out(simulator, funded, 100), pay_out(simulator, funded, 200)
    simulator.v1.payouts.cancel(first.id, {}, on(funded))

    def listed(**params):
        return [each.id for each in simulator.v1.payouts.list(params, on(funded)).data]

    assert listed() == [second.id, first.id]
    assert listed(status="canceled") == [first.id]
    assert listed(destination=first.destination) == [second.id, first.id]
    assert listed(destination="ba_other") == []
    assert listed(arrival_date={"lt": first.arrival_date}) == []
    assert listed(arrival_date=first.arrival_date) == [second.id, first.id]


def test_only_metadata_of_a_payout_can_change(simulator, funded):
    made = pay_out(simulator, funded)
    changed = simulator.v1.payouts.update(made.id, {"metadata": {"a": "b"}}, on(funded))
    assert changed.metadata.to_dict() == {"a": "b"}
    event = simulator.v1.events.list({"type": "payout.updated"}, on(funded)).data[0]
    assert event.data.previous_attributes.to_dict() == {"metadata": {"a": None}}


def test_nothing_is_paid_out_by_itself_unless_it_is_switched_on(simulator, funded):
    simulator.tell("clock", advance=9 * DAY)
    assert simulator.v1.payouts.list({}, on(funded)).data == []


def test_an_automatic_payout_takes_all_that_became_available(simulator):
    simulator.tell("switches", automatic_payouts=True)
    shop = simulator.account()
    first = simulator.pay(10_000, account=shop)
    simulator.v1.refunds.create({"payment_intent": first.id, "amount": 1_000}, on(shop))
    simulator.tell("clock", advance=DAY)
    later = simulator.pay(2_000, account=shop)
    simulator.tell("clock", advance=DAY)
    [made] = simulator.v1.payouts.list({}, on(shop)).data
    assert (made.amount, made.automatic) == (8_725, True)
    assert made.reconciliation_status == "in_progress"
    simulator.tell("clock", advance=DAY)
    made = read(simulator, made, shop)
    assert (made.status, made.reconciliation_status) == ("in_transit", "completed")
    listed = simulator.v1.balance_transactions.list({"payout": made.id}, on(shop)).data
    assert [each.type for each in listed] == ["payout", "refund", "charge"]
    assert sum(each.net for each in listed) == 0
    second = simulator.v1.payouts.list({}, on(shop)).data[0]
    assert second.amount == 2_000 - 59
    listed = simulator.v1.balance_transactions.list({"payout": second.id}, on(shop)).data
    assert [each.source for each in listed] == [second.id, later.latest_charge.id]
    assert available(simulator, shop) == 0
    assert "payout.reconciliation_completed" in simulator.events(shop)


def test_what_an_automatic_payout_failed_to_bring_goes_with_the_next(simulator):
    simulator.tell("switches", automatic_payouts=True)
    shop = simulator.account()
    simulator.pay(10_000, account=shop)
    simulator.tell("clock", advance=2 * DAY)
    [first] = simulator.v1.payouts.list({}, on(shop)).data
    simulator.tell("dashboard/payout_fail", account=shop, id=first.id)
    simulator.pay(2_000, account=shop)
    simulator.tell("clock", advance=2 * DAY)
    assert simulator.v1.payouts.list({}, on(shop)).data[0].amount == 9_725 + 1_941


def test_a_debt_is_not_paid_out(simulator):
    simulator.tell("switches", automatic_payouts=True)
    shop = simulator.account(SHOP)
    paid = simulator.pay(1_000, account=shop)
    simulator.v1.refunds.create({"payment_intent": paid.id}, on(shop))
    simulator.tell("clock", advance=3 * DAY)
    assert simulator.v1.payouts.list({}, on(shop)).data == []
    assert available(simulator, shop) == -32
