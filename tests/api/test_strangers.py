"""To a stranger another store's rows do not exist: the answer is that to an id nobody has. It …"""

import pytest
from django.utils import timezone

import payments.urls
import stores.urls
import terminal.urls
from payments.models import Payment
from stores.models import Device
from terminal.models import Reader
from tests import factories_money

PATHS = [
    ("get", "stores/{store}/"),
    ("get", "products/{product}/"),
    ("get", "readers/{reader}/"),
    ("post", "readers/{reader}/cancel_action/"),
    ("post", "readers/{reader}/refresh/"),
    ("post", "readers/{reader}/set_reader_display/"),
    ("post", "readers/{reader}/collect_inputs/"),
    ("post", "readers/{reader}/process_setup_intent/"),
    ("get", "reader_actions/{reader_action}/"),
    ("get", "customers/{customer}/"),
    ("get", "saved_cards/{saved_card}/"),
    ("get", "orders/{order}/"),
    ("patch", "orders/{order}/"),
    ("post", "orders/{order}/cancel/"),
    ("post", "orders/{order}/payments/"),
    ("get", "payments/{payment}/"),
    ("get", "payments/{payment}/timeline/"),
    ("post", "payments/{payment}/process_payment_intent/"),
    ("post", "payments/{payment}/collect_payment_method/"),
    ("post", "payments/{payment}/confirm_payment_intent/"),
    ("post", "payments/{payment}/change_order/"),
    ("post", "payments/{payment}/cancel/"),
    ("post", "payments/{payment}/capture/"),
    ("post", "payments/{payment}/detach/"),
    ("post", "payments/{payment}/increment_authorization/"),
    ("post", "payments/{payment}/refunds/"),
    ("post", "payments/{payment}/check_status/"),
]
TEXT = {"type": "text", "custom_text": {"title": "Your name"}}
LISTS = ["products", "readers", "orders", "payments", "card_rules", "customers", "saved_cards"]


@pytest.fixture
def ids(store, product, reader, order, approved):
    card = factories_money.SavedCardFactory.create(customer__store=store)
    return {
        "store": store.pk,
        "product": product.pk,
        "reader": reader.pk,
        "order": order.pk,
        "payment": approved.pk,
        "card_rule": factories_money.CardRuleFactory.create(store=store).pk,
        "reader_action": factories_money.ReaderActionFactory.create(
            payment=approved,
            reader=reader,
            status="succeeded",
            ended_at=timezone.now(),
        ).pk,
        "customer": card.customer_id,
        "saved_card": card.pk,
    }


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_answers_a_foreign_id_like_an_unknown_one(tablet, stranger, ids, method, path):
    def ask(client, known):
        return client.generic(
            method.upper(),
            "/api/v1/" + path.format_map(known),
            "{}",
            content_type="application/json",
        )

    foreign = ask(stranger, ids)
    assert untouched(ids)
    unknown = ask(stranger, dict.fromkeys(ids, 10**9))
    impossible = ask(stranger, dict.fromkeys(ids, 10**30))
    own = ask(tablet, ids)

    assert own.status_code != 404
    for answer in (foreign, unknown, impossible):
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"
    assert foreign.content == unknown.content == impossible.content


def untouched(ids):
    """Not even a bell was rung by somebody who then got a 404."""
    payment, reader = Payment.objects.get(pk=ids["payment"]), Reader.objects.get(pk=ids["reader"])
    return (payment.rung_at, reader.rung_at, payment.requests.count()) == (None, None, 0)


def test_covers_every_address_with_an_id():
    modules = (stores.urls, payments.urls, terminal.urls)
    routes = [str(route.pattern) for module in modules for route in module.urlpatterns]
    ours = {route for route in routes if "<int:pk>" in route}
    covered = {path.partition("{")[0] + "<int:pk>" + path.partition("}")[2] for _, path in PATHS}

    assert covered == ours


@pytest.mark.parametrize("name", LISTS)
def test_lists_nothing_of_other_stores(tablet, stranger, ids, name):
    assert stranger.get(f"/api/v1/{name}/").json()["results"] == []
    assert [row["id"] for row in tablet.get(f"/api/v1/{name}/").json()["results"]] == [
        ids[name[:-1]]
    ]


def test_lists_no_unsettled_payment_of_other_stores(tablet, stranger, ids):
    assert stranger.get("/api/v1/unresolved/").json()["results"] == []
    found = tablet.get("/api/v1/unresolved/").json()["results"]
    assert [row["payment"] for row in found] == [ids["payment"]]
    foreign = stranger.get(f"/api/v1/unresolved/?store={ids['store']}")
    assert foreign.json()["results"] == []


def test_lists_the_strangers_own_store_only(stranger, ids):
    assert ids["store"] not in [
        store["id"] for store in stranger.get("/api/v1/stores/").json()["results"]
    ]


@pytest.mark.parametrize("name", LISTS)
def test_finds_nothing_by_a_foreign_stores_id(stranger, ids, name):
    filtered = stranger.get(f"/api/v1/{name}/?store={ids['store']}")

    assert filtered.json()["results"] == []


def test_takes_no_store_of_others_for_an_order(stranger, ids):
    line = {"description": "Coffee", "unit_amount": 4_50, "quantity": 2}

    response = stranger.post(
        "/api/v1/orders/", {"store": ids["store"], "lines": [line]}, format="json"
    )

    assert (response.status_code, response.json()["code"]) == (422, "store_required")


def test_tells_nothing_of_a_default_reader_that_is_not_the_tablets(tablet, order, reader):
    other = factories_money.ReaderFactory.create(location__store=order.store)
    factories_money.DefaultReaderFactory.create(device__store=order.store, reader=other)

    response = tablet.post(f"/api/v1/orders/{order.pk}/payments/", {}, format="json")

    assert response.json()["code"] == "reader_required"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("set_reader_display", {"order": "order"}, "unknown_order"),
        ("collect_inputs", {"order": "order", "inputs": [TEXT]}, "unknown_order"),
        (
            "process_setup_intent",
            {"customer": "customer", "consent": True, "allow_redisplay": "limited"},
            "unknown_customer",
        ),
        ("process_setup_intent", {"saved_card": "saved_card", "consent": True}, "unknown_customer"),
    ],
)
def test_takes_nothing_of_another_store_to_its_own_reader(stranger, ids, path, body, code):
    store = Device.objects.exclude(store=ids["store"]).get().store
    own = factories_money.ReaderFactory.create(location__store=store)
    body = body | {
        name: ids[value] for name, value in body.items() if isinstance(value, str) and value in ids
    }

    response = stranger.post(f"/api/v1/readers/{own.pk}/{path}/", body, format="json")

    assert (response.status_code, response.json()["code"]) == (422, code)
