"""Orders: opened, changed and given up in stores/services/orders.py. It …"""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from stores import services
from stores.errors import (
    DomainError,
    InvalidLine,
    OrderChanged,
    OrderNotOpen,
    ProductInactive,
    StoreInactive,
    UnknownProduct,
)
from stores.models import LogEntry, Order, OrderLine, OrderStatus
from stores.principals import SYSTEM
from stores.services import Line
from stores.transitions import move
from stores.transitions.orders import MOVES
from tests import factories

COFFEE: Any = {"description": "Coffee", "unit_amount": 4_50, "quantity": 2, "tax_rate_ppm": 88_750}


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """Only stores is tested here: the guards of the apps above are set aside."""
    guards = services.order_guards[:]
    services.order_guards.clear()
    yield
    services.order_guards[:] = guards


@pytest.fixture
def bagel(store):
    return factories.ProductFactory.create(
        store=store, name="Bagel", unit_amount=3_25, tax_rate_ppm=88_750
    )


@pytest.fixture
def order(store, bagel, device):
    return services.create_order(store, [{"product": bagel.pk, "quantity": 1}], device=device)


def test_prices_the_lines_itself(store, bagel, device):
    lines: list[Line] = [{"product": bagel.pk, "quantity": 3}, COFFEE]

    order = services.create_order(store, lines, device=device)

    order.refresh_from_db()
    assert (order.net_amount, order.tax_amount, order.total_amount) == (18_75, 1_67, 20_42)
    assert (order.status, order.version, order.currency) == ("open", 1, "usd")
    assert list(
        order.lines.order_by("position").values_list(
            "position", "description", "unit_amount", "quantity", "tax_amount", "total_amount"
        )
    ) == [(1, "Bagel", 3_25, 3, 87, 10_62), (2, "Coffee", 4_50, 2, 80, 9_80)]


def test_takes_the_products_price_whatever_the_client_says(store, bagel):
    lines: Any = [{"product": bagel.pk, "quantity": 1, "unit_amount": 1, "tax_rate_ppm": 0}]

    order = services.create_order(store, lines)

    assert order.net_amount == 3_25
    assert order.tax_amount == 29


def test_keeps_the_price_of_that_moment(order, bagel):
    bagel.unit_amount = 99_00
    bagel.save()

    assert order.lines.get().unit_amount == 3_25


@pytest.mark.django_db
def test_takes_tax_out_where_the_stores_prices_include_it():
    store = factories.StoreFactory.create(country="GB", currency="gbp", prices_include_tax=True)
    scone = factories.ProductFactory.create(store=store, unit_amount=6_00, tax_rate_ppm=200_000)

    order = services.create_order(store, [{"product": scone.pk, "quantity": 1}])

    assert (order.net_amount, order.tax_amount, order.total_amount) == (5_00, 1_00, 6_00)
    assert order.currency == "gbp"


def test_writes_down_who_opened_it(store, cashier, device):
    services.create_order(store, [COFFEE], device=device)
    services.create_order(store, [COFFEE], user=cashier)

    by_device, by_user = LogEntry.objects.order_by("id")
    assert (by_device.actor_kind, by_device.device, by_device.user) == ("device", device, None)
    assert (by_user.actor_kind, by_user.device, by_user.user) == ("user", None, cashier)
    assert by_device.verb == "created"
    assert by_device.message == "Order 1: 9.80 USD."
    assert by_device.data["total_amount"] == 9_80


def test_numbers_the_orders_of_each_store_from_one(store, other_store):
    numbers = [services.create_order(store, [COFFEE]).number for _ in range(3)]

    assert numbers == [1, 2, 3]
    assert services.create_order(other_store, [COFFEE]).number == 1


def test_leaves_no_gap_after_a_failure(store):
    services.create_order(store, [COFFEE])
    with transaction.atomic():
        services.create_order(store, [COFFEE])
        transaction.set_rollback(True)

    assert services.create_order(store, [COFFEE]).number == 2


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([], InvalidLine),
        ([COFFEE] * 501, InvalidLine),
        ([COFFEE | {"unit_amount": -1}], InvalidLine),
        ([COFFEE | {"quantity": 0}], InvalidLine),
        ([COFFEE | {"description": "  "}], InvalidLine),
        ([COFFEE | {"description": "x" * 201}], InvalidLine),
        ([{"product": 2**62, "quantity": 1}], UnknownProduct),
    ],
)
def test_stores_nothing_when_a_line_makes_no_sense(store, lines, error):
    with pytest.raises(error):
        services.create_order(store, lines)

    assert not Order.objects.exists()


def test_does_not_know_products_of_another_store(store, other_store):
    theirs = factories.ProductFactory.create(store=other_store)

    with pytest.raises(UnknownProduct):
        services.create_order(store, [{"product": theirs.pk, "quantity": 1}])


def test_sells_no_product_that_is_no_longer_sold(store):
    gone = factories.ProductFactory.create(store=store, is_active=False)

    with pytest.raises(ProductInactive):
        services.create_order(store, [{"product": gone.pk, "quantity": 1}])


def test_sells_nothing_in_a_store_that_is_not_active(store):
    store.is_active = False
    store.save()

    with pytest.raises(StoreInactive):
        services.create_order(store, [COFFEE])


def test_replaces_all_lines_and_counts_the_change(order, device):
    changed = services.replace_lines(order, [COFFEE], version=1, device=device)

    changed.refresh_from_db()
    assert (changed.version, changed.total_amount) == (2, 9_80)
    assert [line.description for line in changed.lines.all()] == ["Coffee"]
    *_, entry = LogEntry.objects.of_order(order.pk)
    assert (entry.verb, entry.old, entry.new) == ("lines_replaced", "3.54 USD", "9.80 USD")
    assert entry.data["version"] == 2


def test_changes_nothing_for_one_who_saw_an_older_version(order):
    services.replace_lines(order, [COFFEE], version=1)

    with pytest.raises(OrderChanged) as refusal:
        services.replace_lines(order, [COFFEE, COFFEE], version=1)

    assert refusal.value.code == "order_changed"
    assert OrderLine.objects.filter(order=order).count() == 1
    with pytest.raises(OrderChanged):
        services.cancel_order(order, version=1)


def test_keeps_the_old_lines_when_a_new_one_makes_no_sense(order):
    with pytest.raises(InvalidLine):
        services.replace_lines(order, [COFFEE, COFFEE | {"quantity": 0}], version=1)

    order.refresh_from_db()
    assert (order.version, order.total_amount) == (1, 3_54)
    assert order.lines.get().description == "Bagel"


@pytest.mark.parametrize("status", [OrderStatus.PAID, OrderStatus.CANCELED])
def test_changes_no_order_that_is_not_open(order, status):
    move(order, status, message="")

    with pytest.raises(OrderNotOpen):
        services.replace_lines(order, [COFFEE], version=order.version)


def test_cancels_an_open_order_once(order, cashier):
    canceled = services.cancel_order(order, version=1, user=cashier)
    again = services.cancel_order(order, version=1, user=cashier)

    assert (canceled.status, canceled.version) == ("canceled", 2)
    assert (again.status, again.version) == ("canceled", 2)
    *_, entry = LogEntry.objects.of_order(order.pk)
    assert (entry.verb, entry.old, entry.new, entry.user) == ("status", "open", "canceled", cashier)
    assert LogEntry.objects.of_order(order.pk).count() == 2


def test_does_not_cancel_a_paid_order(order):
    move(order, OrderStatus.PAID, message="")

    with pytest.raises(OrderNotOpen):
        services.cancel_order(order)

    order.refresh_from_db()
    assert order.status == "paid"


def test_asks_the_guards_before_a_change(order):
    asked = []

    def refuse(locked):
        asked.append(locked.pk)
        raise DomainError("A payment is open.", code="payment_open")

    services.order_guards.append(refuse)
    with pytest.raises(DomainError, match="A payment is open"):
        services.replace_lines(order, [COFFEE], version=1)
    with pytest.raises(DomainError, match="A payment is open"):
        services.cancel_order(order)

    order.refresh_from_db()
    assert asked == [order.pk, order.pk]
    assert (order.status, order.version) == ("open", 1)


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("to", OrderStatus)
def test_keeps_final_states_final(order, status, to):
    paid_at = order.created_at if status == OrderStatus.PAID else None
    Order.objects.update(status=status, paid_at=paid_at)
    order.refresh_from_db()

    moved = move(order, to, message="", by=SYSTEM)

    expected = status == OrderStatus.OPEN and to != OrderStatus.OPEN
    assert moved is expected
    assert order.status == (to if moved else status)
    assert order.version == (2 if moved else 1)
    assert LogEntry.objects.filter(verb="status").count() == int(moved)
    assert set(MOVES) == {OrderStatus.OPEN}


def test_notes_when_it_was_paid(order):
    move(order, OrderStatus.PAID, message="Order 1 is paid.")

    assert order.paid_at == Order.objects.get().paid_at
    assert order.paid_at is not None


def test_opens_an_order_in_a_fixed_number_of_statements(
    store, bagel, device, django_assert_num_queries
):
    few: list[Line] = [{"product": bagel.pk, "quantity": 1}]
    many = few * 50 + [COFFEE] * 50

    for lines in (few, many):
        with django_assert_num_queries(9):  # two of them the savepoint's
            services.create_order(store, lines, device=device)


def test_changes_an_order_in_a_fixed_number_of_statements(order, django_assert_num_queries):
    for version, lines in enumerate(([COFFEE], [COFFEE] * 50), start=1):
        with django_assert_num_queries(11):  # two of them the savepoint's
            services.replace_lines(order, lines, version=version)


def in_threads(*calls):
    """Run the calls at once, each on a connection of its own; return what each gave or raised."""
    answers: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(index, call):
        start.wait()
        try:
            answers[index] = call()
        except DomainError as refusal:
            answers[index] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, call)) for index, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_gives_each_of_many_tills_its_own_number():
    store = factories.StoreFactory.create()

    orders = in_threads(*[lambda: services.create_order(store, [COFFEE])] * 8)

    assert sorted(order.number for order in orders) == list(range(1, 9))


@pytest.mark.django_db(transaction=True)
def test_lets_one_of_two_simultaneous_changes_win():
    order = services.create_order(factories.StoreFactory.create(), [COFFEE])

    answers = in_threads(*[lambda: services.replace_lines(order, [COFFEE] * 2, version=1)] * 2)

    refusals = [answer for answer in answers if isinstance(answer, DomainError)]
    assert [type(refusal) for refusal in refusals] == [OrderChanged]
    order.refresh_from_db()
    assert order.version == 2
    assert order.lines.count() == 2
