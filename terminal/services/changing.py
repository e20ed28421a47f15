"""Changing the order under a payment that is open, and sending it to its reader anew (step A)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext

from payments.errors import PaymentBusy, PaymentFinal
from payments.models import UNFINISHED, Payment
from payments.services import bells, changes, intents
from stores.principals import Principal
from stores.services import Line
from stores.services.orders import check_version
from terminal.models import ActionStatus, ActionType, ReaderAction, Stop
from terminal.services import commands, following, lease, reading
from terminal.services.counter import show_now


def change_order(
    payment: Payment, lines: Sequence[Line], *, version: int, by: Principal
) -> Payment:
    """Promise the order these lines, and the payment what they cost.

    A reader that waits for a card is stopped first and then asks for the new amount. If the card
    is approved before that, the payment wins and the order stays.
    Raises PaymentFinal, PaymentBusy, OrderNotOpen, OrderChanged, InvalidLine, AmountRefused.
    """
    with transaction.atomic():
        payment = intents.lock(payment)
        found = reading.actions(payment)
        _check(payment, found)
        check_version(payment.order, version)
        changes.promise(payment, lines, by=by)
        action = found.active
        if action is None:
            changes.plan_update(payment)
        else:
            lease.reserve_behind(payment, action.reader, action, by=by)
            commands.plan_stop(payment, action, Stop.CHANGED)
        bells.wake(payment.pk)
        show_now(payment)
        if action is None:
            intents.touch(payment, changes.words(payment))
    return payment


def _check(payment: Payment, found: reading.Actions) -> None:
    """Raises PaymentFinal, PaymentBusy."""
    if payment.ended_at is not None or payment.is_authorized:
        raise PaymentFinal(
            gettext("Too late to change: the payment is {state}.").format(state=payment.state),
            code="intent_invalid_state",
        )
    if payment.cancel_requested_at is not None:
        raise PaymentBusy(gettext("The payment is being canceled."))
    if payment.attention:
        raise PaymentBusy(payment.spoken, code="payment_checking")
    if payment.status == "requires_action":
        raise PaymentBusy(
            gettext("The customer may still pay with the code that was shown."),
            code="payment_checking",
            next_action=gettext("Wait for it, or cancel the payment and start another."),
        )
    active = found.active
    unsent = payment.requests.filter(status__in=UNFINISHED).exists()
    is_moving = found.reserved is not None or unsent
    if is_moving or (active is not None and not _waits(active)):
        raise PaymentBusy(gettext("The payment is on its way to Stripe or to a reader."))
    if found.newest is not None and following.may_be_approved(payment, found.newest):
        raise PaymentBusy(payment.spoken, code="payment_checking")
    if active is not None and active.failure_code == "terminal_reader_busy":
        raise PaymentBusy(gettext("Too late to change: a card was presented."))


def _waits(action: ReaderAction) -> bool:
    """Whether the reader waits for a card, or has one that nobody charges yet."""
    asks = action.status in (ActionStatus.IN_PROGRESS, ActionStatus.COLLECTED)
    return asks and action.type != ActionType.CONFIRM_PAYMENT_INTENT
