"""From an event of a reader to what waits for it: the payment on it, or the reader itself."""

from __future__ import annotations

from django.db import transaction

from payments.services import bells
from terminal.models import ACTIVE, ReaderAction
from terminal.services import attending


def ring_for_reader(reader_id: str, stripe_account: str) -> bool:
    """Ring the payment that is on this reader (`tmr_…`), or the reader when what it does is about
    none. False when nothing waits on it.

    An authorised payment is not rung: the reader has nothing new to say about its money.
    """
    with transaction.atomic(savepoint=False):
        on_it = ReaderAction.objects.filter(
            reader__stripe_id=reader_id,
            reader__stripe_account=stripe_account,
            status__in=ACTIVE,
        )
        held = next(iter(on_it.only("payment_id", "reader_id").order_by()[:1]), None)
        if held is None:
            return False
        if held.payment_id is None:
            attending.ring(held.reader_id)
            return True
        return bells.ring(held.payment_id, unless=bells.ABOUT_THE_HOLD)
