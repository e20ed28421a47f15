"""What came back of an order, line by line: how many pieces, and what that is in money.

No more comes back of a line than was sold, over all payments of its order. The pieces of a refund
that failed, or was not made, are there to come back again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db.models import Q, Sum
from django.utils.translation import gettext

from payments.errors import LinesRefused
from payments.models import GOES_BACK, UNSETTLED, Payment, Refund, RefundLine
from stores import currencies
from stores.models import OrderLine

Pieces = Mapping[int, int]  # by the line's id


class Returned(NamedTuple):
    """What came back of a line so far, or is about to: `on_its_way` of the pieces are not refunded
    yet, and may fail.
    """

    quantity: int = 0
    amount: int = 0
    tax_amount: int = 0
    on_its_way: int = 0

    @property
    def refunded(self) -> int:
        return self.quantity - self.on_its_way


def lines_of(payment: Payment) -> list[OrderLine]:
    """The lines this payment is for: its own of a split bill, else all of the order."""
    lines = OrderLine.objects.filter(order=payment.order_id).select_related("order")
    own = set(payment.paid_lines.values_list("line_id", flat=True))
    return [line for line in lines.order_by("position") if not own or line.pk in own]


def returned(order_id: int) -> dict[int, Returned]:
    """By line of the order, what came back or is about to."""
    found = (
        RefundLine.objects.filter(order=order_id, refund__status__in=GOES_BACK)
        .order_by()
        .values_list("line")
        .annotate(
            Sum("quantity"),
            Sum("amount"),
            Sum("tax_amount"),
            on_its_way=Sum("quantity", filter=Q(refund__status__in=UNSETTLED), default=0),
        )
    )
    return {line: Returned(*sums) for line, *sums in found}


def priced(payment: Payment, pieces: Pieces) -> list[RefundLine]:
    """Rows for these pieces, without a refund yet. Raises LinesRefused.

    The share of each line's total, tax included, in steps that its currency has; rounded down, so
    that pieces never come to more than the whole, and the last of a line to all that is left of it.
    """
    lines = {line.pk: line for line in lines_of(payment)}
    back = returned(payment.order_id)
    for line_id, many in pieces.items():
        if line_id not in lines:
            raise LinesRefused(gettext("The payment is for no line {line}.").format(line=line_id))
        _check(lines[line_id], many, back.get(line_id, Returned()))
    return [
        _priced(payment, line, pieces[line.pk], back.get(line.pk, Returned()))
        for line in lines.values()
        if line.pk in pieces
    ]


def most(payment: Payment, pieces: Pieces) -> int:
    """What these pieces would cost if nothing had come back yet."""
    return sum(
        _priced(payment, line, min(pieces[line.pk], line.quantity), Returned()).amount
        for line in lines_of(payment)
        if line.pk in pieces
    )


def amount_of(rows: Iterable[RefundLine]) -> int:
    return sum(row.amount for row in rows)


def said(rows: Iterable[RefundLine]) -> str:
    """2 x Coffee, 1 x Cake"""
    return ", ".join(str(row) for row in rows)


def words_of(pieces: Pieces) -> str:
    """The same of what only was asked for."""
    lines = OrderLine.objects.filter(pk__in=pieces).order_by("position")
    return ", ".join(f"{pieces[line.pk]} x {line.description}" for line in lines)


def pieces_of(refund: Refund) -> dict[int, int]:
    return dict(refund.lines.values_list("line", "quantity"))


def is_beyond(refund: Refund) -> bool:
    """Whether more came back of a line of it than was sold."""
    back = returned(refund.payment.order_id)
    rows = refund.lines.select_related("line")
    return any(back.get(row.line_id, Returned()).quantity > row.line.quantity for row in rows)


def _check(line: OrderLine, many: int, back: Returned) -> None:
    left = line.quantity - back.quantity
    if 1 <= many <= left:
        return
    if not left and back.on_its_way:
        raise LinesRefused(
            gettext("All of {description} came back, and is being refunded.").format(
                description=line.description
            )
        )
    if not left:
        raise LinesRefused(
            gettext("All of {description} came back already.").format(description=line.description)
        )
    raise LinesRefused(
        gettext("Of {description}, 1 to {left} can come back.").format(
            description=line.description, left=left
        )
    )


def _priced(payment: Payment, line: OrderLine, many: int, back: Returned) -> RefundLine:
    all_back = back.quantity + many
    step = currencies.step(line.order.currency)
    amount = max(_share(line.total_amount, all_back, line.quantity, step) - back.amount, 0)
    tax = max(_share(line.tax_amount, all_back, line.quantity) - back.tax_amount, 0)
    return RefundLine(
        store_id=payment.store_id,
        payment=payment,
        order_id=payment.order_id,
        line=line,
        quantity=many,
        amount=amount,
        tax_amount=min(tax, amount),
    )


def _share(amount: int, part: int, of: int, step: int = 1) -> int:
    return amount if part == of else amount * part // (of * step) * step
