"""What comes off an order: given, grown and taken back in stores/services/discounts.py. It …"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from stores.errors import (
    DiscountNotAllowed,
    DiscountRefused,
    NotTheSecondPerson,
    OrderChanged,
    OrderNotOpen,
)
from stores.models import Discount, LogEntry, Membership, Order
from stores.principals import SYSTEM, Principal, Role
from stores.services import cancel_order, create_order, discounting, discounts, replace_lines
from stores.services.discounts import Terms
from tests.factories import DeviceFactory, MembershipFactory, StoreFactory

COFFEE: Any = {"description": "Coffee", "unit_amount": 4_50, "quantity": 2, "tax_rate_ppm": 88_750}
CAKE: Any = {"description": "Cake", "unit_amount": 6_00, "quantity": 1, "tax_rate_ppm": 88_750}
TENTH = Terms(basis_points=1_000, reason="loyalty")


@pytest.fixture
def order(store) -> Order:
    return create_order(store, [COFFEE, CAKE])


def amounts(order) -> tuple[int, int, int, int]:
    order.refresh_from_db()
    return order.discount_amount, order.net_amount, order.tax_amount, order.total_amount


def off_lines(order) -> list[tuple[int, int]]:
    lines = order.lines.order_by("position")
    return list(lines.values_list("discount_amount", "total_amount"))


def less(amount, line=None) -> Terms:
    return Terms(line=line, amount_off=amount, reason="goodwill")


def limit(store, **limits) -> None:
    for name, value in limits.items():
        setattr(store, name, value)
    store.save()


def member(store, role) -> Membership:
    return MembershipFactory.create(store=store, role=role)


def person(store, role=Role.CASHIER) -> Principal:
    return Principal.of_user(member(store, role).user)


def test_divides_an_orders_discount_over_its_lines_and_taxes_what_is_left(order):
    discounts.give(order, TENTH, by=SYSTEM)

    # 15.00: 1.50 off, of 9.00 and 6.00; 8.875 % of 8.10 and of 5.40.
    assert off_lines(order) == [(90, 8_10 + 72), (60, 5_40 + 48)]
    assert amounts(order) == (1_50, 13_50, 1_20, 14_70)
    assert Discount.objects.get().amount == 1_50
    assert order.version == 2


def test_takes_a_lines_own_discount_first_and_the_orders_of_the_rest(order):
    _coffee, cake = order.lines.order_by("position")
    discounts.give(order, less(1_00, cake.pk), by=SYSTEM)
    discounts.give(order, TENTH, by=SYSTEM)

    assert [off for off, _ in off_lines(order)] == [90, 1_00 + 50]
    assert sorted(Discount.objects.values_list("amount", flat=True)) == [1_00, 1_40]
    assert order.discounts.count() == 2


def test_puts_a_discount_in_place_of_the_one_there_was(order):
    discounts.give(order, TENTH, by=SYSTEM)
    discounts.give(order, less(50), by=SYSTEM)

    assert amounts(order)[0] == Discount.objects.get().amount == 50


def test_takes_a_discount_back_and_nothing_twice(order):
    before = amounts(order)
    _, cake = order.lines.order_by("position")
    discounts.give(order, TENTH, by=SYSTEM)
    discounts.give(order, less(1_00, cake.pk), by=SYSTEM)

    discounts.take_back(order, cake.pk, by=SYSTEM)
    assert Discount.objects.get().amount == 1_50
    discounts.take_back(order, by=SYSTEM)
    assert amounts(order) == before
    version = order.version
    discounts.take_back(order, by=SYSTEM)
    order.refresh_from_db()
    assert order.version == version
    assert LogEntry.objects.filter(verb="discount_removed").count() == 2


def test_keeps_in_step_with_lines_that_change(order, store):
    coffee, cake = order.lines.order_by("position")
    discounts.give(order, TENTH, by=SYSTEM)
    discounts.give(order, less(1_00, cake.pk), by=SYSTEM)
    order.refresh_from_db()

    replace_lines(order, [{"line": coffee.pk}, COFFEE], version=order.version)

    [left] = Discount.objects.all()
    assert (left.line_id, left.amount) == (None, 1_80)
    assert amounts(order)[:2] == (1_80, 16_20)
    assert [off for off, _ in off_lines(order)] == [90, 90]


def test_leaves_what_comes_off_when_something_is_paid(order):
    discounts.give(order, TENTH, by=SYSTEM)
    coffee, cake = order.lines.order_by("position")
    Order.objects.update(held_amount=1)
    order.refresh_from_db()

    with pytest.raises(DiscountRefused, match="Parts of Order 1 are paid"):
        discounts.give(order, less(1), by=SYSTEM)
    with pytest.raises(DiscountRefused):
        discounts.take_back(order, by=SYSTEM)
    replace_lines(order, [{"line": coffee.pk}, {"line": cake.pk}, CAKE], version=order.version)
    assert [off for off, _ in off_lines(order)] == [90, 60, 0]
    replace_lines(order, [{"line": coffee.pk}], version=order.version + 1)
    assert off_lines(order) == [(90, 8_82)]
    assert Discount.objects.get().amount == 90


def test_leaves_something_to_pay(order, store):
    with pytest.raises(DiscountRefused, match="nothing of Order 1 would be left"):
        discounts.give(order, Terms(basis_points=10_000, reason="staff"), by=SYSTEM)
    coffee, _ = order.lines.order_by("position")
    discounts.give(order, Terms(coffee.pk, basis_points=10_000, reason="staff"), by=SYSTEM)
    assert off_lines(order)[0] == (9_00, 0)
    discounts.give(order, less(5_00), by=SYSTEM)
    order.refresh_from_db()
    with pytest.raises(DiscountRefused, match="nothing of Order 1 would be left"):
        replace_lines(order, [{"line": coffee.pk}], version=order.version)
    assert order.lines.count() == 2


@pytest.mark.parametrize(
    "terms",
    [
        less(15_01),
        less(1, line=0),
        Terms(basis_points=1, reason="staff"),
        Terms(amount_off=1),
        Terms(amount_off=1, note="  "),
    ],
)
def test_refuses_what_makes_no_sense(order, terms):
    with pytest.raises(DiscountRefused):
        discounts.give(order, terms, by=SYSTEM)
    assert not Discount.objects.exists()
    assert amounts(order)[0] == 0


@pytest.mark.django_db
def test_gives_no_fraction_that_cannot_be_charged():
    store = StoreFactory.create(currency="isk")
    order = create_order(store, [CAKE])

    with pytest.raises(DiscountRefused, match="multiple of 100"):
        discounts.give(order, less(50), by=SYSTEM)


def test_changes_an_open_order_of_the_version_that_was_seen(order):
    with pytest.raises(OrderChanged):
        discounts.give(order, TENTH, by=SYSTEM, version=7)
    cancel_order(order)
    with pytest.raises(OrderNotOpen):
        discounts.give(order, TENTH, by=SYSTEM)


def test_writes_down_what_was_given_by_whom_and_why(order, store, device):
    limit(store, cashier_discount_limit=1_00)
    coffee, _ = order.lines.order_by("position")
    boss = member(store, Role.MANAGER)
    terms = Terms(coffee.pk, basis_points=2_500, reason="damaged", note="The cup")

    discounts.give(order, terms, by=Principal.of_device(device), approver=boss)

    row = LogEntry.objects.get(verb="discount_given")
    said = "25 % off 2 x Coffee (2.25 USD). Damaged or short-dated: The cup"
    assert (row.old, row.new, row.device, row.order) == ("", said, device, order)
    assert row.message == (
        f"Order 1: 13.88 USD. Discount: {said}. Approved by {boss.user.username}."
    )
    assert row.data["discount"] == row.data["discount_amount"] == 2_25
    assert (row.data["reason"], row.data["approved_by"]) == ("damaged", boss.user_id)
    discounts.take_back(order, coffee.pk, by=Principal.of_device(device))
    gone = LogEntry.objects.get(verb="discount_removed")
    assert (gone.old, gone.new) == (said, "")


def test_is_for_managers_until_the_store_says_more(order, store):
    with pytest.raises(DiscountNotAllowed, match="Discounts are for managers"):
        discounts.give(order, less(1), by=person(store))
    with pytest.raises(DiscountNotAllowed):
        discounts.give(order, less(1), by=person(StoreFactory.create(), Role.OWNER))
    discounts.give(order, less(14_00), by=person(store, Role.MANAGER))


def test_counts_all_that_comes_off_an_order_whoever_gave_it(order, store):
    limit(store, cashier_discount_limit=2_00)
    _, cake = order.lines.order_by("position")
    discounts.give(order, less(1_50), by=person(store))

    berta = person(store)
    with pytest.raises(DiscountNotAllowed, match=r"up to 2\.00 USD off an order"):
        discounts.give(order, less(51, cake.pk), by=berta)
    discounts.give(order, less(50, cake.pk), by=berta)
    assert amounts(order)[0] == 2_00


def test_holds_for_a_manager_what_the_store_says_and_for_an_owner_nothing(order, store):
    limit(store, manager_discount_limit=1_00, manager_discount_day_limit=1_50)
    manager = person(store, Role.MANAGER)
    with pytest.raises(DiscountNotAllowed, match="off an order"):
        discounts.give(order, less(1_01), by=manager)
    discounts.give(order, less(1_00), by=manager)
    second = create_order(store, [CAKE])
    with pytest.raises(DiscountNotAllowed, match=r"1\.50 USD a day, and 1\.00 USD is given"):
        discounts.give(second, less(51), by=manager)
    discounts.give(second, less(50), by=manager)
    discounts.give(second, less(5_00), by=person(store, Role.OWNER))


def test_counts_what_a_person_gave_today_and_not_what_came_to_nothing(store):
    limit(store, cashier_discount_limit=5_00, cashier_discount_day_limit=5_00)
    anna, orders = person(store), [create_order(store, [COFFEE]) for _ in range(3)]
    discounts.give(orders[0], less(5_00), by=anna)
    with pytest.raises(DiscountNotAllowed, match="a day"):
        discounts.give(orders[1], less(1), by=anna)
    discounts.give(orders[0], less(4_00), by=anna)  # in place of the five
    discounts.give(orders[1], less(1_00), by=anna)
    cancel_order(orders[0])
    discounts.give(orders[2], less(4_00), by=anna)
    Discount.objects.update(given_at=timezone.now() - timedelta(days=1))
    assert discounting.given_today(store, anna) == 0
    # A tablet that nobody entered a PIN on is one by itself.
    tablet = Principal.of_device(DeviceFactory.create(store=store))
    discounts.give(orders[1], less(3_00), by=tablet)
    assert discounting.given_today(store, tablet) == 3_00
    assert discounting.given_today(store, anna) == 0


def test_asks_again_when_more_lines_make_it_more(order, store):
    limit(store, cashier_discount_limit=2_00)
    anna, berta = member(store, Role.CASHIER).user, member(store, Role.CASHIER).user
    discounts.give(order, TENTH, by=Principal.of_user(anna))
    coffee, cake = order.lines.order_by("position")
    kept: list[Any] = [{"line": coffee.pk}, {"line": cake.pk}]
    order.refresh_from_db()

    with pytest.raises(DiscountNotAllowed, match="up to 2"):
        replace_lines(order, [*kept, CAKE], version=order.version, user=berta)
    assert order.lines.count() == 2
    replace_lines(order, [*kept, CAKE | {"unit_amount": 5_00}], version=order.version, user=berta)
    given = Discount.objects.get()
    assert (given.amount, given.user) == (2_00, berta)
    replace_lines(order, kept, version=order.version + 1, user=anna)
    given.refresh_from_db()
    assert (given.amount, given.user) == (1_50, berta)


def test_gives_above_the_limit_what_a_second_person_agrees_to(order, store):
    limit(store, cashier_discount_limit=2_00, cashier_discount_day_limit=2_00)
    anna, boss = person(store), member(store, Role.MANAGER)

    discounts.give(order, less(9_00), by=anna, approver=boss)

    given = Discount.objects.get()
    assert (given.user_id, given.approved_by) == (anna.user_id, boss.user)
    assert discounting.given_today(store, anna) == 0
    # What was approved is not what anna gave by herself today, on this order either.
    limit(store, cashier_discount_limit=10_00)
    _, cake = order.lines.order_by("position")
    discounts.give(order, less(1_00, cake.pk), by=anna)
    assert discounting.given_today(store, anna) == 1_00


@pytest.mark.parametrize("role", [Role.CASHIER, Role.MANAGER])
def test_takes_no_cashier_and_not_oneself_for_the_second_person(order, store, role):
    limit(store, manager_discount_limit=1)
    asker = member(store, role)
    with pytest.raises(NotTheSecondPerson):
        discounts.give(order, less(9_00), by=Principal.of_user(asker.user), approver=asker)
    with pytest.raises(NotTheSecondPerson):
        discounts.give(
            order,
            less(9_00),
            by=Principal.of_user(asker.user),
            approver=member(store, Role.CASHIER),
        )
    assert not Discount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_lets_no_two_discounts_at_once_pass_the_limit_of_a_day(store):
    limit(store, cashier_discount_limit=2_00, cashier_discount_day_limit=3_00)
    anna, orders = person(store), [create_order(store, [COFFEE]) for _ in range(6)]

    def give(order):
        try:
            discounts.give(order, less(2_00), by=anna)
        except DiscountNotAllowed:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(give, orders)) == 1


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"amount_off": 1, "basis_points": 1}, "amount_or_part"),
        ({}, "amount_or_part"),
        ({"basis_points": 10_001}, "amount_or_part"),
        ({"amount_off": 1, "reason": "other"}, "says_why"),
        ({"amount_off": 1, "reason": "birthday"}, "reason_known"),
    ],
)
def test_the_database_refuses_a_discount_that_makes_no_sense(order, store, fields, refused):
    row = {"reason": "staff", "amount": 0} | fields
    with pytest.raises(IntegrityError, match=refused):
        Discount.objects.create(store=store, order=order, **row)


def test_the_database_knows_one_discount_of_an_order(order, store):
    row = {"store": store, "order": order, "amount": 0, "amount_off": 1, "reason": "staff"}
    Discount.objects.create(**row)
    with pytest.raises(IntegrityError, match="once"):
        Discount.objects.create(**row)
