"""Detaching a payment from its order, so that the order can be paid in another way.

For when it is unknown whether a card was charged and Stripe cannot tell for now. Nothing is called
done: the payment is watched until Stripe says how it ended, and canceled as soon as that can be.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext

from payments.errors import DetachNotAllowed, DetachNotPossible
from payments.models import UNFINISHED, Payment
from payments.services import covers, intents
from payments.services.intents import CANCEL, CREATE
from payments.services.possible import is_in_doubt
from payments.services.refunds import is_manager
from payments.services.requests import raise_incident
from payments.services.telling import log
from payments.transitions import sale_received
from stores.currencies import format_amount
from stores.models import OrderStatus
from stores.principals import Principal
from stores.sentences import Fact, Said, said

PAID_TWICE = "paid_twice"
FIRST, LONGEST = 15.0, 900.0  # seconds between two cancels that Stripe refused


def refusal(payment: Payment) -> str:
    """Why it cannot be detached now; empty when it can."""
    if payment.is_cash:
        return gettext("Cash is not in doubt. Refund it if it is not wanted.")
    if payment.detached_at is not None:
        return gettext("It is detached already, and watched until Stripe says how it ended.")
    if payment.ended_at is not None:
        return gettext("Stripe has said how it ended: nothing is in doubt.")
    if payment.cancel_requested_at is not None:
        return ""
    if payment.status == "requires_capture":
        return gettext("The card was approved: capture it, or release it.")
    unanswered = payment.requests.filter(status__in=UNFINISHED, tries__gt=0)
    if is_in_doubt(payment) or unanswered.exists():
        return ""
    return gettext("Nothing is in doubt: cancel it, and wait until it is canceled.")


def write_down(payment: Payment, *, by: Principal, reason: str) -> None:
    """Detach the locked payment; whoever knows the counter frees the reader.

    Raises DetachNotAllowed, DetachNotPossible.
    """
    if by.user_id is None or not is_manager(payment, by):
        raise DetachNotAllowed(gettext("Only a manager may detach a payment from its order."))
    refused = refusal(payment)
    if refused:
        raise DetachNotPossible(refused)
    now = timezone.now()
    payment.detached_at, payment.detached_by_id = now, by.user_id
    payment.detach_reason = reason
    payment.cancel_requested_at = payment.cancel_requested_at or now
    payment.attention = ""
    payment.rung_at = now
    payment.save()
    payment.paid_lines.all().delete()
    covers.add_up(payment.order)
    log(
        payment,
        "detached",
        f"Detached from {payment.order.called}, which can be paid in another way: {reason}",
        by=by,
        data={"reason": reason},
    )


def plan_release(payment: Payment) -> None:
    """A cancel of the PaymentIntent stays planned until Stripe says how the payment ended."""
    waiting = payment.requests.filter(status__in=UNFINISHED, kind__in=(CREATE, CANCEL))
    if not payment.payment_intent_id or waiting.exists():
        return
    tried = payment.requests.filter(kind=CANCEL, finished_at__gt=payment.detached_at).count()
    wait = min(FIRST * 2 ** min(tried - 1, 10), LONGEST) if tried else 0.0
    intents.plan_cancel(payment, delay=wait)


def settle(payment: Payment) -> None:
    """After a merge: a detached payment that was charged after all is for a person to refund.

    When its order is not paid in another way, and nobody is about to, it simply counts again.
    """
    if payment.detached_at is None or payment.status != "succeeded":
        return
    told = payment.incidents.filter(kind=PAID_TWICE)
    if payment.amount_refunded >= payment.amount_received:
        told.end(said("It was refunded."))
    elif not told.exists():
        if _is_wanted(payment):
            _put_back(payment)
        else:
            raise_incident(PAID_TWICE, _sentence(payment), payment=payment)


def _is_wanted(payment: Payment) -> bool:
    order = payment.order
    if order.status != OrderStatus.OPEN or order.payments.open().exists():
        return False
    return covers.covered(order) + sale_received(payment) <= order.total_amount


def _put_back(payment: Payment) -> None:
    payment.detached_at = payment.detached_by = None
    payment.detach_reason = ""
    log(
        payment,
        "put_back",
        f"The card was charged after all, and {payment.order.called} was not paid in another way:"
        " this payment counts for it again.",
    )


def _sentence(payment: Payment) -> Said:
    facts: dict[str, Fact] = {
        "amount": format_amount(payment.amount_received, payment.currency),
        "id": payment.pk,
        "number": payment.order.number,
        "reason": payment.detach_reason,
    }
    if payment.order.status == OrderStatus.OPEN:
        return said(
            "Paid twice: a card was charged {amount} by payment {id}, which was detached from"
            " Order {number} ({reason}), and Order {number} is being paid in another way. Refund"
            " payment {id}.",
            **facts,
        )
    return said(
        "Paid twice: a card was charged {amount} by payment {id}, which was detached from Order"
        " {number} ({reason}), and Order {number} was settled. Refund payment {id}.",
        **facts,
    )
