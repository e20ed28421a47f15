"""Detaching a payment in doubt (step A): its order and its reader are free for other things."""

from __future__ import annotations

from django.db import transaction

from payments.models import Payment, RequestStatus
from payments.services import bells, detaching, intents
from payments.services.parts import UNSENT
from payments.services.requests import record
from stores.principals import Principal
from terminal.models import ActionStatus
from terminal.services.counter import show_now
from terminal.services.screens import tell_readers_screens
from terminal.transitions import move


def detach(payment: Payment, *, by: Principal, reason: str) -> Payment:
    """Take the payment off its order and its reader. It is watched until it is final.

    Raises DetachNotAllowed, DetachNotPossible.
    """
    with transaction.atomic():
        payment = intents.lock(payment)
        detaching.write_down(payment, by=by, reason=reason)
        for action in payment.reader_actions.filter(ended_at=None).select_related("reader"):
            move(action, ActionStatus.CANCELED, failure_code="detached", by=by)
            tell_readers_screens(action.reader)
        # What was sent and has no answer is dropped by whoever looks at it next.
        for request in payment.requests.filter(
            status=RequestStatus.PLANNED, kind__startswith="reader."
        ):
            record(request, UNSENT, RequestStatus.ABANDONED)
        bells.wake(payment.pk)
        show_now(payment)
    return payment
