"""What of an order is covered, by which payments, and when it is paid."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext

from payments.errors import LinePaid, OrderCovered, OrderHasOpenPayment
from payments.models import PaidLine, Payment, RefundLine
from payments.services.possible import may_detach
from payments.transitions import state_word
from stores.currencies import spoken_amount
from stores.models import Order, OrderStatus
from stores.sentences import said
from stores.transitions import move


def covered(order: Order) -> int:
    """What authorised and paid payments cover of the order, tips left out."""
    return sum(paid_and_held(order))


def paid_and_held(order: Order, merged: Payment | None = None) -> tuple[int, int]:
    """What was really paid of the order, and what is authorised and not taken yet; no tips.

    `merged` is one of its payments as it is in memory, whatever its row says.
    """
    received = F("amount_received") - F("tip_amount")
    others = order.payments.attached()
    if merged is not None:
        others = others.exclude(pk=merged.pk)
    found = others.aggregate(
        paid=Sum(received, filter=Q(status="succeeded"), default=0),
        held=Sum("amount", filter=Q(status="requires_capture"), default=0),
    )
    paid, held = found["paid"], found["held"]
    if merged is not None and merged.detached_at is None:
        paid += merged.amount_received - merged.tip_amount if merged.status == "succeeded" else 0
        held += merged.amount if merged.status == "requires_capture" else 0
    return max(paid, 0), held


def refuse_open_payment(order: Order) -> None:
    """An order guard: an order on a reader, or held, is not edited under the customer's hands."""
    held = order.payments.attached().filter(ended_at__isnull=True).first()
    if held is not None:
        raise OrderHasOpenPayment(
            gettext("Order {number} has payment {payment} ({state}).").format(
                number=order.number, payment=held.pk, state=state_word(held.state)
            ),
            next_action=way_out(held),
        )


def way_out(payment: Payment) -> str | None:
    """What frees the order of a payment in doubt; None when it is for the cashier to decide."""
    if not may_detach(payment):
        return None
    return gettext(
        "Wait: payment {payment} ends when Stripe tells. If that takes too long, a manager can"
        " detach it in the admin, and the order is paid in another way."
    ).format(payment=payment.pk)


def count(payment: Payment) -> None:
    """After a merge: what the order shows as paid and held, and its lines, follow the payment.

    An order is paid when what was received covers it. Authorised is not paid.
    """
    over = payment.ended_at is not None and payment.status != "succeeded"
    if not payment.is_authorized and not over:
        return
    if over:
        payment.paid_lines.all().delete()
    add_up(payment.order, payment)


SUMS = ("paid_amount", "held_amount")


def add_up(order: Order, merged: Payment | None = None) -> None:
    """Have the locked order show the sums of its payments, and close it when they pay it."""
    sums = paid_and_held(order, merged)
    changed = sums != (order.paid_amount, order.held_amount)
    order.paid_amount, order.held_amount = sums
    if not pay(order) and changed:
        order.version += 1
        order.updated_at = timezone.now()
        order.save(update_fields=[*SUMS, "version", "updated_at"])


def pay(order: Order) -> bool:
    """Close the locked order if what was received covers it; whether that closed it."""
    if not 0 < order.total_amount <= order.paid_amount:
        return False
    message = said("Order {number} is paid.", number=order.number)
    return move(order, OrderStatus.PAID, message=message, because_of=SUMS)


def keep_paid_lines(order: Order, goes: Collection[int]) -> None:
    """A lines guard: what was paid for stays, and the order is never worth less than that."""
    money = order.paid_amount + order.held_amount
    if not money:
        return
    back = RefundLine.objects.filter(line__in=goes).select_related("line").order_by("pk").first()
    if back is not None:
        raise LinePaid(
            gettext("{line} was refunded with payment {payment}.").format(
                line=back.line, payment=back.payment_id
            )
        )
    paid = PaidLine.objects.filter(line__in=goes).select_related("line").order_by("pk").first()
    if paid is not None:
        raise LinePaid(
            gettext("{line} is covered by payment {payment}.").format(
                line=paid.line, payment=paid.payment_id
            ),
            next_action=gettext("Send it as {line}: it stays as it is.").format(
                line=f'{{"line": {paid.line_id}}}'
            ),
        )
    if order.total_amount < money:
        raise OrderCovered(
            gettext(
                "Order {number} would come to {total}, and {covered} of it are covered already."
            ).format(
                number=order.number,
                total=spoken_amount(order.total_amount, order.currency),
                covered=spoken_amount(money, order.currency),
            ),
            next_action=gettext(
                "Leave enough in the order, or refund what was paid and start a new one."
            ),
        )


def refuse_paid(order: Order) -> None:
    """A cancel guard: nobody keeps money for an order that was given up."""
    kept = F("amount_received") - F("amount_refunded")
    left = order.payments.attached().aggregate(sum=Sum(kept, default=0))["sum"]
    if left > 0:
        raise OrderCovered(
            gettext("{amount} of Order {number} are paid.").format(
                amount=spoken_amount(left, order.currency), number=order.number
            )
        )
