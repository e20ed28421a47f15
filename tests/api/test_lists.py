"""`GET` of a list. It …"""

from itertools import count

import pytest

from payments.models import Payment, SavedCard
from stores.models import Order, Product
from terminal.models import Reader
from tests import factories, factories_money

numbers = count(10_000)
LISTS = [
    "stores",
    "products",
    "readers",
    "locations",
    "orders",
    "payments",
    "customers",
    "saved_cards",
]
NEWEST_FIRST = LISTS[4:]


def fill(store, number):
    """So many orders with lines, payments with two tries, readers and cards, of one store."""
    for _ in range(number):
        location = factories.LocationFactory.create(store=store)
        factories.ProductFactory.create(store=store)
        reader = factories_money.ReaderFactory.create(location=location)
        order = factories.OrderFactory.create(store=store, number=next(numbers))
        factories.OrderLineFactory.create_batch(2, order=order)
        payment = factories_money.PaymentFactory.create(order=order)
        factories_money.ReaderActionFactory.create(
            payment=payment, reader=reader, status="failed", ended_at=payment.created_at
        )
        factories_money.ReaderActionFactory.create(payment=payment, reader=reader, attempt=2)
        factories_money.SavedCardFactory.create(customer__store=store)


@pytest.mark.parametrize(
    ("name", "statements"),
    [
        ("stores", 2),
        ("products", 2),
        ("readers", 3),
        ("locations", 2),
        ("orders", 4),
        ("payments", 5),
        ("customers", 3),
        ("saved_cards", 2),
    ],
)
@pytest.mark.parametrize("number", [1, 30])
def test_costs_the_same_for_one_row_and_for_thirty(
    tablet, store, name, statements, number, django_assert_num_queries
):
    fill(store, number)
    # An approved payment shows most: its highest tip depends on the store.
    Payment.objects.update(status="requires_capture", overcapture_supported=True)
    tablet.get("/api/v1/stores/")  # notes that the device was seen, once a minute

    with django_assert_num_queries(statements):
        response = tablet.get(f"/api/v1/{name}/")

    assert len(response.json()["results"]) == (1 if name == "stores" else number)


@pytest.mark.parametrize("name", LISTS[1:])
def test_pages_by_key(tablet, store, name):
    fill(store, 5)
    whole = [row["id"] for row in tablet.get(f"/api/v1/{name}/").json()["results"]]

    pages, url = [], f"/api/v1/{name}/?limit=2"
    while url:
        page = tablet.get(url).json()
        pages.append([row["id"] for row in page["results"]])
        url = page["next"]

    assert pages == [whole[:2], whole[2:4], whole[4:]]
    assert whole == sorted(whole, reverse=name in NEWEST_FIRST)


def test_keeps_filters_in_the_link_to_the_next_page(tablet, store):
    fill(store, 2)
    url = tablet.get(f"/api/v1/orders/?status=open&store={store.pk}&limit=1").json()["next"]

    assert url.startswith("http://testserver/api/v1/orders/?")
    assert f"store={store.pk}" in url
    assert "status=open" in url


def test_misses_nothing_when_rows_are_added_meanwhile(tablet, store):
    fill(store, 3)
    first = tablet.get("/api/v1/orders/?limit=2").json()
    fill(store, 1)
    second = tablet.get(first["next"]).json()

    seen = [row["id"] for row in first["results"] + second["results"]]
    assert len(seen) == len(set(seen)) == 3


def test_filters_payments_by_order(tablet, store):
    fill(store, 2)
    payment = Payment.objects.first()
    assert payment is not None

    response = tablet.get(f"/api/v1/payments/?order={payment.order_id}")

    assert [row["id"] for row in response.json()["results"]] == [payment.pk]


def test_filters_cards_by_customer(tablet, store):
    fill(store, 2)
    card = SavedCard.objects.first()
    assert card is not None

    response = tablet.get(f"/api/v1/saved_cards/?customer={card.customer_id}")

    assert [row["id"] for row in response.json()["results"]] == [card.pk]


def test_filters_orders_by_status(tablet, store):
    fill(store, 2)
    Order.objects.filter(pk=Order.objects.latest("pk").pk).update(status="canceled")

    assert len(tablet.get("/api/v1/orders/?status=open").json()["results"]) == 1


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("after=x", "after"),
        ("after=99999999999999999999", "after"),
        ("after=²", "after"),
        ("store=x", "store"),
        ("status=lost", "status"),
        ("page=2", "page"),
        ("Status=open", "Status"),
    ],
)
def test_refuses_parameters_it_does_not_understand(tablet, query, name):
    response = tablet.get(f"/api/v1/orders/?{query}")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [name]


@pytest.mark.parametrize("name", LISTS)
def test_shows_one_row_as_in_the_list(tablet, store, name):
    fill(store, 1)
    [row] = tablet.get(f"/api/v1/{name}/").json()["results"]

    assert tablet.get(f"/api/v1/{name}/{row['id']}/").json() == row


def test_says_what_a_reader_is_busy_with(tablet, store):
    fill(store, 1)
    payment, reader = Payment.objects.get(), Reader.objects.get()

    body = tablet.get(f"/api/v1/readers/{reader.pk}/").json()

    assert body["is_busy_with"] == {
        "action": reader.actions.get(ended_at=None).pk,
        "type": "process_payment_intent",
        "payment": payment.pk,
        "order": payment.order_id,
        "order_number": payment.order.number,
        "who": "",
        "since": payment.reader_actions.get(reader=reader, ended_at=None)
        .requested_at.isoformat()
        .replace("+00:00", "Z"),
        "take_over": True,
    }
    assert body["location"]["id"] == reader.location_id
    assert body["action"] == {}


def test_shows_a_product_in_the_stores_currency(tablet, store):
    fill(store, 1)

    body = tablet.get(f"/api/v1/products/{Product.objects.get().pk}/").json()

    assert (body["unit_amount"], body["currency"]) == (10_00, "usd")


def test_costs_a_fixed_number_of_statements_to_start_a_payment(
    tablet, store, order, reader, django_assert_num_queries
):
    fill(store, 5)
    tablet.get("/api/v1/stores/")
    body = {"reader": reader.pk}

    # 3 find who asks, the order and the reader; 22 are the sale itself; 3 show it. Once a second
    # one more asks whether Stripe is in trouble.
    with django_assert_num_queries(29):
        response = tablet.post(f"/api/v1/orders/{order.pk}/payments/", body, format="json")

    assert response.status_code == 202
