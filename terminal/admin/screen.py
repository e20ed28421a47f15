"""What stands on a reader's display, as far as we and Stripe know, for a page that draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models import Payment, State
from stores.currencies import spoken_amount
from stores.models import Order
from terminal.models import ActionStatus, ActionType, Reader, ReaderAction

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

RESULT_LASTS = timedelta(seconds=15)  # longer than on the device, or nobody would see it here

FAMILIES = {
    "wisepos_e": "BBPOS WisePOS E",
    "s700": "Stripe Reader S700",
    "s710": "Stripe Reader S710",
}
_WAITS = {State.WAITING_FOR_CARD, State.SENDING}
_ERRANDS: dict[ActionType, tuple[StrOrPromise, StrOrPromise]] = {
    ActionType.COLLECT_INPUTS: (_("Please fill in"), _("A form for the customer")),
    ActionType.PROCESS_SETUP_INTENT: (_("Present card"), _("The card is saved, not charged")),
}
_ENDS: dict[ActionStatus, tuple[str, StrOrPromise]] = {
    ActionStatus.SUCCEEDED: ("approved", _("Approved")),
    ActionStatus.FAILED: ("declined", _("Not completed")),
    ActionStatus.CANCELED: ("idle", _("Canceled")),
}


@dataclass(frozen=True)
class Screen:
    kind: str  # idle, cart, card, busy, approved or declined
    title: StrOrPromise
    amount: str = ""
    message: StrOrPromise = ""
    lines: Sequence[tuple[str, str]] = ()

    @property
    def words(self) -> str:
        """For who does not see the drawing."""
        return " ".join(part for part in (str(self.title), self.amount) if part)


def family(device_type: str) -> str:
    """Which drawing it has; empty when we know none."""
    return next((name for name in FAMILIES if name in device_type), "")


def model_name(device_type: str) -> str:
    known = FAMILIES.get(family(device_type), device_type.replace("_", " ") or gettext("Reader"))
    return (
        gettext("{model}, simulated").format(model=known)
        if device_type.startswith("simulated")
        else known
    )


def screen_of(reader: Reader, held: ReaderAction | None, cart: Order | None) -> Screen:
    if reader.retired_at is not None:
        return Screen("idle", gettext("Retired"))
    if held is not None and held.status != ActionStatus.RESERVED:
        return _of_held(held)
    if cart is not None:
        lines = [
            (f"{line.quantity} x {line.description}", _money(line.total_amount, cart.currency))
            for line in cart.lines.order_by("position")
        ]
        return Screen(
            "cart", gettext("Total"), _money(cart.total_amount, cart.currency), lines=lines
        )
    return Screen("idle", gettext("Ready"), message=gettext("Nothing of ours is on it."))


def ended_just_now(last: ReaderAction | None, *, now: datetime) -> bool:
    return last is not None and last.ended_at is not None and now - last.ended_at < RESULT_LASTS


def result_of(action: ReaderAction, reason: str) -> Screen:
    """How it ended, which the device shows for a moment."""
    kind, title = _ENDS[ActionStatus(action.status)]
    if action.failure_code == "card_declined" or action.decline_code:
        title = gettext("Declined")
    if action.refund_id is not None and kind == "approved":
        title = gettext("Refunded")
    return Screen(kind, title, _sum(action.payment), reason)


def _of_held(held: ReaderAction) -> Screen:
    payment = held.payment
    if payment is None:
        title, message = _ERRANDS[ActionType(held.type)]
        return Screen("card", title, message=message)
    if held.status == ActionStatus.REQUESTED:
        return Screen(
            "busy", gettext("Sending …"), _sum(payment), gettext("Stripe has not answered yet.")
        )
    if held.status == ActionStatus.UNKNOWN:
        return Screen(
            "busy", gettext("Not known"), _sum(payment), gettext("Stripe is asked what it shows.")
        )
    if held.refund is not None:
        back = _money(held.refund.amount, payment.currency)
        return Screen("card", gettext("Present card"), back, gettext("For a refund"))
    if held.status == ActionStatus.COLLECTED:
        return Screen(
            "busy", gettext("Card read"), _sum(payment), gettext("It waits to be confirmed.")
        )
    if payment.state in _WAITS:
        return Screen("card", gettext("Present card"), _sum(payment))
    return Screen("busy", gettext("Processing …"), _sum(payment))


def _sum(payment: Payment | None) -> str:
    return _money(payment.amount, payment.currency) if payment else ""


def _money(amount: int, currency: str) -> str:
    return spoken_amount(amount, currency)
