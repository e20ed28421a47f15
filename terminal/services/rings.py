"""From a reader to the payment that is on it."""

from __future__ import annotations

from django.db import transaction

from payments.models import Payment
from payments.services import bells
from terminal.models import ACTIVE, ReaderAction


def ring_reader_payment(reader_id: str, stripe_account: str) -> bool:
    """Ring the payment that is on this reader (`tmr_…`). False when nothing waits on it.

    An authorised payment is not rung: the reader has nothing new to say about its money.
    """
    with transaction.atomic():
        on_it = ReaderAction.objects.filter(
            reader__stripe_id=reader_id,
            reader__stripe_account=stripe_account,
            status__in=ACTIVE,
            payment__isnull=False,
        )
        payment_id = on_it.values_list("payment_id", flat=True).first()
        if payment_id is None:
            return False
        waits = Payment.objects.filter(pk=payment_id).exclude(status="requires_capture")
        return waits.exists() and bells.ring(payment_id)
