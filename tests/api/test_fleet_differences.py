"""What managers and the platform are told of locations and readers that differ at Stripe."""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from stores.models import Membership
from terminal.models import FleetDifference
from tests import factories, factories_money


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def someone(store, role) -> APIClient:
    user = User.objects.create_user(role, is_staff=True)
    Membership.objects.create(user=user, store=store, role=role)
    return client_of(user)


def results(client, query=""):
    return client.get(f"/api/v1/fleet_differences/{query}").json()["results"]


@pytest.fixture
def label(store):
    return factories_money.FleetDifferenceFactory.create(
        reader=factories_money.ReaderFactory.create(location__store=store, label="Till 1")
    )


@pytest.fixture
def unknown(label):
    """A reader at the platform that stands in nobody's location."""
    return FleetDifference.objects.create(
        stripe_account="", object_id="tmr_nobodys", kind="unknown", theirs="Lost"
    )


@pytest.mark.parametrize("role", ["manager", "owner"])
def test_who_looks_after_the_store_is_told_what_differs_and_what_settles_it(store, label, role):
    [row] = results(someone(store, role))
    assert row["reader"] == label.reader_id
    assert (row["kind"], row["ours"], row["theirs"]) == ("label", "Till 1", "Kasse")
    assert row["message"] == "The label at Stripe is Kasse; here it is Till 1."
    assert row["moves"] == ["take", "send", "leave"]
    assert (row["outcome"], row["settled_at"]) == ("open", None)


def test_what_is_over_says_how_and_offers_nothing(store, label):
    FleetDifference.objects.update(
        outcome="settled", resolution="Ours was sent.", settled_at=label.found_at
    )
    manager = someone(store, "manager")
    assert results(manager, "?outcome=open") == []
    [row] = results(manager, "?outcome=settled")
    assert (row["moves"], row["resolution"]) == ([], "Ours was sent.")


def test_filters_by_reader_location_kind_and_store(store, label):
    location = factories.LocationFactory.create(store=store)
    other = FleetDifference.objects.create(
        store=store,
        location=location,
        object_id="tml_1",
        kind="display_name",
        ours=location.display_name,
        theirs="Bar",
    )
    manager = someone(store, "manager")

    def ids(query):
        return [row["id"] for row in results(manager, query)]

    assert ids("") == [other.pk, label.pk]  # newest first
    assert ids(f"?reader={label.reader_id}") == ids("?kind=label") == [label.pk]
    assert ids(f"?location={location.pk}") == ids("?kind=display_name") == [other.pk]
    assert ids(f"?store={store.pk}") == [other.pk, label.pk]


def test_what_is_of_no_store_is_the_platforms_alone(store, unknown):
    assert [row["kind"] for row in results(someone(store, "owner"))] == ["label"]
    platform = client_of(User.objects.create_superuser("platform"))
    assert {row["object"] for row in results(platform)} > {"tmr_nobodys"}


def test_tablets_cashiers_and_other_companies_see_nothing(tablet, store, label):
    stranger = someone(factories.StoreFactory.create(), "owner")
    for client in (tablet, someone(store, "cashier"), stranger):
        assert results(client) == []
        assert results(client, f"?reader={label.reader_id}") == []


def test_a_list_costs_the_same_however_long(store, django_assert_num_queries):
    manager = someone(store, "manager")
    for _ in range(5):
        factories_money.FleetDifferenceFactory.create(
            reader=factories_money.ReaderFactory.create(location__store=store)
        )
    results(manager)
    with django_assert_num_queries(4):
        assert len(results(manager)) == 5
