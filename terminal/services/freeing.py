"""Freeing a reader of whatever is on it for us."""

from __future__ import annotations

from stores.principals import Principal
from terminal.errors import NothingToCancel
from terminal.models import ACTIVE, Reader, ReaderAction
from terminal.services import displays, errands, sales


def cancel_action(reader: Reader, *, by: Principal, action_id: int | None = None) -> None:
    """Stop what the reader does for us: a payment stays open, a form or a card to be saved is
    given up, and a cart is cleared. With `action_id` only that action is stopped.

    Raises NothingToCancel.
    """
    active = ReaderAction.objects.filter(reader=reader, status__in=ACTIVE)
    held = active.select_related("payment").first()
    if action_id is not None and (held is None or held.pk != action_id):
        raise NothingToCancel(f"{reader} no longer has that.")
    if held is None:
        displays.clear(reader, by=by)
    elif held.payment_id is not None:
        sales.cancel_action(reader, by=by, payment_id=held.payment_id)
    else:
        errands.cancel(held, by=by)
