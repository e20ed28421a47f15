"""What stands on a reader's display, as far as we and Stripe know, for a page that draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from payments.models import Payment, State
from stores.currencies import format_amount
from stores.models import Order
from terminal.models import ActionStatus, ActionType, Reader, ReaderAction

RESULT_LASTS = timedelta(seconds=15)  # longer than on the device, or nobody would see it here

FAMILIES = {
    "wisepos_e": "BBPOS WisePOS E",
    "s700": "Stripe Reader S700",
    "s710": "Stripe Reader S710",
}
_WAITS = {State.WAITING_FOR_CARD, State.SENDING}
_ERRANDS = {
    ActionType.COLLECT_INPUTS: ("Please fill in", "A form for the customer"),
    ActionType.PROCESS_SETUP_INTENT: ("Present card", "The card is saved, not charged"),
}
_ENDS = {
    ActionStatus.SUCCEEDED: ("approved", "Approved"),
    ActionStatus.FAILED: ("declined", "Not completed"),
    ActionStatus.CANCELED: ("idle", "Canceled"),
}


@dataclass(frozen=True)
class Screen:
    kind: str  # idle, cart, card, busy, approved or declined
    title: str
    amount: str = ""
    message: str = ""
    lines: Sequence[tuple[str, str]] = ()

    @property
    def words(self) -> str:
        """For who does not see the drawing."""
        return " ".join(part for part in (self.title, self.amount) if part)


def family(device_type: str) -> str:
    """Which drawing it has; empty when we know none."""
    return next((name for name in FAMILIES if name in device_type), "")


def model_name(device_type: str) -> str:
    known = FAMILIES.get(family(device_type), device_type.replace("_", " ") or "Reader")
    return f"{known}, simulated" if device_type.startswith("simulated") else known


def screen_of(reader: Reader, held: ReaderAction | None, cart: Order | None) -> Screen:
    if reader.retired_at is not None:
        return Screen("idle", "Retired")
    if held is not None and held.status != ActionStatus.RESERVED:
        return _of_held(held)
    if cart is not None:
        lines = [
            (f"{line.quantity} x {line.description}", _money(line.total_amount, cart.currency))
            for line in cart.lines.order_by("position")
        ]
        return Screen("cart", "Total", _money(cart.total_amount, cart.currency), lines=lines)
    return Screen("idle", "Ready", message="Nothing of ours is on it.")


def ended_just_now(last: ReaderAction | None, *, now: datetime) -> bool:
    return last is not None and last.ended_at is not None and now - last.ended_at < RESULT_LASTS


def result_of(action: ReaderAction, reason: str) -> Screen:
    """How it ended, which the device shows for a moment."""
    kind, title = _ENDS[ActionStatus(action.status)]
    if action.failure_code == "card_declined" or action.decline_code:
        title = "Declined"
    if action.refund_id is not None and kind == "approved":
        title = "Refunded"
    return Screen(kind, title, _sum(action.payment), reason)


def _of_held(held: ReaderAction) -> Screen:
    payment = held.payment
    if payment is None:
        title, message = _ERRANDS[ActionType(held.type)]
        return Screen("card", title, message=message)
    if held.status == ActionStatus.REQUESTED:
        return Screen("busy", "Sending …", _sum(payment), "Stripe has not answered yet.")
    if held.status == ActionStatus.UNKNOWN:
        return Screen("busy", "Not known", _sum(payment), "Stripe is asked what it shows.")
    if held.refund is not None:
        back = _money(held.refund.amount, payment.currency)
        return Screen("card", "Present card", back, "For a refund")
    if held.status == ActionStatus.COLLECTED:
        return Screen("busy", "Card read", _sum(payment), "It waits to be confirmed.")
    if payment.state in _WAITS:
        return Screen("card", "Present card", _sum(payment))
    return Screen("busy", "Processing …", _sum(payment))


def _sum(payment: Payment | None) -> str:
    return _money(payment.amount, payment.currency) if payment else ""


def _money(amount: int, currency: str) -> str:
    return format_amount(amount, currency)
