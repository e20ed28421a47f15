"""What discounts take off the lines of an order, and how much of that somebody may give.

Lines and discounts are priced in memory; whoever changes the order stores them. Once something of
it is paid or held, what comes off each line is settled: it stays, and new lines cost their price.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.db.models import Sum
from django.utils.timezone import now
from django.utils.translation import gettext

from stores import currencies
from stores.errors import DiscountNotAllowed, DiscountRefused
from stores.models import Discount, Order, OrderLine, OrderStatus, Store
from stores.principals import Kind, Principal, Role
from stores.services.limits import counted_as, midnight, one_at_a_time, role_in
from stores.services.lines import write_line
from stores.totals import NOTHING_OFF, Off, Pricing, discounts

GIVEN = ("amount", "user_id", "device_id", "approved_by_id", "given_at")


def is_settled(order: Order) -> bool:
    return bool(order.paid_amount or order.held_amount)


def reprice(order: Order, lines: Sequence[OrderLine], by: Principal) -> None:
    """Take off lines that are to stand in the locked order what its discounts make of them.

    Raises DiscountRefused; DiscountNotAllowed if more came off than `by` may give.
    """
    if is_settled(order):
        return
    stays = {line.pk for line in lines} | {None}
    given = [each for each in Discount.objects.filter(order=order) if each.line_id in stays]
    take_off(order, lines, given)
    if count(order, lines, given, by):
        check(order, given, by)


def take_off(order: Order, lines: Sequence[OrderLine], given: Iterable[Discount]) -> None:
    """Price these lines with these discounts. Raises DiscountRefused."""
    pricing = Pricing(order.currency, order.store.prices_include_tax)
    offs: dict[int | None, Off] = {each.line_id: off(each) for each in given}
    of_order = offs.pop(None, NOTHING_OFF)
    prices = [line.price for line in lines]
    own = [offs.get(line.pk, NOTHING_OFF) for line in lines]
    taken = discounts(pricing, prices, own, of_order)
    if 0 < sum(prices) <= sum(taken):
        raise DiscountRefused(
            gettext("With that, nothing of {order} would be left to pay.").format(order=order),
            next_action=gettext("Take less off, or cancel the order if all of it is free."),
        )
    for line, amount in zip(lines, taken, strict=True):
        if amount != line.discount_amount:
            line.discount_amount = amount
            write_line(pricing, line)


def count(
    order: Order, lines: Collection[OrderLine], given: Collection[Discount], by: Principal | None
) -> list[Discount]:
    """Write into each what it takes off the priced lines, and say which take more now.

    What grew with the lines is given by whoever changed them, and nobody approved it yet.
    """
    step, by_id = currencies.step(order.currency), {line.pk: line for line in lines}
    of_lines: dict[int | None, int] = {
        each.line_id: off(each).of(by_id[each.line_id].price, step)
        for each in given
        if each.line_id is not None
    }
    of_order = sum(line.discount_amount for line in lines) - sum(of_lines.values())
    grew = []
    for each in given:
        amount = of_lines.get(each.line_id, of_order)
        if amount > each.amount and by is not None:
            grew.append(each)
            each.user_id, each.device_id = by.user_id, by.device_id
            each.approved_by_id, each.given_at = None, now()
        each.amount = amount
    return grew


def settle(order: Order, lines: Sequence[OrderLine], by: Principal) -> None:
    """After the order's lines were stored: its discounts say what they take off them."""
    given = list(Discount.objects.filter(order=order))
    if given:
        count(order, lines, given, by)
        Discount.objects.bulk_update(given, GIVEN)


def off(discount: Discount) -> Off:
    return Off(discount.amount_off or 0, discount.basis_points or 0)


def check(order: Order, given: Iterable[Discount], by: Principal) -> None:
    """Whether `by` may give these, as they were counted, on the locked order.

    Raises DiscountNotAllowed.
    """
    if by.kind is Kind.SYSTEM:
        return
    store, role = order.store, role_in(order.store_id, by)
    if role is None:
        raise DiscountNotAllowed(gettext("Discounts are for managers in this store."))
    most = {
        Role.CASHIER: store.cashier_discount_limit,
        Role.MANAGER: store.manager_discount_limit,
    }.get(role)
    if most is not None and sum(each.amount for each in given) > most:
        raise DiscountNotAllowed(
            gettext("You may take up to {amount} off an order.").format(
                amount=currencies.spoken_amount(most, order.currency)
            )
            if most
            else gettext("Discounts are for managers in this store.")
        )
    in_a_day = {
        Role.CASHIER: store.cashier_discount_day_limit,
        Role.MANAGER: store.manager_discount_day_limit,
    }.get(role)
    if in_a_day is not None:
        _check_day(order, given, in_a_day, by)


def _check_day(order: Order, given: Iterable[Discount], most: int, by: Principal) -> None:
    one_at_a_time(order.store, by)
    sofar = given_today(order.store, by, but=order)
    since = midnight(order.store)
    own = counted_as(by).items()
    wanted = sum(
        each.amount
        for each in given
        if each.approved_by_id is None
        and each.given_at >= since
        and all(getattr(each, name) == value for name, value in own)
    )
    if sofar + wanted > most:
        shown, done = (currencies.spoken_amount(each, order.currency) for each in (most, sofar))
        raise DiscountNotAllowed(
            gettext(
                "You may give discounts up to {most} a day, and {done} is given today on other"
                " orders."
            ).format(most=shown, done=done)
        )


def given_today(store: Store, by: Principal, *, but: Order | None = None) -> int:
    """What this person, or the tablet that nobody entered a PIN on, took off today by itself."""
    given = Discount.objects.filter(
        store=store, given_at__gte=midnight(store), approved_by__isnull=True, **counted_as(by)
    ).exclude(order__status=OrderStatus.CANCELED)
    if but is not None:
        given = given.exclude(order=but)
    return given.aggregate(total=Sum("amount"))["total"] or 0
