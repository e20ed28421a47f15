"""Two stores of two companies with their people, and clients that are signed in as them."""

import pytest

from stores.models import Role
from tests import factories


@pytest.fixture(autouse=True)
def no_static_files(settings):
    """Looking for them at the first request of each test took a fifth of the time."""
    settings.WHITENOISE_USE_FINDERS = False


@pytest.fixture
def store(db):
    return factories.StoreFactory.create(name="Harbour Street")


@pytest.fixture
def other_store(db):
    account = factories.AccountFactory.create(name="Canary Company")
    return factories.StoreFactory.create(name="Canary Store", account=account)


@pytest.fixture
def staff(store, other_store):
    """Who works where, by what a test calls them. A stranger owns another store."""
    return {
        "cashier": factories.MembershipFactory.create(store=store, role=Role.CASHIER).user,
        "manager": factories.MembershipFactory.create(store=store, role=Role.MANAGER).user,
        "stranger": factories.MembershipFactory.create(store=other_store, role=Role.OWNER).user,
        "newcomer": factories.UserFactory.create(),
        "superuser": factories.UserFactory.create(is_superuser=True),
    }


@pytest.fixture
def sign_in(client, staff):
    """Sign in as one of the staff; their client."""

    def as_one(name):
        client.force_login(staff[name])
        return client

    return as_one
