"""What can be done with a payment now: the words a till shows as buttons.

The services decide when they are called; this says beforehand what they would not refuse.
"""

from __future__ import annotations

from payments.models import Payment, State

PROCESS, CANCEL, CAPTURE = "process_payment_intent", "cancel", "capture"
CHECK_STATUS = "check_status"


def next_actions(payment: Payment, *, on_reader: bool, waits_for_stripe: bool) -> list[str]:
    """The commands that make sense now, the likeliest first; none when the payment is final.

    `on_reader`: a reader action is active. `waits_for_stripe`: a request has no answer yet.
    """
    if payment.is_final:
        return []
    if payment.status == "requires_capture":
        return [CHECK_STATUS] if waits_for_stripe else [CAPTURE, CANCEL, CHECK_STATUS]
    if payment.cancel_requested_at is not None:
        return [CHECK_STATUS]
    if on_reader or waits_for_stripe or not _may_try_again(payment):
        return [CANCEL, CHECK_STATUS]
    return [PROCESS, CANCEL, CHECK_STATUS]


def _may_try_again(payment: Payment) -> bool:
    """While it is not known whether a card was charged, nobody is asked to present another."""
    return payment.payment_intent_id is not None and payment.state not in (
        State.CHECKING,
        State.NEEDS_ATTENTION,
    )
