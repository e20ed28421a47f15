"""What managers and the platform are told of locations and readers that differ at Stripe, and how
they settle it.
"""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from payments.models import StripeRequest
from stores.models import LogEntry, Membership, SupportPerson
from stores.principals import Principal
from stores.services import cashiers, sessions
from stores.services.devices import authenticate_device
from terminal.models import FleetDifference
from tests import factories, factories_money
from tests.api.conftest import post


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


def settle(client, row, move, **more):
    return post(
        client,
        f"fleet_differences/{row.pk}/settle/",
        {"move": move, **more.pop("body", {})},
        **more,
    )


def test_a_manager_takes_what_stripe_has_and_it_is_written_down_who(store, label):
    manager = someone(store, "manager")
    label.shown = {"label": "Kasse"}
    label.save()

    answer = settle(manager, label, "take")

    assert answer.status_code == 200
    told = answer.json()
    assert (told["outcome"], told["moves"]) == ("settled", [])
    assert told["resolution"] == "Stripe's value was taken: Kasse."
    assert manager.get(f"/api/v1/fleet_differences/{label.pk}/").json() == told
    label.reader.refresh_from_db()
    assert label.reader.label == "Kasse"
    [entry] = LogEntry.objects.filter(verb="difference_settled")
    assert (str(entry.user), entry.old, entry.new) == ("manager", "Till 1", "Kasse")


def test_ours_is_promised_to_stripe_once_however_often_the_same_is_sent(store, label):
    manager = someone(store, "manager")

    first = settle(manager, label, "send", idempotency_key="k")
    again = settle(manager, label, "send", idempotency_key="k")

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
    [request] = StripeRequest.objects.all()
    assert request.path == f"/v1/terminal/readers/{label.reader.stripe_id}"
    assert request.params["label"] == "Till 1"


@pytest.mark.parametrize(
    ("move", "more"), [("retire", {}), ("adopt", {}), ("take", {"theirs": "Bar"})]
)
def test_what_does_not_settle_it_or_was_not_seen_so_changes_nothing(store, label, move, more):
    answer = settle(someone(store, "manager"), label, move, body=more)

    assert (answer.status_code, answer.json()["code"]) == (409, "difference_not_settled")
    label.refresh_from_db()
    assert (label.outcome, label.reader.label) == ("open", "Till 1")


def test_what_was_settled_is_not_settled_again(store, label):
    manager = someone(store, "manager")
    assert settle(manager, label, "leave", body={"theirs": "Kasse"}).json()["outcome"] == "left"

    assert settle(manager, label, "send").json()["code"] == "difference_not_settled"
    assert not StripeRequest.objects.exists()


@pytest.mark.parametrize(
    "body", [{}, {"move": "give_up"}, {"move": None}, {"move": "leave", "reader": 7}]
)
def test_a_body_says_one_of_the_moves_and_nothing_else(store, label, body):
    answer = post(someone(store, "manager"), f"fleet_differences/{label.pk}/settle/", body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    label.refresh_from_db()
    assert label.outcome == "open"


def test_tablets_cashiers_and_other_companies_settle_nothing(tablet, store, label):
    stranger = someone(factories.StoreFactory.create(), "owner")
    for client in (tablet, someone(store, "cashier"), stranger):
        assert settle(client, label, "leave").status_code == 404
    label.refresh_from_db()
    assert label.outcome == "open"


def test_a_manager_settles_on_a_tablet_with_their_pin(paired, tablet, store, label):
    person = factories.MembershipFactory.create(store=store, role="manager")
    owner = factories.MembershipFactory.create(store=store, role="owner")
    cashiers.set_pin(person, "2580", by=Principal.of_user(owner.user))
    device = authenticate_device(paired[1])
    assert device is not None
    cashiers.sign_in(device, person.pk, "2580")

    assert settle(tablet, label, "leave").status_code == 200

    [entry] = LogEntry.objects.filter(verb="difference_settled")
    assert (entry.device, entry.user) == (device, person.user)


def test_what_is_of_no_store_the_platform_settles_alone(store, unknown):
    assert settle(someone(store, "owner"), unknown, "leave").status_code == 404
    platform = client_of(User.objects.create_superuser("platform"))

    answers = [settle(platform, unknown, "leave", idempotency_key="k") for _ in range(2)]

    assert [answer.json()["outcome"] for answer in answers] == ["left", "left"]
    [entry] = LogEntry.objects.filter(verb="difference_settled")
    assert (entry.store, str(entry.user)) == (None, "platform")


def test_support_with_a_reason_looks_and_settles_nothing(store, label, unknown):
    person = User.objects.create_user("support", is_staff=True)
    SupportPerson.objects.create(user=person)
    support = client_of(person)
    assert results(support) == []
    session = support.session
    sessions.look_as_support(person, session, "Ticket 7: a till has another name")
    session.save()

    assert [row["id"] for row in results(support)] == [unknown.pk, label.pk]
    for url in ("differences", "reconciliations"):
        assert support.get(f"/api/v1/{url}/").status_code == 200
    assert settle(support, label, "leave").status_code == 403
    label.refresh_from_db()
    assert label.outcome == "open"
