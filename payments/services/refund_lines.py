"""What came back of an order, line by line, in money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from payments.models import Payment
from stores import currencies
from stores.models import OrderLine


def lines_of(payment: Payment) -> list[OrderLine]:
    """The lines this payment is for: its own of a split bill, else all of the order."""
    lines = OrderLine.objects.filter(order=payment.order_id).select_related("order")
    own = set(payment.paid_lines.values_list("line_id", flat=True))
    return [line for line in lines.order_by("position") if not own or line.pk in own]


def amount_of(lines: Iterable[OrderLine], quantities: Mapping[int, int]) -> int:
    """The share of each line's total, tax included, in steps that its currency has.

    Rounded down, so that pieces never come to more than the whole.
    """
    total = 0
    for line in lines:
        many = min(quantities.get(line.pk, 0), line.quantity)
        total += _share(line, many)
    return total


def _share(line: OrderLine, many: int) -> int:
    if many == line.quantity:
        return line.total_amount
    step = currencies.step(line.order.currency)
    return line.total_amount * many // (line.quantity * step) * step
