"""`POST /api/v1/payments/{id}/detach/`, and what tells that it is possible. It …"""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from payments.models import Payment, State
from stores.models import LogEntry
from stores.principals import Role
from tests import factories, factories_money
from tests.api.conftest import post

WHY = "Stripe cannot be reached, the customer pays in cash."


@pytest.fixture
def doubtful(order, reader):
    """Its cancel has no answer, and the reader may still show it."""
    payment = factories_money.PaymentFactory.create(
        order=order,
        state=State.CHECKING,
        cancel_requested_at=timezone.now() - timedelta(minutes=1),
    )
    factories_money.ReaderActionFactory.create(payment=payment, reader=reader)
    return payment


def signed_in(store, role):
    browser = Client()
    browser.force_login(factories.MembershipFactory.create(store=store, role=role).user)
    return browser


@pytest.fixture
def manager(store):
    return signed_in(store, Role.MANAGER)


def detach(client, payment, body=None, **headers):
    body = {"reason": WHY} if body is None else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    path = f"/api/v1/payments/{payment.pk}/detach/"
    return client.post(path, body, content_type="application/json", headers=named)


def offered(client, payment):
    return client.get(f"/api/v1/payments/{payment.pk}/").json()["next_actions"]


def test_lets_the_order_be_paid_in_another_way(manager, tablet, doubtful):
    before = post(tablet, f"orders/{doubtful.order_id}/payments/", {"method": "cash"})
    assert before.json()["code"] == "order_has_open_payment"

    response = detach(manager, doubtful)

    assert response.status_code == 202
    assert (response.json()["state"], response.json()["next_actions"]) == (
        "detached",
        ["check_status"],
    )
    paid = post(tablet, f"orders/{doubtful.order_id}/payments/", {"method": "cash"})
    assert (paid.status_code, paid.json()["state"]) == (202, "paid")


def test_frees_the_reader(manager, tablet, doubtful, store, product, reader):
    detach(manager, doubtful)

    lines = {"lines": [{"product": product.pk, "quantity": 1}]}
    other = post(tablet, "orders/", lines).json()["id"]
    sent = post(tablet, f"orders/{other}/payments/", {"reader": reader.pk})
    assert (sent.status_code, sent.json()["state"]) == (202, "sending")


def test_is_told_in_the_list_of_the_unresolved_and_in_the_timeline(manager, tablet, doubtful):
    detach(manager, doubtful)

    [case] = tablet.get("/api/v1/unresolved/").json()["results"]
    assert (case["payment"], case["kind"], case["action"]) == (
        doubtful.pk,
        "detached",
        "check_status",
    )
    assert WHY in case["message"]
    told = tablet.get(f"/api/v1/payments/{doubtful.pk}/timeline/").json()["entries"]
    [entry] = [one for one in told if "Detached" in one["text"] and WHY in one["text"]]
    row = LogEntry.objects.get(verb="detached")
    assert row.user is not None
    assert entry["actor"] == row.user.get_username()


def test_is_done_once_per_key(manager, doubtful):
    first = detach(manager, doubtful, idempotency_key="k")
    again = detach(manager, doubtful, idempotency_key="k")

    assert (first.status_code, again.status_code) == (202, 202)
    assert again["Idempotent-Replayed"] == "true"
    assert LogEntry.objects.filter(verb="detached").count() == 1
    without = detach(manager, doubtful)
    assert (without.status_code, without.json()["code"]) == (409, "detach_not_possible")
    assert "It is detached already" in without.json()["detail"]


# What is refused


def test_is_not_for_tablets(tablet, doubtful):
    response = post(tablet, f"payments/{doubtful.pk}/detach/", {"reason": WHY})

    refused = response.json()
    assert (response.status_code, refused["code"]) == (403, "detach_not_allowed")
    assert refused["detail"] == "Only a manager may detach a payment from its order."
    assert refused["next_action"] == "Ask a manager to detach it in the admin."
    doubtful.refresh_from_db()
    assert doubtful.detached_at is None


def test_is_not_for_cashiers(store, doubtful):
    response = detach(signed_in(store, Role.CASHIER), doubtful)

    assert (response.status_code, response.json()["code"]) == (403, "detach_not_allowed")
    assert not Payment.objects.filter(detached_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": WHY, "amount": 1}, "amount"),
    ],
)
def test_wants_a_reason_and_nothing_else(manager, doubtful, body, field):
    response = detach(manager, doubtful, body)

    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    doubtful.refresh_from_db()
    assert doubtful.detached_at is None


def test_is_refused_while_nothing_is_in_doubt(manager, stopped):
    response = detach(manager, stopped)

    assert (response.status_code, response.json()["code"]) == (409, "detach_not_possible")
    assert response.json()["detail"] == (
        "Nothing is in doubt: cancel it, and wait until it is canceled."
    )


# What tells of it


@pytest.mark.parametrize(
    ("change", "is_offered"),
    [
        ({"state": State.CHECKING}, True),
        ({"state": State.NEEDS_ATTENTION, "attention": "Call support."}, True),
        ({"state": State.SENDING}, False),
        ({"state": State.WAITING_FOR_CARD}, False),
        ({"state": State.DECLINED}, False),
        ({"state": State.CHECKING, "status": "requires_capture"}, False),
        (
            {
                "state": State.CHECKING,
                "status": "requires_capture",
                "cancel_requested_at": timezone.now(),
            },
            True,
        ),
        ({"state": State.PAID, "status": "succeeded", "ended_at": timezone.now()}, False),
    ],
)
def test_is_offered_to_all_for_what_a_manager_may_detach(
    manager, tablet, stopped, change, is_offered
):
    long_ago = timezone.now() - timedelta(minutes=1)
    Payment.objects.filter(pk=stopped.pk).update(**({"moved_at": long_ago} | change))

    assert ("detach" in offered(tablet, stopped)) is is_offered
    assert ("detach" in offered(manager, stopped)) is is_offered
    assert detach(manager, stopped).status_code == (202 if is_offered else 409)


@pytest.mark.parametrize(
    ("change", "seconds", "is_offered"),
    [
        ({"state": State.CHECKING}, 25, False),
        ({"state": State.CHECKING}, 31, True),
        ({"state": State.NEEDS_ATTENTION, "attention": "Call support."}, 0, True),
    ],
)
def test_is_not_offered_in_the_second_that_a_cancel_takes(
    tablet, stopped, change, seconds, is_offered
):
    since = timezone.now() - timedelta(seconds=seconds)
    Payment.objects.filter(pk=stopped.pk).update(
        moved_at=since, cancel_requested_at=since, **change
    )

    assert ("detach" in offered(tablet, stopped)) is is_offered


def test_counts_the_doubt_from_the_cancel_whatever_was_said_since(tablet, stopped):
    now = timezone.now()
    asked = now - timedelta(minutes=1)
    Payment.objects.filter(pk=stopped.pk).update(
        state=State.CHECKING, moved_at=now, cancel_requested_at=asked
    )

    assert "detach" in offered(tablet, stopped)


def test_names_the_manager_to_who_wants_to_pay_or_change_the_order(tablet, doubtful):
    order = doubtful.order
    lines = {"lines": [{"description": "Tea", "unit_amount": 1_00, "quantity": 1}]}
    seen = {"HTTP_IF_MATCH": f'"{order.version}"'}

    answers = [
        post(tablet, f"orders/{order.pk}/payments/", {"method": "cash"}),
        post(tablet, f"orders/{order.pk}/payments/", {}),
        tablet.patch(f"/api/v1/orders/{order.pk}/", lines, format="json", **seen),
        post(tablet, f"orders/{order.pk}/cancel/"),
    ]

    for answer in answers:
        refused = answer.json()
        assert (answer.status_code, refused["code"]) == (409, "order_has_open_payment")
        assert f"payment {doubtful.pk}" in refused["next_action"]
        assert "a manager can detach it" in refused["next_action"]


def test_names_no_manager_where_the_cashier_decides(tablet, stopped):
    refused = post(tablet, f"orders/{stopped.order_id}/payments/", {"method": "cash"}).json()

    assert "manager" not in refused["next_action"]
