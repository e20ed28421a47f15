"""Readers come, move and go, and locations are kept, by forms and buttons of managers. It …"""

import pytest

from payments.models import Payment, StripeRequest
from stores.models import Location
from terminal.models import ChargeModelSwitch, Reader, ReaderRegistration
from tests import factories, factories_money
from tests.admin.pages import make, page, url

ADDRESS = {
    "display_name": "Roof bar",
    "line1": "1 Main Street",
    "line2": "",
    "city": "New York",
    "state": "NY",
    "postal_code": "10001",
}


def form(location, **changes):
    given = {"location": location.pk, "label": "Bar", "registration_code": "simulated-wpe"}
    return given | {"replaces": ""} | changes


def test_registers_a_reader_by_its_code_and_follows(sign_in, store):
    location = factories.LocationFactory.create(store=store)
    client = sign_in("manager")
    assert "Register a reader" in client.get(url(Reader, "changelist")).content.decode()

    answer = client.post(url(ReaderRegistration, "add"), form(location))

    registration = ReaderRegistration.objects.get()
    assert answer["Location"] == page(registration)
    assert registration.request.params["registration_code"] == "simulated-wpe"
    assert "about to be sent to Stripe" in client.get(page(registration)).content.decode()
    StripeRequest.objects.update(
        status="refused",
        finished_at=registration.created_at,
        error_message="No reader was found with the registration code 'x'.",
    )
    state = client.get(page(registration, "state")).json()
    assert "mistyped" in state["html"]
    assert "Try again with a new code" in state["html"]


def test_says_by_the_form_what_stripe_would_refuse(sign_in, store):
    location = factories.LocationFactory.create(store=store, stripe_id=None)
    answer = sign_in("manager").post(url(ReaderRegistration, "add"), form(location))

    assert "is not created at Stripe yet" in answer.content.decode()
    assert not StripeRequest.objects.exists()


def test_offers_no_location_or_reader_of_another_store(sign_in, store, other_store):
    mine = factories.LocationFactory.create(store=store)
    theirs = factories.LocationFactory.create(store=other_store)
    reader = factories_money.ReaderFactory.create(location=theirs)
    client = sign_in("manager")

    for given in (form(theirs), form(mine, replaces=reader.pk)):
        answer = client.post(url(ReaderRegistration, "add"), given)
        assert "Select a valid choice" in answer.content.decode()


def test_lets_no_cashier_register_rename_move_or_retire(sign_in, store):
    reader = make(Reader, store)
    client = sign_in("cashier")

    assert client.get(url(ReaderRegistration, "add")).status_code == 403
    for name in ("rename", "move", "retire"):
        assert client.post(page(reader, name), {"stamp": ""}).status_code == 403


def test_renames_moves_and_retires_by_buttons(sign_in, store):
    reader = make(Reader, store)
    there = factories.LocationFactory.create(store=store)
    client = sign_in("manager")

    client.post(page(reader, "rename"), {"stamp": "", "label": "Bar"})
    moved = {"stamp": "", "location": there.pk, "registration_code": "simulated-wpe"}
    client.post(page(reader, "move"), moved)
    client.post(page(reader, "retire"), {"stamp": ""})

    reader.refresh_from_db()
    assert reader.retired_at is not None
    assert ReaderRegistration.objects.get().replaces == reader
    kinds = StripeRequest.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["reader.update", "reader.create", "reader.delete"]
    text = client.get(page(reader)).content.decode()
    assert "Retired" in text
    assert "Delete the reader: about to be sent" in text


def test_adds_a_location_in_the_stores_country_and_tells_stripe(sign_in, store):
    client = sign_in("manager")
    answer = client.post(url(Location, "add"), ADDRESS | {"store": store.pk}, follow=True)

    location = Location.objects.get(store=store)
    assert location.country == store.country
    assert "Create the location: waiting for Stripe." in answer.content.decode()
    assert StripeRequest.objects.get().params["address"]["postal_code"] == "10001"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": ""}, "The state is needed in US."),
        ({"postal_code": "1000"}, "Five digits, like 10001."),
        ({"line1": ""}, "The street and the number is needed in US."),
    ],
)
def test_says_what_an_address_lacks_before_stripe_is_asked(sign_in, store, change, said):
    answer = sign_in("manager").post(url(Location, "add"), ADDRESS | {"store": store.pk} | change)

    assert said in answer.content.decode()
    assert not StripeRequest.objects.exists()


def test_changes_a_location_at_stripe_and_shows_its_words(sign_in, store):
    location = factories.LocationFactory.create(store=store)
    client = sign_in("manager")
    client.post(page(location), ADDRESS)
    request = StripeRequest.objects.get()
    assert request.path == f"/v1/terminal/locations/{location.stripe_id}"
    request.status, request.finished_at = "refused", request.created_at
    request.error_message = "No such street."
    request.save()

    assert "No such street. Save again" in client.get(page(location)).content.decode()


def test_retires_an_empty_location_only(sign_in, store):
    full = make(Reader, store).location
    empty = factories.LocationFactory.create(store=store)
    chosen = {"action": "retire", "_selected_action": [full.pk, empty.pk]}
    answer = sign_in("manager").post(url(Location, "changelist"), chosen, follow=True)

    assert "stands there" in answer.content.decode()
    assert list(Location.objects.exclude(retired_at=None)) == [empty]


def test_switches_a_charge_model_step_by_step(sign_in, store):
    reader = make(Reader, store)
    client = sign_in("superuser")
    given = {"store": store.pk, "to_model": "destination", "reason": "Asked for", "confirmed": "on"}
    assert url(ChargeModelSwitch, "add") in client.get(page(store)).content.decode()

    answer = client.post(url(ChargeModelSwitch, "add"), given, follow=True)

    store.refresh_from_db()
    assert store.charge_model == "destination"
    text = answer.content.decode()
    assert "Readers to be registered" in text
    assert reader.label in text
    client.post(page(ChargeModelSwitch.objects.get(), "finish"), {"stamp": ""})
    assert ChargeModelSwitch.objects.get().finished_at is not None


def test_says_by_the_form_what_stands_in_the_way_of_a_switch(sign_in, store):
    payment = make(Payment, store)
    given = {"store": store.pk, "to_model": "destination", "reason": "", "confirmed": "on"}
    answer = sign_in("superuser").post(url(ChargeModelSwitch, "add"), given)

    assert f"The payment of order {payment.order.number} is open" in answer.content.decode()
    store.refresh_from_db()
    assert store.charge_model == "direct"


def test_lets_nobody_else_switch_a_charge_model(sign_in, store):
    for name in ("cashier", "manager"):
        assert sign_in(name).get(url(ChargeModelSwitch, "add")).status_code == 403
