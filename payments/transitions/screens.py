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

# The customer pays on a phone, by a code on the reader.
SCANNING = "requires_action"

# How long a lost connection at the reader leaves open whether the bank approved.
DOUBT = timedelta(seconds=6)


@dataclass(frozen=True)
class OnReader:
    """What terminal knows of the payment's newest reader action; status as ReaderAction has it."""

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
    if payment.attention:
        return Screen(State.NEEDS_ATTENTION, payment.attention, code=payment.code)
    if payment.ended_at is not None:
        return Screen(State.CANCELED, payment.message or "Canceled.", code=payment.code)
    if payment.status == "requires_capture":
        return _approved(payment, busy)
    if busy:
        return Screen(State.CHECKING, "Checking with Stripe. Do not take another payment yet.")
    if payment.cancel_requested_at is not None:
        return _canceling(on_reader)
    return _collecting(payment, on_reader, now)


def _final(payment: Payment, about_refunds: str) -> Screen:
    if payment.status == "canceled":
        return Screen(State.CANCELED, "Canceled. Nothing was charged.")
    if payment.amount_refunded >= payment.amount_received > 0:
        return Screen(State.REFUNDED, about_refunds or "Refunded in full.")
    if payment.code == TOO_LATE and not about_refunds:
        return Screen(
            State.PAID,
            "Paid: the card was charged before the cancel reached it. Refund it if it is not"
            " wanted.",
            code=TOO_LATE,
        )
    if about_refunds:
        return Screen(State.PAID, about_refunds)
    return _paid(payment)


def _paid(payment: Payment) -> Screen:
    received, amount = sale_received(payment), payment.amount
    if received < amount:
        return Screen(
            State.PAID,
            f"Only {_money(payment, received)} of {_money(payment, amount)} was approved and taken."
            " Take the rest by another payment, or refund this one.",
            code=AMOUNT_DIFFERS,
        )
    if payment.capture_method == "automatic" and tip_is_high(payment):
        return Screen(
            State.PAID,
            f"Paid, with a tip of {_money(payment, payment.tip_amount)} on"
            f" {_money(payment, amount)}. Ask the customer; refund the tip if it was a mistake.",
            code=HIGH_TIP,
        )
    return Screen(State.PAID, "Paid in cash." if payment.is_cash else "Paid.")


def _money(payment: Payment, amount: int) -> str:
    return format_amount(amount, payment.currency)


def _approved(payment: Payment, busy: str) -> Screen:
    if busy:
        return Screen(State.CHECKING, "Approved. Checking with Stripe that it is finished.")
    if payment.cancel_requested_at is not None:
        return Screen(State.APPROVED, "The hold is being released.")
    if payment.code == TOO_LATE:
        return Screen(
            State.APPROVED,
            "Approved before the cancel reached the card. Release it, or capture it.",
            code=TOO_LATE,
        )
    return _held(payment)


def _held(payment: Payment) -> Screen:
    if hold_differs(payment):
        return Screen(
            State.APPROVED,
            f"{_money(payment, payment.amount_capturable)} was approved, not the"
            f" {_money(payment, expected_hold(payment))} that were asked for. Release it, or"
            " capture it and take what is missing by another payment.",
            code=AMOUNT_DIFFERS,
        )
    if tip_is_high(payment):
        return Screen(
            State.APPROVED,
            f"Confirm the tip of {_money(payment, payment.reader_tip_amount or 0)} on"
            f" {_money(payment, payment.amount)}: capture with it, or without.",
            code=HIGH_TIP,
        )
    if payment.code == NOT_INCREMENTED:
        return Screen(
            State.APPROVED,
            "The bank would not hold more. Hold and order are as they were: capture or release it,"
            " and sell what is new by itself.",
            code=NOT_INCREMENTED,
        )
    return Screen(State.APPROVED, "Approved, not captured yet. Capture or release it.")


def _canceling(on_reader: OnReader | None) -> Screen:
    if on_reader and on_reader.is_active and on_reader.failure_code == "terminal_reader_busy":
        return Screen(
            State.AUTHORIZING,
            "Too late to cancel: a card was presented. Wait for the result.",
            code=TOO_LATE,
        )
    return Screen(State.CHECKING, "Canceling. Checking that no card was charged.")


def _collecting(payment: Payment, on_reader: OnReader | None, now: datetime) -> Screen:
    if on_reader is not None and on_reader.type == CONFIRM and on_reader.status in CONFIRMING:
        return _confirming(on_reader, now)
    if on_reader is None or on_reader.status == "requested":
        return Screen(State.SENDING, "Sending to the reader.")
    if payment.status == "requires_action":
        return _scanning(on_reader)
    if on_reader.status == "in_progress":
        return Screen(State.WAITING_FOR_CARD, f"Waiting for a card on {on_reader.reader}.")
    if on_reader.status == "collected":
        return _collected(on_reader)
    if on_reader.status == "unknown":
        return Screen(State.CHECKING, "Checking with Stripe. Do not take another payment yet.")
    return _after(payment, on_reader, now)


def _scanning(on_reader: OnReader) -> Screen:
    """A reader that is freed cancels nothing: who scanned the code may still pay, minutes later.

    https://docs.stripe.com/terminal/payments/additional-payment-methods
    """
    if on_reader.is_active:
        return Screen(
            State.WAITING_FOR_CARD,
            f"The customer scans the code on {on_reader.reader} and pays on their phone.",
            code=SCANNING,
        )
    return Screen(
        State.WAITING_FOR_CARD,
        "The customer may still pay with the code they scanned. Wait for it, or cancel.",
        code=SCANNING,
    )


def _confirming(on_reader: OnReader, now: datetime) -> Screen:
    """Whether the reader asks for the card once more is not told: it is said after a while."""
    asks_again = on_reader.accepted_at and now >= on_reader.accepted_at + USUAL_ANSWER
    if not asks_again:
        return Screen(State.AUTHORIZING, f"{card_words(on_reader.card)} is being charged.")
    return Screen(
        State.WAITING_FOR_CARD,
        f"{on_reader.reader} may be asking for the same card once more, or for its PIN.",
    )


def _collected(on_reader: OnReader) -> Screen:
    card = card_words(on_reader.card)
    if on_reader.released_for:
        words = f"{card} is not charged; {on_reader.reader} is being freed."
        return Screen(State.COLLECTED, words, code=on_reader.released_for)
    notice = f" {on_reader.notice}" if on_reader.notice else ""
    return Screen(State.COLLECTED, f"{card}.{notice} Confirm or ask for another card.")


def _after(payment: Payment, on_reader: OnReader, now: datetime) -> Screen:
    """Nothing is on a reader any more and the PaymentIntent was read: it is not authorised."""
    code = on_reader.failure_code
    if code == "customer_canceled":
        return Screen(
            State.CANCELED_BY_CUSTOMER, "The customer pressed cancel. Try again or cancel.", code
        )
    if code == "connection_error" and on_reader.ended_at and now < on_reader.ended_at + DOUBT:
        return Screen(
            State.CHECKING,
            "The reader lost its connection. Checking with Stripe whether the card was charged.",
            code,
        )
    if payment.status == "requires_confirmation" and not on_reader.may_confirm:
        return _still_holding(on_reader, now)
    if code == CARD_REFUSED:
        return Screen(State.DECLINED, f"{on_reader.notice} Ask for another card, or cancel.", code)
    if on_reader.decline_code:
        return _declined(payment, on_reader)
    return Screen(State.STOPPED, stopped_message(code, on_reader.reader), code)


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
        words = "Waiting until Stripe lets go of the card that was read. Nothing was charged."
        return Screen(State.CHECKING, words, on_reader.failure_code)
    return Screen(
        State.STOPPED,
        "Stripe keeps the card that was read. Nothing was charged. Cancel, and start again.",
        on_reader.failure_code,
    )
