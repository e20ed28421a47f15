"""Payouts with what is inside them, listed at night and tied to our payments."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from payments.models import BalanceTransaction, Payout, ReadBudget, Reconciliation
from payments.services import reconciliation, refunds
from payments.services.reports import payouts
from payments.services.reports.scopes import Scope
from payments.services.reports.tables import Money
from stores.models import Role
from stores.periods import Period
from stores.principals import SYSTEM, Principal
from tests.factories import MembershipFactory, UserFactory
from tests.money.conftest import open_shop
from tests.money.test_reports import paid, usd

DAYS = 4


@pytest.fixture(autouse=True)
def reads_enough(settings):
    settings.STRIPE_READS_PER_SECOND = 1000


def pay_out(simulator):
    """So many nights later at Stripe, which pays out by itself."""
    simulator.call("switches", {"automatic_payouts": True})
    for _ in range(DAYS):
        simulator.call("clock", {"advance": 24 * 3600})


def night(*names):
    """The comparison of each account, so many days from now."""
    ReadBudget.objects.all().delete()
    later = datetime.now(UTC) + timedelta(days=DAYS, minutes=5)
    for name in names:
        row = reconciliation.start(name, timezone.now(), DAYS + 1, until=later)
        for _ in range(5):  # a busy machine may need another try
            Reconciliation.objects.filter(pk=row.pk).update(claimed_until=timezone.now())
            if reconciliation.carry_on(row.pk):
                break
        row.refresh_from_db()
        assert row.finished_at is not None, row.error


def of(*shops, by=None):
    first = datetime.now(UTC).date()
    by = by or Principal.of_user(UserFactory.create(is_superuser=True))
    period = Period(first, first + timedelta(days=20))
    return Scope(by, tuple(shop.store for shop in shops), period)


@pytest.fixture
def sold(shop):
    shop.simulator.call("switches", {"automatic_payouts": True})
    paid(shop, 10_000)
    refunded = paid(shop, 2_000)
    refunds.refund(refunded, by=SYSTEM, amount=500)
    shop.converse(refunded)
    pay_out(shop.simulator)
    night(shop.store.stripe_account)
    return shop


def test_a_payout_shows_its_payments_and_refunds_and_adds_up(sold):
    [table] = payouts.tables(of(sold))

    payout = Payout.objects.get()
    [truth] = sold.simulator.objects("payouts")
    fees = 10_000 + 2_000 - 500 - truth["amount"]
    [row] = table.rows
    assert row[0] == truth["id"]
    assert row[4:] == (3, *usd(12_000, -500, 0, -fees, truth["amount"]), "Yes")
    part = payouts.parts(payout, of(sold).by)
    assert [(each[1], each[5]) for each in part.rows] == [
        ("Charge", Money(10_000, "usd")),
        ("Charge", Money(2_000, "usd")),
        ("Refund", Money(-500, "usd")),
    ]
    assert all(each.payment is not None for each in payout.lines.all())
    assert payout.lines.get(category="refund").refund is not None
    assert part.totals[0][5:8] == usd(11_500, -fees, truth["amount"])
    assert len(list(payouts.lines(of(sold)).rows)) == 3


def test_a_night_later_nothing_is_counted_twice(sold):
    before = list(BalanceTransaction.objects.values())
    night(sold.store.stripe_account)
    assert list(BalanceTransaction.objects.values()) == before
    assert Payout.objects.count() == 1


def test_a_payout_that_the_bank_sends_back_says_why(sold):
    payout = Payout.objects.get()
    about = {"account": sold.store.stripe_account, "id": payout.payout_id}
    sold.simulator.call("dashboard/payout_fail", about | {"failure_code": "account_closed"})
    night(sold.store.stripe_account)
    [row] = payouts.tables(of(sold))[0].rows
    assert row[3] == "Failed: The bank account has been closed."


def test_a_destination_charge_is_found_in_the_platform_s_payout_and_in_the_account_s(simulator, db):
    shop = open_shop(simulator, "destination")
    payment = paid(shop, 10_000)
    pay_out(simulator)
    night("", shop.store.account.stripe_id)

    by_account = {row.account: row for row in Payout.objects.all()}
    assert set(by_account) == {None, shop.store.account} or set(by_account) == {shop.store.account}
    for payout in by_account.values():
        lines = payout.lines.filter(category__in=("charge", "transfer"))
        assert {line.payment for line in lines} == {payment}
        assert payout.amount == payout.consists_of


def test_owners_see_the_payouts_of_their_account_alone(sold, simulator):
    other = open_shop(simulator)
    people = {
        role: Principal.of_user(MembershipFactory.create(store=sold.store, role=role).user)
        for role in Role
    }
    stranger = MembershipFactory.create(store=other.store, role=Role.OWNER).user
    seen = {role: list(Payout.objects.for_principal(by)) for role, by in people.items()}

    assert seen == {Role.OWNER: [Payout.objects.get()], Role.MANAGER: [], Role.CASHIER: []}
    assert not Payout.objects.for_principal(Principal.of_user(stranger)).exists()
    assert not BalanceTransaction.objects.for_principal(people[Role.MANAGER]).exists()
    scope = of(sold, other, by=Principal.of_user(stranger))
    assert payouts.tables(scope)[0].rows == []
    assert list(payouts.lines(scope).rows) == []
