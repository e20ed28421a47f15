"""What can be done with a payment now: the words a till shows as buttons.

The services decide when they are called; this says beforehand what they would not refuse.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from payments.models import GIVEN, UNSETTLED, Payment, RefundStatus, State
from payments.transitions import hold_differs
from stores.models import Flow

PROCESS, CANCEL, CAPTURE = "process_payment_intent", "cancel", "capture"
COLLECT, CONFIRM = "collect_payment_method", "confirm_payment_intent"
CHECK_STATUS = "check_status"
REFUND = "refund"
INCREMENT = "increment_authorization"
CHANGE_ORDER = "change_order"
DETACH = "detach"  # for managers only
USUAL = timedelta(seconds=30)  # doubt that lasts longer does not end as usual

TO_TRY = {Flow.PROCESS: PROCESS, Flow.COLLECT: COLLECT}


def next_actions(
    payment: Payment,
    *,
    on_reader: bool,
    waits_for_stripe: bool,
    may_confirm: bool = False,
    now: datetime | None = None,
) -> list[str]:
    """The commands that make sense now, the likeliest first.

    `on_reader`: a reader action is active. `waits_for_stripe`: a request has no answer yet.
    `may_confirm`: a card was read that can still be charged. The list is the same for all who look.
    """
    words = _words(payment, on_reader, waits_for_stripe, may_confirm)
    gives_up = may_detach(payment) and doubt_lasts(payment, now or timezone.now())
    return [*words, DETACH] if gives_up else words


def _words(
    payment: Payment, on_reader: bool, waits_for_stripe: bool, may_confirm: bool
) -> list[str]:
    if payment.is_final:
        return _afterwards(payment)
    if payment.detached_at is not None:
        return [CHECK_STATUS]
    if payment.status == "requires_capture":
        return [CHECK_STATUS] if waits_for_stripe else _of_a_hold(payment)
    if payment.cancel_requested_at is not None:
        return [CHECK_STATUS]
    if may_confirm and not waits_for_stripe:
        another = [COLLECT] if on_reader else []
        return [CONFIRM, *another, CANCEL, CHECK_STATUS]
    change = [CHANGE_ORDER] if _may_change(payment) else []
    if on_reader and not waits_for_stripe and payment.state == State.WAITING_FOR_CARD:
        return [CANCEL, *change, CHECK_STATUS]
    if on_reader or waits_for_stripe or not _may_try_again(payment):
        return [CANCEL, CHECK_STATUS]
    return [TO_TRY[Flow(payment.flow)], CANCEL, *change, CHECK_STATUS]


def may_move(payment: Payment, *, on_reader: bool) -> bool:
    """Whether it may be sent to another reader while it is on one.

    No word of `next_actions` says so: where no reader is named the same URL is refused.
    """
    gone = payment.detached_at is not None or payment.cancel_requested_at is not None
    return (
        on_reader
        and payment.is_open
        and not gone
        and not payment.attention
        and payment.status not in ("requires_confirmation", "requires_action")
        and payment.state != State.AUTHORIZING
    )


def is_in_doubt(payment: Payment) -> bool:
    return payment.state in (State.CHECKING, State.NEEDS_ATTENTION) or bool(payment.attention)


def doubt_lasts(payment: Payment, now: datetime) -> bool:
    """Whether to offer a way round: not in the second that every cancel takes, but when it is
    stuck or takes longer than usual.
    """
    if payment.state == State.NEEDS_ATTENTION or payment.attention:
        return True
    since = min(payment.moved_at, payment.cancel_requested_at or payment.moved_at)
    return since <= now - USUAL


def may_detach(payment: Payment) -> bool:
    """Whether a manager may take it off its order, as far as its state tells."""
    if payment.is_final or payment.detached_at is not None:
        return False
    undecided = payment.status == "requires_capture" and payment.cancel_requested_at is None
    return is_in_doubt(payment) and not undecided


def _may_change(payment: Payment) -> bool:
    """Not a part of a split bill, which stays as it is while the part is open; nor while the
    customer may pay with a code that was shown.
    """
    is_part = bool(payment.share_count or payment.paid_lines.all())
    return not is_part and payment.status != "requires_action"


def _of_a_hold(payment: Payment) -> list[str]:
    more = [INCREMENT] if may_increment(payment) else []
    return [CAPTURE, *more, CANCEL, CHECK_STATUS]


def may_increment(payment: Payment) -> bool:
    """Whether the card's bank may be asked for more, as far as the payment itself tells."""
    return (
        payment.status == "requires_capture"
        and payment.incremental_authorization_supported
        and payment.cancel_requested_at is None
        and not hold_differs(payment)
    )


def _afterwards(payment: Payment) -> list[str]:
    """A refund that is on its way is waited for; another may follow while something is left."""
    statuses = {refund.status for refund in payment.refunds.all()}
    if RefundStatus.REQUESTED in statuses:
        return [CHECK_STATUS]
    check = [CHECK_STATUS] if statuses.intersection(UNSETTLED) else []
    return ([REFUND] if amount_refundable(payment) else []) + check


def amount_refundable(payment: Payment) -> int:
    """What was received and is neither given back nor promised to be.

    Nothing while a bank has taken money back: Stripe refuses, and it would be gone twice.
    """
    if payment.status != "succeeded" or payment.amount_disputed:
        return 0
    counted = (*GIVEN, RefundStatus.REQUESTED)
    refunds = [each.amount for each in payment.refunds.all() if each.status in counted]
    return max(payment.amount_received - sum(refunds), 0)


def _may_try_again(payment: Payment) -> bool:
    """While it is not known whether a card was charged, nobody is asked to present another; nor
    while Stripe keeps one that was read, or a customer may pay by a code.
    """
    held = payment.status in ("requires_confirmation", "requires_action")
    return (
        payment.payment_intent_id is not None
        and not held
        and payment.state not in (State.CHECKING, State.NEEDS_ATTENTION)
    )
