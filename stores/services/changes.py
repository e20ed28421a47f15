"""Lines that come to an order or leave it while money is held for it.

Whoever holds the money calls these, with the order locked: the guards of `orders`, which keep
everyone else from changing such an order, are not asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.utils.translation import gettext

from stores import currencies
from stores.errors import InvalidLine
from stores.models import Discount, Order, OrderLine, OrderStatus
from stores.principals import SYSTEM
from stores.services import discounting
from stores.services.lines import MOST_LINES, Line, price_lines
from stores.services.orders import (
    insert_lines,
    not_open,
    save_amounts,
    summary,
    write_amounts,
)
from stores.transitions import log_order


def price_more_lines(order: Order, lines: Sequence[Line]) -> list[OrderLine]:
    """Lines that could be added to the order, with their amounts, not stored.

    Raises OrderNotOpen, InvalidLine, UnknownProduct, ProductInactive, AmountTooLarge.
    """
    if order.status != OrderStatus.OPEN:
        raise not_open(order)
    present = list(order.lines.all())
    if len(present) + len(lines) > MOST_LINES:
        raise InvalidLine(gettext("An order has at most {most} lines.").format(most=MOST_LINES))
    return price_lines(order.store, lines)


def add_lines(order: Order, priced: Sequence[OrderLine]) -> None:
    """Append lines that `price_more_lines` priced."""
    present = list(order.lines.order_by("position"))
    last = present[-1].position if present else 0
    for position, line in enumerate(priced, start=last + 1):
        line.store, line.position = order.store, position
    insert_lines(order, priced)
    more = ", ".join(str(line) for line in priced)
    _write(order, order.total_amount, [*present, *priced], "lines_added", f"Added: {more}.")


def strike_lines(order: Order, *, keep: Collection[int], message: str) -> None:
    """Take out all lines but these; `message` says why."""
    lines = list(order.lines.order_by("position"))
    struck = [line for line in lines if line.pk not in keep]
    gone = ", ".join(str(line) for line in struck)
    kept = [line for line in lines if line.pk in keep]
    goes = [line.pk for line in struck]
    if order.discount_amount:
        Discount.objects.filter(line__in=goes).delete()
    order.lines.filter(pk__in=goes).delete()
    _write(order, order.total_amount, kept, "lines_struck", f"{message}: {gone}.")


def _write(order: Order, before: int, lines: Sequence[OrderLine], verb: str, message: str) -> None:
    had = order.discount_amount
    write_amounts(order, lines)
    save_amounts(order)
    if had:
        discounting.settle(order, lines, SYSTEM)
    old, new = (
        currencies.format_amount(amount, order.currency) for amount in (before, order.total_amount)
    )
    log_order(order, verb, f"{message} {summary(order)}", by=SYSTEM, old=old, new=new)
