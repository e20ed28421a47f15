"""A tablet, a reader and an order of one store; a stranger's tablet in another."""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from stores.models import Device, Order, Product, Role, Store
from stores.services import create_order, pair_device
from terminal.models import Reader
from tests import factories, factories_money


class Tablet(APIClient):
    """A client with a device's token."""

    def __init__(self, token: str = "", **options):
        super().__init__(**options)
        if token:
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")


def post(client, path, body=None, **headers):
    """A POST of JSON; `headers` like `idempotency_key="k"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(f"/api/v1/{path}", body, format="json", headers=named)


@pytest.fixture
def store(db: None) -> Store:
    return factories.StoreFactory.create()


@pytest.fixture
def paired(store: Store) -> tuple[Device, str]:
    return pair_device(store, "Till tablet")


@pytest.fixture
def device(paired: tuple[Device, str]) -> Device:
    return paired[0]


@pytest.fixture
def tablet(paired: tuple[Device, str]) -> Tablet:
    return Tablet(paired[1])


@pytest.fixture
def stranger(db: None) -> Tablet:
    """A tablet of another store of another company."""
    return Tablet(pair_device(factories.StoreFactory.create(), "Stranger's")[1])


@pytest.fixture
def cashier(store: Store) -> User:
    return factories.MembershipFactory.create(store=store, role=Role.CASHIER).user


@pytest.fixture
def product(store: Store) -> Product:
    return factories.ProductFactory.create(store=store, unit_amount=10_00)


@pytest.fixture
def order(store: Store, product: Product, device: Device) -> Order:
    return create_order(store, [{"product": product.pk, "quantity": 2}], device=device)


@pytest.fixture
def reader(store: Store) -> Reader:
    return factories_money.ReaderFactory.create(location__store=store)


@pytest.fixture
def approved(order: Order):
    return factories_money.ApprovedPaymentFactory.create(order=order)


@pytest.fixture
def stopped(order: Order, reader: Reader):
    """A payment whose only try has failed: it waits for another."""
    payment = factories_money.PaymentFactory.create(order=order)
    factories_money.ReaderActionFactory.create(
        payment=payment,
        reader=reader,
        status="failed",
        failure_code="card_declined",
        ended_at=payment.created_at,
    )
    return payment
