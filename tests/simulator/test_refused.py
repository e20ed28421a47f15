"""What is refused has changed nothing, however much of it could have been done."""

import pytest
import stripe

from .conftest import on
from .people import BANK, CUSTOM, PERSON

REFUSED = stripe.InvalidRequestError
TOO_LONG = {"metadata": {"k" * 41: "v"}}
BAD_BANK = BANK | {"routing_number": "1"}


@pytest.fixture
def custom(simulator):
    return simulator.v1.accounts.create(CUSTOM).id


def require_refused(simulator, path, **params):
    """And that it reads as before."""
    before = simulator.raw("GET", path).json()
    events = simulator.events()
    answer = simulator.raw("POST", path, {**params, f"metadata[{'k' * 41}]": "v"})
    assert answer.status_code == 400
    assert simulator.raw("GET", path).json() | {"last_seen_at": 0} == before | {"last_seen_at": 0}
    assert simulator.events() == events


def test_a_refused_update_of_a_charge(simulator):
    charge = simulator.pay().latest_charge.id
    require_refused(simulator, f"/v1/charges/{charge}", description="x", receipt_email="a@b.c")


def test_a_refused_update_of_a_customer_or_of_a_card(simulator):
    customer = simulator.v1.customers.create().id
    require_refused(simulator, f"/v1/customers/{customer}", name="x")
    card = simulator.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    require_refused(simulator, f"/v1/payment_methods/{card}", allow_redisplay="always")


def test_a_refused_update_of_a_reader_or_of_its_location(simulator, reader):
    require_refused(simulator, f"/v1/terminal/readers/{reader}", label="x")
    location = simulator.location()
    require_refused(simulator, f"/v1/terminal/locations/{location}", display_name="x")


def test_a_refused_update_of_a_webhook_endpoint(simulator, endpoint):
    require_refused(simulator, f"/v1/webhook_endpoints/{endpoint.id}", description="x")


def test_a_refused_update_of_an_account_of_its_people_and_of_its_bank(simulator, custom):
    account = f"/v1/accounts/{custom}"
    require_refused(simulator, account, email="a@b.c", business_type="company")
    person = simulator.v1.accounts.persons.create(custom, PERSON).id
    require_refused(simulator, f"{account}/persons/{person}", first_name="x", ssn_last_4="1234")
    bank = simulator.v1.accounts.external_accounts.create(custom, {"external_account": BANK}).id
    path = f"{account}/external_accounts/{bank}"
    require_refused(simulator, path, account_holder_name="x")


def test_an_account_with_a_wrong_bank_is_neither_made_nor_changed(simulator, custom):
    with pytest.raises(REFUSED):
        simulator.v1.accounts.create(CUSTOM | {"external_account": BAD_BANK})
    assert [each.id for each in simulator.v1.accounts.list().data] == [custom]
    with pytest.raises(REFUSED):
        simulator.v1.accounts.update(custom, {"email": "a@b.c", "external_account": BAD_BANK})
    assert simulator.v1.accounts.retrieve(custom).email is None


def test_a_refused_bank_account_is_not_added(simulator, custom):
    with pytest.raises(REFUSED):
        simulator.v1.accounts.external_accounts.create(
            custom, {"external_account": BANK, **TOO_LONG}
        )
    assert simulator.v1.accounts.external_accounts.list(custom).data == []


def test_a_refused_payout_or_transfer_moves_no_money(simulator):
    shop = simulator.account()
    simulator.pay(10_000)
    simulator.pay(10_000, account=shop)
    simulator.tell("clock", advance=9 * 24 * 3600)
    sent = {"amount": 100, "currency": "usd"}
    with pytest.raises(REFUSED):
        simulator.v1.payouts.create({**sent, **TOO_LONG}, on(shop))
    with pytest.raises(REFUSED):
        simulator.v1.transfers.create({**sent, "destination": shop, **TOO_LONG})
    assert simulator.v1.payouts.list({}, on(shop)).data == []
    assert simulator.v1.transfers.list().data == []
