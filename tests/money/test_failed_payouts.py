"""A payout's event has the account's money read anew; one that came back is told its stores."""

import pytest
from django.utils import timezone

from payments.models import AccountMoney, Incident, Payout
from payments.services import accounts, inbox
from payments.services.bells import LIVE
from stores.models import LogEntry
from tests.factories import AccountFactory, StoreFactory
from tests.factories_money import InboundEventFactory, plan_fee
from tests.money.test_payout_report import pay_out
from tests.money.test_reports import paid


@pytest.fixture
def paid_out(shop):
    shop.simulator.call("switches", {"automatic_payouts": True})
    paid(shop, 10_000)
    pay_out(shop.simulator)
    return shop.simulator.objects("payouts")[0]


def hear(shop, kind, payout):
    account = shop.store.stripe_account
    event = InboundEventFactory.create(
        type=kind, stripe_account=account, object_id=payout["id"], received_at=timezone.now()
    )
    inbox.handle(event.pk)
    return AccountMoney.objects.get(account=shop.store.account)


def send_back(shop, payout):
    about = {"account": shop.store.stripe_account, "id": payout["id"]}
    shop.simulator.call("dashboard/payout_fail", about | {"failure_code": "account_closed"})
    return hear(shop, "payout.failed", payout)


def told():
    return Incident.objects.filter(kind="payout_failed")


def test_a_payout_that_arrived_shows_on_the_accounts_page_at_once(shop, paid_out):
    money = hear(shop, "payout.paid", paid_out)
    assert [(each["id"], each["status"]) for each in money.payouts] == [(paid_out["id"], "paid")]
    assert not told().exists()


def test_how_it_stands_is_in_the_reports_at_once(shop, paid_out):
    hear(shop, "payout.paid", paid_out)
    payout = Payout.objects.get()
    assert (payout.payout_id, payout.status) == (paid_out["id"], "paid")
    assert (payout.account, payout.listed_at) == (shop.store.account, None)

    send_back(shop, paid_out)
    payout.refresh_from_db()
    assert (payout.status, payout.failure_message) == (
        "failed",
        "The bank account has been closed.",
    )


def test_the_platforms_own_are_read_anew_too(shop):
    plan_fee(shop.store, 1_000)
    paid(shop, 10_000)
    pay_out(shop.simulator)
    listed = shop.simulator.stripe_get("payouts", "")["data"]
    assert listed

    event = InboundEventFactory.create(
        type="payout.paid", stripe_account="", object_id=listed[0]["id"], received_at=timezone.now()
    )
    inbox.handle(event.pk)

    known = {(row.payout_id, row.account, row.status) for row in Payout.objects.all()}
    assert known == {(each["id"], None, each["status"]) for each in listed}


@pytest.mark.parametrize("kind", ["payout.created", "payout.paid", "payout.failed"])
def test_every_change_rings_the_open_pages_of_the_account(shop, paid_out, kind, monkeypatch):
    rung = []
    monkeypatch.setattr(accounts, "notify", lambda *parts: rung.append(parts))
    hear(shop, kind, paid_out)
    assert rung == [(LIVE, "account", shop.store.account_id, 0)]


def test_a_payout_that_came_back_is_told_each_store_of_the_account_and_nobody_else(shop, paid_out):
    sister = StoreFactory.create(account=shop.store.account, charge_model="direct")
    StoreFactory.create(account=AccountFactory.create(), charge_model="direct")
    send_back(shop, paid_out)

    assert {each.store for each in told()} == {shop.store, sister}
    message = told()[0].message
    assert "The bank account has been closed." in message
    # Everybody in the store may read it: how much it was stands on the account's page.
    assert str(paid_out["amount"]) not in message.replace(".", "")
    rows = LogEntry.objects.filter(verb="payout_failed")
    assert {row.store for row in rows} == {shop.store, sister}


def test_the_event_twice_tells_once(shop, paid_out):
    send_back(shop, paid_out)
    hear(shop, "payout.failed", paid_out)
    assert told().count() == LogEntry.objects.filter(verb="payout_failed").count() == 1


def test_it_is_over_when_a_later_payout_goes_through(shop, paid_out):
    send_back(shop, paid_out)
    paid(shop, 5_000)
    pay_out(shop.simulator)
    newest = max(shop.simulator.objects("payouts"), key=lambda each: each["created"])
    assert newest["id"] != paid_out["id"]
    hear(shop, "payout.paid", newest)
    assert not told().filter(resolved_at=None).exists()
