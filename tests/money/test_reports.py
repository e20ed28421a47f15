"""Reports by hand-computed examples, on the real simulator: what a day brought, tips, declines."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from payments.models import Payment, Refund
from payments.services import captures, refunds
from payments.services.cash import take_cash
from payments.services.reports import day_close, exporting, takings, tips
from payments.services.reports import refunds as refund_report
from payments.services.reports.scopes import Scope
from payments.services.reports.tables import Money
from stores.models import Role
from stores.periods import Period, preset
from stores.principals import SYSTEM, Principal
from terminal.services import reports as declines
from tests.factories import DeviceFactory, MembershipFactory, UserFactory
from tests.money.conftest import open_shop
from tests.money.test_refunds_elsewhere import hear, outside
from tests.money.test_tips_on_readers import offer, tip


def today(shop) -> date:
    return timezone.now().astimezone(ZoneInfo(shop.store.timezone)).date()


def of(*shops, by=None, day=None, to=None) -> Scope:
    """These stores' today, or other days, for the platform's owner or somebody else."""
    by = by or Principal.of_user(UserFactory.create(is_superuser=True))
    first = day or today(shops[0])
    return Scope(by, tuple(shop.store for shop in shops), Period(first, to or first))


def paid(shop, amount, card="visa", **how) -> Payment:
    payment = shop.sell(amount, **how)
    shop.tap(card)
    found: Payment = shop.ring(payment)
    return found


def usd(*amounts):
    return tuple(Money(amount, "usd") for amount in amounts)


def test_a_day_by_method_reader_and_cashier(shop):
    cashier = MembershipFactory.create(store=shop.store, role=Role.CASHIER).user
    paid(shop, 2_500)
    paid(shop, 1_000, "mastercard")
    mine = paid(shop, 700)
    Payment.objects.filter(pk=mine.pk).update(user=cashier)
    take_cash(shop.order(400), by=shop.by)
    back = take_cash(shop.order(300), by=shop.by)
    refunds.refund(back, by=SYSTEM, amount=300)
    refunds.refund(mine, by=SYSTEM, amount=200)
    shop.converse(mine)

    found = takings.taken(of(shop))
    methods, readers, people = (
        make(found) for make in (takings.by_method, takings.by_reader, takings.by_person)
    )

    assert methods.rows == [
        ("Cash", 2, *usd(700, 0, 700, 300, 400)),
        ("Mastercard", 1, *usd(1_000, 0, 1_000, 0, 1_000)),
        ("Visa", 2, *usd(3_200, 0, 3_200, 200, 3_000)),
    ]
    assert methods.totals == [("Total", 5, *usd(4_900, 0, 4_900, 500, 4_400))]
    assert readers.rows == [("Cash", 2, *usd(700, 0, 700)), ("Till 1", 3, *usd(4_200, 0, 4_200))]
    tablet = f"{shop.device} (nobody signed in)"
    names = {row[0]: row[1:] for row in people.rows}
    assert names == {
        tablet: (4, *usd(4_200, 0, 4_200)),
        cashier.get_full_name() or cashier.get_username(): (1, *usd(700, 0, 700)),
    }
    assert takings.cash_in_drawer(found) == 400


def test_what_was_sold_and_what_stripe_captured_differ_by_what_the_report_says(shop):
    paid(shop, 1_000)  # sold and captured
    held = paid(shop, 2_000, capture_method="manual")
    earlier = paid(shop, 4_000, capture_method="manual")
    Payment.objects.filter(pk=earlier.pk).update(created_at=timezone.now() - timedelta(days=1))
    captures.capture(earlier, by=shop.by)
    shop.converse(earlier)
    later = paid(shop, 8_000, capture_method="manual")
    captures.capture(later, by=shop.by)
    shop.converse(later)
    Payment.objects.filter(pk=later.pk).update(ended_at=timezone.now() + timedelta(days=2))

    day = day_close.look(of(shop))

    assert held.status == "requires_capture"
    assert (day.sold, day.captured) == (11_000, 5_000)
    assert day.bridge == [
        ("Approved, not captured yet", 1, -2_000),
        ("Captured on another day", 1, -8_000),
        ("Captured this day, sold on an earlier one", 1, 4_000),
    ]
    assert day.sold + sum(amount for _, _, amount in day.bridge) == day.captured
    assert day.confirmed == 0  # no comparison has listed anything yet


def test_a_part_that_was_captured_explains_the_rest(shop):
    payment = paid(shop, 2_000, capture_method="manual")
    shop.simulator.stripe_post(
        f"payment_intents/{payment.payment_intent_id}/capture",
        account=payment.stripe_account,
        amount_to_capture=1_500,
    )
    shop.ring(payment)

    day = day_close.look(of(shop))

    assert (day.sold, day.captured) == (2_000, 1_500)
    assert day.bridge == [("Captured with another amount than was sold", 0, -500)]


def test_what_is_not_settled_is_named(shop):
    payment = paid(shop, 2_000)
    refunds.refund(payment, by=SYSTEM, amount=500)
    found = day_close.look(of(shop)).matters
    assert [(each.payment_id, each.what) for each in found] == [(payment.pk, "Refund pending")]
    shop.converse(payment)
    assert day_close.look(of(shop)).matters == []


def test_tips_are_told_by_employee_and_by_where_they_were_given(shop):
    offer(shop)
    worker = MembershipFactory.create(store=shop.store, role=Role.CASHIER).user
    on_reader = tip(shop, shop.sell(1_000), 200)
    on_receipt = paid(shop, 3_000, capture_method="manual", skip_tipping=True)
    captures.capture(on_receipt, by=shop.by, tip_amount=450)
    shop.converse(on_receipt)
    paid(shop, 5_000, skip_tipping=True)
    Payment.objects.filter(pk=on_receipt.pk).update(user=worker)

    [table] = tips.tables(of(shop))

    assert on_reader.tip_amount == 200
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows == {
        f"{shop.device} (nobody signed in)": (1, *usd(1_000, 200, 0, 200)),
        worker.get_full_name() or worker.get_username(): (1, *usd(3_000, 0, 450, 450)),
    }
    assert table.totals == [("Total", 2, *usd(4_000, 200, 450, 650))]


def test_a_cashier_sees_their_own_tips_and_a_manager_all(shop):
    offer(shop)
    cashier = MembershipFactory.create(store=shop.store, role=Role.CASHIER).user
    manager = MembershipFactory.create(store=shop.store, role=Role.MANAGER).user
    mine = tip(shop, shop.sell(1_000), 200)
    tip(shop, shop.sell(1_000), 300)
    Payment.objects.filter(pk=mine.pk).update(user=cashier)

    seen = {
        user: tips.tables(of(shop, by=Principal.of_user(user)))[0].totals
        for user in (cashier, manager)
    }

    assert seen[cashier] == [("Total", 1, *usd(1_000, 200, 0, 200))]
    assert seen[manager] == [("Total", 2, *usd(2_000, 500, 0, 500))]
    assert len(list(tips.lines(of(shop, by=Principal.of_user(cashier))).rows)) == 1


def test_refunds_by_reason_and_by_person(shop):
    manager = MembershipFactory.create(store=shop.store, role=Role.MANAGER).user
    payment = paid(shop, 5_000)
    refunds.refund(payment, by=Principal.of_user(manager), amount=700, reason="duplicate")
    shop.converse(payment)
    outside(shop, payment, amount=300)
    hear(shop, payment)
    assert Refund.objects.count() == 2

    by_reason, by_person, _by_line = refund_report.tables(of(shop))

    assert [row[:3] for row in by_reason.rows] == [
        ("Duplicate", 1, Money(700, "usd")),
        ("No reason given", 1, Money(300, "usd")),
    ]
    name = manager.get_full_name() or manager.get_username()
    assert {row[0]: row[2] for row in by_person.rows} == {
        "Elsewhere, as in Stripe's Dashboard": Money(300, "usd"),
        name: Money(700, "usd"),
    }
    assert by_reason.totals == by_person.totals == [("Total", 2, *usd(1_000, 0, 0))]


def test_declines_by_reason_brand_and_reader(shop):
    payment = shop.sell(2_000)
    shop.tap("insufficient_funds")
    payment = shop.ring(payment)
    assert payment.state == "declined"

    by_reason, by_brand, by_reader = declines.tables(of(shop))

    asked = (1, Money(2_000, "usd"))
    assert by_reason.rows == [
        ("Declined: not enough money on the card. (insufficient_funds)", *asked)
    ]
    assert by_brand.rows == [("Visa", *asked)]
    assert by_reader.rows == [("Till 1", *asked)]
    [line] = declines.lines(of(shop)).rows
    assert line[4:8] == (
        "insufficient_funds",
        "Declined: not enough money on the card.",
        "Visa",
        "Till 1",
    )


def test_two_currencies_are_never_added_up(simulator, db):
    shops = [open_shop(simulator), open_shop(simulator, country="CA")]
    for shop, amount in zip(shops, (1_000, 2_000), strict=True):
        paid(shop, amount)
    rows = takings.by_method(takings.taken(of(*shops)))
    assert rows.totals == [
        ("Total", 1, *(Money(amount, "cad") for amount in (2_000, 0, 2_000, 0, 2_000))),
        ("Total", 1, *usd(1_000, 0, 1_000, 0, 1_000)),
    ]


@pytest.mark.parametrize(
    ("day", "start", "hours"),
    [
        (date(2026, 3, 8), datetime(2026, 3, 8, 5, tzinfo=UTC), 23),
        (date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC), 25),
        (date(2026, 7, 1), datetime(2026, 7, 1, 4, tzinfo=UTC), 24),
    ],
)
def test_a_day_begins_at_the_store_s_midnight_whatever_its_length(day, start, hours):
    first, last = Period(day, day).bounds("America/New_York")
    assert first == start
    assert (last.astimezone(UTC) - start).total_seconds() == hours * 3600


def test_a_sale_in_the_hour_that_comes_twice_is_of_that_day(shop):
    day = date(2026, 11, 1)  # 25 hours in New York
    ends = datetime(2026, 11, 2, 5, tzinfo=UTC)
    counted = []
    for moment in (ends - timedelta(seconds=1), ends):
        payment = take_cash(shop.order(100), by=shop.by)
        Payment.objects.filter(pk=payment.pk).update(ended_at=moment)
        counted.append(takings.cash_in_drawer(takings.taken(of(shop, day=day))))
    assert counted == [100, 100]
    days = (day, day + timedelta(days=1))
    [last], [first] = (list(takings.lines(of(shop, day=each)).rows) for each in days)
    assert exporting.csv_cell(last[0]) == "2026-11-01T23:59:59-05:00"
    assert exporting.csv_cell(first[0]) == "2026-11-02T00:00:00-05:00"


def test_each_store_has_its_own_days(shop, simulator):
    other = open_shop(simulator)
    other.store.timezone = "Pacific/Auckland"
    other.store.save()
    moment = datetime(2026, 6, 1, 18, tzinfo=UTC)  # 2 June in Auckland
    for each in (shop, other):
        payment = take_cash(each.order(100), by=each.by)
        Payment.objects.filter(pk=payment.pk).update(ended_at=moment)
    day = date(2026, 6, 1)
    scopes = [of(shop, other, day=each) for each in (day, day + timedelta(days=1))]
    assert [[row[1] for row in takings.lines(scope).rows] for scope in scopes] == [
        [shop.store.name],
        [other.store.name],
    ]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", date(2026, 3, 1), date(2026, 3, 1)),
        ("yesterday", date(2026, 2, 28), date(2026, 2, 28)),
        ("this_week", date(2026, 2, 23), date(2026, 3, 1)),
        ("last_week", date(2026, 2, 16), date(2026, 2, 22)),
        ("this_month", date(2026, 3, 1), date(2026, 3, 1)),
        ("last_month", date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_presets_on_a_sunday_that_begins_a_month(name, first, last):
    assert preset(name, date(2026, 3, 1)) == Period(first, last)


def test_the_number_of_statements_does_not_grow(shop, django_assert_num_queries):
    scope = of(shop)
    sell_some(shop)
    with django_assert_num_queries(10):
        day_close.tables(scope)
    for _ in range(3):
        sell_some(shop)
    with django_assert_num_queries(10):
        day_close.tables(scope)


def sell_some(shop):
    payment = take_cash(
        shop.order(100), by=Principal.of_device(DeviceFactory.create(store=shop.store))
    )
    refunds.refund(payment, by=SYSTEM, amount=50)
