"""Two stores of two companies, with their people and tablets."""

import pytest
from django.contrib.auth.models import User

from stores.models import Device, Role, Store
from tests import factories


@pytest.fixture
def store(db: None) -> Store:
    return factories.StoreFactory.create()


@pytest.fixture
def other_store(db: None) -> Store:
    return factories.StoreFactory.create()


@pytest.fixture
def cashier(store: Store) -> User:
    return factories.MembershipFactory.create(store=store, role=Role.CASHIER).user


@pytest.fixture
def manager(store: Store) -> User:
    return factories.MembershipFactory.create(store=store, role=Role.MANAGER).user


@pytest.fixture
def stranger(other_store: Store) -> User:
    """An owner, but of another store."""
    return factories.MembershipFactory.create(store=other_store, role=Role.OWNER).user


@pytest.fixture
def superuser(db: None) -> User:
    return factories.UserFactory.create(is_superuser=True)


@pytest.fixture
def device(store: Store) -> Device:
    return factories.DeviceFactory.create(store=store)
