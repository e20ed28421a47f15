"""Open an order, change what is in it, give it up."""

from collections.abc import Callable, Collection, Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Max
from django.utils.timezone import now
from django.utils.translation import gettext

from stores import currencies
from stores.errors import OrderChanged, OrderNotOpen, StoreInactive
from stores.models import Device, Discount, Order, OrderLine, OrderStatus, Store
from stores.principals import Principal
from stores.sentences import said
from stores.services import discounting
from stores.services.lines import AMOUNTS, MOST_LINES, Line, price_lines
from stores.totals import Amounts, Pricing, order_amounts
from stores.transitions import log_order, move

# Called with the locked order before its lines change or it is canceled; each may raise a
# DomainError. payments adds "has no open payment" when the apps are ready.
order_guards: list[Callable[[Order], None]] = []
# Called with the locked order as it will be, and the ids of the lines that go.
lines_guards: list[Callable[[Order, Collection[int]], None]] = []
# Called with the locked order when its lines are other ones.
lines_replaced: list[Callable[[Order], object]] = []
# Called with the locked order before it is canceled.
cancel_guards: list[Callable[[Order], None]] = []


def create_order(
    store: Store,
    lines: Sequence[Line],
    *,
    device: Device | None = None,
    user: User | None = None,
) -> Order:
    """A new open order of this store with the next number, its lines priced by us."""
    with transaction.atomic():
        priced = price_lines(store, lines)
        by = Principal.of(device=device, user=user)
        order = Order(
            store=store,
            currency=store.currency,
            number=next_number(store),
            device=device,
            created_by_id=by.user_id,
        )
        write_amounts(order, priced)
        order.save(force_insert=True)
        insert_lines(order, priced)
        log_order(order, "created", summary(order), by=by)
    return order


def replace_lines(
    order: Order,
    lines: Sequence[Line],
    *,
    version: int,
    device: Device | None = None,
    user: User | None = None,
) -> Order:
    """Put these lines in place of the order's, if `version` is still the present one.

    A `KeptLine` stays the row it is, wherever it stands now.
    """
    with transaction.atomic():
        locked = lock_for_change(order, version)
        by = Principal.of(device=device, user=user)
        put_lines(locked, price_replacement(locked, lines, by), by=by)
    return locked


def price_replacement(locked: Order, lines: Sequence[Line], by: Principal) -> list[OrderLine]:
    """Lines that could stand in place of the order's, with their amounts, not stored."""
    present = {row.pk: row for row in OrderLine.objects.filter(order=locked)}
    priced = price_lines(locked.store, lines, present)
    discounting.reprice(locked, priced, by)
    return priced


def put_lines(locked: Order, priced: Sequence[OrderLine], *, by: Principal) -> None:
    """Put priced lines in place of the locked order's; `order_guards` were asked before."""
    old = currencies.format_amount(locked.total_amount, locked.currency)
    had = locked.discount_amount
    goes = apply_amounts(locked, priced)
    save_amounts(locked)
    if had:
        Discount.objects.filter(line__in=goes).delete()
    OrderLine.objects.filter(pk__in=goes).delete()
    move_lines([row for row in priced if row.pk is not None])
    insert_lines(locked, [row for row in priced if row.pk is None])
    if had or locked.discount_amount:
        save_line_amounts(priced)
        discounting.settle(locked, priced, by)
    new = currencies.format_amount(locked.total_amount, locked.currency)
    log_order(locked, "lines_replaced", summary(locked), by=by, old=old, new=new)
    for react in lines_replaced:
        react(locked)


def apply_amounts(order: Order, priced: Sequence[OrderLine]) -> set[int]:
    """What the order comes to with these lines, in memory, and the ids of those that go.

    Raises AmountTooLarge, and what the guards do.
    """
    kept = {row.pk for row in priced}
    goes = set(OrderLine.objects.filter(order=order).values_list("pk", flat=True)) - kept
    write_amounts(order, priced)
    for guard in lines_guards:
        guard(order, goes)
    return goes


def cancel_order(
    order: Order,
    *,
    version: int | None = None,
    device: Device | None = None,
    user: User | None = None,
) -> Order:
    """Give the order up; a canceled one stays canceled, and that is no error."""
    with transaction.atomic():
        locked = Order.objects.lock(order.pk)
        if locked.status == OrderStatus.CANCELED:
            return locked
        check_change(locked, version)
        for guard in cancel_guards:
            guard(locked)
        by = Principal.of(device=device, user=user)
        move(
            locked,
            OrderStatus.CANCELED,
            message=said("Order {number} was canceled.", number=order.number),
            by=by,
        )
    return locked


def lock_for_change(order: Order, version: int | None) -> Order:
    """The order, locked, if it may be changed by one who saw this version."""
    locked = Order.objects.lock(order.pk)
    check_change(locked, version)
    return locked


def check_change(locked: Order, version: int | None) -> None:
    check_version(locked, version)
    for guard in order_guards:
        guard(locked)


def check_version(locked: Order, version: int | None) -> None:
    """Raises OrderNotOpen, OrderChanged."""
    if locked.status != OrderStatus.OPEN:
        raise not_open(locked)
    if version is not None and version != locked.version:
        raise OrderChanged(
            gettext("{order} was changed; its version is now {version}.").format(
                order=locked, version=locked.version
            )
        )


def not_open(order: Order) -> OrderNotOpen:
    said = {
        OrderStatus.PAID: gettext("{order} is paid."),
        OrderStatus.CANCELED: gettext("{order} is canceled."),
    }
    return OrderNotOpen(said[OrderStatus(order.status)].format(order=order))


def next_number(store: Store) -> int:
    """The store's next order number; its row stays locked until we commit, so none is left out."""
    locked = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
    if not locked.is_active:
        raise StoreInactive(gettext("{store} is not active.").format(store=locked))
    last = Order.objects.filter(store=store).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def write_amounts(order: Order, lines: Sequence[OrderLine]) -> None:
    pricing = Pricing(order.currency, order.store.prices_include_tax)
    each = (Amounts(line.net_amount, line.tax_amount, line.total_amount) for line in lines)
    sums = order_amounts(pricing, each)
    order.net_amount, order.tax_amount, order.total_amount = sums.net, sums.tax, sums.total
    order.discount_amount = sum(line.discount_amount for line in lines)


def save_amounts(order: Order) -> None:
    """Another version of the order, with what `write_amounts` made of its lines."""
    order.version += 1
    order.updated_at = now()
    order.save(update_fields=["version", "updated_at", *AMOUNTS])


def save_line_amounts(lines: Sequence[OrderLine]) -> None:
    OrderLine.objects.bulk_update(lines, AMOUNTS)


def insert_lines(order: Order, lines: Sequence[OrderLine]) -> None:
    for line in lines:
        line.order = order
    OrderLine.objects.bulk_create(lines)


def move_lines(lines: Sequence[OrderLine]) -> None:
    """Give kept lines their new places, by way of places that no line has."""
    if not lines:
        return
    kept = OrderLine.objects.filter(pk__in=[line.pk for line in lines])
    kept.update(position=F("position") + 2 * MOST_LINES)
    OrderLine.objects.bulk_update(lines, ["position"])


def summary(order: Order) -> str:
    amount = currencies.format_amount(order.total_amount, order.currency)
    return said("Order {number}: {amount}.", number=order.number, amount=amount)
