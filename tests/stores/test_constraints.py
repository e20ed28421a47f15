"""Wrong rows cannot be stored, whatever the code does. The database …"""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.timezone import now

from stores.models import LogEntry, Order, OrderLine, Store
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("factory", "wrong", "constraint"),
    [
        ("Account", {"stripe_id": "cus_1"}, "stores_account_stripe_id_format"),
        ("Account", {"country": "us"}, "stores_account_country_format"),
        ("Account", {"default_currency": "USD"}, "stores_account_default_currency_format"),
        ("Store", {"country": "us"}, "stores_store_country_format"),
        ("Store", {"currency": "USD"}, "stores_store_currency_format"),
        ("Store", {"charge_model": "separate"}, "stores_store_charge_model_known"),
        ("Store", {"capture_method": "never"}, "stores_store_capture_method_known"),
        ("Location", {"stripe_id": "loc_1"}, "stores_location_stripe_id_format"),
        ("Location", {"stripe_account": "me"}, "stores_location_stripe_account_format"),
        ("Location", {"country": "CA"}, "stores_location_store_id_country_tied"),
        ("Membership", {"role": "god"}, "stores_membership_role_known"),
        ("Device", {"token_hash": "rtl_device_plain"}, "stores_device_token_hash_format"),
        ("Product", {"unit_amount": -1}, "stores_product_unit_amount_between"),
        ("Product", {"unit_amount": 10**12}, "stores_product_unit_amount_between"),
        ("Product", {"tax_rate_ppm": 1_000_001}, "stores_product_tax_rate_ppm_between"),
        ("Order", {"currency": "eur"}, "stores_order_store_id_currency_tied"),
        ("Order", {"number": 0}, "stores_order_counts_from_one"),
        ("Order", {"version": 0}, "stores_order_counts_from_one"),
        ("Order", {"status": "refunded"}, "stores_order_status_known"),
        ("Order", {"status": "paid"}, "stores_order_paid_at_when_paid"),
        ("Order", {"paid_at": now()}, "stores_order_paid_at_when_paid"),
        ("Order", {"total_amount": 10_01}, "stores_order_net_plus_tax_is_total"),
        ("Order", {"net_amount": -1, "tax_amount": 1}, "stores_order_net_amount_between"),
        ("Order", {"net_amount": 1, "tax_amount": -1}, "stores_order_tax_amount_between"),
        ("Order", {"net_amount": 10**12}, "_amount_between"),
        ("OrderLine", {"quantity": 0}, "stores_orderline_quantity_between"),
        ("OrderLine", {"quantity": 10_000}, "stores_orderline_quantity_between"),
        ("OrderLine", {"unit_amount": -1, "net_amount": 0}, "stores_orderline_"),
        ("OrderLine", {"net_amount": 9_99}, "stores_orderline_amount_is_price_less_discount"),
        ("OrderLine", {"discount_amount": 1}, "stores_orderline_amount_is_price_less_discount"),
        ("OrderLine", {"discount_amount": -1}, "stores_orderline_"),
        ("OrderLine", {"total_amount": 11_00}, "stores_orderline_net_plus_tax_is_total"),
        ("OrderLine", {"tax_rate_ppm": 1_000_001}, "stores_orderline_tax_rate_ppm_between"),
        ("LogEntry", {"actor_kind": "ghost"}, "stores_logentry_actor"),
        ("LogEntry", {"actor_kind": "user"}, "stores_logentry_actor_is_named"),
        ("LogEntry", {"actor_kind": "device"}, "stores_logentry_actor_is_named"),
    ],
)
def test_refuses_a_wrong_value(factory, wrong, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        getattr(factories, f"{factory}Factory").create(**wrong)


def test_refuses_an_order_of_another_stores_tablet(store, other_store):
    with pytest.raises(IntegrityError, match="stores_order_device_id_store_id_tied"):
        factories.OrderFactory.create(
            store=store, device=factories.DeviceFactory.create(store=other_store)
        )


def test_refuses_a_line_with_another_stores_product(store, other_store):
    theirs = factories.ProductFactory.create(store=other_store)

    with pytest.raises(IntegrityError, match="stores_orderline_product_id_store_id_tied"):
        factories.OrderLineFactory.create(order__store=store, product=theirs)


def test_refuses_a_line_in_another_stores_order(store, other_store):
    with pytest.raises(IntegrityError, match="stores_orderline_order_id_store_id_tied"):
        factories.OrderLineFactory.create(order__store=store, store=other_store)


def test_refuses_a_log_row_about_another_stores_order_or_tablet(store, other_store):
    order = factories.OrderFactory.create(store=other_store)
    device = factories.DeviceFactory.create(store=other_store)

    for wrong, name in (
        ({"order": order}, "order"),
        ({"device": device, "actor_kind": "device"}, "device"),
    ):
        with (
            pytest.raises(IntegrityError, match=f"stores_logentry_{name}_id_store_id_tied"),
            transaction.atomic(),
        ):
            factories.LogEntryFactory.create(store=store, **wrong)


def test_refuses_to_move_a_store_to_another_currency_under_its_orders(store):
    factories.OrderFactory.create(store=store)

    with pytest.raises(IntegrityError, match="stores_order_store_id_currency_tied"):
        Store.objects.filter(pk=store.pk).update(currency="eur")


@pytest.mark.parametrize(
    ("factory", "same"),
    [
        ("Account", {"stripe_id": "acct_1"}),
        ("Device", {"token_hash": "0" * 64}),
    ],
)
def test_refuses_the_same_twice(factory, same):
    make = getattr(factories, f"{factory}Factory").create
    make(**same)

    with pytest.raises(IntegrityError):
        make(**same)


@pytest.mark.parametrize(
    ("factory", "same"),
    [
        ("Product", {"sku": "A"}),
        ("Order", {"number": 1}),
        ("Location", {"stripe_id": "tml_1"}),
        ("Membership", {}),
    ],
)
def test_refuses_the_same_twice_in_one_store(store, other_store, cashier, factory, same):
    make = getattr(factories, f"{factory}Factory").create
    if factory == "Membership":
        same = {"user": cashier}
    else:
        make(store=store, **same)
    make(store=other_store, **same)

    with pytest.raises(IntegrityError):
        make(store=store, **same)


def test_takes_many_locations_that_stripe_does_not_know_yet(store):
    factories.LocationFactory.create(store=store, stripe_id=None)
    factories.LocationFactory.create(store=store, stripe_id=None)


@pytest.mark.parametrize("change", ["update", "delete"])
def test_never_changes_or_forgets_what_is_in_the_log(change):
    entry = factories.LogEntryFactory.create()
    rows = LogEntry.objects.filter(pk=entry.pk)

    with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
        rows.update(message="Nothing happened.") if change == "update" else rows.delete()

    assert rows.get().message == "Something happened."


def test_keeps_a_store_and_a_person_that_history_speaks_of(cashier, store):
    factories.OrderFactory.create(store=store, created_by=cashier)

    for keeper in (store, cashier, store.account):
        with pytest.raises(ProtectedError):
            keeper.delete()
    assert Order.objects.exists()
    assert not OrderLine.objects.exists()


@pytest.mark.parametrize("wrong", ["Mars/Olympus", "EST5", "", "../etc/passwd"])
def test_knows_only_time_zones_of_the_iana(wrong):
    store = factories.StoreFactory.build(account=factories.AccountFactory.create(), timezone=wrong)

    with pytest.raises(ValidationError) as refusal:
        store.full_clean()

    assert set(refusal.value.message_dict) == {"timezone"}


def test_sends_direct_charges_to_the_account_and_others_to_the_platform(store):
    assert store.stripe_account == store.account.stripe_id

    store.charge_model = "destination"

    assert store.stripe_account == ""
