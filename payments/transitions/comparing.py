"""What differs between a thing of Stripe's and our row about it, in plain words. Nothing is
changed; rows and Stripe's JSON in, sentences out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from payments.models import FINAL_STATUSES, Dispute, Payment, Refund
from payments.transitions.merging import RANK
from stores.currencies import format_amount

JSON = dict[str, Any]
AMOUNTS = {"amount_capturable": "to capture", "amount_received": "received"}


@dataclass(frozen=True)
class Differs:
    kind: str
    message: str


def intent_differs(
    payment: Payment, intent: JSON, *, asked: Collection[str] = ()
) -> Differs | None:
    """`asked` are the kinds of what we asked Stripe to do with this payment: what happened
    without was done outside.
    """
    status = intent["status"]
    if status != payment.status and RANK.get(payment.status, 0) + RANK.get(status, 0):
        return _status(payment, intent, asked)
    wrong = list(_wrong_fields(payment, intent))
    return Differs("amount_differs", " ".join(wrong)) if wrong else None


def _status(payment: Payment, intent: JSON, asked: Collection[str]) -> Differs:
    status = intent["status"]
    here = payment.status or "not known to be created"
    seen = f"Stripe says {status}, here it is {here}."
    captured = status == "succeeded" and payment.status == "requires_capture"
    if captured and "payment_intent.capture" not in asked:
        amount = format_amount(intent["amount_received"], payment.currency)
        words = f"{amount} was captured outside, as in Stripe's Dashboard. {seen}"
        return Differs("captured_outside", words)
    if status == "canceled" and "payment_intent.cancel" not in asked:
        return Differs("canceled_outside", f"Canceled outside, or by Stripe. {seen}")
    if payment.status in FINAL_STATUSES:
        return Differs("status_differs", seen)
    return Differs("news_missed", f"{seen} No webhook told us.")


def _wrong_fields(payment: Payment, intent: JSON) -> Iterator[str]:
    for name, words in AMOUNTS.items():
        there, here = int(intent.get(name) or 0), getattr(payment, name)
        if there != here:
            yield (
                f"Stripe has {format_amount(there, payment.currency)} {words}, here it is"
                f" {format_amount(here, payment.currency)}."
            )
    if intent["currency"] != payment.currency:
        yield f"The currency is {intent['currency']} at Stripe and {payment.currency} here."
    if bool(intent["livemode"]) != payment.livemode:
        yield "Stripe and we do not agree whether it is live or a test."


def charge_differs(payment: Payment, charge: JSON) -> Differs | None:
    """Only charges that hold or took money count: of refused ones the PaymentIntent tells."""
    if charge["status"] != "succeeded":
        return None
    if payment.latest_charge_id != charge["id"] and payment.status != "canceled":
        here = payment.latest_charge_id or "none"
        return Differs("charge_differs", f"Stripe charged {charge['id']}, here it is {here}.")
    if payment.status != "succeeded":
        return None
    released = charge["amount"] - charge["amount_captured"]
    there = charge["amount_refunded"]
    if payment.amount_refunded not in (there, there - released):
        return Differs(
            "refunds_differ",
            f"Stripe gave back {format_amount(there, payment.currency)}, here it is"
            f" {format_amount(payment.amount_refunded, payment.currency)}.",
        )
    fee = int(charge.get("application_fee_amount") or 0)
    if fee != payment.application_fee_amount:
        return Differs(
            "fee_differs",
            f"The platform's fee is {format_amount(fee, payment.currency)} at Stripe and"
            f" {format_amount(payment.application_fee_amount, payment.currency)} here.",
        )
    if charge["disputed"] and not payment.disputes.exists():
        return Differs("dispute_unknown", "The charge is disputed, which is not known here.")
    return None


def refund_differs(payment: Payment, refund: Refund | None, read: JSON) -> Differs | None:
    if payment.status != "succeeded":
        return None  # a hold that was let go is a refund at Stripe, and none here
    amount = format_amount(read["amount"], payment.currency)
    if refund is None:
        if read["amount"] == payment.amount_authorized - payment.amount_received:
            return None  # what of a hold was not captured
        return Differs("refund_unknown", f"Stripe refunded {amount}, which is not known here.")
    if refund.status != read["status"]:
        seen = f"Stripe says {read['status']}, here it is {refund.status}."
        return Differs("refund_differs", f"A refund of {amount}: {seen}")
    return None


def dispute_differs(payment: Payment, dispute: Dispute | None, read: JSON) -> Differs | None:
    amount = format_amount(read["amount"], payment.currency)
    if dispute is None:
        return Differs("dispute_unknown", f"A bank disputes {amount}, which is not known here.")
    if (dispute.status, dispute.amount) != (read["status"], read["amount"]):
        seen = f"Stripe says {read['status']}, here it is {dispute.status}."
        return Differs("dispute_differs", f"A dispute of {amount}: {seen}")
    return None


def all_differences(payment: Payment, intent: JSON, refunds: list[JSON]) -> list[Differs]:
    """Of a PaymentIntent read with its charge; `refunds` are those of what was received."""
    found = [intent_differs(payment, intent)]
    charge = intent.get("latest_charge")
    if isinstance(charge, dict):
        found.append(charge_differs(payment, charge))
        disputes = {row.dispute_id: row for row in payment.disputes.all()}
        found += [
            dispute_differs(payment, disputes.get(read["id"]), read)
            for read in charge.get("disputes", ())
        ]
    rows = {row.refund_id: row for row in payment.refunds.all() if row.refund_id}
    found += [refund_differs(payment, rows.get(read["id"]), read) for read in refunds]
    gone = rows.keys() - {read["id"] for read in refunds}
    if payment.status == "succeeded" and gone:
        words = f"Stripe does not list {', '.join(sorted(gone))}."
        found.append(Differs("refund_missing", words))
    return [each for each in found if each is not None]


def is_ours(intent_or_charge: JSON) -> bool:
    """Whether its metadata are what we give to PaymentIntents, and Stripe copies to charges."""
    metadata = intent_or_charge.get("metadata") or {}
    return all(metadata.get(name) for name in ("payment", "order", "store"))


def unknown_here(thing: JSON) -> Differs:
    """A PaymentIntent that we made, by its metadata, and do not have."""
    metadata = thing["metadata"]
    amount = format_amount(thing["amount"], thing["currency"])
    return Differs(
        "unknown_here",
        f"Stripe has {amount}, {thing['status'].replace('_', ' ')}, for order"
        f" {metadata['order']} (payment {metadata['payment']}), which is not in this database.",
    )
