"""The next part of a bill: all that is owed, some of its lines, or one of equal shares.

Every amount is computed here; whoever pays names lines, or how many shares there are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext

from payments.errors import (
    LinePaid,
    OrderHasOpenPayment,
    OrderNotPayable,
    PaymentBusy,
    SplitRefused,
)
from payments.models import OPEN, PaidLine, Payment
from payments.services import covers
from payments.transitions import state_word
from stores import currencies
from stores.currencies import format_amount, spoken_amount
from stores.models import Order, OrderLine, OrderStatus
from stores.sentences import said

MOST_SHARES = 100


@dataclass(frozen=True)
class Split:
    """What is asked for: lines by their ids, or the next of so many shares; else all."""

    lines: Sequence[int] = ()
    shares: int = 0


@dataclass(frozen=True)
class Part:
    """What is paid now."""

    amount: int
    lines: Sequence[OrderLine] = ()
    share_number: int | None = None
    share_count: int | None = None

    def describe(self, currency: str) -> str:
        amount = format_amount(self.amount, currency)
        if self.lines:
            lines = ", ".join(map(str, self.lines))
            return said("{amount} for {lines}", amount=amount, lines=lines)
        if self.share_count:
            return said(
                "{amount}, share {number} of {count}",
                amount=amount,
                number=self.share_number or 0,
                count=self.share_count,
            )
        return amount


ALL = Split()


def next_part(order: Order, split: Split = ALL) -> Part:
    """What is to be paid of the locked order now.

    Raises OrderNotPayable, OrderHasOpenPayment, PaymentBusy, SplitRefused, LinePaid.
    """
    if order.status != OrderStatus.OPEN:
        raise OrderNotPayable(
            gettext("Order {number} is paid.").format(number=order.number)
            if order.status == OrderStatus.PAID
            else gettext("Order {number} is canceled.").format(number=order.number)
        )
    _refuse_while_open(order)
    owed = order.total_amount - covers.covered(order)
    if owed <= 0:
        raise OrderNotPayable(gettext("Order {number} owes nothing.").format(number=order.number))
    if split.lines:
        part = _by_lines(order, split.lines, owed)
    elif split.shares:
        part = _share(order, split.shares, owed)
    else:
        return Part(owed)
    _check_rest(owed - part.amount, order.currency)
    return part


def _refuse_while_open(order: Order) -> None:
    """Nothing else is taken while a card may still be charged, or the order is about to change
    with a hold.
    """
    for payment in order.payments.filter(OPEN | ~Q(promised={})):
        if payment.is_open:
            raise OrderHasOpenPayment(
                gettext("Order {number} has payment {payment} on its way ({state}).").format(
                    number=order.number, payment=payment.pk, state=state_word(payment.state)
                ),
                next_action=covers.way_out(payment)
                or gettext(
                    "Follow payment {payment}, or cancel it and wait until it is canceled: only"
                    " then can no card be charged for it any more."
                ).format(payment=payment.pk),
            )
        increment, capture = (payment.promised.get(each) for each in ("increment", "capture"))
        if increment or (capture and capture["lines"]):
            raise PaymentBusy(
                gettext(
                    "Payment {payment} is about to change what Order {number} comes to."
                ).format(payment=payment.pk, number=order.number)
            )


def claim(lines: Sequence[OrderLine], payment: Payment) -> None:
    """Write down that the payment has these lines."""
    PaidLine.objects.bulk_create(
        PaidLine(store_id=payment.store_id, order_id=payment.order_id, payment=payment, line=line)
        for line in lines
    )


def refuse_striking_paid(payment: Payment, struck: Collection[int]) -> None:
    """A line that another payment covers stays in the order. Raises LinePaid."""
    others = PaidLine.objects.filter(line__in=struck).exclude(payment=payment)
    paid = others.select_related("line").first()
    if paid is not None:
        raise LinePaid(
            gettext("{line} is covered by payment {payment}.").format(
                line=paid.line, payment=paid.payment_id
            ),
            next_action=gettext("Name that line too: it is paid by another payment."),
        )


def _by_lines(order: Order, ids: Sequence[int], owed: int) -> Part:
    lines = list(OrderLine.objects.filter(order=order, pk__in=ids).order_by("position"))
    unknown = set(ids) - {line.pk for line in lines}
    if unknown:
        raise SplitRefused(
            gettext("Order {number} has no line {line}.").format(
                number=order.number, line=min(unknown)
            )
        )
    taken = PaidLine.objects.filter(line__in=lines).select_related("line").first()
    if taken is not None:
        raise LinePaid(
            gettext("{line} is covered by payment {payment} already.").format(
                line=taken.line, payment=taken.payment_id
            )
        )
    amount = sum(line.total_amount for line in lines)
    if amount == 0:
        raise SplitRefused(gettext("These lines cost nothing."))
    if amount > owed:
        raise SplitRefused(
            gettext("These lines come to {amount}, and Order {number} owes {owed}.").format(
                amount=spoken_amount(amount, order.currency),
                number=order.number,
                owed=spoken_amount(owed, order.currency),
            ),
            next_action=gettext("Pay the rest without naming lines."),
        )
    return Part(amount, lines)


def _share(order: Order, count: int, owed: int) -> Part:
    """The next share of the same count, else the first: what is owed by the shares left.

    Rounded up to what the currency allows, so that the last is never the largest.
    """
    number = 1
    before = order.payments.covering().order_by("-pk").first()
    if before is not None and before.share_number and before.share_count == count:
        number = before.share_number % count + 1
    step = currencies.step(order.currency)
    amount = -(-owed // ((count - number + 1) * step)) * step
    return Part(min(amount, owed), share_number=number, share_count=count)


def _check_rest(rest: int, currency: str) -> None:
    least = currencies.minimum(currency)
    if 0 < rest < least:
        raise SplitRefused(
            gettext("{rest} would be left, and cards are charged from {least}.").format(
                rest=spoken_amount(rest, currency), least=spoken_amount(least, currency)
            ),
            next_action=gettext("Put it into this part, or take the small part in cash first."),
        )
