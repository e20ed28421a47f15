"""To another reader with the same PaymentIntent, and onto a reader that another sale has (step A).

Both keep the reader at once, by a reserved action, and stop what is in the way; what follows is
planned when that was seen to end (terminal.services.following).
"""

from __future__ import annotations

from django.utils.text import capfirst
from django.utils.translation import gettext, override

from payments.errors import PaymentBusy
from payments.models import Payment
from payments.services import bells, intents
from payments.services.telling import log
from stores.principals import Principal
from stores.sentences import said
from terminal.errors import PaymentOnReader
from terminal.models import ACTIVE, Reader, ReaderAction, Stop
from terminal.services import commands, lease
from terminal.services.counter import ReaderCounter, show_now
from terminal.services.reading import Actions, active_action


def move_payment(payment: Payment, found: Actions, reader: Reader, *, by: Principal) -> Payment:
    """Take the locked payment off the reader it is on, and put it on this one.

    One PaymentIntent is charged once, even if the first reader lives on unseen.
    Raises PaymentOnReader, PaymentBusy, WrongReader, ReaderBusy.
    """
    held = found.active
    assert held is not None
    if found.reserved is not None:
        raise PaymentOnReader(
            gettext("The payment is on its way to {reader}.").format(reader=found.reserved.reader)
        )
    if reader.pk == held.reader_id:
        raise PaymentOnReader(
            gettext("The payment is on {reader} already.").format(reader=held.reader)
        )
    if payment.attention:
        raise PaymentBusy(payment.spoken, code="payment_checking")
    lease.reserve_behind(payment, reader, held, by=by)
    if held.accepted_at is not None:
        commands.plan_stop(payment, held, Stop.MOVED)
    ReaderCounter().plan_next(payment)
    bells.wake(payment.pk)
    sentence = said(
        "To be moved from {reader} to {other}.", reader=str(held.reader), other=str(reader)
    )
    log(payment, "move_requested", sentence, by=by, reader_id=reader.pk)
    show_now(payment)
    return payment


def reserve_or_take_over(
    payment: Payment, reader: Reader, stopped: int | None, *, by: Principal
) -> ReaderAction:
    """Take the reader if it is free; if the payment named `stopped` has it, have that stopped.

    The caller holds the payment's lock, and the payment is on no reader. The other one is locked
    after it and before the reader; it cannot want ours, because ours has no reader to give.
    Raises WrongReader, ReaderBusy.
    """
    if stopped is None:
        return lease.reserve(payment, reader, by=by)
    on_it = ReaderAction.objects.filter(reader=reader, status__in=ACTIVE, payment_id=stopped)
    if not on_it.filter(store=payment.store_id).exclude(payment=payment.pk).exists():
        return lease.reserve(payment, reader, by=by)
    other = Payment.objects.select_for_update(no_key=True).get(pk=stopped)
    held = active_action(other)
    if held is None or held.reader_id != reader.pk or not lease.may_be_taken_over(held):
        return lease.reserve(payment, reader, by=by)
    action = lease.reserve_behind(payment, reader, held, by=by)
    with override("en"):  # it is stored
        taker = lease.USED_NOW.format(sale=capfirst(lease.name(action)), reader=reader)
    commands.plan_stop(other, held, Stop.TAKEN_OVER, taker)
    sentence = said(
        "{reader} is to be freed for Order {number}.",
        reader=str(reader),
        number=payment.order.number,
    )
    log(other, "take_over_requested", sentence, by=by, reader_id=reader.pk)
    intents.touch(other, sentence)
    bells.wake(other.pk)
    return action
