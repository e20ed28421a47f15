"""The nightly comparison of locations and readers: it tells what differs, and a person settles."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from payments.models import Reconciliation, RequestStatus, StripeRequest
from payments.services import errands, reconciliation
from stores.models import Location, LogEntry, Role
from stores.principals import SYSTEM, Principal
from terminal.models import FleetDifference, Reader, ReaderConfiguration
from terminal.services import configuring, fleet, fleet_settling, readers
from terminal.services.fleet_settling import DifferenceNotSettled, Move, settle
from terminal.services.readers import FleetNotAllowed
from tests.factories import LocationFactory, MembershipFactory
from tests.money.conftest import open_shop


@pytest.fixture(autouse=True)
def enough_reads(settings):
    settings.STRIPE_READS_PER_SECOND = 1000


def compare(shop) -> list[FleetDifference]:
    """A night passes; what is open afterwards."""
    row = reconciliation.start(shop.store.stripe_account, timezone.now())
    for _ in range(5):
        Reconciliation.objects.filter(pk=row.pk).update(claimed_until=timezone.now())
        if reconciliation.carry_on(row.pk):
            break
    row.refresh_from_db()
    assert row.finished_at is not None, row.error
    return list(FleetDifference.objects.filter(outcome="open").order_by("pk"))


def found(rows) -> list[tuple[str, str]]:
    return [(row.kind, row.object_id) for row in rows]


def carry_out() -> None:
    for request in StripeRequest.objects.filter(status=RequestStatus.PLANNED, payment=None):
        errands.carry_out(request.pk)


def manager(shop) -> Principal:
    user = User.objects.create_user("manager", is_staff=True)
    MembershipFactory.create(user=user, store=shop.store, role=Role.MANAGER)
    return Principal.of_user(user)


def dashboard(shop, path, **params):
    return shop.simulator.stripe_post(path, shop.store.stripe_account, **params)


def at_stripe(shop, thing):
    kind = "readers" if isinstance(thing, Reader) else "locations"
    path = f"terminal/{kind}/{thing.stripe_id}"
    return shop.simulator.stripe_get(path, shop.store.stripe_account)


def rename_at_stripe(shop, label="Kasse"):
    dashboard(shop, f"terminal/readers/{shop.reader.stripe_id}", label=label)


@pytest.mark.parametrize("charge_model", ["direct", "destination"])
def test_what_is_the_same_is_no_difference(simulator, db, charge_model):
    shop = open_shop(simulator, charge_model)
    assert compare(shop) == []
    assert Reader.objects.filter(compared_at=None).count() == 0
    # Equal ones are known by the lists alone.
    asked = simulator.exchanges("GET", "/v1/terminal/")
    assert [each["path"] for each in asked] == ["/v1/terminal/locations", "/v1/terminal/readers"]


def test_a_label_given_in_the_dashboard_is_told_and_not_taken_over(shop):
    rename_at_stripe(shop)
    [row] = compare(shop)
    assert (row.kind, row.ours, row.theirs) == ("label", "Till 1", "Kasse")
    assert (row.store, row.reader) == (shop.store, shop.reader)
    shop.reader.refresh_from_db()
    assert shop.reader.label == "Till 1"
    assert "Kasse" in LogEntry.objects.get(verb="differs").message
    compare(shop)
    assert FleetDifference.objects.count() == 1


def test_reading_a_reader_for_a_sale_takes_no_label_over(shop):
    rename_at_stripe(shop)
    payment = shop.sell()
    shop.ring(payment)
    shop.reader.refresh_from_db()
    assert shop.reader.label == "Till 1"


def test_stripes_label_is_taken_when_a_manager_says_so(shop):
    rename_at_stripe(shop)
    [row] = compare(shop)
    by = manager(shop)
    settle(row, Move.TAKE, by=by)
    shop.reader.refresh_from_db()
    row.refresh_from_db()
    assert (shop.reader.label, row.outcome, row.user_id) == ("Kasse", "settled", by.user_id)
    assert LogEntry.objects.get(verb="difference_settled").user_id == by.user_id
    assert compare(shop) == []
    assert not StripeRequest.objects.filter(kind=readers.UPDATE).exists()


def test_our_label_is_sent_when_a_manager_says_so(shop):
    rename_at_stripe(shop)
    [row] = compare(shop)
    settle(row, Move.SEND, by=manager(shop))
    carry_out()
    assert at_stripe(shop, shop.reader)["label"] == "Till 1"
    assert compare(shop) == []


def test_what_was_left_is_told_again_only_when_it_differs_in_another_way(shop):
    rename_at_stripe(shop)
    [row] = compare(shop)
    settle(row, Move.LEAVE, by=manager(shop))
    assert compare(shop) == []
    rename_at_stripe(shop, "Caisse")
    [row] = compare(shop)
    assert row.theirs == "Caisse"


def test_what_is_equal_again_closes_by_itself(shop):
    rename_at_stripe(shop)
    [row] = compare(shop)
    rename_at_stripe(shop, "Till 1")
    assert compare(shop) == []
    row.refresh_from_db()
    assert (row.outcome, row.user) == ("equal", None)


def test_metadata_that_were_changed_are_sent_anew(shop):
    dashboard(shop, f"terminal/readers/{shop.reader.stripe_id}", **{"metadata[store]": "77"})
    place = shop.reader.location
    dashboard(shop, f"terminal/locations/{place.stripe_id}", **{"metadata[location]": ""})
    rows = compare(shop)
    assert found(rows) == [("metadata", place.stripe_id), ("metadata", shop.reader.stripe_id)]
    by = manager(shop)
    for row in rows:
        settle(row, Move.SEND, by=by)
    carry_out()
    assert compare(shop) == []
    assert at_stripe(shop, shop.reader)["metadata"]["store"] == str(shop.store.pk)
    assert at_stripe(shop, place)["metadata"]["location"] == str(place.pk)


@pytest.mark.parametrize("move", [Move.TAKE, Move.SEND])
def test_a_locations_name_and_address_are_settled_either_way(shop, move):
    place = shop.reader.location
    name, line1 = place.display_name, place.line1
    changed = {"display_name": "New name", "address[line1]": "9 Other Street"}
    dashboard(shop, f"terminal/locations/{place.stripe_id}", **changed)
    rows = compare(shop)
    assert [row.kind for row in rows] == ["display_name", "address"]
    by = manager(shop)
    settle(rows[0], move, by=by)
    if move == Move.SEND:  # it sends the whole location
        carry_out()
    else:
        settle(rows[1], move, by=by)
    assert compare(shop) == []
    place.refresh_from_db()
    taken = ("New name", "9 Other Street")
    assert (place.display_name, place.line1) == (taken if move == Move.TAKE else (name, line1))


def test_an_address_that_is_none_here_is_not_taken(shop):
    place = shop.reader.location
    place.postal_code = "10001"
    place.save()
    changed = {"address[postal_code]": "1000"}
    dashboard(shop, f"terminal/locations/{place.stripe_id}", **changed)
    [row] = compare(shop)
    with pytest.raises(DifferenceNotSettled, match="Five digits"):
        settle(row, Move.TAKE, by=manager(shop))
    place.refresh_from_db()
    assert place.postal_code == "10001"


def test_a_reader_deleted_at_stripe_is_out_of_use_and_retired_by_a_manager(shop):
    shop.simulator.forget_reader(shop.reader)
    [row] = compare(shop)
    assert (row.kind, row.reader) == ("missing", shop.reader)
    shop.reader.refresh_from_db()
    assert not shop.reader.is_active
    settle(row, Move.RETIRE, by=manager(shop))
    carry_out()
    shop.reader.refresh_from_db()
    assert shop.reader.retired_at is not None
    assert compare(shop) == []


def test_a_location_deleted_at_stripe_is_created_anew(shop):
    place = fleet.create_location(LocationFactory.create(store=shop.store, stripe_id=None))
    old = place.stripe_id
    shop.simulator.forget_location(place)
    [row] = compare(shop)
    assert (row.kind, row.location) == ("missing", place)
    settle(row, Move.SEND, by=manager(shop))
    carry_out()
    place.refresh_from_db()
    assert place.stripe_id not in (None, old)
    assert compare(shop) == []


def test_a_reader_that_stands_elsewhere_is_confirmed_there(shop):
    there = fleet.create_location(LocationFactory.create(store=shop.store, stripe_id=None))
    shop.simulator.reader(shop.reader, location=there.stripe_id)
    [row] = compare(shop)
    assert (row.kind, row.theirs) == ("location", str(there))
    shop.reader.refresh_from_db()
    assert not shop.reader.is_active
    settle(row, Move.TAKE, by=manager(shop))
    shop.reader.refresh_from_db()
    assert (shop.reader.is_active, shop.reader.location) == (True, there)
    assert compare(shop) == []


@pytest.mark.parametrize("charge_model", ["destination"])
def test_a_reader_in_another_companys_location_does_not_say_whose(simulator, db, charge_model):
    shop = open_shop(simulator, charge_model)
    foreign = LocationFactory.create(store__charge_model="destination", display_name="Rival")
    foreign.stripe_id = simulator.make_location(foreign)
    foreign.save(update_fields=["stripe_id"])
    assert (foreign.stripe_account, shop.reader.stripe_account) == ("", "")
    shop.simulator.reader(shop.reader, location=foreign.stripe_id)
    told = [row for row in compare(shop) if row.reader == shop.reader]
    assert [(row.kind, row.theirs) for row in told] == [("location", foreign.stripe_id)]


def test_an_unknown_reader_at_a_location_of_ours_is_adopted(shop):
    made = dashboard(
        shop,
        "terminal/readers",
        registration_code="simulated-s700",
        label="Terrace",
        location=shop.reader.location.stripe_id,
    )
    [row] = compare(shop)
    assert (row.kind, row.object_id, row.store) == ("unknown", made["id"], shop.store)
    settle(row, Move.ADOPT, by=manager(shop))
    reader = Reader.objects.get(stripe_id=made["id"])
    assert (reader.label, reader.location) == ("Terrace", shop.reader.location)
    assert reader.is_active
    carry_out()
    assert at_stripe(shop, reader)["metadata"]["store"] == str(shop.store.pk)
    assert compare(shop) == []


def address(**changed):
    lines = {"line1": "1 Road", "country": "US", "city": "X", "state": "NY", "postal_code": "10001"}
    return {f"address[{name}]": value for name, value in (lines | changed).items()}


def test_an_unknown_location_becomes_one_of_the_store(shop):
    made = dashboard(shop, "terminal/locations", display_name="Terrace", **address())
    [row] = compare(shop)
    assert (row.kind, row.store) == ("unknown", shop.store)
    settle(row, Move.ADOPT, by=manager(shop))
    place = Location.objects.get(stripe_id=made["id"])
    assert (place.store, place.display_name, place.line1) == (shop.store, "Terrace", "1 Road")
    carry_out()
    assert compare(shop) == []


def test_a_location_whose_creation_nobody_heard_of_is_found_again(shop):
    place = LocationFactory.create(store=shop.store, stripe_id=None)
    named = {"metadata[location]": str(place.pk), "metadata[store]": str(shop.store.pk)}
    made = dashboard(shop, "terminal/locations", display_name="Lost", **address(), **named)
    [row] = compare(shop)
    assert row.location == place
    settle(row, Move.ADOPT, by=manager(shop))
    place.refresh_from_db()
    assert place.stripe_id == made["id"]
    assert Location.objects.filter(stripe_id=made["id"]).count() == 1


def test_one_of_the_platform_that_names_no_store_is_the_platforms_to_settle(simulator, db):
    shop = open_shop(simulator, "destination")
    simulator.stripe_post("terminal/locations", display_name="Elsewhere", **address())
    [row] = compare(shop)
    assert row.store is None
    assert not FleetDifference.objects.for_principal(manager(shop)).exists()
    assert fleet_settling.moves(row) == (Move.LEAVE,)
    with pytest.raises(FleetNotAllowed):
        settle(row, Move.LEAVE, by=Principal.of_user(User.objects.get(username="manager")))


def test_a_cashier_settles_nothing(shop):
    rename_at_stripe(shop)
    [row] = compare(shop)
    with pytest.raises(FleetNotAllowed):
        settle(row, Move.TAKE, by=shop.by)
    row.refresh_from_db()
    assert row.outcome == "open"


def test_what_stripe_is_being_told_just_now_is_no_difference(shop):
    readers.rename(shop.reader, "Bar", by=manager(shop))
    rename_at_stripe(shop)
    assert compare(shop) == []


def test_facts_that_only_stripe_knows_are_taken_over(shop):
    Reader.objects.update(device_sw_version="", ip_address="", read_at=None)
    shop.simulator.reader(shop.reader, software="2.50.1")
    assert compare(shop) == []
    shop.reader.refresh_from_db()
    assert shop.reader.device_sw_version == "2.50.1"
    assert shop.reader.ip_address != ""
    assert shop.reader.read_at is None  # what it does just now a list does not say for sure


def test_it_settles_only_what_is_open(shop):
    rename_at_stripe(shop)
    [row] = compare(shop)
    by = manager(shop)
    settle(row, Move.TAKE, by=by)
    with pytest.raises(DifferenceNotSettled):
        settle(row, Move.SEND, by=by)


def test_reads_come_from_the_accounts_budget(shop, settings):
    settings.STRIPE_READS_PER_SECOND = 1
    row = reconciliation.start(shop.store.stripe_account, timezone.now())
    assert not reconciliation.carry_on(row.pk)
    row.refresh_from_db()
    assert row.claimed_until > timezone.now() + timedelta(seconds=1)


# Configurations


def set_up(shop):
    row = ReaderConfiguration(
        store=shop.store, asks_for_tips=True, percentages=[15, 18, 20], cellular_enabled=False
    )
    configuring.change(row, by=SYSTEM)
    configuring.tell_now(shop.store)
    row.refresh_from_db()
    return row, row.configurations[shop.store.stripe_account]


@pytest.mark.parametrize("charge_model", ["direct", "destination"])
def test_what_a_configuration_says_in_the_dashboard_is_told_and_sent_anew(
    simulator, db, charge_model
):
    shop = open_shop(simulator, charge_model)
    row, id = set_up(shop)
    assert compare(shop) == []
    path = f"terminal/configurations/{id}"
    tips = {"tipping[usd][percentages][]": [1, 2, 3]}
    dashboard(shop, path, **tips, **{"offline[enabled]": "true"})

    [differs] = compare(shop)
    assert (differs.kind, differs.configuration, differs.store) == ("settings", row, shop.store)
    assert differs.ours == "Tips: 15 %, 18 %, 20 %; Payments while offline: not set"
    assert differs.theirs == "Tips: 1 %, 2 %, 3 %; Payments while offline: allowed"
    assert row.version == 1
    settle(differs, Move.SEND, by=manager(shop))
    carry_out()
    assert compare(shop) == []
    shown = shop.simulator.stripe_get(path, shop.store.stripe_account)
    assert (shown["tipping"], "offline" in shown) == ({"usd": {"percentages": [15, 18, 20]}}, False)


def test_a_configuration_that_was_deleted_at_stripe_is_made_anew(shop):
    row, id = set_up(shop)
    shop.simulator.stripe_delete(f"terminal/configurations/{id}", shop.store.stripe_account)

    gone, used = sorted(compare(shop), key=lambda each: each.kind, reverse=True)
    assert (gone.kind, gone.object_id, used.kind) == ("missing", id, "configuration")
    assert gone.configuration == row
    settle(gone, Move.SEND, by=manager(shop))
    for _ in range(3):
        carry_out()
    assert compare(shop) == []
    row.refresh_from_db()
    anew = row.configurations[shop.store.stripe_account]
    assert anew != id
    assert at_stripe(shop, shop.reader.location)["configuration_overrides"] == anew


def test_a_configuration_that_is_being_told_is_no_difference(shop):
    row, _ = set_up(shop)
    row.cellular_enabled = True
    configuring.change(row, by=SYSTEM)

    assert compare(shop) == []
    configuring.tell_now(shop.store)
    assert compare(shop) == []
