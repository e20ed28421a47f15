"""manage.py load_demo_past: the last days of the demo company. It …"""

from datetime import timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from payments.models import (
    Approval,
    CaptureRun,
    DayClose,
    Payment,
    Reconciliation,
    Refund,
    SavedCard,
)
from payments.services import reconciliation
from retail.demo.catalogue import COMPANIES, WATER_STREET, WICKER_PARK
from retail.demo.past import reserving
from retail.demo.past.sales import HELD, sales
from stores.models import Discount, LogEntry, Order, Store
from stores.principals import SYSTEM
from stores.services import orders
from terminal.models import CollectedInputs, FleetDifference, Reader
from terminal.services import saving
from tests.retail.test_load_demo import _stripe, base, load

pytestmark = pytest.mark.django_db
__all__ = ["_stripe", "base", "load"]  # fixtures


def load_past(base: str, days: int = 2) -> str:
    said = StringIO()
    call_command("load_demo_past", simulator_base=base, days=days, stdout=said)
    return said.getvalue()


def test_sells_by_the_clock_of_each_store_and_the_same_for_whoever_asks_twice():
    now = timezone.now()
    found = sales(WATER_STREET, now, 7)

    assert found == sales(WATER_STREET, now, 7)
    assert found == sorted(found, key=lambda sale: sale.at)
    assert len({sale.at.date() for sale in found}) >= 7
    assert all(8 <= sale.at.hour < 20 for sale in found)
    assert max(sale.at for sale in found) < now - timedelta(hours=1)
    assert [sale.card != "" for sale in sales(WICKER_PARK, now, 7) if sale.is_held] == [
        True for _ in HELD
    ]


def test_tells_our_books_and_stripe_one_story(load, base):
    load()

    said = load_past(base)

    count = Payment.objects.count()
    assert said == f"Demo: {count} sales of the last days.\n"
    assert count > 60
    call_command("check_books", simulator=True, days=30, stdout=StringIO())
    days = Payment.objects.values_list("created_at__date", flat=True).distinct().order_by()
    assert len(days) >= 3
    assert Store.objects.filter(payments__isnull=False).distinct().count() == 4
    states = set(Payment.objects.values_list("state", flat=True))
    assert states - {"refunded"} == {"paid", "approved"}
    tips = Payment.objects.filter(tip_amount__gt=0)
    assert set(tips.values_list("store__name", flat=True)) == {WATER_STREET.name, WICKER_PARK.name}


@pytest.mark.parametrize("hour", [5, 18], ids=["before anybody opens", "while people sell"])
def test_leaves_something_for_everybody(load, base, tmp_path, hour):
    load()
    now = timezone.now().replace(hour=hour, minute=30)
    if now > timezone.now():  # a day at most: holds of two days ago have ended
        now -= timedelta(days=1)
    path = tmp_path / "past.json"
    reserving.write(reserving.reserve(days=2, now=now), path)
    call_command("load_demo_past", simulator_base=base, reserved=path, stdout=StringIO())

    assert Refund.objects.filter(lines__isnull=False).exists()
    waiting = Approval.objects.filter(status="waiting")
    assert waiting.count() == len([shop for company in COMPANIES for shop in company.shops])
    assert CaptureRun.objects.get().payments.count() == 2
    assert Discount.objects.filter(line=None).exists()
    assert Discount.objects.exclude(line=None).exists()
    for close in DayClose.objects.select_related("store"):
        today = now.astimezone(ZoneInfo(close.store.timezone)).date()
        assert close.day < today - timedelta(days=1)
    assert DayClose.objects.exists()
    assert Reconciliation.objects.filter(finished_at=None).count() == 4
    newest = LogEntry.objects.filter(subject="order", verb="created").latest("pk")
    assert newest.order is not None
    assert newest.message.startswith(f"Order {newest.order.number}: ")


def test_takes_no_number_of_days_below_one(base):
    with pytest.raises(CommandError, match="at least 1"):
        load_past(base, days=0)


def test_does_nothing_where_somebody_sold_something(load, base):
    demo = load()
    store = Store.objects.get(pk=demo["stores"][0]["id"])
    product = demo["stores"][0]["products"][0]["id"]
    orders.create_order(store, [{"product": product, "quantity": 1}])

    load_past(base, days=1)
    assert Order.objects.filter(store=store).count() == 1
    assert Order.objects.exclude(store=store).exists()

    assert load_past(base, days=1) == "Demo: 0 sales of the last days.\n"


def test_comes_before_what_somebody_sells_while_it_is_written(load, base, tmp_path):
    demo, path = load(), tmp_path / "past.json"
    store = Store.objects.get(pk=demo["stores"][0]["id"])
    product = demo["stores"][0]["products"][0]["id"]

    reserving.write(reserving.reserve(days=1, now=timezone.now()), path)
    sold = orders.create_order(store, [{"product": product, "quantity": 1}])
    call_command("load_demo_past", simulator_base=base, reserved=path, stdout=StringIO())

    past = Order.objects.filter(store=store).exclude(pk=sold.pk)
    assert sold.number == past.count() + 1 > 2
    assert sorted(past.values_list("number", flat=True)) == [*range(1, sold.number)]
    assert max(past.values_list("pk", flat=True)) < sold.pk
    assert max(past.values_list("created_at", flat=True)) < sold.created_at
    assert not Order.objects.filter(status="canceled").exists()


def test_puts_nothing_aside_where_somebody_sold_something(load):
    demo = load()
    store = Store.objects.get(pk=demo["stores"][0]["id"])
    product = demo["stores"][0]["products"][0]["id"]
    orders.create_order(store, [{"product": product, "quantity": 1}])

    assert set(reserving.reserve(days=1, now=timezone.now()).shops) == {
        "chicago",
        "london",
        "montreal",
    }
    assert reserving.reserve(days=1, now=timezone.now()).shops == ()


def test_shows_who_had_a_card_saved_and_what_customers_answered(load, base):
    load()
    load_past(base, days=1)

    cards = SavedCard.objects.order_by("pk").values_list("customer__name", "status", "brand")
    assert list(cards) == [
        ("Hannah Price", "succeeded", "amex"),
        ("Ruth Okafor", "succeeded", "visa"),
        ("Tom Gallagher", "succeeded", "mastercard"),
        ("Inès Bouchard", "succeeded", "visa"),
    ]
    forms = CollectedInputs.objects.all()
    assert [each.action.status for each in forms] == ["succeeded"] * 5
    emails = sorted(each.receipt_email for each in forms)
    assert emails == [
        *("", "", "amelia.hart@example.com", "d.lloyd@example.com", "j.alvarez@example.com")
    ]


def test_leaves_the_readers_to_those_who_sell(load, base):
    load()
    reader = Reader.objects.filter(store__name=WICKER_PARK.name).latest("pk")
    saving.save_card(reader.store, reader, allow_redisplay="always", by=SYSTEM)

    load_past(base, days=1)

    assert not SavedCard.objects.filter(customer__name="Hannah Price").exists()
    assert SavedCard.objects.filter(customer__name="Ruth Okafor", status="succeeded").exists()


def test_finds_at_night_what_was_renamed_in_stripes_dashboard(load, base, settings):
    settings.STRIPE_READS_PER_SECOND = 1000
    load()
    load_past(base, days=1)

    # Of the fleet alone, and not what other tests left at this Stripe.
    Reconciliation.objects.update(step="locations")
    for run in Reconciliation.objects.all():
        reconciliation.carry_on(run.pk)

    renamed = FleetDifference.objects.filter(kind__in=("display_name", "label"))
    assert list(renamed.order_by("kind").values_list("kind", "theirs")) == [
        ("display_name", "Thistle & Rye, Spitalfields"),
        ("label", "Comptoir 2"),
    ]


def test_never_loads_into_live_mode(settings):
    settings.STRIPE_LIVE_MODE = True

    with pytest.raises(CommandError, match="test mode"):
        load_past("http://127.0.0.1:9")
