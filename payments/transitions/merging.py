"""What a read PaymentIntent may change in a Payment. It obeys rules 1 and 8 of the money path
(docs/architecture.md): pure functions, rows and Stripe's JSON in, changed rows out, nothing saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from payments.models import FINAL_STATUSES, Payment
from stores.sentences import Said, said

JSON = dict[str, Any]

RANK = {"requires_capture": 1, "succeeded": 2, "canceled": 2}


@dataclass(frozen=True)
class Mismatch:
    """Why a read PaymentIntent was not merged."""

    kind: str
    message: Said


def intent_mismatch(payment: Payment, intent: JSON) -> Mismatch | None:
    """Whether this PaymentIntent is not ours to merge: wrong payment, currency, mode or id."""
    metadata = intent.get("metadata") or {}
    if metadata.get("payment") != str(payment.uuid):
        return Mismatch("foreign_payment_intent", said("The PaymentIntent names another payment."))
    if payment.payment_intent_id not in (None, intent["id"]):
        return Mismatch("second_payment_intent", said("A second PaymentIntent names this payment."))
    if intent["currency"] != payment.currency:
        return Mismatch("currency_mismatch", said("The PaymentIntent is in another currency."))
    if bool(intent["livemode"]) != payment.livemode:
        return Mismatch(
            "livemode_mismatch", said("The PaymentIntent is of the other mode (live, test).")
        )
    if (intent.get("on_behalf_of") or "") != payment.destination:
        return Mismatch("account_mismatch", said("The PaymentIntent settles to another account."))
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
    _merge_tip(payment, intent)
    payment.intent_amount = int(intent["amount"]) - (payment.reader_tip_amount or 0)
    payment.fee_at_stripe = fee_at_stripe(intent)
    charge = intent.get("latest_charge")
    if isinstance(charge, dict):
        _merge_charge(payment, charge)
    elif charge:
        payment.latest_charge_id = charge
    if payment.status in FINAL_STATUSES and payment.ended_at is None:
        payment.ended_at = now


def fee_at_stripe(intent: JSON) -> int:
    """The fee that was taken with the charge, or else the one that will be."""
    charge = intent.get("latest_charge")
    taken = charge if intent["status"] == "succeeded" and isinstance(charge, dict) else intent
    return int(taken.get("application_fee_amount") or 0)


def _merge_tip(payment: Payment, intent: JSON) -> None:
    """A tip on the reader is Stripe's to tell. What became of one, or of one on the receipt, is
    what we asked to be captured, if it was; else what was received above the sale.
    """
    asked = ((intent.get("amount_details") or {}).get("tip") or {}).get("amount")
    payment.reader_tip_amount = None if asked is None else int(asked)
    on_reader = payment.reader_tip_amount or 0
    ours = payment.promised.get("capture")
    if payment.status == "requires_capture" and ours is None:
        payment.tip_amount = on_reader
    if payment.status != "succeeded" or (ours and payment.amount_received == ours["amount"]):
        return
    above = payment.amount_received - payment.amount
    payment.tip_amount = max(min(payment.tip_amount or on_reader, above), 0)


def _short_error(error: JSON | None) -> JSON:
    if not error:
        return {}
    kept = ("type", "code", "decline_code", "message", "charge")
    method = error.get("payment_method") or {}
    brand = (method.get(method.get("type") or "") or {}).get("brand")
    return {key: error[key] for key in kept if error.get(key)} | ({"brand": brand} if brand else {})


def _merge_charge(payment: Payment, charge: JSON) -> None:
    payment.latest_charge_id = charge["id"]
    details = charge.get("payment_method_details") or {}
    kind = details.get("type") or ""
    card = details.get(kind) or {}
    if not kind or charge.get("status") != "succeeded":
        return
    payment.amount_authorized = int(card.get("amount_authorized") or charge["amount"])
    payment.overcapture_supported = bool(card.get("overcapture_supported"))
    payment.incremental_authorization_supported = bool(
        card.get("incremental_authorization_supported")
    )
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
    # A code to scan has no brand of its own.
    named = {} if kind.endswith("_present") else {"brand": kind}
    payment.card = {"type": kind, **named} | {key: card[key] for key in kept if card.get(key)}
