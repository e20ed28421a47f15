"""Interac gives money back on a reader, with the card that paid (step A).

docs.stripe.com/terminal/features/refunds
"""

from __future__ import annotations

from django.db import transaction

from payments.models import Payment, Reason, Refund
from payments.services import bells, intents, refunds
from payments.services.refund_lines import Pieces
from payments.services.refund_telling import tell
from stores.principals import Principal
from terminal.models import Reader
from terminal.services import lease, refund_commands


def refund_on(
    reader: Reader,
    payment: Payment,
    *,
    by: Principal,
    amount: int | None = None,
    pieces: Pieces | None = None,
    reason: str = Reason.REQUESTED_BY_CUSTOMER,
) -> Refund:
    """Promise to give back what these pieces cost, `amount`, or all that is left, on this reader.

    The same again while the first is on its way is the first. Raises what `refunds.refund` does,
    WrongReader and ReaderBusy.
    """
    with transaction.atomic():
        payment = intents.lock(payment)
        first = refunds.already_promised(payment, amount, pieces)
        if first is not None:
            return first
        made = refunds.open_refund(
            payment, by=by, amount=amount, pieces=pieces, reason=reason, in_person=True
        )
        action = lease.reserve(payment, reader, by=by, refund=made)
        refund_commands.plan_refund_payment(payment, made, action)
        bells.wake(payment.pk)
        tell(payment)
    return made
