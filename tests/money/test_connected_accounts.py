"""Direct and destination charges: which account every call goes to, and who gets the money."""

import pytest

from payments.services import captures, refunds
from stores.principals import SYSTEM
from tests.factories_money import plan_fee
from tests.money.conftest import broken_promises, open_shop

PLATFORM = "acct_1SimPlatform00000"


@pytest.fixture(params=["automatic", "manual"])
def capture_method(request):
    return request.param


def sell(shop, capture_method):
    plan_fee(shop.store, 300)
    payment = shop.sell(10_000, capture_method=capture_method)
    shop.tap()
    payment = shop.ring(payment)
    if payment.state == "approved":
        captures.capture(payment, by=shop.by)
        payment = shop.converse(payment)
    assert payment.state == "paid"
    return payment


def test_a_direct_charge_lives_wholly_in_the_connected_account(simulator, db, capture_method):
    shop = open_shop(simulator, charge_model="direct")
    account = shop.store.account.stripe_id
    payment = sell(shop, capture_method)

    assert payment.stripe_account == account
    truth = simulator.truth()["accounts"]
    [intent] = truth[account]["payment_intents"]
    assert intent["application_fee_amount"] == 300
    assert intent["on_behalf_of"] is None
    assert not truth[PLATFORM]["payment_intents"]
    assert {e["account"] for e in simulator.exchanges()} == {account}


def test_a_destination_charge_lives_on_the_platform_and_pays_the_connected_account(
    simulator, db, capture_method
):
    shop = open_shop(simulator, charge_model="destination")
    account = shop.store.account.stripe_id
    payment = sell(shop, capture_method)

    assert (payment.stripe_account, payment.destination) == ("", account)
    [intent] = simulator.truth()["accounts"][PLATFORM]["payment_intents"]
    assert intent["on_behalf_of"] == account
    assert intent["transfer_data"]["destination"] == account
    assert intent["application_fee_amount"] == 300
    assert {e["account"] for e in simulator.exchanges()} == {PLATFORM}


def give_back(shop, payment, amount):
    refunds.refund(payment, by=SYSTEM, amount=amount)
    return shop.converse(payment)


def test_the_account_that_got_the_money_of_a_destination_charge_gives_it_back(simulator, db):
    shop = open_shop(simulator, charge_model="destination")
    payment = give_back(shop, sell(shop, "automatic"), 5_000)

    assert payment.amount_refunded == 5_000
    [refund] = simulator.truth()["accounts"][PLATFORM]["refunds"]
    assert refund["transfer_reversal"] is not None
    [reversal] = simulator.objects("transfer_reversals")
    assert reversal["amount"] == 5_000
    [fee] = simulator.objects("fee_refunds")
    assert fee["amount"] == 150
    assert not broken_promises(simulator, settled=True)


@pytest.mark.parametrize("charge_model", ["direct", "destination"])
def test_the_platform_keeps_its_fee_when_the_account_says_so(simulator, db, charge_model):
    shop = open_shop(simulator, charge_model=charge_model)
    shop.store.account.refund_application_fee = False
    shop.store.account.save()
    payment = give_back(shop, sell(shop, "automatic"), 5_000)

    assert payment.amount_refunded == 5_000
    assert not simulator.objects("fee_refunds")


def test_a_direct_charge_is_refunded_by_its_account_with_its_part_of_the_fee(simulator, db):
    shop = open_shop(simulator, charge_model="direct")
    payment = give_back(shop, sell(shop, "automatic"), 5_000)

    assert payment.amount_refunded == 5_000
    assert not simulator.objects("transfer_reversals")
    [fee] = simulator.objects("fee_refunds")
    assert fee["amount"] == 150


def test_a_canadian_store_takes_interac_which_is_paid_at_once_even_when_others_are_held(
    simulator, db
):
    shop = open_shop(simulator, country="CA")
    payment = shop.sell(capture_method="manual")
    shop.tap("interac")
    payment = shop.ring(payment)
    assert (payment.state, payment.card["type"]) == ("paid", "interac_present")

    payment = shop.sell(capture_method="manual")
    shop.tap("visa")
    assert shop.ring(payment).state == "approved"


def test_a_payment_intent_of_another_payment_is_never_merged(shop):
    payment = shop.sell()
    foreign = shop.simulator.foreign_payment_on(shop.other_reader)
    type(payment).objects.filter(pk=payment.pk).update(payment_intent_id=foreign)
    payment = shop.ring(payment)

    assert payment.state == "needs_attention"
    assert payment.incidents.get().kind == "foreign_payment_intent"
    assert payment.amount == 2_500
