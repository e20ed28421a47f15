"""The states of an order, and the one function that changes them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.timezone import now

from stores.models import LogEntry, Order, OrderStatus
from stores.principals import SYSTEM, Principal

MOVES: dict[str, frozenset[OrderStatus]] = {
    OrderStatus.OPEN: frozenset({OrderStatus.PAID, OrderStatus.CANCELED}),
}


def move(
    locked: Order,
    to: OrderStatus,
    *,
    message: str,
    by: Principal = SYSTEM,
    because_of: Iterable[str] = (),
) -> bool:
    """Move the order if its present status allows it, and say whether it moved.

    An order already past that point is the normal case, not an error: nothing changes and the
    answer is False. The caller holds the row's lock. `because_of` are fields that it changed, and
    that are saved with the move.
    """
    if to not in MOVES.get(locked.status, ()):
        return False
    old, locked.status = locked.status, to
    locked.updated_at = now()
    locked.version += 1
    locked.paid_at = locked.updated_at if to == OrderStatus.PAID else None
    locked.save(update_fields=["status", "version", "updated_at", "paid_at", *because_of])
    log_order(locked, "status", message, by=by, old=old, new=to.value)
    return True


# Called with the locked order after it changed, in that transaction; terminal follows with the
# readers that show it.
after_change: list[Callable[[Order], None]] = []


def log_order(
    order: Order,
    verb: str,
    message: str,
    *,
    by: Principal,
    old: str = "",
    new: str = "",
    about: Mapping[str, Any] | None = None,
) -> LogEntry:
    """The log row of a change to an order, with the version and the amounts it led to."""
    for react in after_change:
        react(order)
    return LogEntry.objects.write(
        store=order.store_id,
        order=order.pk,
        subject="order",
        subject_id=order.pk,
        verb=verb,
        message=message,
        by=by,
        old=old,
        new=new,
        data={
            "version": order.version,
            "total_amount": order.total_amount,
            "discount_amount": order.discount_amount,
            "tax_amount": order.tax_amount,
            "currency": order.currency,
            **(about or {}),
        },
    )
