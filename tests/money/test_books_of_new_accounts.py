"""A retailer comes, sells and gives back; our books and Stripe's balances agree to the cent."""

import uuid
from collections import Counter

import httpx
import pytest

from payments.models import Payment
from payments.services import account_links, accounts, captures, errands, onboarding, refunds
from stores.principals import SYSTEM, Principal
from terminal.services import fleet
from tests.factories import DeviceFactory, LocationFactory, StoreFactory, UserFactory
from tests.factories_money import plan_fee
from tests.money.conftest import Shop, broken_promises
from tests.simulator.holder import Holder

PLATFORM = "acct_1SimPlatform00000"


def onboard(simulator, dashboard):
    """Invite a retailer, and answer Stripe's questions for them."""
    row = onboarding.invite(
        key=uuid.uuid4(),
        name="Corner Coffee",
        email="jenny@example.com",
        country="US",
        business_type="individual",
        dashboard=dashboard,
        by=Principal.of_user(UserFactory.create(is_superuser=True)),
    )
    assert row.request is not None
    errands.carry_out(row.request.pk)
    row.refresh_from_db()
    link = account_links.ask_for_link(base_url="http://shop.example", onboarding=row)
    assert link.request is not None
    errands.carry_out(link.request.pk)
    with httpx.Client(trust_env=False) as browser:
        holder = Holder(browser, account_links.take(link.pk))
        holder.press("submit")
        assert holder.sent_to == "http://shop.example/onboarding/return/"
    simulator.call("clock", {"advance": 2})
    row.refresh_from_db()
    assert row.account is not None
    accounts.look(row.account.pk)
    row.account.refresh_from_db()
    return row.account


def open_store(simulator, account, charge_model):
    store = StoreFactory.create(account=account, charge_model=charge_model)
    plan_fee(store, 275)
    location = LocationFactory.create(store=store, stripe_id=None)
    fleet.create_location(location)
    one, two = (
        fleet.register_reader(location=location, registration_code=code, label=label)
        for code, label in [("simulated-wpe", "Till 1"), ("simulated-s700", "Till 2")]
    )
    return Shop(store, DeviceFactory.create(store=store), one, two, simulator)


def trade(shop):
    """Sold at once, sold after a hold, half given back, all given back."""
    at_once = shop.sell(10_100)
    shop.tap()
    at_once = shop.ring(at_once)
    held = shop.sell(4_900, capture_method="manual")
    shop.tap()
    held = shop.ring(held)
    captures.capture(held, by=shop.by)
    held = shop.converse(held)
    for payment, amount in ((at_once, 5_000), (held, 4_900)):
        refunds.refund(payment, by=SYSTEM, amount=amount)
        shop.converse(payment)


def moved(simulator, account):
    """What went through the balance, by what it was."""
    total: Counter[str] = Counter()
    for each in simulator.truth()["accounts"][account]["balance_transactions"]:
        total[each["type"]] += each["amount"]
    return total


@pytest.mark.parametrize(
    ("charge_model", "dashboard"), [("direct", "full"), ("destination", "express")]
)
def test_our_books_and_the_balances_of_both_agree(simulator, db, charge_model, dashboard):
    account = onboard(simulator, dashboard)
    assert account.charges_enabled
    shop = open_store(simulator, account, charge_model)
    trade(shop)

    rows = Payment.objects.filter(store=shop.store)
    received = sum(row.amount_received for row in rows)
    refunded = sum(row.amount_refunded for row in rows)
    fees = sum(row.application_fee_amount for row in rows)
    assert (received, refunded) == (15_000, 9_900)
    theirs, ours = moved(simulator, account.stripe_id), moved(simulator, PLATFORM)
    given_back = -ours["application_fee_refund"]
    assert ours["application_fee"] == fees
    assert given_back == sum(each["amount"] for each in simulator.objects("fee_refunds"))
    if charge_model == "direct":
        assert (theirs["charge"], theirs["refund"]) == (received, -refunded)
        assert ours["charge"] == 0
    else:
        assert (ours["charge"], ours["refund"]) == (received, -refunded)
        assert theirs["payment"] == received == -ours["transfer"]
        assert theirs["payment_refund"] == -refunded
    assert broken_promises(simulator, settled=True) == []


@pytest.mark.parametrize("charge_model", ["direct", "destination"])
def test_what_stripe_owes_each_is_what_our_rows_come_to(simulator, db, charge_model):
    account = onboard(simulator, "full")
    shop = open_store(simulator, account, charge_model)
    trade(shop)

    rows = Payment.objects.filter(store=shop.store)
    left = sum(row.amount_received - row.amount_refunded for row in rows)
    fees = sum(row.application_fee_amount for row in rows)
    fees -= sum(each["amount"] for each in simulator.objects("fee_refunds"))
    truth = simulator.truth()["accounts"]
    entries = {name: truth[name]["balance_transactions"] for name in (account.stripe_id, PLATFORM)}
    stripes = {
        name: sum(
            part["amount"]
            for entry in rows_of
            for part in entry["fee_details"]
            if part["type"] == "stripe_fee"
        )
        for name, rows_of in entries.items()
    }
    net = {name: sum(entry["net"] for entry in rows_of) for name, rows_of in entries.items()}
    assert net[account.stripe_id] == left - fees - stripes[account.stripe_id]
    assert net[PLATFORM] == fees - stripes[PLATFORM]
    accounts.look(account.pk)
    account.refresh_from_db()
    read = account.money.available["usd"] + account.money.pending["usd"]
    assert read == net[account.stripe_id]
