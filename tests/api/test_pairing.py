"""A tablet turns a code into its token. It …"""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from rest_framework.test import APIClient

from stores.errors import NotForYou
from stores.models import Device, LogEntry, PairingCode
from stores.principals import Principal
from stores.services import add_device, authenticate_device, invite, pair_device, revoke_device
from tests import factories
from tests.api.conftest import Tablet

REFUSED = (422, "pairing_refused")


@pytest.fixture(autouse=True)
def nobody_tried_yet():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def by(store):
    return Principal.of_user(factories.MembershipFactory.create(store=store, role="manager").user)


@pytest.fixture
def new_device(store, by) -> Device:
    return add_device(store, "Terrace", by=by)


def pair(code, client=None, **more):
    return (client or APIClient()).post("/api/v1/pair/", {"code": code} | more, format="json")


def answer_of(response):
    return response.status_code, response.json().get("code")


def test_gives_the_token_of_the_device_the_code_was_shown_for(new_device, store):
    response = pair(new_device.pairing_code.shown)

    body = response.json()
    assert response.status_code == 201
    assert (body["device"], body["name"], body["store"]["id"]) == (
        new_device.pk,
        "Terrace",
        store.pk,
    )
    assert "no-store" in response["Cache-Control"]
    assert authenticate_device(body["token"]) == new_device
    assert Tablet(body["token"]).get("/api/v1/stores/").status_code == 200
    paired = LogEntry.objects.get(verb="paired")
    assert (paired.device, paired.store) == (new_device, store)


@pytest.mark.parametrize("write", [str.lower, lambda code: f" {code[0]} {code[1:]}\t"])
def test_takes_a_code_as_people_type_it(new_device, write):
    assert pair(write(new_device.pairing_code.shown)).status_code == 201


def test_takes_a_code_once(new_device):
    code = new_device.pairing_code.shown
    pair(code)

    assert answer_of(pair(code)) == REFUSED
    assert PairingCode.objects.get().code is None


def test_takes_no_code_after_ten_minutes(new_device):
    code = new_device.pairing_code.shown
    PairingCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert answer_of(pair(code)) == REFUSED


def test_takes_no_code_that_a_newer_one_replaced(new_device, by):
    old = new_device.pairing_code.shown
    new = invite(new_device, by=by).shown

    assert answer_of(pair(old)) == REFUSED
    assert pair(new).status_code == 201


def test_takes_no_code_of_a_device_that_was_revoked(new_device, by):
    code = new_device.pairing_code.shown
    revoke_device(new_device, by=by)

    assert answer_of(pair(code)) == REFUSED


@pytest.mark.parametrize(
    "code", ["", "ABCD-2345", "x" * 41, "0000-0000", "\x00", "🙂" * 8, 7, None]
)
def test_refuses_what_is_no_code(new_device, code):
    assert pair(code).status_code in (400, 422)
    assert not LogEntry.objects.filter(verb="paired").exists()


def test_says_nothing_about_why_a_code_is_wrong(new_device, by):
    used = new_device.pairing_code.shown
    pair(used)

    assert pair(used).json() == pair("ABCD-2345").json()


def test_leaves_the_token_good_until_the_code_is_used(store, by):
    device, token = pair_device(store, "Till 1")
    code = invite(device, by=by).shown
    assert authenticate_device(token) == device

    fresh = pair(code).json()["token"]

    assert authenticate_device(token) is None
    assert authenticate_device(fresh) == device


def test_lets_nobody_guess_for_long(new_device):
    guesses = [pair("ABCD-2345") for _ in range(21)]

    assert [guess.status_code for guess in guesses[:20]] == [422] * 20
    last = guesses[20]
    assert (last.status_code, last.json()["retryable"]) == (429, True)
    assert int(last["Retry-After"]) <= 61
    assert pair(new_device.pairing_code.shown).status_code == 429


def test_does_not_believe_an_address_in_a_header(new_device):
    for number in range(20):
        client = APIClient(headers={"x-forwarded-for": f"10.0.0.{number}"})
        assert pair("ABCD-2345", client).status_code == 422
    assert pair("ABCD-2345", APIClient(headers={"x-forwarded-for": "10.9.9.9"})).status_code == 429


def test_counts_tries_by_the_address_that_a_proxy_names(new_device, settings):
    """Else one stranger would keep every store from pairing."""
    settings.CLIENT_ADDRESS_HEADER = "X-Real-IP"
    guesser = APIClient(headers={"x-real-ip": "198.51.100.7"})
    for _ in range(21):
        last = pair("ABCD-2345", guesser)
    assert last.status_code == 429
    tablet = APIClient(headers={"x-real-ip": "203.0.113.9"})
    assert pair(new_device.pairing_code.shown, tablet).status_code == 201


def test_never_makes_the_same_code_twice_for_two_devices(store, by):
    codes = {add_device(store, f"Till {n}", by=by).pairing_code.code for n in range(50)}
    assert len(codes) == 50


@pytest.mark.parametrize("who", ["cashier", "tablet", "manager of another store"])
def test_lets_nobody_but_a_manager_of_the_store_pair_and_revoke(
    new_device, store, cashier, device, who
):
    stranger = factories.MembershipFactory.create(role="manager").user
    asking = {
        "cashier": Principal.of_user(cashier),
        "tablet": Principal.of_device(device),
        "manager of another store": Principal.of_user(stranger),
    }[who]
    for deed in (
        lambda: add_device(store, "Bar", by=asking),
        lambda: invite(new_device, by=asking),
        lambda: revoke_device(new_device, by=asking),
    ):
        with pytest.raises(NotForYou):
            deed()
    new_device.refresh_from_db()
    assert new_device.revoked_at is None
    assert not Device.objects.filter(name="Bar").exists()
    assert LogEntry.objects.filter(verb="pairing_offered").count() == 1
