"""manage.py load_demo_past: the last days of the demo company. It …"""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from payments.models import Approval, CaptureRun, DayClose, Payment, Reconciliation, Refund
from retail.demo.catalogue import COMPANIES, WATER_STREET, WICKER_PARK
from retail.demo.past.sales import HELD, sales
from stores.models import LogEntry, Order, Store
from stores.services import orders
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
    assert states == {"paid", "approved", "refunded"}
    tips = Payment.objects.filter(tip_amount__gt=0)
    assert set(tips.values_list("store__name", flat=True)) == {WATER_STREET.name, WICKER_PARK.name}


def test_leaves_something_for_everybody(load, base):
    load()
    load_past(base)

    assert Refund.objects.filter(lines__isnull=False).exists()
    waiting = Approval.objects.filter(status="waiting")
    assert waiting.count() == len([shop for company in COMPANIES for shop in company.shops])
    assert CaptureRun.objects.get().payments.count() == 2
    assert DayClose.objects.exclude(difference=0).exists() or DayClose.objects.exists()
    assert Reconciliation.objects.filter(finished_at=None).count() == 4
    newest = LogEntry.objects.filter(subject="order", verb="created").latest("pk")
    assert newest.order is not None
    assert newest.message.startswith(f"Order {newest.order.number}: ")


def test_does_nothing_where_somebody_sold_something(load, base):
    demo = load()
    store = Store.objects.get(pk=demo["stores"][0]["id"])
    product = demo["stores"][0]["products"][0]["id"]
    orders.create_order(store, [{"product": product, "quantity": 1}])

    load_past(base, days=1)
    assert Order.objects.filter(store=store).count() == 1
    assert Order.objects.exclude(store=store).exists()

    assert load_past(base, days=1) == "Demo: 0 sales of the last days.\n"


def test_never_loads_into_live_mode(settings):
    settings.STRIPE_LIVE_MODE = True

    with pytest.raises(CommandError, match="test mode"):
        load_past("http://127.0.0.1:9")
