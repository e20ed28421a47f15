"""`/api/v1/payments/{id}/receipt/`: what a till prints for the customer, or has e-mailed. It …"""

from datetime import UTC, datetime

import pytest

from payments.models import RefundStatus
from payments.services import receipt_emails
from tests import factories_money
from tests.api.conftest import post

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


def email(client, payment, body=None, **headers):
    return post(client, f"payments/{payment.pk}/receipt/", body or {}, **headers)


def test_is_promised_by_email_and_told_when_it_was_sent(tablet, paid, device, mailoutbox):
    answer = email(tablet, paid, {"email": "jenny@example.com"})

    assert answer.status_code == 202
    told = answer.json()
    assert (told["status"], told["email"], told["language"]) == (
        "on_its_way",
        "jenny@example.com",
        "en",
    )
    assert (told["payment"], told["device"]) == (paid.pk, device.pk)
    assert mailoutbox == []

    receipt_emails.carry_out(told["id"])

    later = tablet.get(f"/api/v1/receipt_emails/{told['id']}/").json()
    assert (later["status"], later["message"]) == ("sent", "")
    assert [mail.to for mail in mailoutbox] == [["jenny@example.com"]]


def test_is_emailed_once_for_one_key(tablet, paid):
    first, again = (
        email(tablet, paid, {"email": "jenny@example.com"}, idempotency_key="k") for _ in range(2)
    )

    assert first.json() == again.json()
    listed = tablet.get(f"/api/v1/receipt_emails/?payment={paid.pk}").json()["results"]
    assert [each["id"] for each in listed] == [first.json()["id"]]


def test_is_emailed_in_the_language_of_the_request(tablet, paid):
    asked = email(tablet, paid, {"email": "jenny@example.com"}, accept_language="fr-CA")

    assert asked.json()["language"] == "fr-ca"


def test_tells_what_to_do_without_an_address_or_after_a_failure(tablet, paid, settings):
    refused = email(tablet, paid)
    assert (refused.status_code, refused.json()["code"]) == (422, "receipt_address_missing")
    assert refused.json()["next_action"]

    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    made = email(tablet, paid, {"email": "jenny@example.com"}).json()
    receipt_emails.carry_out(made["id"])

    later = tablet.get(f"/api/v1/receipt_emails/{made['id']}/").json()
    assert (later["status"], later["failure_code"]) == ("failed", "mail_not_set_up")
    assert later["message"]
    assert later["next_action"].startswith("Print the receipt")


@pytest.mark.parametrize(
    "body", [{"email": "jenny"}, {"email": "a@b.example\nBcc: c@d.example"}, {"to": "a@b.example"}]
)
def test_is_emailed_to_no_address_that_is_none(tablet, paid, body):
    assert email(tablet, paid, body).status_code == 400


def test_is_not_emailed_before_anything_was_paid(tablet, stopped):
    refused = email(tablet, stopped, {"email": "jenny@example.com"})

    assert (refused.status_code, refused.json()["code"]) == (409, "receipt_not_due")


def test_is_emailed_five_times_an_hour_at_most(tablet, paid):
    answers = [email(tablet, paid, {"email": f"jenny{n}@example.com"}) for n in range(6)]

    assert [each.status_code for each in answers] == [202] * 5 + [429]
    assert answers[-1].json()["code"] == "too_many_receipts"


def test_is_emailed_by_its_own_store_only(stranger, paid):
    assert email(stranger, paid, {"email": "jenny@example.com"}).status_code == 404


def test_has_the_stores_words_address_and_language(tablet, paid, store):
    store.receipt_address, store.receipt_footer = "1 Main Street\nSpringfield", "Thank you"
    store.receipt_language = "es"
    store.save()

    body = receipt_of(tablet, paid).json()

    assert body["store"]["address"] == ["1 Main Street", "Springfield"]
    assert (body["footer"], body["language"]) == ("Thank you", "es")
