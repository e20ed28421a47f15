"""Who works where is an owner's to say, whichever door is used: the services refuse all others."""

import pytest

from stores.errors import NotForYou
from stores.models import LogEntry, Membership, Role
from stores.principals import Principal
from stores.services import people
from tests import factories


@pytest.fixture
def store(db):
    return factories.StoreFactory.create()


@pytest.fixture
def clerk(store):
    return factories.MembershipFactory.create(store=store)


def of(role, **where):
    return Principal.of_user(factories.MembershipFactory.create(role=role, **where).user)


def everything(store, clerk):
    newcomer = factories.UserFactory.create()
    return {
        "employ": lambda by: people.employ(newcomer, store, Role.OWNER, by=by),
        "change_role": lambda by: people.change_role(clerk, Role.OWNER, by=by),
        "dismiss": lambda by: people.dismiss(clerk, by=by),
        "reset_second_factor": lambda by: people.reset_second_factor(clerk.user, by=by),
    }


@pytest.mark.parametrize("what", ["employ", "change_role", "dismiss", "reset_second_factor"])
@pytest.mark.parametrize("who", ["cashier", "manager", "foreign owner", "support"])
def test_refuses_whoever_does_not_own_the_store(store, clerk, what, who):
    by = {
        "cashier": lambda: of(Role.CASHIER, store=store),
        "manager": lambda: of(Role.MANAGER, store=store),
        "foreign owner": lambda: of(Role.OWNER),
        "support": lambda: Principal.of_user(factories.UserFactory.create(), is_support=True),
    }[who]()
    before = set(Membership.objects.values_list("user", "store", "role"))

    with pytest.raises(NotForYou):
        everything(store, clerk)[what](by)

    assert set(Membership.objects.values_list("user", "store", "role")) == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("what", ["employ", "change_role", "dismiss", "reset_second_factor"])
def test_does_it_for_the_owner_and_writes_down_who_it_was(store, clerk, what):
    by = of(Role.OWNER, store=store)
    everything(store, clerk)[what](by)
    assert {row.user_id for row in LogEntry.objects.all()} == {by.user_id}
