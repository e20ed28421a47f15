"""Every error is a problem document (RFC 9457). It …"""

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client

from stores.services import revoke_device
from tests import factories
from tests.api.conftest import Tablet, post

MEMBERS = {"type", "title", "status", "detail", "code", "retryable", "next_action"}


def assert_problem(response, status, code):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    document = response.json()
    assert set(document) - {"errors"} == MEMBERS
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == f"urn:retail:problem:{code}"
    assert document["detail"]
    assert document["next_action"]


@pytest.mark.parametrize("path", ["orders/", "orders/1/", "payments/", "readers/1/", "stores/"])
def test_lets_nobody_in_without_a_token(db, path):
    response = Tablet().get(f"/api/v1/{path}")

    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Bearer rtl_device_x", "bearer rtl_device_é"]
)
def test_refuses_a_wrong_token(db, header):
    response = Client().get("/api/v1/orders/", headers={"Authorization": header})

    assert_problem(response, 401, "token_invalid")
    assert response["WWW-Authenticate"] == "Bearer"


def test_refuses_a_wrong_token_even_with_a_session(cashier, client):
    client.force_login(cashier)

    response = client.get("/api/v1/orders/", headers={"Authorization": "Bearer rtl_device_x"})

    assert_problem(response, 401, "token_invalid")


def test_refuses_a_revoked_device(tablet, device):
    revoke_device(device)

    assert_problem(tablet.get("/api/v1/orders/"), 401, "token_invalid")


def test_takes_no_token_from_the_url(paired):
    assert Client().get(f"/api/v1/orders/?token={paired[1]}").status_code == 401


def test_refuses_people_who_are_not_staff(db, client):
    client.force_login(factories.UserFactory.create(is_staff=False))

    assert_problem(client.get("/api/v1/orders/"), 403, "permission_denied")


def test_shows_staff_without_a_store_nothing(db, client, order):
    client.force_login(factories.UserFactory.create())

    assert client.get("/api/v1/orders/").json() == {"results": [], "next": None}


def test_wants_the_csrf_token_of_a_session(cashier, product):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cashier)
    body = {"lines": [{"product": product.pk, "quantity": 1}]}

    refused = browser.post("/api/v1/orders/", body, content_type="application/json")
    browser.cookies["csrftoken"] = "a" * 32
    taken = browser.post(
        "/api/v1/orders/",
        body,
        content_type="application/json",
        headers={"X-CSRFToken": "a" * 32},
    )

    assert_problem(refused, 403, "csrf_failed")
    assert taken.status_code == 201


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        ("application/json", "{", 400, "malformed_request"),
        ("application/json", '{"lines": NaN}', 400, "malformed_request"),
        ("application/json", b"\xff", 400, "malformed_request"),
        ("application/json", "[]", 400, "invalid_request"),
        ("application/json", '"lines"', 400, "invalid_request"),
        ("application/json", '{"lines": "x"}', 400, "invalid_request"),
        ("application/json", '{"lines": []}', 400, "invalid_line"),
        ("application/json", '{"lines": [[]]}', 400, "invalid_request"),
        ("application/json", '{"lines": [{"description": "a\\u0000", "quantity": 1}]}', 400,
         "invalid_request"),
        ("text/plain", "{}", 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", "lines=1", 415, "unsupported_media_type"),
    ],
)  # fmt: skip
def test_refuses_what_is_no_order(tablet, content_type, body, status, code):
    response = tablet.generic("POST", "/api/v1/orders/", body, content_type=content_type)

    assert_problem(response, status, code)


def test_refuses_a_body_that_is_too_large(tablet, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = post(tablet, "orders/", {"lines": "x" * 1000})

    assert_problem(response, 413, "body_too_large")


def test_names_the_methods_there_are(tablet, order):
    response = tablet.delete(f"/api/v1/orders/{order.pk}/")

    assert_problem(response, 405, "method_not_allowed")
    assert "PATCH" in response["Allow"]


@pytest.mark.parametrize("path", ["nowhere/", "orders", "orders/x/", "orders/-1/", ""])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_answers_an_address_that_is_none(db, path, method):
    assert_problem(getattr(Tablet(), method)(f"/api/v1/{path}"), 404, "not_found")


def test_speaks_json_whatever_is_asked_for(tablet):
    response = tablet.get("/api/v1/stores/", headers={"Accept": "text/html"})

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


def test_tells_nothing_of_our_bugs(tablet, order, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise RuntimeError("secret")

    monkeypatch.setattr("stores.services.cancel_order", broken)
    tablet.raise_request_exception = False

    response = post(tablet, f"orders/{order.pk}/cancel/")

    assert_problem(response, 500, "internal_error")
    assert "secret" not in response.content.decode()
    assert "secret" in caplog.text


class TestDatabaseAway:
    def test_says_that_it_can_be_tried_again(self, tablet, order, monkeypatch):
        def away(*args, **kwargs):
            raise OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr("stores.services.cancel_order", away)

        response = post(tablet, f"orders/{order.pk}/cancel/")

        assert_problem(response, 503, "database_unavailable")
        assert response.json()["retryable"] is True
        assert response["Retry-After"] == "1"

    @pytest.mark.django_db(transaction=True)
    def test_is_known_by_a_real_one_that_went(self, tablet, order):
        """The connection is killed between two requests; without a health check it is found out."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            own = cursor.fetchone()[0]
        parameters = connection.get_connection_params()
        with psycopg.connect(
            dbname=parameters["dbname"], host=parameters["host"], user=parameters["user"]
        ) as other:
            other.execute("SELECT pg_terminate_backend(%s, 2000)", [own])

        response = tablet.get("/api/v1/orders/")

        assert_problem(response, 503, "database_unavailable")
        connection.close()
        assert tablet.get("/api/v1/orders/").status_code == 200
