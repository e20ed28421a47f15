"""manage.py load_demo, against a simulator of its own. It …"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command

from payments import gateway
from payments.models import FeePlan
from retail.demo import loading
from retail.demo.catalogue import COMPANIES
from stores import services
from stores.models import Account, Device, LogEntry, Membership, Product, Store
from terminal.models import Reader, ReaderConfiguration, ReaderRegistration
from tests.factories_money import plan_fee

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The address of a fresh simulator."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--exit-with-parent"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address is not None
        yield address.group()
        process.terminate()


@pytest.fixture(autouse=True)
def _stripe(base, settings):
    settings.STRIPE_API_BASE, settings.STRIPE_WORKER_KEY = base, "sk_test_demo"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    gateway.forget_client()
    yield
    gateway.forget_client()


@pytest.fixture
def load(base, tmp_path):
    def load(**options: Any) -> dict[str, Any]:
        options = {"simulator_base": base, "secrets": tmp_path / "secrets.json"} | options
        output = tmp_path / "demo.json"
        call_command("load_demo", output=output, verbosity=0, **options)
        loaded: dict[str, Any] = json.loads(output.read_text())
        return loaded

    return load


def test_loads_four_stores_of_three_companies_in_three_countries(load):
    demo = load()

    assert [
        (store["country"], store["currency"], store["charge_model"]) for store in demo["stores"]
    ] == [
        ("US", "usd", "direct"),
        ("US", "usd", "direct"),
        ("GB", "gbp", "destination"),
        ("CA", "cad", "direct"),
    ]
    assert Account.objects.filter(charges_enabled=True, card_payments="active").count() == 3
    assert {store.capture_method for store in Store.objects.all()} == {"automatic", "manual"}
    for store in demo["stores"]:
        assert set(store) == {
            *("id", "name", "country", "currency", "charge_model", "token"),
            *("readers", "products"),
        }
        assert len(store["products"]) >= 12
        assert set(store["products"][0]) == {"id", "name"}
        assert set(store["readers"][0]) == {"id", "stripe_id", "label"}


def test_registers_readers_where_their_store_makes_its_charges(load):
    load()

    for reader in Reader.objects.select_related("store__account", "location"):
        account = reader.store.stripe_account
        assert reader.stripe_account == reader.location.stripe_account == account
        shown = gateway.get(f"/v1/terminal/readers/{reader.stripe_id}", account)
        assert shown["location"] == reader.location.stripe_id
    types = Reader.objects.values_list("store", "device_type")
    assert len(types) == len(set(types)) == 8


def test_has_one_store_whose_readers_offer_tips(load):
    load()
    load()

    row = ReaderConfiguration.objects.get()
    assert row.store is not None
    account = row.store.stripe_account
    configuration = row.configurations[account]
    shown = gateway.get(f"/v1/terminal/configurations/{configuration}", account)
    assert shown["tipping"]["usd"]["percentages"] == [15, 18, 20]
    location = row.store.locations.get()
    shown = gateway.get(f"/v1/terminal/locations/{location.stripe_id}", location.stripe_account)
    assert shown["configuration_overrides"] == configuration
    assert Product.objects.filter(store=row.store, tip_eligible=False).count() == 2


def test_lets_in_everyone_it_names(load, client):
    demo = load()

    people = [demo["admin"], *demo["people"]]
    assert len(people) == 9
    for person in people:
        assert client.login(username=person["username"], password=person["password"])
    assert [(person["role"], person["store"]) for person in demo["people"]] == list(
        Membership.objects.order_by("pk").values_list("role", "store__name")
    )
    for store in demo["stores"]:
        device = services.authenticate_device(store["token"])
        assert device is not None
        assert device.store_id == store["id"]
    assert demo["token"] == demo["stores"][0]["token"]


def test_changes_nothing_the_second_time(load):
    before = load()
    counts = [model.objects.count() for model in (Store, Product, Reader, Device, LogEntry)]

    assert load() == before

    assert [model.objects.count() for model in (Store, Product, Reader, Device, LogEntry)] == counts


def test_keeps_what_a_person_changed(load):
    load()
    Product.objects.filter(sku="ESP").update(unit_amount=9_99)
    for store in Store.objects.all():
        plan_fee(store, 1)
    plans = FeePlan.objects.count()

    load()

    assert Product.objects.get(sku="ESP").unit_amount == 9_99
    assert FeePlan.objects.count() == plans


def test_sets_new_passwords_when_the_old_ones_are_lost(load, client, tmp_path):
    before = load()
    Path(tmp_path / "secrets.json").unlink()

    after = load()

    for person in (after["admin"], *after["people"]):
        assert client.login(username=person["username"], password=person["password"])
    assert after["admin"]["password"] != before["admin"]["password"]
    assert services.authenticate_device(after["token"]) is not None
    assert services.authenticate_device(before["token"]) is None


def test_keeps_secrets_from_other_people_of_the_machine(load, tmp_path):
    load()

    for name in ("secrets.json", "demo.json"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_registers_only_the_readers_that_are_missing(load):
    before = load()
    missing = before["stores"][0]["readers"][1]["id"]
    ReaderRegistration.objects.filter(reader=missing).delete()
    Reader.objects.filter(pk=missing).delete()

    after = load()

    labels = [reader["label"] for reader in after["stores"][0]["readers"]]
    assert labels == ["Front counter", "Second counter"]
    assert after["stores"][1:] == before["stores"][1:]


def test_uses_the_accounts_of_a_sandbox(load, base):
    for company in COMPANIES:
        sandboxed = replace(company, stripe_id=company.stripe_id.replace("demo", "sandbox"))
        loading.ensure_simulated_account(base, sandboxed)

    demo = load(simulator_base=None, accounts="acct_sandboxharborpine,acct_sandboxthistlerye")

    assert len(demo["stores"]) == 3
    assert {store.account.stripe_id for store in Store.objects.select_related("account")} == {
        "acct_sandboxharborpine",
        "acct_sandboxthistlerye",
    }


def test_loads_only_the_admin_where_there_is_no_account(load):
    demo = load(simulator_base=None)

    assert (demo["stores"], demo["token"], demo["people"]) == ([], "", [])
    assert demo["admin"]["username"] == "admin"


def test_refuses_an_account_of_another_country(load, base):
    loading.ensure_simulated_account(base, COMPANIES[1])

    with pytest.raises(CommandError, match="is in GB"):
        load(simulator_base=None, accounts=COMPANIES[1].stripe_id)


def test_says_so_when_stripe_does_not_know_the_account(load):
    with pytest.raises(CommandError, match="could not be loaded"):
        load(simulator_base=None, accounts="acct_unknown")


def test_never_loads_into_live_mode(load, settings):
    settings.STRIPE_LIVE_MODE = True

    with pytest.raises(CommandError, match="test mode"):
        load()

    assert not Store.objects.exists()


def test_makes_locations_and_readers_anew_where_stripe_was_emptied(load, base):
    """Its ids begin anew as well, so that old and new readers may share them."""
    with httpx.Client(base_url=f"{base}/_simulator", trust_env=False) as simulator:
        simulator.post("reset").raise_for_status()
        load()
        simulator.post("reset").raise_for_status()

    demo = load()

    for store in demo["stores"]:
        account = Store.objects.get(pk=store["id"]).stripe_account
        assert len(store["readers"]) == 2
        for reader in store["readers"]:
            shown = gateway.get(f"/v1/terminal/readers/{reader['stripe_id']}", account)
            assert shown["label"] == reader["label"]
