"""Who may see which rows: stores/principals.py. It …"""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from stores import models
from stores.models import Role
from stores.principals import MANAGERS, STRIPE, SYSTEM, Principal
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
