"""`Idempotency-Key` on any POST. It …"""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Payment, State
from stores.models import ClientRequest, Order
from stores.services import client_requests, pair_device
from stores.tasks import forget_old_requests
from tests.api.conftest import Tablet, post


def open_order(tablet, product, quantity=1, key="k"):
    lines = [{"product": product.pk, "quantity": quantity}]
    return post(tablet, "orders/", {"lines": lines}, idempotency_key=key)


def test_opens_one_order_however_often_it_is_sent(tablet, product):
    first = open_order(tablet, product)
    again = open_order(tablet, product)

    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json(), first["Location"]) == (again.json(), again["Location"])
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == 1


def test_shows_the_present_state_in_a_replay(tablet, order, reader):
    url = f"orders/{order.pk}/payments/"
    post(tablet, url, {}, idempotency_key="k")
    Payment.objects.update(state=State.WAITING_FOR_CARD, version=4)

    again = post(tablet, url, {}, idempotency_key="k")

    assert (again.status_code, again["Idempotent-Replayed"]) == (202, "true")
    assert (again.json()["state"], again["ETag"]) == ("waiting_for_card", '"4"')


def test_refuses_another_body_under_the_same_key(tablet, product):
    open_order(tablet, product, quantity=1)

    response = open_order(tablet, product, quantity=2)

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert Order.objects.count() == 1


def test_refuses_another_path_under_the_same_key(tablet, order):
    post(tablet, f"orders/{order.pk}/cancel/", {}, idempotency_key="k")

    response = post(tablet, f"orders/{order.pk}/payments/", {}, idempotency_key="k")

    assert response.json()["code"] == "idempotency_key_reused"


def test_takes_the_same_json_written_differently_for_the_same(tablet, order):
    url = f"/api/v1/orders/{order.pk}/cancel/"
    bodies = ["{}", " { } ", ""]

    answers = [
        tablet.generic(
            "POST", url, body, content_type="application/json", headers={"Idempotency-Key": "k"}
        )
        for body in bodies
    ]

    assert [answer.status_code for answer in answers] == [200] * 3


def test_forgets_a_refusal(tablet, order, reader):
    url = f"orders/{order.pk}/payments/"
    reader.is_active = False
    reader.save()
    refused = post(tablet, url, {}, idempotency_key="k")
    reader.is_active = True
    reader.save()

    response = post(tablet, url, {}, idempotency_key="k")

    assert (refused.status_code, response.status_code) == (422, 202)
    assert "Idempotent-Replayed" not in response
    assert ClientRequest.objects.count() == 1


def test_forgets_a_payment_that_was_rolled_back(tablet, order, reader, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(client_requests, "finish", broken)
    tablet.raise_request_exception = False

    response = post(tablet, f"orders/{order.pk}/payments/", {}, idempotency_key="k")

    assert response.status_code == 500
    assert not Payment.objects.exists()
    assert not ClientRequest.objects.exists()


def test_keeps_the_keys_of_devices_apart(tablet, store, product):
    other = Tablet(pair_device(store, "Other")[1])

    open_order(tablet, product)
    response = open_order(other, product)

    assert "Idempotent-Replayed" not in response
    assert Order.objects.count() == 2


def test_knows_staff_by_their_session(client, cashier, store, product):
    client.force_login(cashier)
    body = {"lines": [{"product": product.pk, "quantity": 1}]}
    answers = [
        client.post(
            "/api/v1/orders/",
            body,
            content_type="application/json",
            headers={"Idempotency-Key": "k"},
        )
        for _ in range(2)
    ]

    assert [answer.get("Idempotent-Replayed") for answer in answers] == [None, "true"]
    request = ClientRequest.objects.get()
    assert (request.user, request.store) == (cashier, store)


def test_is_a_new_request_after_a_day(tablet, product):
    open_order(tablet, product)
    ClientRequest.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

    later = open_order(tablet, product, quantity=2)
    again = open_order(tablet, product, quantity=2)

    assert (later.status_code, later.get("Idempotent-Replayed")) == (201, None)
    assert again["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == 2


def test_deletes_what_is_older_than_a_day(tablet, product):
    open_order(tablet, product, key="old")
    ClientRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    open_order(tablet, product, key="new")

    forget_old_requests()

    assert ClientRequest.objects.get().key == "new"


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "é"])
def test_refuses_a_key_that_is_none(tablet, product, key):
    response = open_order(tablet, product, key=key)

    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_invalid")


def test_covers_every_post(tablet, stopped, reader, order):
    """Those that change nothing of their own answer a replay like the others."""
    for path in (
        f"payments/{stopped.pk}/process_payment_intent/",
        f"payments/{stopped.pk}/check_status/",
        f"payments/{stopped.pk}/cancel/",
        f"readers/{reader.pk}/refresh/",
    ):
        first = post(tablet, path, {}, idempotency_key=path)
        again = post(tablet, path, {}, idempotency_key=path)

        assert (first.status_code, again.status_code) == (202, 202), path
        assert again["Idempotent-Replayed"] == "true"
    assert stopped.reader_actions.count() == 2


def test_captures_once(tablet, approved):
    path = f"payments/{approved.pk}/capture/"

    answers = [post(tablet, path, {"tip_amount": 1_00}, idempotency_key="k") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert approved.requests.count() == 1
