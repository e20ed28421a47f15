"""What the till shows of a payment's refunds, and when Stripe must be asked about them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from payments.models import UNFINISHED, UNSETTLED, Payment, Refund, RefundStatus
from payments.services.parts import counter
from payments.services.telling import show
from payments.transitions import OnReader, screen
from stores.currencies import format_amount
from stores.sentences import Said, said, together


def tell(payment: Payment) -> None:
    """Show the locked payment with its refunds as they are now, and save it."""
    now = timezone.now()
    on_reader = counter().on_reader(payment)
    words = about_refunds(payment, refunds_of(payment), on_reader)
    show(payment, screen(payment, on_reader, now, about_refunds=words), now)
    payment.save()


def refunds_of(payment: Payment) -> list[Refund]:
    """Its refunds, oldest first; only of a paid payment is anything told about them."""
    return list(payment.refunds.order_by("pk")) if payment.status == "succeeded" else []


def about_refunds(payment: Payment, refunds: list[Refund], on_reader: OnReader | None) -> str:
    """The sentence for a paid payment of which something was, is or could not be refunded."""
    if not refunds:
        return ""
    return together(_so_far(payment), _newest(payment, refunds, on_reader))


def _so_far(payment: Payment) -> Said:
    given = payment.amount_refunded
    if given and given >= payment.amount_received:
        return said("Refunded in full.")
    if not given:
        return said("Paid.")
    return said("Paid. {amount} of it was refunded.", amount=_money(payment, given))


def _newest(payment: Payment, refunds: Sequence[Refund], on_reader: OnReader | None) -> str:
    waiting = next((each for each in refunds if each.status == RefundStatus.REQUESTED), None)
    if waiting is not None:
        return _waiting(payment, waiting, on_reader)
    newest = refunds[-1]
    amount = _money(payment, newest.amount)
    match newest.status:
        case RefundStatus.REFUSED:
            why = together(newest.message)
            return said("The refund of {amount} was not made: {why}", amount=amount, why=why)
        case RefundStatus.FAILED | RefundStatus.CANCELED:
            return said(
                "The refund of {amount} failed and the customer did not get it: refund again, or"
                " give it back in another way.",
                amount=amount,
            )
        case RefundStatus.PENDING | RefundStatus.REQUIRES_ACTION:
            return said("The refund of {amount} is pending at Stripe.", amount=amount)
    return ""


def _waiting(payment: Payment, waiting: Refund, on_reader: OnReader | None) -> str:
    amount = _money(payment, waiting.amount)
    if waiting.in_person and on_reader is not None and on_reader.is_active:
        if on_reader.status == "requested":
            reader = on_reader.reader
            return said("Sending the refund of {amount} to {reader}.", amount=amount, reader=reader)
        if on_reader.status == "in_progress":
            return said(
                "Waiting on {reader} for the card that paid, to refund {amount}.",
                reader=on_reader.reader,
                amount=amount,
            )
    sent = payment.requests.filter(status__in=UNFINISHED, kind__startswith="refund.", tries__gt=0)
    if waiting.in_person or sent.exists():
        return said(
            "Checking with Stripe whether {amount} was refunded. Do not refund it again.",
            amount=amount,
        )
    return said("Refunding {amount}.", amount=amount)


def _money(payment: Payment, amount: int) -> str:
    return format_amount(amount, payment.currency)


FIRST, LONGEST = timedelta(seconds=15), timedelta(hours=6)


def next_read(
    payment: Payment, refunds: list[Refund], on_reader: OnReader | None, now: datetime
) -> datetime | None:
    """When a paid payment must be read again although no bell rings: while a refund is not final.

    A reader is watched as during a sale; what is pending at Stripe on a back-off.
    """
    waiting = [each for each in refunds if each.status in UNSETTLED]
    if not waiting:
        return None
    unsettled = max(waiting, key=lambda each: each.updated_at)
    if unsettled.status != RefundStatus.REQUESTED:
        return now + min(max((now - unsettled.updated_at) / 2, FIRST), LONGEST)
    if not unsettled.in_person:
        return None  # its request knows when it is due
    waits = on_reader is not None and on_reader.status == "in_progress"
    is_known = waits and not (on_reader is not None and on_reader.is_doubted)
    return now + timedelta(seconds=30 if is_known and payment.canary_at else 2)
