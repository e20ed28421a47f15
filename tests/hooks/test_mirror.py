"""dj-stripe's mirror of a whole sale: what it costs, whose key it uses, whose its rows are.

The Stripe here is the simulator; its events are delivered to our door and handled by hand.
"""

from __future__ import annotations

import pytest
import stripe
from django.apps import apps
from django.db import connection
from django.db.models import Model
from djstripe.models import (
    Account,
    APIKey,
    BalanceTransaction,
    Charge,
    Event,
    PaymentIntent,
    PaymentMethod,
)

from payments import gateway, mirror
from payments.models import EventStatus, InboundEvent, Payment
from payments.services import captures, inbox
from payments.services.endpoints import DOORS
from tests.factories_money import plan_fee
from tests.hooks.conftest import JSON, Door, make_event, open_shop
from tests.hooks.test_payment_events import handle
from tests.money.conftest import Shop
from tests.stripe_double import KEY, MIRROR_KEY, Simulator

SUBSCRIBED = {type for types in DOORS.values() for type in types}
SALES = [
    ("direct", "automatic"),
    ("direct", "manual"),
    ("destination", "automatic"),
    ("destination", "manual"),
]


@pytest.fixture(autouse=True)
def mirroring(simulator: Simulator, settings, monkeypatch) -> None:
    """dj-stripe reads STRIPE_API_HOST when it is imported, which was before the simulator."""
    settings.STRIPE_TEST_SECRET_KEY = MIRROR_KEY
    monkeypatch.setattr(stripe, "api_base", simulator.base)
    monkeypatch.setattr(stripe, "max_network_retries", 0)


@pytest.fixture
def platform(db) -> str:
    """The platform's id, its mirror prepared before any account was connected."""
    account = gateway.get("/v1/account", "")
    mirror.prepare(account, [])
    return str(account["id"])


def a_sale(simulator: Simulator, charge_model: str, capture_method: str) -> tuple[Shop, Payment]:
    shop = open_shop(simulator, charge_model)
    plan_fee(shop.store, 200)
    payment = shop.sell(capture_method=capture_method)
    shop.tap()
    payment = shop.ring(payment)
    if capture_method == "manual":
        captures.capture(payment, by=shop.by)
        payment = shop.converse(payment)
    assert payment.state == "paid"
    return shop, payment


def events(simulator: Simulator) -> list[JSON]:
    """What has happened and our endpoints listen to, oldest first."""
    return [e for e in simulator.truth()["events"] if e["type"] in SUBSCRIBED]


def handle_all(door: Door, delivered: list[JSON]) -> None:
    for event in delivered:
        assert door.deliver(event).status_code == 200
    for pk in list(InboundEvent.objects.order_by("pk").values_list("pk", flat=True)):
        handle(pk)


def mirrored() -> dict[str, JSON]:
    """Every row of the sale's mirror, without what dj-stripe writes at each synchronisation."""
    kept = {}
    models: tuple[type[Model], ...] = (*mirror.MIRRORED, Event)
    for model in models:
        for row in model._default_manager.values():
            row.pop("djstripe_updated", None)
            kept[f"{model.__name__} {row['id']}"] = row
    return kept


@pytest.mark.parametrize(("charge_model", "capture_method"), SALES)
def test_a_sale_costs_three_reads_at_most(simulator, door, platform, charge_model, capture_method):
    a_sale(simulator, charge_model, capture_method)
    before = len(simulator.exchanges())

    handle_all(door, events(simulator))

    asked = simulator.exchanges()[before:]
    assert 1 <= len(asked) <= 3
    assert {(e["method"], e["status"]) for e in asked} == {("GET", 200)}
    assert not InboundEvent.objects.filter(status__in=["received", "failed"]).exists()


@pytest.mark.parametrize("capture_method", ["automatic", "manual"])
def test_what_is_mirrored_of_a_connected_account_belongs_to_it(
    simulator, door, platform, capture_method
):
    shop, payment = a_sale(simulator, "direct", capture_method)

    handle_all(door, events(simulator))

    for model in (Charge, PaymentIntent, PaymentMethod, BalanceTransaction):
        owner = model.objects.values_list("djstripe_owner_account_id", flat=True).get()
        assert owner == shop.store.stripe_account, model
    assert PaymentIntent.objects.get().id == payment.payment_intent_id
    assert Charge.objects.get().id == payment.latest_charge_id
    of_fee = Event.objects.filter(type="application_fee.created")
    assert {e.djstripe_owner_account_id for e in of_fee} == {platform}
    of_sale = Event.objects.exclude(pk__in=of_fee)
    assert {e.djstripe_owner_account_id for e in of_sale} == {shop.store.stripe_account}


def test_what_is_mirrored_of_a_destination_charge_belongs_to_the_platform(
    simulator, door, platform
):
    a_sale(simulator, "destination", "automatic")

    handle_all(door, events(simulator))

    for model in (Charge, PaymentIntent, PaymentMethod, BalanceTransaction, Event):
        owners = set(model.objects.values_list("djstripe_owner_account_id", flat=True))
        assert owners == {platform}, model


def test_dj_stripe_itself_gives_a_connected_accounts_rows_to_the_platform(
    simulator, door, platform, monkeypatch
):
    """The day this fails, dj-stripe is mended and payments.mirror._own can go."""
    monkeypatch.setattr(mirror, "_own", lambda data: None)
    a_sale(simulator, "direct", "automatic")

    handle_all(door, events(simulator))

    for model in (Charge, PaymentIntent, PaymentMethod, BalanceTransaction):
        owner = model.objects.values_list("djstripe_owner_account_id", flat=True).get()
        assert owner == platform, model


def test_dj_stripe_itself_mirrors_no_refund(simulator, door, platform):
    """The day this fails, `refund.…` can be mirrored like the rest."""
    shop, payment = a_sale(simulator, "direct", "automatic")
    refund = {"id": "re_1", "object": "refund", "charge": payment.latest_charge_id, "amount": 1}
    event = make_event("refund.created", refund, account=shop.store.stripe_account)
    before = len(simulator.exchanges())

    handle_all(door, [event])

    assert Event.objects.get().id == event["id"]
    assert not apps.get_model("djstripe", "Refund").objects.exists()
    assert len(simulator.exchanges()) == before


def test_everything_twice_and_in_any_order_mirrors_the_same(simulator, door, platform):
    a_sale(simulator, "direct", "manual")
    delivered = events(simulator)
    handle_all(door, [*reversed(delivered), *delivered])
    once = mirrored()
    asked = len(simulator.exchanges())

    handle_all(door, delivered)

    assert mirrored() == once
    assert len(simulator.exchanges()) == asked
    assert InboundEvent.objects.count() == len(delivered)


# Keys


def test_works_with_the_restricted_key_alone(simulator, door, platform, settings):
    """The simulator answers 401 to the live key, so whoever used it would see."""
    a_sale(simulator, "direct", "automatic")
    settings.STRIPE_WORKER_KEY = "sk_live_" + "x" * 32
    gateway.forget_client()

    handle_all(door, events(simulator))

    assert Charge.objects.exists()
    assert not InboundEvent.objects.exclude(status=EventStatus.HANDLED).exists()


def test_uses_the_restricted_key_and_no_other(simulator, door, platform, settings):
    a_sale(simulator, "direct", "automatic")
    refused = "rk_live_" + "x" * 32
    APIKey.objects.update(secret=refused)
    settings.STRIPE_MIRROR_KEY = settings.STRIPE_TEST_SECRET_KEY = refused

    handle_all(door, events(simulator))

    assert not Charge.objects.exists()
    failed = InboundEvent.objects.get(type="charge.succeeded")
    assert failed.status == EventStatus.RECEIVED
    assert "refuses live keys (rk_live_" in failed.reason


def tables_holding(text: str, *labels: str) -> set[str]:
    """The tables of these apps in which any row, written out, holds the text."""
    found = set()
    with connection.cursor() as cursor:
        for label in labels:
            for model in apps.get_app_config(label).get_models():
                table = model._meta.db_table
                query = f"SELECT 1 FROM {table} t WHERE strpos(t::text, %s) > 0 LIMIT 1"
                cursor.execute(query, [text])
                if cursor.fetchone():
                    found.add(table)
    return found


def test_the_secret_key_is_nowhere_in_the_database(simulator, door, platform):
    a_sale(simulator, "direct", "automatic")
    handle_all(door, events(simulator))

    everything = ("djstripe", "payments", "terminal", "stores")
    assert tables_holding(MIRROR_KEY, *everything) == {"djstripe_apikey"}
    assert tables_holding(KEY, *everything) == set()
    assert tables_holding("sk_test_", *everything) == set()


# Preparing


def test_preparing_twice_keeps_one_row_each(simulator, platform):
    before = (Account.objects.count(), APIKey.objects.count())
    mirror.prepare(gateway.get("/v1/account", ""), ["acct_a", "acct_a"])
    mirror.prepare(gateway.get("/v1/account", ""), ["acct_a"])

    assert (Account.objects.count(), APIKey.objects.count()) == (before[0] + 1, before[1])
    assert APIKey.objects.get().djstripe_owner_account_id == platform


def test_the_mirror_waits_for_nobody_when_stripe_is_away(simulator, door, platform):
    """The event stays and is tried again; the sale is paid all the same."""
    _, payment = a_sale(simulator, "direct", "automatic")
    simulator.fault("charges.retrieve", "before", "500")

    handle_all(door, events(simulator))

    row = InboundEvent.objects.get(type="charge.succeeded")
    assert (row.status, row.tries) == (EventStatus.RECEIVED, 1)
    InboundEvent.objects.update(claimed_until=row.received_at)
    inbox.handle(row.pk)
    row.refresh_from_db()
    assert row.status == EventStatus.HANDLED
    assert Charge.objects.get().id == payment.latest_charge_id
