"""A reader that Stripe shows elsewhere, or no more, takes no payments until somebody confirms."""

import pytest
from django.contrib.auth.models import User

from payments.models import Incident
from stores.principals import Principal
from terminal.errors import ReaderNotConfirmed, WrongReader
from terminal.services import attending, fleet, moved, sales
from tests.factories import LocationFactory


def read_anew(shop):
    attending.ring(shop.reader.pk)
    attending.attend(shop.reader.pk)
    shop.reader.refresh_from_db()


def manager():
    return Principal.of_user(User.objects.create_superuser("manager"))


def test_one_at_another_location_of_the_store_is_confirmed_by_a_manager(shop):
    there = fleet.create_location(LocationFactory.create(store=shop.store, stripe_id=None))
    shop.simulator.reader(shop.reader, location=there.stripe_id)
    read_anew(shop)
    assert not shop.reader.is_active
    told = Incident.objects.get()
    assert (told.kind, told.store) == ("reader_moved", shop.store)
    with pytest.raises(WrongReader, match="out of use"):
        sales.sell(shop.order(), shop.reader, by=shop.by)

    reader = moved.confirm(shop.reader, by=manager())
    assert (reader.is_active, reader.location) == (True, there)
    told.refresh_from_db()
    assert told.resolved_at is not None
    read_anew(shop)
    assert shop.sell().state == "waiting_for_card"


def test_one_that_stands_at_no_location_of_the_store_cannot_be_confirmed(shop):
    elsewhere = shop.simulator.stripe_post(
        "terminal/locations",
        account=shop.store.stripe_account,
        display_name="Elsewhere",
        **{
            "address[line1]": "1 Road",
            "address[country]": "US",
            "address[city]": "X",
            "address[state]": "NY",
            "address[postal_code]": "10001",
        },
    )
    shop.simulator.reader(shop.reader, location=elsewhere["id"])
    read_anew(shop)
    with pytest.raises(ReaderNotConfirmed):
        moved.confirm(shop.reader, by=manager())
    assert not Incident.objects.get().resolved_at


def test_one_that_was_registered_elsewhere_is_found_by_the_command_it_refuses(shop):
    shop.simulator.reader(shop.reader, condition="moved")
    payment = shop.sell()
    assert payment.state == "stopped"
    shop.reader.refresh_from_db()
    assert shop.reader.rung_at is not None or not shop.reader.is_active
    attending.attend(shop.reader.pk)
    shop.reader.refresh_from_db()
    assert not shop.reader.is_active
    assert Incident.objects.get().kind == "reader_moved"
    again = sales.try_again(payment, by=shop.by, reader=shop.other_reader)
    assert shop.converse(again).state == "waiting_for_card"


def test_reading_it_again_tells_nobody_twice(shop):
    shop.simulator.reader(shop.reader, condition="moved")
    read_anew(shop)
    read_anew(shop)
    assert Incident.objects.count() == 1
