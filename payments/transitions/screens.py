"""What the till shows for a payment: the one function that decides its state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from payments.models import FINAL_STATUSES, Payment, State
from payments.transitions.amounts import expected_hold, hold_differs, sale_received, tip_is_high
from payments.transitions.cards import card_words
from payments.transitions.words import declined_message, stopped_message
from stores.currencies import format_amount
from stores.sentences import Said, said, said_many, together

# The code of a payment whose card was approved before its cancel.
TOO_LATE = "too_late_to_cancel"

CONFIRM = "confirm_payment_intent"
CONFIRMING = ("requested", "in_progress")

# Why a card that was read is let go: a rule of the store, the 20 seconds, the cashier's wish.
CARD_REFUSED, EXPIRED, ANOTHER_CARD = "card_refused", "expired", "another_card"

# How long Stripe keeps a card that nobody confirms (30 seconds), and some.
LETS_GO = timedelta(seconds=45)

# A confirmation that takes longer probably waits for the customer.
USUAL_ANSWER = timedelta(seconds=10)
# The bank holds, or gave, another sum than was asked.
AMOUNT_DIFFERS = "amount_differs"
# The customer added a tip on the reader that is above the store's limit.
HIGH_TIP = "high_tip"
# The bank would not hold more; the hold is as it was.
NOT_INCREMENTED = "authorization_not_incremented"
# The codes of a payment whose order was to be changed, and was not.
TOO_LATE_TO_CHANGE = "too_late_to_change"
NOT_CHANGED = "order_not_changed"

# Stripe's reason of a cancel that nobody asked for: no card was presented for too long.
ABANDONED = "abandoned"

# After so long without a card the cashier is told what else can be done.
LONG = timedelta(seconds=90)

# The customer pays on a phone, by a code on the reader.
SCANNING = "requires_action"

# How long a lost connection at the reader leaves open whether the bank approved.
DOUBT = timedelta(seconds=6)


@dataclass(frozen=True)
class OnReader:
    """What terminal knows of the payment's newest reader action; status as ReaderAction has it.

    `follows` says what is done once that has ended.
    """

    status: str
    reader: str
    type: str = "process_payment_intent"
    failure_code: str = ""
    decline_code: str = ""
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    # Of a card that was read before it is charged (ReaderAction has the same names)
    card: dict[str, Any] = field(default_factory=dict)
    notice: str = ""
    released_for: str = ""
    confirm_before: datetime | None = None
    may_confirm: bool = False
    is_offline: bool = False
    is_doubted: bool = False
    follows: str = ""

    @property
    def is_active(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True)
class Screen:
    """What the till shows. `message` is for the cashier, `customer_message` for the cardholder."""

    state: State
    message: str
    code: str = ""
    customer_message: str = ""


def screen(
    payment: Payment,
    on_reader: OnReader | None,
    now: datetime,
    *,
    busy: str = "",
    about_refunds: str = "",
) -> Screen:
    """The one function that decides a payment's state.

    `busy` names the kind of a request about the PaymentIntent whose outcome is not known yet,
    `about_refunds` is the sentence for a paid payment that has any.
    """
    if payment.status in FINAL_STATUSES:
        return _final(payment, about_refunds)
    if payment.detached_at is not None and payment.ended_at is None:
        return _detached(payment)
    if payment.attention:
        return Screen(State.NEEDS_ATTENTION, payment.attention, code=payment.code)
    if payment.ended_at is not None:
        return Screen(State.CANCELED, payment.message or said("Canceled."), code=payment.code)
    if payment.status == "requires_capture":
        return _approved(payment, busy)
    if busy:
        return _asking()
    if payment.cancel_requested_at is not None:
        return _canceling(on_reader)
    return _collecting(payment, on_reader, now)


def _asking() -> Screen:
    words = said("Checking with Stripe. Do not take another payment yet.")
    return Screen(State.CHECKING, words)


def _final(payment: Payment, about_refunds: str) -> Screen:
    if payment.status == "canceled" and payment.cancellation_reason == ABANDONED:
        limit = _duration(payment.store.idle_limit_seconds)
        return Screen(
            State.CANCELED,
            said(
                "Nobody presented a card for {limit}; canceled. Nothing was charged.", limit=limit
            ),
            code=ABANDONED,
        )
    if payment.status == "canceled":
        return Screen(State.CANCELED, said("Canceled. Nothing was charged."))
    if payment.amount_refunded >= payment.amount_received > 0:
        return Screen(State.REFUNDED, about_refunds or said("Refunded in full."))
    if payment.detached_at is not None and not about_refunds:
        return Screen(
            State.PAID,
            said("The card was charged after the payment was detached. Refund it."),
            code=TOO_LATE,
        )
    if payment.code == TOO_LATE and not about_refunds:
        return Screen(
            State.PAID,
            said(
                "Paid: the card was charged before the cancel reached it. Refund it if it is not"
                " wanted."
            ),
            code=TOO_LATE,
        )
    if about_refunds:
        return Screen(State.PAID, about_refunds)
    if payment.code == TOO_LATE_TO_CHANGE:
        return Screen(
            State.PAID,
            together(
                _too_late_to_change(payment),
                said("Sell the difference as a new order, or refund it."),
            ),
            code=TOO_LATE_TO_CHANGE,
        )
    return _paid(payment)


def _paid(payment: Payment) -> Screen:
    received, amount = sale_received(payment), payment.amount
    if received < amount:
        return Screen(
            State.PAID,
            said(
                "Only {received} of {amount} was approved and taken. Take the rest by another"
                " payment, or refund this one.",
                received=_money(payment, received),
                amount=_money(payment, amount),
            ),
            code=AMOUNT_DIFFERS,
        )
    if payment.capture_method == "automatic" and tip_is_high(payment):
        return Screen(
            State.PAID,
            said(
                "Paid, with a tip of {tip} on {amount}. Ask the customer; refund the tip if it was"
                " a mistake.",
                tip=_money(payment, payment.tip_amount),
                amount=_money(payment, amount),
            ),
            code=HIGH_TIP,
        )
    return Screen(State.PAID, said("Paid in cash.") if payment.is_cash else said("Paid."))


def _money(payment: Payment, amount: int) -> str:
    return format_amount(amount, payment.currency)


def _too_late_to_change(payment: Payment) -> Said:
    return said("Too late to change: approved {amount}.", amount=_money(payment, payment.amount))


def _duration(seconds: int) -> Said:
    if seconds % 60:
        return said_many("{count} second", "{count} seconds", seconds)
    return said_many("{count} minute", "{count} minutes", seconds // 60)


def _detached(payment: Payment) -> Screen:
    if payment.status == "requires_capture":
        return Screen(
            State.DETACHED, said("Detached. The card was approved: the hold is being released.")
        )
    return Screen(
        State.DETACHED,
        said(
            "Detached: the order can be paid in another way. Stripe is asked until it says how"
            " this payment ended."
        ),
    )


def _approved(payment: Payment, busy: str) -> Screen:
    if busy:
        return Screen(State.CHECKING, said("Approved. Checking with Stripe that it is finished."))
    if payment.cancel_requested_at is not None:
        return Screen(State.APPROVED, said("The hold is being released."))
    if payment.code == TOO_LATE:
        return Screen(
            State.APPROVED,
            said("Approved before the cancel reached the card. Release it, or capture it."),
            code=TOO_LATE,
        )
    if payment.code == TOO_LATE_TO_CHANGE:
        return Screen(
            State.APPROVED,
            together(
                _too_late_to_change(payment), said("Capture it, or release it and start again.")
            ),
            code=TOO_LATE_TO_CHANGE,
        )
    return _held(payment)


def _held(payment: Payment) -> Screen:
    if hold_differs(payment):
        return Screen(
            State.APPROVED,
            said(
                "{held} was approved, not the {asked} that were asked for. Release it, or capture"
                " it and take what is missing by another payment.",
                held=_money(payment, payment.amount_capturable),
                asked=_money(payment, expected_hold(payment)),
            ),
            code=AMOUNT_DIFFERS,
        )
    if tip_is_high(payment):
        return Screen(
            State.APPROVED,
            said(
                "Confirm the tip of {tip} on {amount}: capture with it, or without.",
                tip=_money(payment, payment.reader_tip_amount or 0),
                amount=_money(payment, payment.amount),
            ),
            code=HIGH_TIP,
        )
    if payment.code == NOT_INCREMENTED:
        return Screen(
            State.APPROVED,
            said(
                "The bank would not hold more. Hold and order are as they were: capture or release"
                " it, and sell what is new by itself."
            ),
            code=NOT_INCREMENTED,
        )
    return Screen(State.APPROVED, said("Approved, not captured yet. Capture or release it."))


def _has_a_card(on_reader: OnReader) -> bool:
    """The reader would not be stopped."""
    return on_reader.is_active and on_reader.failure_code == "terminal_reader_busy"


def _following(on_reader: OnReader) -> Screen:
    """The reader is being freed, or just was; nothing the customer sees is true much longer."""
    if _has_a_card(on_reader):
        return Screen(
            State.AUTHORIZING,
            said("A card was presented before the reader could be stopped. Wait for the result."),
        )
    if on_reader.status == "unknown":
        return Screen(State.CHECKING, together(said("Checking with Stripe."), on_reader.follows))
    return Screen(State.SENDING, on_reader.follows)


def _canceling(on_reader: OnReader | None) -> Screen:
    if on_reader and _has_a_card(on_reader):
        return Screen(
            State.AUTHORIZING,
            said("Too late to cancel: a card was presented. Wait for the result."),
            code=TOO_LATE,
        )
    return Screen(State.CHECKING, said("Canceling. Checking that no card was charged."))


def _collecting(payment: Payment, on_reader: OnReader | None, now: datetime) -> Screen:
    if on_reader and on_reader.follows and not _doubtful(payment, on_reader):
        return _following(on_reader)
    if on_reader is not None and on_reader.type == CONFIRM and on_reader.status in CONFIRMING:
        return _confirming(on_reader, now)
    if on_reader is None or on_reader.status == "requested":
        return Screen(State.SENDING, said("Sending to the reader."))
    if payment.status == "requires_action":
        return _scanning(on_reader)
    if on_reader.status == "in_progress":
        return Screen(State.WAITING_FOR_CARD, _waiting(on_reader, now))
    if on_reader.status == "collected":
        return _collected(on_reader)
    if on_reader.status == "unknown":
        return _asking()
    return _after(payment, on_reader, now)


def _scanning(on_reader: OnReader) -> Screen:
    """A reader that is freed cancels nothing: who scanned the code may still pay, minutes later.

    https://docs.stripe.com/terminal/payments/additional-payment-methods
    """
    if on_reader.is_active:
        return Screen(
            State.WAITING_FOR_CARD,
            said(
                "The customer scans the code on {reader} and pays on their phone.",
                reader=on_reader.reader,
            ),
            code=SCANNING,
        )
    return Screen(
        State.WAITING_FOR_CARD,
        said("The customer may still pay with the code they scanned. Wait for it, or cancel."),
        code=SCANNING,
    )


def _confirming(on_reader: OnReader, now: datetime) -> Screen:
    """Whether the reader asks for the card once more is not told: it is said after a while."""
    asks_again = on_reader.accepted_at and now >= on_reader.accepted_at + USUAL_ANSWER
    if not asks_again:
        card = card_words(on_reader.card)
        return Screen(State.AUTHORIZING, said("{card} is being charged.", card=card))
    return Screen(
        State.WAITING_FOR_CARD,
        said(
            "{reader} may be asking for the same card once more, or for its PIN.",
            reader=on_reader.reader,
        ),
    )


def _collected(on_reader: OnReader) -> Screen:
    card = card_words(on_reader.card)
    if on_reader.released_for:
        words = said(
            "{card} is not charged; {reader} is being freed.", card=card, reader=on_reader.reader
        )
        return Screen(State.COLLECTED, words, code=on_reader.released_for)
    confirm = said("Confirm or ask for another card.")
    return Screen(State.COLLECTED, together(said("{card}.", card=card), on_reader.notice, confirm))


def _waiting(on_reader: OnReader, now: datetime) -> Said:
    since, reader = on_reader.accepted_at, on_reader.reader
    if since is None or now < since + LONG:
        return said("Waiting for a card on {reader}.", reader=reader)
    if on_reader.is_offline:
        return said(
            "{reader} is offline and no card was charged yet. Check its power and network, move"
            " the payment to another reader, or cancel it.",
            reader=reader,
        )
    return said(
        "Still waiting for a card on {reader}. If it shows nothing, cancel the payment or move"
        " it to another reader.",
        reader=reader,
    )


def is_in_doubt(failure_code: str, ended_at: datetime | None, read_at: datetime | None) -> bool:
    """Whether the bank may have approved what the reader lost.

    That time went by proves nothing: the PaymentIntent must have been read since.
    """
    if failure_code != "connection_error" or ended_at is None:
        return False
    return read_at is None or read_at < ended_at + DOUBT


def _doubtful(payment: Payment, on_reader: OnReader) -> bool:
    return is_in_doubt(on_reader.failure_code, on_reader.ended_at, payment.read_at)


def _after(payment: Payment, on_reader: OnReader, now: datetime) -> Screen:
    """Nothing is on a reader any more and the PaymentIntent was read: it is not authorised."""
    code = on_reader.failure_code
    if payment.code == NOT_CHANGED:
        return Screen(
            State.STOPPED,
            said("The order could not be changed. Nothing was charged. Try again, or cancel."),
            code=NOT_CHANGED,
        )
    if code == "customer_canceled":
        return Screen(
            State.CANCELED_BY_CUSTOMER,
            said("The customer pressed cancel. Try again or cancel."),
            code,
        )
    if _doubtful(payment, on_reader):
        return Screen(
            State.CHECKING,
            said(
                "The reader lost its connection. Checking with Stripe whether the card was charged."
            ),
            code,
        )
    if payment.status == "requires_confirmation" and not on_reader.may_confirm:
        return _still_holding(on_reader, now)
    if code == CARD_REFUSED:
        words = together(on_reader.notice, said("Ask for another card, or cancel."))
        return Screen(State.DECLINED, words, code)
    if on_reader.decline_code:
        return _declined(payment, on_reader)
    return Screen(State.STOPPED, stopped_message(code, on_reader.reader, on_reader.notice), code)


def _declined(payment: Payment, on_reader: OnReader) -> Screen:
    # Stripe allows only card errors to be read by the cardholder.
    shown = (
        payment.last_error.get("message", "")
        if payment.last_error.get("type") == "card_error"
        else ""
    )
    return Screen(
        State.DECLINED,
        declined_message(on_reader.decline_code),
        code=on_reader.decline_code,
        customer_message=shown,
    )


def _still_holding(on_reader: OnReader, now: datetime) -> Screen:
    """A card was read and will not be charged, but the PaymentIntent is not free for another."""
    if on_reader.ended_at and now < on_reader.ended_at + LETS_GO:
        words = said("Waiting until Stripe lets go of the card that was read. Nothing was charged.")
        return Screen(State.CHECKING, words, on_reader.failure_code)
    return Screen(
        State.STOPPED,
        said("Stripe keeps the card that was read. Nothing was charged. Cancel, and start again."),
        on_reader.failure_code,
    )
