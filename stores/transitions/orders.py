"""The states of an order, and the one function that changes them."""

from collections.abc import Callable

from django.db import transaction
from django.utils.timezone import now

from stores.models import LogEntry, Order, OrderStatus
from stores.principals import SYSTEM, Principal

MOVES: dict[str, frozenset[OrderStatus]] = {
    OrderStatus.OPEN: frozenset({OrderStatus.PAID, OrderStatus.CANCELED}),
}


def move(order: Order, to: OrderStatus, *, message: str, by: Principal = SYSTEM) -> bool:
    """Move the order if its present status allows it, and say whether it moved.

    An order already past that point is the normal case, not an error: nothing changes and the
    answer is False. `order` is brought up to date either way. The row is locked until the
    caller's transaction ends.
    """
    with transaction.atomic():
        locked = Order.objects.lock(order.pk)
        moved = to in MOVES.get(locked.status, ())
        if moved:
            old, locked.status = locked.status, to
            locked.updated_at = now()
            locked.version += 1
            locked.paid_at = locked.updated_at if to == OrderStatus.PAID else None
            locked.save(update_fields=["status", "version", "updated_at", "paid_at"])
            log_order(locked, "status", message, by=by, old=old, new=to.value)
    for field in ("status", "version", "updated_at", "paid_at"):
        setattr(order, field, getattr(locked, field))
    return moved


# Called with the locked order after it changed, in that transaction; terminal follows with the
# readers that show it.
after_change: list[Callable[[Order], None]] = []


def log_order(
    order: Order, verb: str, message: str, *, by: Principal, old: str = "", new: str = ""
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
            "tax_amount": order.tax_amount,
            "currency": order.currency,
        },
    )
