"""What a cashier does: sell on a reader, try again, cancel, ask. Step A of every conversation.

Each function commits a promise and returns the payment as it is then; workers do the rest.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from payments.errors import PaymentBusy, PaymentFinal
from payments.models import UNFINISHED, Payment, State
from payments.services import bells, intents
from payments.services.splitting import ALL, Split
from payments.services.telling import log
from payments.transitions import screen
from stores.models import Flow, Order
from stores.principals import Principal
from stores.sentences import said
from terminal.errors import NothingToCancel, PaymentOnReader, WrongReader
from terminal.models import ACTIVE, Reader, ReaderAction, Stop
from terminal.services import commands, moving, reading
from terminal.services.counter import ReaderCounter, show_now
from terminal.services.reading import active_action


def sell(
    order: Order,
    reader: Reader,
    *,
    by: Principal,
    capture_method: str = "",
    flow: str = "",
    confirm: str = "",
    split: Split = ALL,
    skip_tipping: bool = False,
    take_over: int | None = None,
) -> Payment:
    """Start the sale of this order, or of a part, on this reader: one PaymentIntent, one action.

    `take_over` names the payment that may be stopped for it, if that has the reader.
    Raises OrderNotPayable, OrderHasOpenPayment, SplitRefused, LinePaid, AmountRefused,
    ConfirmRefused, AccountCannotCharge, WrongReader, ReaderBusy.
    """
    with transaction.atomic():
        locked = Order.objects.lock(order.pk)
        payment = intents.open_payment(
            locked,
            by=by,
            capture_method=capture_method,
            flow=flow,
            confirm=confirm,
            split=split,
            skip_tipping=skip_tipping,
        )
        moving.reserve_or_take_over(payment, reader, take_over, by=by)
        if take_over is not None:
            show_now(payment)
        bells.notify(bells.LIVE, "payment", payment.pk, payment.store_id)
    return payment


def try_again(
    payment: Payment,
    *,
    by: Principal,
    reader: Reader | None = None,
    flow: Flow = Flow.PROCESS,
    take_over: int | None = None,
) -> Payment:
    """Put the same PaymentIntent on a reader again: another card, another reader, or the other
    flow.

    While it is on a reader, another one may be named, and it moves there. `take_over` as in
    `sell`. Raises PaymentFinal, PaymentOnReader, PaymentBusy, WrongReader, ReaderBusy.
    """
    with transaction.atomic():
        payment = intents.lock(payment)
        refuse_over(payment)
        found = reading.actions(payment)
        if payment.status == "requires_action":
            raise PaymentBusy(
                gettext("The customer may still pay with the code that was shown."),
                code="payment_checking",
                next_action=gettext("Wait for it, or cancel the payment and start another."),
            )
        if payment.status == "requires_confirmation":
            raise PaymentBusy(
                gettext("Stripe keeps the card that was read."),
                next_action=gettext("Confirm it, or cancel the payment and start another."),
            )
        payment.flow = flow = intents.ruled_flow(payment.store, flow)
        if found.active is not None and reader is not None and take_over is None:
            return moving.move_payment(payment, found, reader, by=by)
        _refuse_try(payment, found)
        if reader is None:
            if found.newest is None:
                raise WrongReader(gettext("Name a reader."))
            reader = found.newest.reader
        moving.reserve_or_take_over(payment, reader, take_over, by=by)
        ReaderCounter().plan_next(payment)
        bells.wake(payment.pk)
        words = said("Sent to {reader} again.", reader=str(reader))
        log(payment, f"{flow}_requested", words, by=by, reader_id=reader.pk)
        show_now(payment)
    return payment


def refuse_closed(payment: Payment) -> None:
    """Raises PaymentFinal or PaymentBusy when no card is charged for this payment now."""
    refuse_over(payment)
    if payment.attention or _is_checking(payment):
        raise PaymentBusy(payment.spoken, code="payment_checking")


def refuse_over(payment: Payment) -> None:
    """Raises PaymentFinal or PaymentBusy when the payment is over, or is to be."""
    if payment.ended_at is not None or payment.is_authorized:
        raise PaymentFinal(
            gettext("The payment is {state}.").format(state=payment.state),
            code="intent_invalid_state",
        )
    if payment.cancel_requested_at is not None:
        raise PaymentBusy(gettext("The payment is being canceled."))


def _refuse_try(payment: Payment, found: reading.Actions) -> None:
    refuse_closed(payment)
    on_it = found.reserved or found.active
    if on_it is not None:
        raise PaymentOnReader(
            gettext("The payment is on {reader} already.").format(reader=on_it.reader)
        )
    if payment.requests.filter(status__in=UNFINISHED).exists():
        raise PaymentBusy(gettext("A request to Stripe is on its way."))


def _is_checking(payment: Payment) -> bool:
    """Whether it is still open if a card was charged; asked anew, because doubt ends with time."""
    shown = screen(payment, ReaderCounter().on_reader(payment), timezone.now())
    return shown.state is State.CHECKING


def cancel_payment(
    payment: Payment,
    *,
    by: Principal,
    release: bool = True,
    reason: str = intents.REQUESTED_BY_CUSTOMER,
) -> Payment:
    """Cancel a payment, or release its hold. When a card was approved first, the payment wins.

    With `release` false a hold is left alone. `reason` is Stripe's word.
    Raises PaymentFinal, PaymentBusy.
    """
    with transaction.atomic():
        payment = intents.lock(payment)
        if payment.is_authorized and not release:
            raise PaymentFinal(
                gettext("The card was approved before it could be canceled."),
                next_action=gettext("Capture the payment, or have a manager release it."),
            )
        payment = intents.request_cancel(payment, by=by, reason=reason)
        if payment.status == "requires_capture":
            intents.plan_cancel(payment)
        else:
            ReaderCounter().plan_next(payment)
        bells.wake(payment.pk)
        show_now(payment)
    return payment


def cancel_action(reader: Reader, *, by: Principal, payment_id: int | None = None) -> Payment:
    """Free a reader: stop the payment it waits for, which stays open for another try.

    With `payment_id` only that payment is stopped. A worker compares with what the reader shows
    before it stops anything. Raises NothingToCancel.
    """
    with transaction.atomic():
        held = ReaderAction.objects.filter(reader=reader, status__in=ACTIVE).first()
        if held is None or held.payment_id is None or payment_id not in (None, held.payment_id):
            raise NothingToCancel(
                gettext("{reader} no longer has that payment.").format(reader=reader)
            )
        payment = intents.lock(Payment.objects.get(pk=held.payment_id))
        action = active_action(payment)
        if action is None or action.reader_id != reader.pk or action.accepted_at is None:
            raise NothingToCancel(
                gettext("{reader} has not taken the payment yet.").format(reader=reader)
            )
        if not payment.requests.filter(status__in=UNFINISHED, kind=commands.CANCEL_ACTION).exists():
            commands.plan_stop(payment, action, Stop.FREED)
            bells.wake(payment.pk)
            intents.touch(payment, said("{reader} is being freed.", reader=str(reader)))
            log(
                payment,
                "cancel_action_requested",
                f"{reader} is to be freed.",
                by=by,
                reader_id=reader.pk,
            )
    return payment


def check_status(payment: Payment) -> Payment:
    """Have Stripe asked now, whatever webhooks say. A final payment needs no asking."""
    with transaction.atomic():
        bells.ring(payment.pk)
    return payment
