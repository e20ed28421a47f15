"""Locations and readers of a store: added, changed, moved and retired, here and at Stripe."""

import pytest

from payments.models import Incident, StripeRequest
from payments.services import errands
from stores.models import Account, Location, LogEntry
from stores.principals import SYSTEM, Principal
from terminal.models import DefaultReader, Reader
from terminal.services import fleet, locations, readers, sales
from tests.factories import LocationFactory, MembershipFactory
from tests.factories_money import ReaderFactory


def work():
    """Workers take up what waits; again for what that brings about."""
    done: set[int] = set()
    waiting = StripeRequest.objects.filter(status="planned", payment=None, reader_id=None)
    while due := set(waiting.values_list("pk", flat=True)) - done:
        done |= due
        for pk in sorted(due):
            errands.carry_out(pk)


def add(shop, **address):
    location = LocationFactory.build(store=shop.store, stripe_id=None, country="US", **address)
    locations.save(location, by=SYSTEM)
    work()
    location.refresh_from_db()
    return location


def register(shop, location=None, code="simulated-wpe", label="Till 3", **more):
    registration = fleet.register(
        location=location or shop.reader.location,
        registration_code=code,
        label=label,
        by=SYSTEM,
        **more,
    )
    work()
    registration.refresh_from_db()
    return registration


def at_stripe(shop, path):
    return shop.simulator.stripe_get(f"terminal/{path}", shop.store.stripe_account)


def test_a_location_is_created_at_stripe_and_changed_there(shop):
    location = add(shop, display_name="Roof bar", line2="4th floor")
    location.line1, location.line2, location.display_name = "2 Main Street", "", "Roof"
    locations.save(location, by=SYSTEM)
    work()

    there = at_stripe(shop, f"locations/{location.stripe_id}")
    assert there["display_name"] == "Roof"
    assert (there["address"]["line1"], there["address"]["line2"]) == ("2 Main Street", None)
    assert {each.status for each in locations.requests_of(location)} == {"succeeded"}


def test_what_is_changed_while_stripe_is_being_told_is_told_then(shop):
    location = add(shop)
    for line1 in ("2 Main Street", "3 Main Street", "2 Main Street", "4 Main Street"):
        location.line1 = line1
        locations.save(location, by=SYSTEM)
    work()

    there = at_stripe(shop, f"locations/{location.stripe_id}")
    assert there["address"]["line1"] == "4 Main Street"
    assert locations.requests_of(location).count() == 3  # create, the first change, the last


def test_what_stripe_refuses_of_a_location_is_said_and_saved_again(shop):
    refusal = {"type": "invalid_request_error", "message": "No such street."}
    shop.simulator.fault("locations.create", "before", "error", status=400, error=refusal)
    location = add(shop)
    assert location.stripe_id is None
    assert LogEntry.objects.filter(message__contains="No such street.").exists()

    locations.save(location, by=SYSTEM)
    work()
    location.refresh_from_db()
    assert location.stripe_id


def test_a_location_is_retired_when_no_reader_stands_there(shop):
    location = add(shop)
    reader = register(shop, location).reader
    with pytest.raises(locations.LocationNotRetired, match="Till 3 stands there"):
        locations.retire(location, by=SYSTEM)
    readers.retire(reader, by=SYSTEM)
    work()
    locations.retire(location, by=SYSTEM)
    work()

    assert at_stripe(shop, f"locations/{location.stripe_id}")["deleted"]
    with pytest.raises(fleet.RegistrationRefused, match="is retired"):
        register(shop, Location.objects.get(pk=location.pk))


def test_a_reader_is_registered_by_its_code_and_sells(shop):
    reader = register(shop).reader

    assert at_stripe(shop, f"readers/{reader.stripe_id}")["label"] == "Till 3"
    payment = sales.sell(shop.order(), reader, by=shop.by)
    assert shop.converse(payment).state == "waiting_for_card"


def test_a_wrong_code_registers_nothing_and_says_what_may_be_wrong(shop):
    registration = register(shop, code="seldom-seen-swan")

    assert registration.reader is None
    assert "mistyped" in fleet.sentence(registration)
    assert "another Stripe account" in fleet.sentence(registration)
    assert Reader.objects.count() == 2


def test_a_code_that_was_used_already_is_not_sent_again(shop):
    register(shop, code="simulated-s700")
    used = StripeRequest.objects.filter(kind="reader.create").latest("pk")
    used.params["registration_code"] = "seldom-seen-swan"
    used.save()

    with pytest.raises(fleet.RegistrationRefused, match="used already: Till 3"):
        register(shop, code="Seldom-Seen-Swan ")


def test_no_reader_of_another_store_moves_here(shop):
    other = ReaderFactory.create()
    with pytest.raises(fleet.RegistrationRefused, match="none of this store"):
        register(shop, replaces=other)
    other.refresh_from_db()
    assert (other.retired_at, StripeRequest.objects.count()) == (None, 0)


def test_a_simulated_code_is_refused_in_live_mode(shop, settings):
    settings.STRIPE_LIVE_MODE = True
    with pytest.raises(fleet.RegistrationRefused, match="test mode only"):
        register(shop)


def test_a_reader_goes_only_where_account_store_and_location_are_in_one_country(shop):
    location = add(shop)
    Account.objects.filter(pk=shop.store.account_id).update(country="GB")
    with pytest.raises(
        fleet.RegistrationRefused, match="US, the store in US and its account in GB"
    ):
        register(shop, location)
    assert not StripeRequest.objects.filter(params__location=location.stripe_id).exists()


def test_a_reader_goes_to_no_location_of_another_account_than_the_stores(shop):
    location = add(shop)
    Location.objects.filter(pk=location.pk).update(stripe_account="")
    with pytest.raises(fleet.RegistrationRefused, match="in another Stripe account"):
        register(shop, location)
    assert not StripeRequest.objects.filter(params__location=location.stripe_id).exists()


def test_a_reader_that_may_not_work_in_its_country_is_told_in_plain_words(shop):
    code = "terminal_reader_invalid_location_for_activation"
    refusal = {"type": "invalid_request_error", "code": code, "message": "No."}
    shop.simulator.fault("readers.create", "before", "error", status=400, error=refusal)

    assert "kind of reader" in fleet.sentence(register(shop))


def test_a_registration_whose_answer_is_lost_makes_one_reader(shop):
    shop.simulator.fault("readers.create", "after", "reset")
    registration = register(shop)
    assert "being asked" in fleet.sentence(registration)
    StripeRequest.objects.filter(status="planned").update(next_try_at=registration.created_at)
    work()

    assert len(shop.simulator.objects("readers")) == 3
    assert Reader.objects.filter(label="Till 3").count() == 1


def test_a_new_label_shows_with_stripes_yes(shop):
    readers.rename(shop.reader, "Bar", by=SYSTEM)
    shop.reader.refresh_from_db()
    assert shop.reader.label == "Till 1"
    work()
    shop.reader.refresh_from_db()

    assert shop.reader.label == "Bar"
    assert at_stripe(shop, f"readers/{shop.reader.stripe_id}")["label"] == "Bar"


def test_a_label_that_stripe_refuses_stays_as_it_was(shop):
    refusal = {"type": "invalid_request_error", "message": "No."}
    shop.simulator.fault("readers.update", "before", "error", status=400, error=refusal)
    readers.rename(shop.reader, "Bar", by=SYSTEM)
    work()
    shop.reader.refresh_from_db()

    assert shop.reader.label == "Till 1"
    assert LogEntry.objects.filter(verb="not_renamed", reader_id=shop.reader.pk).exists()


def test_a_reader_moves_by_being_registered_anew_and_its_tablets_follow(shop):
    payment = shop.sell()
    shop.tap()
    shop.ring(payment)
    DefaultReader.objects.create(device=shop.device, store=shop.store, reader=shop.reader)
    there = add(shop)
    moved = register(shop, there, label="Till 1", replaces=shop.reader).reader
    shop.reader.refresh_from_db()

    assert (moved.location, moved.is_active) == (there, True)
    assert shop.reader.retired_at is not None
    assert at_stripe(shop, f"readers/{shop.reader.stripe_id}")["deleted"]
    assert DefaultReader.objects.get(device=shop.device).reader == moved
    assert payment.reader_actions.get().reader == shop.reader  # the history stays


def test_a_reader_with_a_sale_on_it_is_not_retired(shop):
    payment = shop.sell()
    with pytest.raises(readers.ReaderNotRetired, match=f"busy with order {payment.order.number}"):
        readers.retire(shop.reader, by=SYSTEM)

    shop.tap()
    shop.ring(payment)
    readers.retire(shop.reader, by=SYSTEM)
    work()
    assert at_stripe(shop, f"readers/{shop.reader.stripe_id}")["deleted"]
    with pytest.raises(Exception, match="no such reader in use"):
        shop.sell()


def test_a_reader_that_stripe_knows_no_more_is_retired_all_the_same(shop):
    shop.simulator.forget_reader(shop.reader)
    readers.retire(shop.reader, by=SYSTEM)
    work()
    assert not Incident.objects.filter(kind="reader_not_deleted").exists()


def test_a_person_hears_when_stripe_does_not_delete_a_reader(shop):
    refusal = {"type": "invalid_request_error", "message": "Not now."}
    shop.simulator.fault("readers.delete", "before", "error", status=400, error=refusal)
    readers.retire(shop.reader, by=SYSTEM)
    work()
    assert "Not now." in Incident.objects.get(kind="reader_not_deleted").message


def test_only_managers_change_the_fleet(shop):
    cashier = Principal.of_user(MembershipFactory.create(store=shop.store).user)
    for nobody in (cashier, shop.by):
        for change in (
            lambda by: readers.rename(shop.reader, "Bar", by=by),
            lambda by: readers.retire(shop.reader, by=by),
            lambda by: locations.save(shop.reader.location, by=by),
            lambda by: locations.retire(shop.reader.location, by=by),
            lambda by: fleet.register(
                location=shop.reader.location, registration_code="x", label="X", by=by
            ),
        ):
            with pytest.raises(readers.FleetNotAllowed):
                change(nobody)
    manager = Principal.of_user(MembershipFactory.create(store=shop.store, role="manager").user)
    readers.rename(shop.reader, "Bar", by=manager)
