"""Reading what settles a payment: its PaymentIntent, and the reader it is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from payments import gateway as payments_gateway
from payments.models import Payment
from payments.services.parts import Picture
from payments.services.refund_merging import names_refund, refunds_of
from terminal import gateway
from terminal.models import (
    ACTIVE,
    HELD,
    ActionStatus,
    ActionType,
    Reader,
    ReaderAction,
    written,
)
from terminal.services.screens import failure, shown_refund, shown_status, stands

JSON = dict[str, Any]
SETTLED = ("requires_capture", "succeeded", "canceled")


@dataclass(frozen=True)
class Actions:
    """What a payment has on readers: its newest action, and the one that is to follow that."""

    newest: ReaderAction | None = None
    reserved: ReaderAction | None = None

    @property
    def active(self) -> ReaderAction | None:
        return self.newest if self.newest is not None and self.newest.status in ACTIVE else None


def actions(payment: Payment) -> Actions:
    """What it has on readers now. A payment's actions change under its lock alone, so whoever holds
    that reads them once, and again when another one was saved.
    """
    found = sorted(_kept_actions(payment), key=lambda each: each.status not in HELD)
    reserved = next((each for each in found if each.status == ActionStatus.RESERVED), None)
    newest = next((each for each in found if each.status != ActionStatus.RESERVED), None)
    return Actions(newest, reserved)


def _kept_actions(payment: Payment) -> list[ReaderAction]:
    """Newest first."""
    if payment.kept is None:
        return _read_actions(payment)
    as_of, found = payment.kept.get("actions", (None, []))
    if as_of != written.actions:
        found = _read_actions(payment)
        payment.kept["actions"] = written.actions, found
    return list(found)


def _read_actions(payment: Payment) -> list[ReaderAction]:
    found = list(payment.reader_actions.select_related("reader").order_by("-attempt"))
    for action in found:
        action.payment = payment
    return found


def newest_action(payment: Payment) -> ReaderAction | None:
    return actions(payment).newest


def active_action(payment: Payment) -> ReaderAction | None:
    return actions(payment).active


def shown_of(action: ReaderAction, reader: JSON) -> str:
    """The status of what the reader shows when it is this payment's command; '' when it is not."""
    if action.refund is not None:
        return shown_refund(reader, action.refund.uuid)
    return shown_status(reader, action.sale.payment_intent_id, action.type)


def why_failed(payment: Payment, reader: JSON) -> dict[str, str]:
    """Why the reader's action about this payment failed, in the words of our row, and the bank's
    from the PaymentIntent, merged before: readers before software 2.42 have none.
    """
    return failure(reader) | _decline(payment)


def _decline(payment: Payment) -> dict[str, str]:
    """`last_payment_error` outlives the try it is of, but no two tries share a charge."""
    error = payment.last_error
    charge = error.get("charge", "")
    if error.get("type") != "card_error" or not charge:
        return {}
    if payment.reader_actions.filter(charge_id=charge).exists():
        return {}
    return {
        "decline_code": error.get("decline_code") or error["code"],
        "charge_id": charge,
        "brand": error.get("brand", ""),
    }


def read_intent(payment: Payment) -> JSON:
    assert payment.payment_intent_id is not None
    return payments_gateway.retrieve_payment_intent(
        payment.payment_intent_id, payment.stripe_account
    )


# A reader that Stripe no longer knows shows nothing, and so nothing of ours.
GONE: JSON = {"deleted": True, "action": None}


def read_reader(reader: Reader) -> JSON:
    try:
        return gateway.retrieve_reader(reader)
    except payments_gateway.NotFound:
        return GONE


def look(payment: Payment, *, full: bool) -> Picture:
    """Read what settles this payment: the PaymentIntent, then the reader if need be.

    Money questions are answered by the PaymentIntent alone. Only while it is open does the
    reader's screen matter, and unless that shows our payment still waiting, the
    PaymentIntent is read once more, so that it is never older than the reader's picture.
    A look without a bell (`full` is false) costs one read: the reader with its PaymentIntent. So
    does any look while a card is collected, for that is told by the reader alone.
    """
    newest = newest_action(payment)
    action = newest if newest is not None and newest.status in ACTIVE else None
    if action is not None and action.refund_id is not None:
        return look_for_refund(payment, action)
    waits = action is not None and action.status in ("in_progress", "collected", "unknown")
    collects = action is not None and action.type == ActionType.COLLECT_PAYMENT_METHOD
    if action is not None and waits and (collects or not full):
        shown, seen = _read_both(action)
        if seen and stands(shown, payment.payment_intent_id):
            return Picture(seen, shown)
    intent = read_intent(payment)
    kept = newest is not None and newest.card and intent["status"] == "requires_confirmation"
    if newest is None or not (waits or kept) or intent["status"] in SETTLED:
        return Picture(intent)
    reader = read_reader(newest.reader)
    if shown_status(reader, payment.payment_intent_id) == "in_progress" and not collects:
        return Picture(intent, reader)
    return Picture(read_intent(payment), reader)


def look_for_refund(payment: Payment, action: ReaderAction) -> Picture:
    """The charge's refunds say whether money went back; while they do not, the reader's screen
    says whether it still may, and then they are read once more.
    """
    assert action.refund is not None
    intent = read_intent(payment)
    if any(names_refund(each, action.refund.uuid) for each in refunds_of(intent)):
        return Picture(intent)
    reader = read_reader(action.reader)
    if shown_refund(reader, action.refund.uuid) == "in_progress":
        return Picture(intent, reader)
    return Picture(read_intent(payment), reader)


def _read_both(action: ReaderAction) -> tuple[JSON, JSON | None]:
    try:
        return gateway.retrieve_reader_and_payment_intent(action.reader, action.type)
    except payments_gateway.NotFound:
        return GONE, None
