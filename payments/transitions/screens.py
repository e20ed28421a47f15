"""What the till shows for a payment: the one function that decides its state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from payments.models import FINAL_STATUSES, Payment, State
from payments.transitions.words import declined_message, stopped_message

# The code of a payment whose card was approved before its cancel.
TOO_LATE = "too_late_to_cancel"

# How long a lost connection at the reader leaves open whether the bank approved.
DOUBT = timedelta(seconds=6)


@dataclass(frozen=True)
class OnReader:
    """What terminal knows of the payment's newest reader action; status as ReaderAction has it."""

    status: str
    reader: str
    failure_code: str = ""
    decline_code: str = ""
    ended_at: datetime | None = None

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
    return Screen(State.PAID, about_refunds or "Paid.")


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
    if on_reader is None or on_reader.status == "requested":
        return Screen(State.SENDING, "Sending to the reader.")
    if on_reader.status == "in_progress":
        return Screen(State.WAITING_FOR_CARD, f"Waiting for a card on {on_reader.reader}.")
    if on_reader.status == "unknown":
        return Screen(State.CHECKING, "Checking with Stripe. Do not take another payment yet.")
    return _after(payment, on_reader, now)


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
