"""Who may see which rows: stores/principals.py. It …"""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from stores import models
from stores.models import Role
from stores.principals import MANAGERS, RIGHTS, STRIPE, SYSTEM, Principal, Right
from tests import factories

pytestmark = pytest.mark.django_db

ROWS: dict[Any, Any] = {
    models.Location: factories.LocationFactory,
    models.Membership: factories.MembershipFactory,
    models.Device: factories.DeviceFactory,
    models.Product: factories.ProductFactory,
    models.Order: factories.OrderFactory,
    models.LogEntry: factories.LogEntryFactory,
}


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_shows_each_one_the_rows_of_their_own_store(
    model, store, other_store, cashier, stranger, superuser, device
):
    other_device = factories.DeviceFactory.create(store=other_store)
    ROWS[model].create(store=store)
    ROWS[model].create(store=other_store)

    def stores_seen(queryset):
        return set(queryset.values_list("store", flat=True))

    assert stores_seen(model.objects.visible_to(cashier)) == {store.pk}
    assert stores_seen(model.objects.visible_to(stranger)) == {other_store.pk}
    assert stores_seen(model.objects.for_principal(Principal.of_device(device))) == {store.pk}
    assert stores_seen(model.objects.for_principal(Principal.of_device(other_device))) == {
        other_store.pk
    }
    assert stores_seen(model.objects.visible_to(superuser)) == {store.pk, other_store.pk}


def test_shows_lines_with_their_order(store, other_store, cashier):
    mine = factories.OrderLineFactory.create(order__store=store)
    factories.OrderLineFactory.create(order__store=other_store)

    assert list(models.OrderLine.objects.visible_to(cashier)) == [mine]


def test_shows_stores_and_accounts_to_those_who_work_there(store, other_store, cashier, device):
    for principal in (Principal.of_user(cashier), Principal.of_device(device)):
        assert list(models.Store.objects.for_principal(principal)) == [store]
        assert list(models.Account.objects.for_principal(principal)) == [store.account]


def test_shows_an_account_once_to_one_who_works_in_two_of_its_stores(store, cashier):
    second = factories.StoreFactory.create(account=store.account)
    factories.MembershipFactory.create(user=cashier, store=second)

    assert models.Account.objects.for_principal(Principal.of_user(cashier)).count() == 1
    assert models.Store.objects.visible_to(cashier).count() == 2


def nobodies():
    yield Principal.of_user(AnonymousUser())
    yield Principal.of_user(factories.UserFactory.create())
    for attribute in ({"is_active": False}, {"is_staff": False}):
        member = factories.UserFactory.create(**attribute)
        factories.MembershipFactory.create(
            user=member, role=Role.OWNER, store=models.Store.objects.get()
        )
        yield Principal.of_user(member)
    yield Principal.of_user(factories.UserFactory.create(is_superuser=True, is_active=False))
    yield SYSTEM
    yield STRIPE


def test_shows_nothing_to_anyone_else(store):
    product = factories.ProductFactory.create(store=store)
    factories.OrderFactory.create(store=store)

    for nobody in nobodies():
        assert not models.Product.objects.for_principal(nobody).exists(), nobody
        assert not models.Store.objects.for_principal(nobody).exists(), nobody
        assert not models.Account.objects.for_principal(nobody).exists(), nobody
    assert models.Product.objects.get() == product


def test_shows_nothing_to_a_revoked_device(store, device):
    device.revoked_at = device.created_at

    assert not models.Store.objects.for_principal(Principal.of_device(device)).exists()


def test_can_ask_for_stores_where_someone_is_a_manager(store, cashier, manager, device):
    managed = [
        models.Store.objects.for_principal(principal, MANAGERS).exists()
        for principal in (
            Principal.of_user(manager),
            Principal.of_user(cashier),
            Principal.of_device(device),
        )
    ]

    assert managed == [True, False, False]


def test_locks_rows_it_shows_without_locking_memberships(store, cashier):
    factories.ProductFactory.create(store=store)

    query = models.Product.objects.visible_to(cashier).select_for_update().query

    assert " JOIN " not in str(query)


def test_names_the_one_who_acts(cashier, device):
    assert Principal.of(device=device, user=cashier).kind == "device"
    assert Principal.of(user=cashier).user_id == cashier.pk
    assert Principal.of() is SYSTEM


@pytest.fixture
def support(store):
    """Of the support, and a manager of one store besides, which changes nothing."""
    user = factories.MembershipFactory.create(store=store, role=Role.MANAGER).user
    return Principal.of_user(user, is_support=True)


def test_shows_all_to_the_support_and_lets_it_do_nothing(support, store, other_store):
    assert models.Store.objects.for_principal(support).count() == 2
    assert models.Account.objects.for_principal(support).count() == 2
    assert not models.Store.objects.for_principal(support, MANAGERS).exists()
    assert not support.may_act
    assert not any(support.may(right, store.pk) for right in Right)


def test_makes_an_owner_who_looks_as_support_no_more_than_that(store):
    user = factories.UserFactory.create(is_superuser=True)

    assert not Principal.of_user(user, is_support=True).is_platform_owner
    assert not Principal.of_user(user, is_support=True).may_act


@pytest.mark.parametrize("right", Right)
def test_gives_rights_by_role_in_the_store_and_nowhere_else(right, store, other_store, superuser):
    for role in Role:
        member = factories.MembershipFactory.create(store=store, role=role).user
        principal = Principal.of_user(member)
        assert principal.may(right, store.pk) == (role in RIGHTS[right])
        assert not principal.may(right, other_store.pk)
        assert not principal.may(right, None)
    assert Principal.of_user(superuser).may(right, store.pk)
    assert Principal.of_user(superuser).may(right, None)


@pytest.mark.parametrize("right", [Right.SET_FEES, Right.CHANGE_CHARGE_MODEL])
def test_gives_nobody_of_a_store_what_is_the_platforms(right, store):
    owner = factories.MembershipFactory.create(store=store, role=Role.OWNER).user
    assert not Principal.of_user(owner).may(right, store.pk)


def test_gives_no_right_to_a_tablet_or_nobody(store, device):
    for nobody in (Principal.of_device(device), *nobodies()):
        assert not any(nobody.may(right, store.pk) for right in Right), nobody


def test_shows_what_is_of_no_store_to_the_platform_only(store, cashier, superuser, support):
    row = models.LogEntry.objects.write(
        store=None, subject="support", subject_id=1, verb="x", message="x"
    )

    assert list(models.LogEntry.objects.visible_to(superuser)) == [row]
    assert list(models.LogEntry.objects.for_principal(support)) == [row]
    assert not models.LogEntry.objects.visible_to(cashier).exists()
