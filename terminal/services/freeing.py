"""Freeing a reader of whatever is on it for us."""

from __future__ import annotations

from django.utils.translation import gettext

from stores.principals import Principal
from terminal.errors import NothingToCancel
from terminal.models import ActionStatus, Reader
from terminal.services import displays, errands, lease, sales


def cancel_action(reader: Reader, *, by: Principal, action_id: int | None = None) -> None:
    """Stop what the reader does for us: a payment stays open, a form or a card to be saved is
    given up, and a cart is cleared. With `action_id` only that action is stopped.

    Raises NothingToCancel.
    """
    held = lease.held_on(reader)
    if action_id is not None and (held is None or held.pk != action_id):
        raise NothingToCancel(gettext("{reader} no longer has that.").format(reader=reader))
    if held is not None and held.status == ActionStatus.RESERVED:
        raise NothingToCancel(
            gettext("{reader} has nothing yet; it is kept for {name}.").format(
                reader=reader, name=lease.name(held)
            ),
            next_action=gettext("Wait a moment, or cancel that payment."),
        )
    if held is None:
        displays.clear(reader, by=by)
    elif held.payment_id is not None:
        sales.cancel_action(reader, by=by, payment_id=held.payment_id)
    else:
        errands.cancel(held, by=by)
