"""What a cashier does: sell on a reader, try again, cancel, ask. Step A of every conversation.

Each function commits a promise and returns the payment as it is then; workers do the rest.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from payments.errors import PaymentBusy, PaymentFinal
from payments.models import UNFINISHED, Payment, Refund, State
from payments.services import bells, intents
from payments.services.splitting import ALL, Split
from payments.services.telling import log, show
from payments.transitions import screen
from stores.models import Flow, Order
from stores.principals import Principal
from terminal.errors import NothingToCancel, PaymentOnReader, ReaderBusy, WrongReader
from terminal.models import ACTIVE, Reader, ReaderAction
from terminal.services import commands
from terminal.services.counter import ReaderCounter
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
) -> Payment:
    """Start the sale of this order, or of a part, on this reader: one PaymentIntent, one action.

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
        reserve(payment, reader)
        bells.notify(bells.LIVE, "payment", payment.pk, payment.store_id)
    return payment


def try_again(
    payment: Payment, *, by: Principal, reader: Reader | None = None, flow: Flow = Flow.PROCESS
) -> Payment:
    """Put the same PaymentIntent on a reader again: another card, another reader, or the other
    flow.

    Raises PaymentFinal, PaymentOnReader, PaymentBusy, WrongReader, ReaderBusy.
    """
    with transaction.atomic():
        payment = intents.lock(payment)
        refuse_closed(payment)
        held = active_action(payment)
        if held is not None:
            raise PaymentOnReader(f"The payment is on {held.reader} already.")
        if payment.status == "requires_action":
            raise PaymentBusy(
                "The customer may still pay with the code that was shown.",
                code="payment_checking",
                next_action="Wait for it, or cancel the payment and start another.",
            )
        if payment.status == "requires_confirmation":
            raise PaymentBusy(
                "Stripe keeps the card that was read.",
                next_action="Confirm it, or cancel the payment and start another.",
            )
        if payment.requests.filter(status__in=UNFINISHED).exists():
            raise PaymentBusy("A request to Stripe is on its way.")
        if reader is None:
            last = payment.reader_actions.select_related("reader").order_by("-attempt").first()
            if last is None:
                raise WrongReader("Name a reader.")
            reader = last.reader
        payment.flow = flow
        action = reserve(payment, reader)
        commands.plan_command(payment, action)
        bells.wake(payment.pk)
        log(payment, f"{flow}_requested", f"Sent to {reader} again.", by=by, reader_id=reader.pk)
        show_now(payment)
    return payment


def refuse_closed(payment: Payment) -> None:
    """Raises PaymentFinal or PaymentBusy when no card is charged for this payment now."""
    if payment.ended_at is not None or payment.is_authorized:
        raise PaymentFinal(f"The payment is {payment.state}.", code="intent_invalid_state")
    if payment.cancel_requested_at is not None:
        raise PaymentBusy("The payment is being canceled.")
    if payment.attention or _is_checking(payment):
        raise PaymentBusy(payment.message, code="payment_checking")


def _is_checking(payment: Payment) -> bool:
    """Whether it is still open if a card was charged; asked anew, because doubt ends with time."""
    shown = screen(payment, ReaderCounter().on_reader(payment), timezone.now())
    return shown.state is State.CHECKING


def reserve(
    payment: Payment,
    reader: Reader,
    refund: Refund | None = None,
    confirms: ReaderAction | None = None,
) -> ReaderAction:
    """Lock the reader and take it for this payment, or say whose it is.

    The caller holds the payment's lock. Raises WrongReader, ReaderBusy.
    """
    reader = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
    store = payment.store
    if not reader.is_active or reader.store_id != store.pk:
        raise WrongReader("This store has no such reader in use.")
    if reader.stripe_account != payment.stripe_account:
        raise WrongReader(f"{reader} is registered in another Stripe account than the store's.")
    refuse_busy(reader)
    try:
        with transaction.atomic():
            action = commands.new_action(payment, reader, refund=refund, confirms=confirms)
    except IntegrityError as error:
        raise ReaderBusy(f"{reader} is busy with another sale.") from error
    log(payment, "reader_requested", f"{reader} was asked for.", reader_id=reader.pk)
    return action


def refuse_busy(reader: Reader) -> None:
    """Raises ReaderBusy naming what has the reader."""
    held = (
        ReaderAction.objects.filter(reader=reader, status__in=ACTIVE)
        .select_related("payment__order", "order")
        .first()
    )
    if held is not None:
        raise ReaderBusy(f"{reader} is busy with {held.about}.")


def cancel_payment(payment: Payment, *, by: Principal, release: bool = True) -> Payment:
    """Cancel a payment, or release its hold. When a card was approved first, the payment wins.

    With `release` false a hold is left alone. Raises PaymentFinal, PaymentBusy.
    """
    with transaction.atomic():
        payment = intents.lock(payment)
        if payment.is_authorized and not release:
            raise PaymentFinal(
                "The card was approved before it could be canceled.",
                next_action="Capture the payment, or have a manager release it.",
            )
        payment = intents.request_cancel(payment, by=by)
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
            raise NothingToCancel(f"{reader} no longer has that payment.")
        payment = intents.lock(Payment.objects.get(pk=held.payment_id))
        action = active_action(payment)
        if action is None or action.reader_id != reader.pk or action.accepted_at is None:
            raise NothingToCancel(f"{reader} has not taken the payment yet.")
        if not payment.requests.filter(status__in=UNFINISHED, kind=commands.CANCEL_ACTION).exists():
            commands.plan_cancel_action(payment, action)
            bells.wake(payment.pk)
            intents.touch(payment, f"{reader} is being freed.")
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


def show_now(payment: Payment) -> None:
    now = timezone.now()
    show(payment, screen(payment, ReaderCounter().on_reader(payment), now), now)
    payment.save()
