"""What of an order is covered, by which payments, and when it is paid."""

from __future__ import annotations

from django.db.models import Sum
from django.utils import timezone

from payments.errors import OrderHasOpenPayment
from payments.models import Payment
from stores.models import Order, OrderStatus
from stores.transitions import move


def covered(order: Order) -> int:
    """What authorised and paid payments cover of the order, tips left out."""
    held = order.payments.filter(status="requires_capture").aggregate(sum=Sum("amount"))["sum"]
    return (held or 0) + received(order)


def received(order: Order) -> int:
    """What was really paid of the order, tips left out."""
    paid = order.payments.filter(status="succeeded").aggregate(
        sum=Sum("amount_received"), tips=Sum("tip_amount")
    )
    return (paid["sum"] or 0) - (paid["tips"] or 0)


def refuse_open_payment(order: Order) -> None:
    """An order guard: an order on a reader, or held, is not edited under the customer's hands."""
    held = order.payments.filter(ended_at__isnull=True).first()
    if held is not None:
        raise OrderHasOpenPayment(f"{order} has payment {held.pk} ({held.state}).")


def close_answered_incidents(payment: Payment) -> None:
    """After a merge: a hold that is captured or released expires no more."""
    if payment.ended_at is not None:
        payment.incidents.filter(kind="hold_expires", resolved_at=None).update(
            resolved_at=timezone.now(), resolution=f"The payment is {payment.status}."
        )


def pay_order(payment: Payment) -> None:
    """After a merge: an order is paid when what was received covers it. Authorised is not paid."""
    if payment.status != "succeeded" or payment.order.status != OrderStatus.OPEN:
        return
    payment.save()  # so that the sum below counts it
    if received(payment.order) >= payment.order.total_amount:
        move(payment.order, OrderStatus.PAID, message=f"{payment.order} is paid.")
