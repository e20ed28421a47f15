"""What a read PaymentIntent may change in a Payment, and what the till shows for it.

Pure functions: rows and Stripe's JSON in, changed rows out, nothing saved. They obey rules 1, 8
and 9 of docs/architecture.md, "The rules of the money path".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from payments.models import FINAL_STATUSES, Payment, State

JSON = dict[str, Any]

RANK = {"requires_capture": 1, "succeeded": 2, "canceled": 2}

# The code of a payment whose card was approved before its cancel.
TOO_LATE = "too_late_to_cancel"

# How long a lost connection at the reader leaves open whether the bank approved.
DOUBT = timedelta(seconds=6)


@dataclass(frozen=True)
class Mismatch:
    """Why a read PaymentIntent was not merged."""

    kind: str
    message: str


def intent_mismatch(payment: Payment, intent: JSON) -> Mismatch | None:
    """Whether this PaymentIntent is not ours to merge: wrong payment, currency, mode or id."""
    metadata = intent.get("metadata") or {}
    if metadata.get("payment") != str(payment.uuid):
        return Mismatch("foreign_payment_intent", "The PaymentIntent names another payment.")
    if payment.payment_intent_id not in (None, intent["id"]):
        return Mismatch("second_payment_intent", "A second PaymentIntent names this payment.")
    if intent["currency"] != payment.currency:
        return Mismatch("currency_mismatch", "The PaymentIntent is in another currency.")
    if bool(intent["livemode"]) != payment.livemode:
        return Mismatch("livemode_mismatch", "The PaymentIntent is of the other mode (live, test).")
    if (intent.get("on_behalf_of") or "") != payment.destination:
        return Mismatch("account_mismatch", "The PaymentIntent settles to another account.")
    return None


def moves_back(payment: Payment, intent: JSON) -> bool:
    """Whether the read would take the payment backwards; then it is stale, or wrong."""
    old, new = RANK.get(payment.status, 0), RANK.get(intent["status"], 0)
    if new < old:
        return True
    if payment.status in FINAL_STATUSES and payment.status != intent["status"]:
        return True
    return int(intent.get("amount_received") or 0) < payment.amount_received


def merge_intent(payment: Payment, intent: JSON, now: datetime) -> None:
    """Copy what Stripe says into the row; `intent_mismatch` and `moves_back` were asked before.

    `latest_charge` must be expanded, or absent.
    """
    payment.payment_intent_id = intent["id"]
    payment.status = intent["status"]
    payment.amount_capturable = int(intent.get("amount_capturable") or 0)
    payment.amount_received = int(intent.get("amount_received") or 0)
    payment.last_error = _short_error(intent.get("last_payment_error"))
    if payment.status == "succeeded":
        payment.tip_amount = max(payment.tip_amount, _reader_tip(intent))
    charge = intent.get("latest_charge")
    if isinstance(charge, dict):
        _merge_charge(payment, charge)
    elif charge:
        payment.latest_charge_id = charge
    if payment.status in FINAL_STATUSES and payment.ended_at is None:
        payment.ended_at = now


def _reader_tip(intent: JSON) -> int:
    tip = ((intent.get("amount_details") or {}).get("tip") or {}).get("amount")
    return int(tip or 0)


def _short_error(error: JSON | None) -> JSON:
    if not error:
        return {}
    kept = ("type", "code", "decline_code", "message", "charge")
    return {key: error[key] for key in kept if error.get(key)}


def _merge_charge(payment: Payment, charge: JSON) -> None:
    payment.latest_charge_id = charge["id"]
    details = charge.get("payment_method_details") or {}
    kind = details.get("type") or ""
    card = details.get(kind) or {}
    if not kind.endswith("_present") or charge.get("status") != "succeeded":
        return
    payment.amount_authorized = int(card.get("amount_authorized") or charge["amount"])
    payment.overcapture_supported = bool(card.get("overcapture_supported"))
    before = card.get("capture_before")
    payment.capture_before = datetime.fromtimestamp(before, UTC) if before else None
    kept = (
        "brand",
        "last4",
        "funding",
        "exp_month",
        "exp_year",
        "read_method",
        "receipt",
        "network",
    )
    payment.card = {"type": kind} | {key: card[key] for key in kept if card.get(key)}


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
    words = DECLINES.get(on_reader.decline_code, "The bank declined the card.")
    # Stripe allows only card errors to be read by the cardholder.
    shown = (
        payment.last_error.get("message", "")
        if payment.last_error.get("type") == "card_error"
        else ""
    )
    return Screen(
        State.DECLINED,
        f"{words} Ask for another card, or cancel.",
        code=on_reader.decline_code,
        customer_message=shown,
    )


DECLINES = {
    "insufficient_funds": "Declined: not enough money on the card.",
    "lost_card": "Declined by the bank.",
    "stolen_card": "Declined by the bank.",
    "expired_card": "Declined: the card has expired.",
    "incorrect_pin": "Declined: wrong PIN.",
    "pin_try_exceeded": "Declined: wrong PIN too often.",
    "offline_pin_required": "The card must be inserted and a PIN entered.",
    "online_or_offline_pin_required": "The card needs its PIN.",
    "call_issuer": "Declined: the cardholder should call their bank.",
    "processing_error": "The card could not be processed.",
    "withdrawal_count_limit_exceeded": "Declined: the card's limit is reached.",
    "generic_decline": "The bank declined the card.",
}

_STOPS = {
    "terminal_reader_offline": (
        "{reader} is offline. Check its power and network, or use another reader."
    ),
    "terminal_reader_busy": (
        "{reader} is busy: remove the card, close its settings or wait for its update, then try"
        " again."
    ),
    "terminal_reader_timeout": "{reader} did not answer. Nothing was charged. Try again.",
    "connection_error": "{reader} lost its connection. Nothing was charged. Try again.",
    "superseded": "Something else was sent to {reader}. Nothing was charged. Try again.",
    "action_canceled": "Stopped on {reader}. Nothing was charged. Try again or cancel.",
    "no_answer": "Stripe could not be reached for {reader}. Nothing was charged. Try again.",
}


def stopped_message(code: str, reader: str) -> str:
    sentence = _STOPS.get(code, "{reader} could not take the payment ({code}). Try again.")
    return sentence.format(reader=reader, code=code or "no reason given")


def next_read(payment: Payment, on_reader: OnReader | None, now: datetime) -> datetime | None:
    """When Stripe must be asked again although no bell rings. None: never."""
    if payment.ended_at is not None or not payment.payment_intent_id:
        return None
    if payment.status == "requires_capture":
        return _before_expiry(payment, now)
    if payment.state == State.CHECKING:
        return now + timedelta(seconds=2)
    if on_reader is not None and on_reader.is_active:
        # The canary: without payment_intent.created after 3 s webhooks are silent.
        if payment.canary_at is not None:
            return now + timedelta(seconds=30)
        silent_from = payment.created_at + timedelta(seconds=3)
        return max(silent_from, now + timedelta(seconds=2))
    idle = (now - payment.moved_at) / 2
    return now + min(max(idle, timedelta(seconds=15)), timedelta(minutes=15))


def _before_expiry(payment: Payment, now: datetime) -> datetime:
    expiry = payment.capture_before or payment.created_at + timedelta(hours=48)
    wait = min(max((expiry - now) / 2, timedelta(minutes=1)), timedelta(hours=1))
    return now + wait
