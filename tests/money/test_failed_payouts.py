"""A payout's event has the account's money read anew; one that came back is told its stores."""

from datetime import date

import pytest
from django.utils import timezone

from payments.models import AccountMoney, Incident, Payout, Reconciliation
from payments.services import accounts, inbox, payout_listing
from payments.services.bells import LIVE
from payments.transitions.payouts import moves_back
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


class TestOfTwoReadings:
    """Two workers read it, and the one who asked first writes last: a payout …"""

    def test_that_came_back_has_not_arrived_by_an_older_answer(
        self,
        shop,
        paid_out,
        meanwhile,
    ):
        account = shop.store.account
        meanwhile("/v1/payouts", lambda: send_back(shop, paid_out))
        accounts.look_at_money(account)

        assert Payout.objects.get().status == "failed"
        [shown] = AccountMoney.objects.get(account=account).payouts
        assert shown["status"] == "failed"
        assert told().filter(resolved_at=None).exists()

    def test_is_not_moved_back_by_the_nightly_comparison(self, shop, paid_out):
        """Which has its page since before the event, and writes it down after."""
        [page] = shop.simulator.stripe_get("payouts", shop.store.stripe_account)["data"]
        send_back(shop, paid_out)

        payout_listing.compare(compared(shop), [page | {"arrival_date": 86_400}])

        payout = Payout.objects.get()
        assert (payout.status, payout.failure_message) == (
            "failed",
            "The bank account has been closed.",
        )
        assert payout.arrival_date != date(1970, 1, 2)

    def test_goes_on_by_it(self, shop, paid_out):
        hear(shop, "payout.paid", paid_out)
        [page] = shop.simulator.stripe_get("payouts", shop.store.stripe_account)["data"]

        payout_listing.compare(compared(shop), [page | {"status": "failed"}])

        assert Payout.objects.get().status == "failed"


def compared(shop):
    return Reconciliation(stripe_account=shop.store.stripe_account)


@pytest.mark.parametrize(
    ("before", "now", "is_back"),
    [
        (("pending", "not_applicable"), ("in_transit", "not_applicable"), False),
        (("in_transit", "in_progress"), ("paid", "in_progress"), False),
        (("paid", "in_progress"), ("paid", "completed"), False),
        (("paid", "completed"), ("failed", "completed"), False),
        (("pending", ""), ("canceled", ""), False),
        (("pending", ""), ("what Stripe invents", ""), False),
        (("what Stripe invents", ""), ("pending", ""), False),
        (("in_transit", ""), ("pending", ""), True),
        (("paid", ""), ("in_transit", ""), True),
        (("failed", ""), ("paid", ""), True),
        (("failed", ""), ("canceled", ""), True),
        (("canceled", ""), ("failed", ""), True),
        (("failed", ""), ("what Stripe invents", ""), True),
        (("paid", "completed"), ("paid", "in_progress"), True),
    ],
)
def test_how_a_payout_goes_on(before, now, is_back):
    status, reconciled = before
    payout = Payout(status=status, reconciliation_status=reconciled)
    shown = {"status": now[0], "reconciliation_status": now[1]}
    assert moves_back(payout, shown) is is_back
