"""The admin of stores/: each sees their own, money is only looked at. It …"""

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.urls import reverse
from django.utils import timezone

from payments.services import circuits
from stores import models, services
from stores.admin_base import StoreScopedAdmin
from stores.models import LogEntry, Role
from stores.principals import SYSTEM
from tests import factories

# Static files are collected for production only; WhiteNoise says so at every first request.
pytestmark = pytest.mark.filterwarnings("ignore:No directory at:UserWarning")

ALL = list(apps.get_app_config("stores").get_models())
FACTORIES = {
    model: getattr(factories, f"{model.__name__}Factory")
    for model in ALL
    if hasattr(factories, f"{model.__name__}Factory")
}
OURS = list(FACTORIES)


def page(model, view, *args):
    return reverse(f"admin:stores_{model._meta.model_name}_{view}", args=args)


def make(model, store, count=1):
    """Rows of the model in this store, with all they can point at."""
    rows: list[Any] = []
    for _ in range(count):
        if model is models.Store:
            rows.append(factories.StoreFactory.create(account=store.account))
        elif model is models.Account:
            rows.append(store.account)
        elif model is models.OrderLine:
            rows.append(factories.OrderLineFactory.create(order__store=store))
        elif model is models.LogEntry:
            device = factories.DeviceFactory.create(store=store)
            rows.append(
                factories.LogEntryFactory.create(store=store, device=device, actor_kind="device")
            )
        else:
            rows.append(FACTORIES[model].create(store=store))
    return rows


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def as_cashier(client, cashier):
    client.force_login(cashier)
    return client


@pytest.fixture
def as_superuser(client, superuser):
    client.force_login(superuser)
    return client


# Seals are proven by a command, codes are on their tablet's page.
WITHOUT = {
    models.LogSeal,
    models.PairingCode,
    models.CashierSession,
    models.RecoveryCode,
    models.FailedTry,
}


def test_has_a_page_for_every_model():
    have = {model for model in ALL if isinstance(site._registry.get(model), StoreScopedAdmin)}
    assert set(ALL) - have == WITHOUT


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_lists_rows_of_the_users_stores_only(as_cashier, store, other_store, model):
    [mine], [theirs] = make(model, store), make(model, other_store)
    if model is models.Store:
        mine, theirs = store, other_store

    answer = as_cashier.get(page(model, "changelist"))

    shown = {row.pk for row in answer.context["cl"].queryset}
    assert mine.pk in shown
    assert theirs.pk not in shown
    assert as_cashier.get(page(model, "change", mine.pk)).status_code == 200
    assert as_cashier.get(page(model, "change", theirs.pk)).status_code == 302
    assert as_cashier.get(page(model, "history", theirs.pk)).status_code in {302, 403, 404}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_never_names_another_company(as_manager, store, other_store, model):
    make(model, store)
    make(model, other_store)

    texts = [as_manager.get(page(model, "changelist")).content.decode()]
    texts += [as_manager.get(page(model, "add")).content.decode()]

    for text in texts:
        assert not re.search(rf"{other_store.name}\b", text)
        assert not re.search(rf"{other_store.account.name}\b", text)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_shows_all_rows_to_the_superuser(as_superuser, store, other_store, model):
    rows = make(model, store) + make(model, other_store)

    answer = as_superuser.get(page(model, "changelist"))

    assert {row.pk for row in rows} <= {row.pk for row in answer.context["cl"].queryset}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_lists_in_a_fixed_number_of_statements(
    as_manager, manager, store, model, django_assert_max_num_queries
):
    def statements():
        circuits.forget()  # else only the first page of a second asks about Stripe
        with django_assert_max_num_queries(100) as seen:
            assert as_manager.get(page(model, "changelist")).status_code == 200
        return len(seen)

    make(model, store, 2)
    few = statements()
    make(model, store, 12)
    if model is models.Store:
        for row in models.Store.objects.exclude(pk=store.pk):
            factories.MembershipFactory.create(store=row, user=manager)

    assert statements() == few <= 13


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("words", ["1", "latte", "' OR 1=1", "\u00e9"])
def test_can_be_searched_for_anything(as_superuser, store, model, words):
    make(model, store)

    assert as_superuser.get(page(model, "changelist"), {"q": words}).status_code == 200


def test_finds_an_order_by_its_number(as_cashier, store):
    factories.OrderFactory.create(store=store, number=41)
    found = factories.OrderFactory.create(store=store, number=42)

    answer = as_cashier.get(page(models.Order, "changelist"), {"q": "42"})

    assert list(answer.context["cl"].queryset) == [found]


@pytest.mark.parametrize("model", [models.Order, models.OrderLine, models.LogEntry])
@pytest.mark.parametrize("view", ["add", "change", "delete"])
def test_lets_nobody_edit_money_or_its_history(as_superuser, store, model, view):
    [row] = make(model, store)
    args = [] if view == "add" else [row.pk]
    before = model.objects.values().get(pk=row.pk)

    answer = as_superuser.post(page(model, view, *args), {"status": "paid", "message": "x"})

    assert answer.status_code == 403
    assert model.objects.values().get(pk=row.pk) == before


def test_shows_an_order_with_its_lines_and_what_happened(as_cashier, store, device):
    line: services.Line = {"description": "Coffee", "unit_amount": 4_50, "quantity": 2}
    order = services.create_order(store, [line], device=device)

    text = as_cashier.get(page(models.Order, "change", order.pk)).content.decode()

    assert "Coffee" in text
    assert "9.00 USD" in text
    assert "Order 1: 9.00 USD." in text


def test_lets_only_managers_change_a_price(client, store, cashier, manager):
    product = factories.ProductFactory.create(store=store, unit_amount=4_50)
    form = {"sku": "A", "name": "Latte", "unit_amount": "5.00", "tax_rate_ppm": "8.875"}

    for user, status, amount in ((cashier, 403, 4_50), (manager, 302, 5_00)):
        client.force_login(user)
        answer = client.post(page(models.Product, "change", product.pk), form)
        product.refresh_from_db()
        assert (answer.status_code, product.unit_amount) == (status, amount)


def test_lets_nobody_put_a_product_into_another_store(as_manager, store, other_store):
    form = {"sku": "A", "name": "Latte", "unit_amount": "5.00", "tax_rate_ppm": "0"}

    answer = as_manager.post(page(models.Product, "add"), form | {"store": other_store.pk})

    assert answer.status_code == 200
    assert "store" in answer.context["adminform"].form.errors
    assert not models.Product.objects.exists()
    assert (
        as_manager.post(page(models.Product, "add"), form | {"store": store.pk}).status_code == 302
    )
    assert models.Product.objects.get().store == store


def test_lets_a_manager_be_only_a_cashier_in_the_next_store(as_manager, manager, store):
    next_store = factories.StoreFactory.create()
    factories.MembershipFactory.create(user=manager, store=next_store, role=Role.CASHIER)
    product = factories.ProductFactory.create(store=next_store, name="Latte")
    device, token = services.pair_device(next_store, "Till")

    answer = as_manager.post(page(models.Product, "change", product.pk), {"name": "Mocha"})
    act(as_manager, "revoke", device)
    as_manager.post(pairing(device))

    assert not models.PairingCode.objects.exists()
    assert answer.status_code == 403
    assert services.authenticate_device(token) == device


@pytest.mark.parametrize("model", [models.Account, models.Store, models.Membership])
def test_leaves_companies_and_people_to_the_platform(as_manager, store, model):
    [row] = make(model, store)
    row = store if model is models.Store else row

    assert as_manager.post(page(model, "add"), {}).status_code == 403
    assert as_manager.post(page(model, "change", row.pk), {}).status_code == 403
    assert as_manager.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_lets_the_superuser_keep_fees_at_refunds_but_not_set_what_stripe_says(as_superuser, store):
    form = {"name": "New", "stripe_id": "acct_evil"}  # the box is not ticked

    as_superuser.post(page(models.Account, "terms", store.account.pk), form)

    account = models.Account.objects.get(pk=store.account.pk)
    assert (account.name, account.refund_application_fee) == ("New", False)
    assert account.stripe_id == store.account.stripe_id


def test_lets_the_superuser_end_a_membership(as_superuser, cashier):
    membership = cashier.memberships.get()

    as_superuser.post(page(models.Membership, "delete", membership.pk), {"post": "yes"})

    assert not cashier.memberships.exists()


def act(client, name, *devices):
    data = {"action": name, "_selected_action": [device.pk for device in devices]}
    return client.post(page(models.Device, "changelist"), data)


def pairing(device):
    return reverse("admin:stores_device_pairing", args=[device.pk])


def test_shows_the_code_of_a_new_tablet_and_never_its_token(as_manager, manager, store):
    answer = as_manager.post(page(models.Device, "add"), {"store": store.pk, "name": "Till 9"})

    device = models.Device.objects.get()
    assert (device.name, device.store) == ("Till 9", store)
    assert answer.headers["Location"] == pairing(device)
    shown = as_manager.get(pairing(device))
    text = shown.content.decode()
    assert device.pairing_code.shown in text
    assert "<svg" in text
    assert shown.headers["Refresh"] == "3"
    assert "no-store" in shown.headers["Cache-Control"]
    assert "rtl_device_" not in text
    assert LogEntry.objects.get(verb="pairing_offered").user == manager


def test_says_when_the_tablet_is_paired(as_manager, store):
    as_manager.post(page(models.Device, "add"), {"store": store.pk, "name": "Till 9"})
    device = models.Device.objects.get()
    _, token = services.redeem(device.pairing_code.shown)

    shown = as_manager.get(pairing(device))
    assert "It can sell now." in shown.content.decode()
    assert "Refresh" not in shown.headers
    assert token not in shown.content.decode()
    assert device.token_hash not in shown.content.decode()


def test_says_that_a_code_was_not_used_in_time(as_manager, store):
    device = services.add_device(store, "Till 1", by=SYSTEM)
    models.PairingCode.objects.update(expires_at=timezone.now())
    code = device.pairing_code.shown

    text = as_manager.get(pairing(device)).content.decode()
    assert "worth nothing" in text
    assert code not in text


def test_pairs_a_tablet_again_and_revokes_it(as_manager, store):
    device, old = services.pair_device(store, "Till 1")

    as_manager.post(pairing(device))
    device.refresh_from_db()
    _, token = services.redeem(device.pairing_code.shown)
    assert services.authenticate_device(old) is None
    assert services.authenticate_device(token) == device

    act(as_manager, "revoke", device)
    assert services.authenticate_device(token) is None


def test_lets_no_cashier_pair_or_revoke(as_cashier, store):
    device, token = services.pair_device(store, "Till 1")

    offered = as_cashier.get(page(models.Device, "changelist")).content.decode()
    assert 'value="revoke"' not in offered
    act(as_cashier, "revoke", device)
    assert as_cashier.get(pairing(device)).status_code == 404
    assert as_cashier.post(pairing(device)).status_code == 404
    answer = as_cashier.post(page(models.Device, "add"), {"store": store.pk, "name": "Mine"})

    assert answer.status_code == 403
    assert services.authenticate_device(token) == device
    assert models.Device.objects.count() == 1


def test_renames_a_tablet_without_touching_its_token(as_manager, store):
    device, token = services.pair_device(store, "Till 1")

    as_manager.post(page(models.Device, "change", device.pk), {"name": "Till 2"})

    known = services.authenticate_device(token)
    assert known is not None
    assert known.name == "Till 2"


def test_shows_nothing_to_staff_of_no_store(client, store):
    client.force_login(factories.UserFactory.create())

    for model in OURS:
        assert client.get(page(model, "changelist")).status_code == 403


def test_shows_every_setting_of_a_store_with_its_help(client, store):
    client.force_login(factories.UserFactory.create(is_superuser=True))

    answer = client.get(page(models.Store, "change", store.pk))

    form = answer.context["adminform"].form
    settings = {field.name: field for field in models.Store._meta.fields if field.editable}
    chosen_once = {"id", "account", "country", "currency", "charge_model"}
    assert set(form.fields) == set(settings) - chosen_once
    text = answer.content.decode()
    for name, field in (settings | form.fields).items():
        assert str(field.help_text) in text, name
        assert "smallest unit" not in str(field.help_text) or name in chosen_once


def test_changes_how_long_a_reader_waits(client, store):
    client.force_login(factories.UserFactory.create(is_superuser=True))
    address = page(models.Store, "change", store.pk)
    form = client.get(address).context["adminform"].form
    told = {name: form[name].value() for name in form.fields if form[name].value() is not None}

    for limit in (90, 90_000):
        answer = client.post(address, told | {"idle_limit_seconds": limit})

    store.refresh_from_db()
    assert store.idle_limit_seconds == 90
    assert answer.context["adminform"].form.errors


@pytest.mark.parametrize(
    ("currency", "written", "amount"),
    [
        ("usd", "4.75", 4_75),
        ("usd", "5", 5_00),
        ("usd", "1,234.50", 1_234_50),
        ("jpy", "105", 105),
        ("kwd", "1.250", 1_250),
    ],
)
def test_takes_a_price_as_people_write_it(as_manager, store, currency, written, amount):
    models.Store.objects.filter(pk=store.pk).update(currency=currency)
    product = factories.ProductFactory.create(store=store)
    form = {"sku": "A", "name": "Latte", "unit_amount": written, "tax_rate_ppm": "8.875"}

    as_manager.post(page(models.Product, "change", product.pk), form)

    product.refresh_from_db()
    assert (product.unit_amount, product.tax_rate_ppm) == (amount, 88_750)


@pytest.mark.parametrize(
    ("currency", "written", "said"),
    [
        ("usd", "4.755", "is not an amount in USD. Write it like 12.34."),
        ("jpy", "10.5", "is not an amount in JPY. Write it like 1234."),
        ("kwd", "1,250", "can be read in two ways. Write 1250 or 1.250."),
        ("usd", "-1", "is not an amount"),
        ("jpy", "999999999999999", "is not an amount"),
        ("usd", "99999999999", "9,999,999,999.99 USD at most."),
    ],
)
def test_refuses_a_price_that_nobody_can_pay(as_manager, store, currency, written, said):
    models.Store.objects.filter(pk=store.pk).update(currency=currency)
    product = factories.ProductFactory.create(store=store)
    form = {"sku": "A", "name": "Latte", "unit_amount": written, "tax_rate_ppm": "0"}

    answer = as_manager.post(page(models.Product, "change", product.pk), form)

    assert answer.status_code == 200
    assert said in answer.context["adminform"].form.errors["unit_amount"][0]


def test_shows_a_price_in_the_form_as_it_is_written(as_manager, store):
    product = factories.ProductFactory.create(store=store, unit_amount=4_75, tax_rate_ppm=200_000)

    html = as_manager.get(page(models.Product, "change", product.pk)).content.decode()

    assert 'value="4.75"' in html
    assert 'value="20"' in html
