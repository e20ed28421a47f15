"""`/api/v1/orders/`. It …"""

import pytest

from stores.models import Order
from tests import factories
from tests.api.conftest import post


def test_opens_an_order_priced_by_us(tablet, store, product):
    coffee = {"description": "Coffee", "unit_amount": 4_50, "quantity": 2}

    response = post(tablet, "orders/", {"lines": [{"product": product.pk, "quantity": 1}, coffee]})

    assert response.status_code == 201
    body = response.json()
    order = Order.objects.get()
    assert response["Location"] == f"http://testserver/api/v1/orders/{order.pk}/"
    assert response["ETag"] == '"1"'
    assert (body["id"], body["store"], body["number"]) == (order.pk, store.pk, 1)
    assert (body["total_amount"], body["currency"], body["status"]) == (19_00, "usd", "open")
    assert [line["description"] for line in body["lines"]] == [product.name, "Coffee"]
    assert order.device_id is not None


@pytest.mark.parametrize("field", ["price", "total_amount", "currency", "fee", "stripe_account"])
def test_refuses_fields_a_client_has_no_say_in(tablet, product, field):
    lines = [{"product": product.pk, "quantity": 1}]

    response = post(tablet, "orders/", {"lines": lines, field: 1})

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "invalid_request"
    assert response.json()["errors"] == {field: ["Unknown field."]}
    assert not Order.objects.exists()


def test_refuses_a_price_for_a_product(tablet, product):
    lines = [
        {"product": product.pk, "quantity": 1},
        {"product": product.pk, "quantity": 1, "unit_amount": 1},
        {"product": product.pk, "quantity": 1, "price": 1},
        {"description": "Free", "quantity": "1"},
    ]

    response = post(tablet, "orders/", {"lines": lines})

    assert response.status_code == 400
    assert response.json()["errors"] == {
        "lines.1.unit_amount": ["Not with a product."],
        "lines.2.price": ["Unknown field."],
        "lines.3.quantity": ["A valid integer is required."],
    }


@pytest.mark.parametrize("quantity", [0, -1, 10_000, 2**63, 1.0, "2", True, None])
def test_refuses_an_impossible_quantity(tablet, product, quantity):
    response = post(tablet, "orders/", {"lines": [{"product": product.pk, "quantity": quantity}]})

    assert response.status_code == 400


def test_knows_no_product_of_another_store(tablet):
    foreign = factories.ProductFactory.create()

    answers = [
        post(tablet, "orders/", {"lines": [{"product": pk, "quantity": 1}]}).json()
        for pk in (foreign.pk, 10**9)
    ]

    assert [answer["code"] for answer in answers] == ["unknown_product"] * 2


def test_replaces_the_lines_of_the_version_that_was_seen(tablet, order, product):
    url = f"/api/v1/orders/{order.pk}/"
    lines = {"lines": [{"product": product.pk, "quantity": 5}]}

    response = tablet.patch(url, lines, format="json", headers={"If-Match": '"1"'})

    assert response.status_code == 200
    assert (response["ETag"], response.json()["total_amount"]) == ('"2"', 50_00)
    assert tablet.get(url)["ETag"] == '"2"'


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ({}, 428, "if_match_required"),
        ({"If-Match": "*"}, 428, "if_match_required"),
        ({"If-Match": '"7"'}, 412, "order_changed"),
        ({"If-Match": 'W/"1"'}, 412, "order_changed"),
        ({"If-Match": "1"}, 412, "order_changed"),
    ],
)
def test_changes_no_other_version(tablet, order, product, header, status, code):
    lines = {"lines": [{"product": product.pk, "quantity": 5}]}

    response = tablet.patch(f"/api/v1/orders/{order.pk}/", lines, format="json", headers=header)

    assert (response.status_code, response.json()["code"]) == (status, code)
    order.refresh_from_db()
    assert order.total_amount == 20_00


def test_cancels_an_order_once_and_for_all(tablet, order):
    first = post(tablet, f"orders/{order.pk}/cancel/")
    again = post(tablet, f"orders/{order.pk}/cancel/")

    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.json()["status"], again.json()["version"]) == ("canceled", 2)


def test_cancels_no_version_that_was_not_seen(tablet, order):
    response = post(tablet, f"orders/{order.pk}/cancel/", if_match='"9"')

    assert response.status_code == 412


class TestStaff:
    """A member of staff comes with the admin's session."""

    def test_sells_in_their_only_store(self, cashier, product, client):
        client.force_login(cashier)

        response = client.post(
            "/api/v1/orders/",
            {"lines": [{"product": product.pk, "quantity": 1}]},
            content_type="application/json",
        )

        assert response.status_code == 201
        assert Order.objects.get().created_by == cashier

    def test_names_one_of_several_stores(self, cashier, store, product, client):
        other = factories.MembershipFactory.create(user=cashier).store
        client.force_login(cashier)
        line = {"description": "Coffee", "unit_amount": 4_50, "quantity": 2}
        bodies = [{"lines": [line]} | more for more in ({}, {"store": 10**9}, {"store": other.pk})]

        answers = [
            client.post("/api/v1/orders/", body, content_type="application/json") for body in bodies
        ]

        assert [answer.status_code for answer in answers] == [422, 422, 201]
        assert [answer.json().get("code") for answer in answers[:2]] == ["store_required"] * 2
        assert Order.objects.get().store == other


@pytest.mark.parametrize("quantity", [True, 1.0, "1", None])
def test_takes_nothing_for_a_whole_number_that_is_none(tablet, product, quantity):
    body = {"lines": [{"product": product.pk, "quantity": quantity}]}
    assert post(tablet, "orders/", body).status_code == 400
    assert not Order.objects.exists()
