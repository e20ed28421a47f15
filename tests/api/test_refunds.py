"""`POST /api/v1/payments/{id}/refunds/`. It …"""

import pytest
from django.test import Client

from payments.models import Refund, StripeRequest
from stores.principals import Role
from tests import factories, factories_money
from tests.api.conftest import post


@pytest.fixture
def paid(order):
    return factories_money.PaidPaymentFactory.create(order=order)


@pytest.fixture
def generous(store):
    """The store lets its tablets refund up to 15.00."""
    store.cashier_refund_limit = 15_00
    store.save()


def refund(tablet, payment, body=None, **headers):
    return post(tablet, f"payments/{payment.pk}/refunds/", body or {}, **headers)


def test_promises_a_refund_and_shows_it_in_the_payment(tablet, generous, paid):
    response = refund(tablet, paid, {"amount": 4_00, "reason": "duplicate"})

    assert response.status_code == 202
    body = response.json()
    assert body["message"] == "Paid. Refunding 4.00 USD."
    [shown] = body["refunds"]
    assert (shown["amount"], shown["reason"], shown["status"]) == (4_00, "duplicate", "requested")
    assert (shown["refund"], shown["external"], shown["in_person"]) == (None, False, False)
    assert body["amount_refundable"] == 16_00
    assert body["next_actions"] == ["check_status"]
    request = StripeRequest.objects.get()
    assert (request.path, request.params["amount"]) == ("/v1/refunds", 4_00)
    assert request.idempotency_key == f"refund:{shown['uuid']}"


def test_is_offered_while_something_is_left(tablet, paid):
    def offered():
        return tablet.get(f"/api/v1/payments/{paid.pk}/").json()["next_actions"]

    assert offered() == ["refund"]
    factories_money.RefundFactory.create(payment=paid, amount=paid.amount)
    assert offered() == []


def test_asks_for_a_look_while_one_is_pending_at_stripe(tablet, paid):
    factories_money.RefundFactory.create(payment=paid, status="pending", ended_at=None)

    body = tablet.get(f"/api/v1/payments/{paid.pk}/").json()
    assert body["next_actions"] == ["refund", "check_status"]
    assert post(tablet, f"payments/{paid.pk}/check_status/").status_code == 202
    paid.refresh_from_db()
    assert paid.rung_at is not None


def test_is_for_managers_unless_the_store_says_otherwise(tablet, paid):
    response = refund(tablet, paid, {"amount": 1})

    assert (response.status_code, response.json()["code"]) == (403, "refund_not_allowed")
    assert (
        response.json()["next_action"]
        == "Ask a manager, or send it as a refund request: a second person decides."
    )
    assert not Refund.objects.exists()


def test_is_done_by_a_manager_who_is_signed_in(paid, store):
    browser = Client()
    browser.force_login(factories.MembershipFactory.create(store=store, role=Role.MANAGER).user)

    path = f"/api/v1/payments/{paid.pk}/refunds/"
    response = browser.post(path, {}, content_type="application/json")

    assert (response.status_code, response.json()["refunds"][0]["amount"]) == (202, paid.amount)


def test_is_done_once_per_key(tablet, generous, paid):
    first = refund(tablet, paid, {"amount": 4_00}, idempotency_key="k")
    again = refund(tablet, paid, {"amount": 4_00}, idempotency_key="k")

    assert again["Idempotent-Replayed"] == "true"
    assert again.json()["refunds"] == first.json()["refunds"]
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"amount": 0}, 422, "amount_refused"),
        ({"amount": 20_01}, 422, "amount_refused"),
        ({"amount": -1}, 400, "invalid_request"),
        ({"amount": "5"}, 400, "invalid_request"),
        ({"reason": "because"}, 400, "invalid_request"),
        ({"currency": "usd"}, 400, "invalid_request"),
        ({"refund_application_fee": True}, 400, "invalid_request"),
    ],
)
def test_refuses_what_it_cannot_give_back(tablet, generous, paid, body, status, code):
    response = refund(tablet, paid, body)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not Refund.objects.exists()


def test_names_the_release_for_a_hold(tablet, generous, approved):
    response = refund(tablet, approved)

    assert (response.status_code, response.json()["code"]) == (409, "refund_not_possible")
    assert response.json()["next_action"] == "Release it instead: cancel the payment."


def test_says_that_another_is_on_its_way(tablet, generous, paid):
    refund(tablet, paid, {"amount": 4_00})

    response = refund(tablet, paid, {"amount": 5_00})
    assert (response.status_code, response.json()["code"]) == (409, "payment_busy")


def test_shows_in_the_order(tablet, order):
    order.refunded_amount = 3_00
    order.save()

    assert tablet.get(f"/api/v1/orders/{order.pk}/").json()["refunded_amount"] == 3_00


class TestInterac:
    """Of an Interac payment it …"""

    @pytest.fixture
    def paid(self, order):
        card = {"type": "interac_present", "brand": "interac", "last4": "0003"}
        return factories_money.PaidPaymentFactory.create(order=order, card=card)

    def test_takes_the_reader_that_a_sale_would(self, tablet, generous, paid, reader):
        response = refund(tablet, paid, {"amount": 4_00})

        body = response.json()
        assert (response.status_code, body["reader"]["id"]) == (202, reader.pk)
        assert body["refunds"][0]["in_person"] is True
        assert body["message"] == f"Paid. Sending the refund of 4.00 USD to {reader.label}."
        request = StripeRequest.objects.get()
        assert request.path.endswith(f"/{reader.stripe_id}/refund_payment")

    def test_shows_whose_the_reader_is(self, tablet, generous, paid, reader):
        refund(tablet, paid, {"amount": 4_00, "reader": reader.pk})

        busy = tablet.get(f"/api/v1/readers/{reader.pk}/").json()["is_busy_with"]
        assert busy["payment"] == paid.pk

    def test_refuses_without_a_reader_in_use(self, tablet, generous, paid):
        response = refund(tablet, paid, {"amount": 4_00})

        assert (response.status_code, response.json()["code"]) == (422, "store_has_no_reader")

    def test_refuses_a_reader_for_any_other_card(self, tablet, generous, paid, reader):
        paid.card = {"type": "card_present"}
        paid.save()

        response = refund(tablet, paid, {"amount": 4_00, "reader": reader.pk})
        assert (response.status_code, response.json()["code"]) == (409, "refund_needs_no_reader")


def test_refunds_what_came_back_of_the_lines(tablet, generous, paid):
    line = paid.order.lines.get()
    response = refund(tablet, paid, {"lines": [{"line": line.pk, "quantity": 1}]})

    assert response.status_code == 202
    [shown] = response.json()["refunds"]
    assert shown["amount"] == line.total_amount // 2
    assert shown["lines"] == [
        {
            "line": line.pk,
            "description": line.description,
            "quantity": 1,
            "amount": line.total_amount // 2,
            "tax_amount": line.tax_amount // 2,
        }
    ]
    again = refund(tablet, paid, {"lines": [{"line": line.pk, "quantity": 1}]})
    assert again.json()["refunds"] == [shown]
    receipt = tablet.get(f"/api/v1/payments/{paid.pk}/receipt/").json()
    assert receipt["refunds"] == []  # on its way


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"lines": [{"line": 0, "quantity": 1}]}, "invalid_request"),
        ({"lines": []}, "invalid_request"),
        ({"lines": [{"quantity": 1}]}, "invalid_request"),
        ({"lines": [{"line": 1, "quantity": 0}]}, "invalid_request"),
        ({"lines": [{"line": 1, "quantity": 1, "amount": 5}]}, "invalid_request"),
        ({"lines": [{"line": 1, "quantity": 1}], "amount": 5}, "invalid_request"),
        ({"lines": [{"line": 1, "quantity": 1}, {"line": 1, "quantity": 1}]}, "invalid_request"),
        ({"lines": [{"line": 2**62, "quantity": 1}]}, "lines_refused"),
        ({"lines": [{"line": None, "quantity": 2**62}]}, "lines_refused"),
    ],
)
def test_refuses_lines_that_cannot_come_back(tablet, generous, paid, body, code):
    for each in body["lines"]:
        if each.get("line", 0) is None:
            each["line"] = paid.order.lines.get().pk
    answer = refund(tablet, paid, body)

    status = 422 if code == "lines_refused" else 400
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Refund.objects.exists()
