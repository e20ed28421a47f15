"""Give a discount on an order or on a line of it, and take it back.

As an order's lines are changed: while it is open, on no reader, and, here, with nothing of it paid.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext, override

from stores import currencies
from stores.errors import DiscountRefused, NotTheSecondPerson
from stores.models import Discount, DiscountReason, Membership, Order, OrderLine
from stores.names import name_of
from stores.principals import RIGHTS, Principal, Right, Role
from stores.services import discounting
from stores.services.orders import (
    lock_for_change,
    save_amounts,
    save_line_amounts,
    summary,
    write_amounts,
)
from stores.transitions import log_order


@dataclass(frozen=True)
class Terms:
    """What is asked for: an amount or basis points off a line, or else off the order, and why."""

    line: int | None = None
    amount_off: int | None = None
    basis_points: int | None = None
    reason: str = DiscountReason.OTHER
    note: str = ""


def give(
    order: Order,
    terms: Terms,
    *,
    by: Principal,
    approver: Membership | None = None,
    version: int | None = None,
) -> Order:
    """In place of the one that the line, or the order, has.

    `approver` is a second person, who proved it: then it may be above the limits of `by`.
    Raises what a change of the lines does, DiscountRefused, DiscountNotAllowed, NotTheSecondPerson.
    """
    with transaction.atomic():
        locked, lines, given = _open(order, version)
        line = _line(locked, lines, terms.line)
        _check_terms(locked, lines, line, terms)
        if approver is not None:
            _check_second(approver, by)
        old = next((each for each in given if each.line_id == terms.line), None)
        was = _said(locked, line, old) if old else ""
        new = Discount(
            pk=old.pk if old else None,
            store=locked.store,
            order=locked,
            line=line,
            amount_off=terms.amount_off,
            basis_points=terms.basis_points,
            amount=0,  # until it is counted, as given by them
            reason=terms.reason,
            note=terms.note.strip(),
        )
        given = [*(each for each in given if each is not old), new]
        discounting.take_off(locked, lines, given)
        grew = discounting.count(locked, lines, given, by)
        if not new.amount:
            raise DiscountRefused(gettext("That takes nothing off."))
        if approver is None:
            discounting.check(locked, given, by)
        else:
            for each in grew:
                each.approved_by = approver.user
        _store(locked, lines, given)
        _log(locked, "discount_given", new, was, _said(locked, line, new), by)
    return locked


def take_back(
    order: Order, line: int | None = None, *, by: Principal, version: int | None = None
) -> Order:
    """The line, or the order, has none any more; if it had none, that is no error."""
    with transaction.atomic():
        locked, lines, given = _open(order, version)
        row = _line(locked, lines, line)
        old = next((each for each in given if each.line_id == line), None)
        if old is None:
            return locked
        given.remove(old)
        was = _said(locked, row, old)
        Discount.objects.filter(pk=old.pk).delete()
        discounting.take_off(locked, lines, given)
        discounting.count(locked, lines, given, None)  # altogether less: nobody gives more
        _store(locked, lines, given)
        _log(locked, "discount_removed", old, was, "", by)
    return locked


def _open(order: Order, version: int | None) -> tuple[Order, list[OrderLine], list[Discount]]:
    locked = lock_for_change(order, version)
    if discounting.is_settled(locked):
        raise DiscountRefused(
            gettext("Parts of {order} are paid: what comes off it stays.").format(order=locked),
            next_action=gettext("Refund what was paid too much."),
        )
    lines = list(locked.lines.order_by("position"))
    return locked, lines, list(locked.discounts.order_by("pk"))


def _line(order: Order, lines: list[OrderLine], wanted: int | None) -> OrderLine | None:
    if wanted is None:
        return None
    for line in lines:
        if line.pk == wanted:
            return line
    raise DiscountRefused(gettext("{order} has no line {line}.").format(order=order, line=wanted))


def _check_terms(
    order: Order, lines: list[OrderLine], line: OrderLine | None, terms: Terms
) -> None:
    if terms.reason == DiscountReason.OTHER and not terms.note.strip():
        raise DiscountRefused(
            gettext("Another reason needs a note that says which."),
            next_action=gettext("Write why, or choose one of the reasons."),
        )
    price = sum(each.price for each in lines) if line is None else line.price
    amount, step = terms.amount_off or 0, currencies.step(order.currency)
    if amount % step:
        raise DiscountRefused(
            gettext("A discount in {currency} is a multiple of {step}.").format(
                currency=order.currency.upper(), step=step
            )
        )
    if amount > price:
        raise DiscountRefused(
            gettext("No more than {amount} can come off.").format(
                amount=currencies.spoken_amount(price, order.currency)
            )
        )


def _check_second(approver: Membership, by: Principal) -> None:
    if Role(approver.role) not in RIGHTS[Right.APPROVE]:
        raise NotTheSecondPerson(gettext("Only a manager or an owner of the store approves."))
    if approver.user_id == by.user_id:
        raise NotTheSecondPerson(gettext("Who asked does not approve: it takes a second person."))


def _store(order: Order, lines: list[OrderLine], given: list[Discount]) -> None:
    write_amounts(order, lines)
    save_amounts(order)
    save_line_amounts(lines)
    for each in given:
        each.save()


def _said(order: Order, line: OrderLine | None, discount: Discount) -> str:
    """In English, as it is stored: 10 % off 2 x Coffee (0.90 USD). Damaged: the cup."""
    with override(None):
        about = str(line) if line else "the order"
        amount = currencies.format_amount(discount.amount, order.currency)
        size = f"{discount.size} off {about}" + (f" ({amount})" if discount.basis_points else "")
        return f"{size}. {discount.why}"


def _log(order: Order, verb: str, discount: Discount, old: str, new: str, by: Principal) -> None:
    second = discount.approved_by if new else None
    said = [
        f"{summary(order)} {'Discount' if new else 'Taken back'}: {new or old}.",
        f"Approved by {name_of(second)}." if second else "",
    ]
    about = {
        "line": discount.line_id,
        "discount": discount.amount,
        "reason": discount.reason,
        "note": discount.note,
        "approved_by": second.pk if second else None,
    }
    message = " ".join(filter(None, said))
    log_order(order, verb, message, by=by, old=old, new=new, about=about)
