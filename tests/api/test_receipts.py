"""`GET /api/v1/payments/{id}/receipt/`: what a till prints for the customer. It …"""

from datetime import UTC, datetime

import pytest

from payments.models import RefundStatus
from tests import factories_money

EMV = {
    "account_type": "credit",
    "application_cryptogram": "3ADF1B2C4D5E6F70",
    "application_preferred_name": "Stripe Credit",
    "authorization_code": "123456",
    "authorization_response_code": "3030",
    "cardholder_verification_method": "online_pin",
    "dedicated_file_name": "A0000000031010",
    "terminal_verification_results": "8000008000",
    "transaction_status_information": "6800",
}
READ = {"brand": "visa", "last4": "4242", "read_method": "contact_emv"}


@pytest.fixture
def paid(order):
    return factories_money.PaidPaymentFactory.create(
        order=order,
        tip_amount=3_00,
        amount_received=23_00,
        created_at=datetime(2026, 1, 5, 3, 30, tzinfo=UTC),
        card=READ | {"type": "card_present", "receipt": EMV},
    )


def receipt_of(client, payment):
    return client.get(f"/api/v1/payments/{payment.pk}/receipt/")


def test_names_all_that_card_networks_ask_of_a_card_that_was_present(tablet, paid):
    response = receipt_of(tablet, paid)

    assert response.status_code == 200
    assert response.json()["card"] == READ | EMV


def test_says_what_was_sold_and_what_was_taken(tablet, paid, product, store):
    body = receipt_of(tablet, paid).json()

    assert (body["payment"], body["order_number"]) == (paid.pk, paid.order.number)
    assert (body["method"], body["currency"], body["held"]) == ("card", "usd", False)
    assert body["store"]["name"] == store.name
    assert body["store"]["company"] == store.account.name
    (line,) = body["lines"]
    assert (line["description"], line["quantity"]) == (product.name, 2)
    assert (line["unit_amount"], line["total_amount"]) == (10_00, 20_00)
    assert body["net_amount"] + body["tax_amount"] == body["order_amount"] == 20_00
    assert (body["tip_amount"], body["total_amount"]) == (3_00, 23_00)


def test_has_the_stores_own_time(tablet, paid, store):
    type(store).objects.filter(pk=store.pk).update(timezone="America/New_York")

    body = receipt_of(tablet, paid).json()

    assert body["at"] == "2026-01-04T22:30:00-05:00"
    assert body["store"]["timezone"] == "America/New_York"


def test_tells_what_was_given_back_and_nothing_that_was_not(tablet, paid):
    for amount, status in ((5_00, RefundStatus.SUCCEEDED), (2_00, RefundStatus.FAILED)):
        factories_money.RefundFactory.create(payment=paid, amount=amount, status=status)
    type(paid).objects.filter(pk=paid.pk).update(amount_refunded=5_00)

    body = receipt_of(tablet, paid).json()

    assert body["amount_refunded"] == 5_00
    assert [(each["amount"], each["status"]) for each in body["refunds"]] == [(5_00, "succeeded")]


def test_says_of_a_hold_that_it_is_none_of_a_charge(tablet, approved):
    body = receipt_of(tablet, approved).json()

    assert (body["held"], body["total_amount"]) == (True, 20_00)
    assert body["card"]["last4"] == "4242"
    assert body["card"]["application_cryptogram"] == ""


def test_has_no_card_for_cash(tablet, order):
    cash = factories_money.CashPaymentFactory.create(order=order)

    body = receipt_of(tablet, cash).json()

    assert (body["method"], body["card"], body["total_amount"]) == ("cash", None, 20_00)


def test_is_none_before_anything_was_paid(tablet, stopped):
    response = receipt_of(tablet, stopped)

    assert (response.status_code, response.json()["code"]) == (409, "receipt_not_due")


def test_is_none_of_another_stores_business(stranger, paid):
    assert receipt_of(stranger, paid).status_code == 404
