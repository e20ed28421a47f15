"""Readers of a store, through the API: managers register, rename and retire them."""

import pytest
from rest_framework.test import APIClient

from payments.models import StripeRequest
from stores.models import Role
from terminal.models import Reader, ReaderRegistration
from tests import factories, factories_money
from tests.api.conftest import post


def client_of(user):
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def manager(store):
    return client_of(factories.MembershipFactory.create(store=store, role=Role.MANAGER).user)


def body(location, **changes):
    return {
        "location": location.pk,
        "registration_code": "simulated-wpe",
        "label": "Till 9",
    } | changes


def test_a_manager_registers_a_reader_and_follows(manager, reader):
    answer = post(manager, "readers/", body(reader.location), idempotency_key="k")

    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["reader"]) == ("waiting", None)
    assert answer["Location"].endswith(f"/reader_registrations/{answer.json()['id']}/")
    again = post(manager, "readers/", body(reader.location), idempotency_key="k")
    assert again.json() == answer.json()
    assert again["Idempotent-Replayed"] == "true"
    request = StripeRequest.objects.get(kind="reader.create")
    assert request.params["location"] == reader.location.stripe_id

    request.status, request.finished_at = "refused", request.created_at
    request.error_message = "No reader was found with the registration code 'x'."
    request.save()
    told = manager.get(answer["Location"]).json()
    assert told["status"] == "refused"
    assert "mistyped" in told["message"]


def test_a_location_of_another_store_is_no_location(manager, reader):
    theirs = factories.LocationFactory.create()
    answer = post(manager, "readers/", body(theirs))

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_location")
    assert not ReaderRegistration.objects.exists()


def test_a_reader_of_another_store_moves_nowhere(manager, reader):
    theirs = factories_money.ReaderFactory.create()
    answer = post(manager, "readers/", body(reader.location, replaces=theirs.pk))

    assert (answer.status_code, answer.json()["code"]) == (422, "reader_not_usable")


@pytest.mark.parametrize("field", ["stripe_account", "store"])
def test_nobody_says_which_account(manager, reader, field):
    answer = post(manager, "readers/", body(reader.location, **{field: "acct_x"}))
    assert answer.status_code == 400


def test_tablets_and_cashiers_change_no_readers(tablet, cashier, reader):
    for client in (tablet, client_of(cashier)):
        for answer in (
            post(client, "readers/", body(reader.location)),
            post(client, f"readers/{reader.pk}/retire/", {}),
            client.patch(f"/api/v1/readers/{reader.pk}/", {"label": "Bar"}, format="json"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "fleet_not_allowed")


def test_a_manager_gives_another_label(manager, reader):
    answer = manager.patch(f"/api/v1/readers/{reader.pk}/", {"label": "Bar"}, format="json")

    assert answer.status_code == 202
    request = StripeRequest.objects.get(kind="reader.update")
    assert request.params == {"label": "Bar"}


def test_a_manager_retires_a_reader_that_is_free(manager, reader):
    answer = post(manager, f"readers/{reader.pk}/retire/", {})

    assert (answer.status_code, answer.json()["is_active"]) == (202, False)
    assert answer.json()["retired_at"]
    assert StripeRequest.objects.get(kind="reader.delete").method == "delete"


def test_a_reader_with_a_sale_is_not_retired(manager, reader, order):
    payment = factories_money.PaymentFactory.create(order=order)
    factories_money.ReaderActionFactory.create(payment=payment, reader=reader)
    answer = post(manager, f"readers/{reader.pk}/retire/", {})

    assert (answer.status_code, answer.json()["code"]) == (409, "reader_not_retired")
    assert Reader.objects.get(pk=reader.pk).is_active
