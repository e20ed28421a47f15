"""Connected accounts: https://docs.stripe.com/terminal/features/connect, /connect/charges"""

from typing import Any

import pytest
import stripe

from .conftest import PLATFORM, SHOP, eventually, on

REFUSED = stripe.InvalidRequestError
OTHER = "acct_1Other"


@pytest.fixture
def shop(simulator):
    simulator.account(OTHER)
    return simulator.account()


def test_an_account_made_by_hand_may_take_payments_at_once(simulator):
    body = {
        "id": SHOP,
        "country": "CA",
        "business_name": "Café",
        "mcc": "5814",
        "default_currency": "CAD",
    }
    simulator.tell("accounts", **body)
    account = simulator.v1.accounts.retrieve(SHOP)
    assert account.charges_enabled
    assert account.payouts_enabled
    assert account.details_submitted
    assert account.capabilities.to_dict() == {"card_payments": "active", "transfers": "active"}
    assert account.requirements.currently_due == []
    assert (account.country, account.default_currency) == ("CA", "cad")
    assert (account.business_profile.name, account.business_profile.mcc) == ("Café", "5814")


def test_asking_for_it_again_keeps_it_and_takes_what_is_new(simulator, shop):
    simulator.tell("accounts", id=shop, mcc="4121")
    assert [account.id for account in simulator.v1.accounts.list().data] == [shop, OTHER]
    account = simulator.v1.accounts.retrieve(shop)
    assert account.business_profile.mcc == "4121"
    assert account.business_profile.name == "Shop"
    simulator.tell("accounts", status=400, id=shop, country="CA")


def test_an_account_made_through_the_api_begins_with_nothing_enabled(simulator):
    account = simulator.v1.accounts.create(
        {
            "country": "DE",
            "email": "shop@example.com",
            "controller": {"stripe_dashboard": {"type": "express"}},
            "capabilities": {"card_payments": {"requested": True}},
        }
    )
    assert (account.charges_enabled, account.payouts_enabled) == (False, False)
    assert account.capabilities.to_dict() == {"card_payments": "inactive"}
    assert account.requirements.currently_due != []
    assert account.requirements.disabled_reason == "requirements.past_due"
    assert account.type == "express"
    assert account.default_currency == "eur"
    with pytest.raises(REFUSED) as refused:
        simulator.intent(account=account.id, currency="eur")
    assert refused.value.code == "capability_not_active"


def test_onboarding_it_by_hand_is_an_account_updated(simulator):
    account = simulator.v1.accounts.create({"country": "US"}).id
    simulator.tell("accounts", id=account)
    assert simulator.v1.accounts.retrieve(account).charges_enabled
    event = simulator.v1.events.list({}, on(account)).data[0]
    assert event.type == "account.updated"
    assert event.account == account
    before = event.data.previous_attributes.to_dict()
    assert before["charges_enabled"] is before["payouts_enabled"] is False
    assert before["capabilities"] == {"card_payments": None, "transfers": None}
    assert "business_type" in before["requirements"]["currently_due"]
    assert "country" not in before


def test_the_account_of_the_header_is_the_current_one(simulator, shop):
    assert simulator.v1.accounts.retrieve_current({}, on(shop)).id == shop
    assert simulator.v1.accounts.retrieve_current().id == PLATFORM


def test_one_account_cannot_look_at_another(simulator, shop):
    with pytest.raises(stripe.PermissionError):
        simulator.v1.accounts.retrieve(OTHER, {}, on(shop))


def test_an_account_that_does_not_exist_is_no_ones(simulator):
    with pytest.raises(stripe.PermissionError):
        simulator.v1.accounts.retrieve("acct_none")


def test_every_object_of_another_account_is_missing(simulator, shop):
    paid = simulator.pay(account=shop, application_fee_amount=10)
    reader = simulator.reader(shop)
    location = simulator.v1.terminal.readers.retrieve(reader, {}, on(shop)).location
    event = simulator.v1.events.list({}, on(shop)).data[0].id
    charge = paid.latest_charge
    paths = [
        f"payment_intents/{paid.id}",
        f"charges/{charge.id}",
        f"payment_methods/{charge.payment_method}",
        f"balance_transactions/{charge.balance_transaction}",
        f"terminal/readers/{reader}",
        f"terminal/locations/{location}",
        f"events/{event}",
    ]
    for path in paths:
        assert simulator.raw("GET", f"/v1/{path}", Stripe_Account=shop).status_code == 200
        for account in (PLATFORM, OTHER):
            response = simulator.raw("GET", f"/v1/{path}", Stripe_Account=account)
            assert response.status_code == 404
            assert response.json()["error"]["code"] == "resource_missing"


def test_a_reader_takes_the_payments_of_its_own_account_only(simulator, shop):
    reader, intent = simulator.reader(shop), simulator.intent(account=OTHER)
    with pytest.raises(REFUSED) as refused:
        simulator.process(reader, intent, shop)
    assert refused.value.param == "payment_intent"
    location = simulator.location(OTHER)
    with pytest.raises(REFUSED) as refused:
        simulator.reader(shop, location=location)
    assert refused.value.param == "location"


def test_the_fee_of_a_direct_charge_goes_to_the_platform_at_capture(simulator, shop):
    held = simulator.pay(10_000, account=shop, capture_method="manual", application_fee_amount=300)
    assert simulator.v1.application_fees.list().data == []
    simulator.v1.payment_intents.capture(held.id, {"application_fee_amount": 250}, on(shop))
    charge = simulator.read(held, shop).latest_charge
    fee = simulator.v1.application_fees.retrieve(charge.application_fee)
    assert (fee.amount, fee.account, fee.charge) == (250, shop, charge.id)
    booked = simulator.v1.balance_transactions.retrieve(charge.balance_transaction, {}, on(shop))
    assert (booked.fee, booked.net) == (275 + 250, 10_000 - 525)
    assert "application_fee.created" in simulator.events()
    assert "application_fee.created" not in simulator.events(shop)


def test_a_fee_is_capped_at_what_was_captured(simulator, shop):
    held = simulator.pay(10_000, account=shop, capture_method="manual", application_fee_amount=300)
    simulator.v1.payment_intents.capture(held.id, {"amount_to_capture": 200}, on(shop))
    assert simulator.v1.application_fees.list().data[0].amount == 200


def test_no_fee_without_an_account_to_take_it_from(simulator):
    with pytest.raises(REFUSED) as refused:
        simulator.intent(application_fee_amount=10)
    assert refused.value.param == "application_fee_amount"


@pytest.mark.parametrize("fee", [-1, 1001])
def test_a_fee_is_within_the_amount(simulator, shop, fee):
    with pytest.raises(REFUSED) as refused:
        simulator.intent(1000, shop, application_fee_amount=fee)
    assert refused.value.param == "application_fee_amount"


def test_a_fee_can_be_unset(simulator, shop):
    intent = simulator.intent(account=shop, application_fee_amount=10)
    params = {"application_fee_amount": ""}
    assert (
        simulator.v1.payment_intents.update(intent.id, params, on(shop)).application_fee_amount
        is None
    )


def test_a_destination_charge_lives_on_the_platform_and_pays_the_account(simulator, shop):
    paid = simulator.pay(
        10_000,
        on_behalf_of=shop,
        transfer_data={"destination": shop},
        application_fee_amount=300,
        transfer_group="order 7",
    )
    charge = paid.latest_charge
    assert (paid.on_behalf_of, charge.on_behalf_of) == (shop, shop)
    assert charge.calculated_statement_descriptor == "SHOP"
    transfer = simulator.v1.transfers.retrieve(charge.transfer)
    assert (transfer.amount, transfer.destination) == (10_000, shop)
    assert transfer.source_transaction == charge.id
    fee = simulator.v1.application_fees.retrieve(charge.application_fee)
    assert (fee.amount, fee.account) == (300, shop)
    booked = simulator.v1.balance_transactions.retrieve(charge.balance_transaction)
    assert (booked.amount, booked.fee) == (10_000, 275)
    listed = simulator.v1.transfers.list({"transfer_group": "order 7"}).data
    assert [each.id for each in listed] == [transfer.id]
    assert {"transfer.created", "application_fee.created"} < set(simulator.events())
    assert simulator.events(shop) == []


def test_a_destination_can_be_sent_less(simulator, shop):
    held = simulator.pay(
        10_000, capture_method="manual", transfer_data={"destination": shop, "amount": 9_000}
    )
    simulator.v1.payment_intents.capture(held.id, {"transfer_data": {"amount": 8_000}})
    assert simulator.v1.transfers.list().data[0].amount == 8_000


def test_the_merchant_on_whose_behalf_decides_over_capture(simulator, shop):
    held = simulator.pay(
        capture_method="manual", on_behalf_of=shop, transfer_data={"destination": shop}
    )
    assert held.latest_charge.payment_method_details.card_present.overcapture_supported


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        (
            {"transfer_data": {"destination": "acct_none"}},
            "resource_missing",
            "transfer_data[destination]",
        ),
        ({"on_behalf_of": "acct_none"}, "resource_missing", "on_behalf_of"),
        (
            {"transfer_data": {"destination": OTHER, "amount": 5}, "application_fee_amount": 5},
            "parameters_exclusive",
            "application_fee_amount",
        ),
    ],
)
def test_a_destination_must_make_sense(simulator, shop, params, code, param):
    with pytest.raises(REFUSED) as refused:
        simulator.intent(**params)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_a_destination_must_be_able_to_receive(simulator):
    account = simulator.v1.accounts.create({"country": "US"}).id
    with pytest.raises(REFUSED) as refused:
        simulator.intent(transfer_data={"destination": account})
    assert refused.value.code == "insufficient_capabilities_for_transfer"


def test_a_direct_charge_names_the_application(simulator, shop):
    simulator.account()
    assert simulator.pay(account=shop).application.startswith("ca_")
    assert simulator.pay().application is None


def platform_reader(simulator, shop):
    """A reader of the platform with a payment of the shop's on it."""
    reader, intent = simulator.reader(), simulator.intent(account=shop)
    simulator.tell("switches", platform_readers_direct_charges=True)
    simulator.process(reader, intent)
    return reader, intent


def test_a_platforms_reader_takes_no_direct_charges_unless_told_to(simulator, shop):
    with pytest.raises(REFUSED) as refused:
        simulator.process(simulator.reader(), simulator.intent(account=shop))
    assert (refused.value.code, refused.value.param) == ("resource_missing", "payment_intent")
    reader, intent = platform_reader(simulator, shop)
    simulator.present(reader)
    paid = simulator.read(intent, shop)
    assert paid.status == "succeeded"
    assert paid.latest_charge.payment_method_details.card_present.reader == reader
    assert "charge.succeeded" in simulator.events(shop)
    assert simulator.events()[-1] == "terminal.reader.action_succeeded"
    assert "terminal.reader.action_succeeded" not in simulator.events(shop)


def test_a_connected_reader_takes_its_own_payments_only_whatever_the_switch_says(simulator, shop):
    simulator.tell("switches", platform_readers_direct_charges=True)
    reader = simulator.reader(shop)
    for account in ("", OTHER):
        with pytest.raises(REFUSED):
            simulator.process(reader, simulator.intent(account=account), shop)


def test_who_hears_of_a_platforms_reader_is_a_switch(simulator, shop):
    simulator.tell("switches", platform_reader_events="connect")
    reader, _ = platform_reader(simulator, shop)
    simulator.present(reader)
    assert simulator.events(shop)[-1] == "terminal.reader.action_succeeded"
    assert "terminal.reader.action_succeeded" not in simulator.events()


def test_a_platforms_reader_collects_and_confirms_direct_charges_too(simulator, shop):
    simulator.tell("switches", platform_readers_direct_charges=True)
    reader, intent = simulator.reader(), simulator.intent(account=shop)
    readers = simulator.v1.terminal.readers
    readers.collect_payment_method(reader, {"payment_intent": intent.id})
    simulator.present(reader)
    readers.confirm_payment_intent(reader, {"payment_intent": intent.id})
    eventually(lambda: simulator.read(intent, shop).status == "succeeded")


def test_expanding_ends_at_the_account_but_for_what_connect_links(simulator, shop):
    reader, _ = platform_reader(simulator, shop)
    expand: Any = {"expand": ["action.process_payment_intent.payment_intent"]}
    action = simulator.v1.terminal.readers.retrieve(reader, expand).action
    assert action.process_payment_intent.payment_intent.startswith("pi_")
    paid = simulator.pay(transfer_data={"destination": shop}, application_fee_amount=10)
    expand = {"expand": ["latest_charge.transfer.destination_payment.balance_transaction"]}
    charge = simulator.v1.payment_intents.retrieve(paid.id, expand).latest_charge
    assert charge.transfer.destination_payment.balance_transaction.amount == 1000
