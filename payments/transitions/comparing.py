"""What differs between a thing of Stripe's and our row about it, in plain words. Nothing is
changed; rows and Stripe's JSON in, sentences out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from payments.models import FINAL_STATUSES, Dispute, Payment, Refund
from payments.transitions.codes import said_code
from payments.transitions.merging import RANK
from stores.currencies import format_amount
from stores.sentences import Fact, Said, said, together

JSON = dict[str, Any]


@dataclass(frozen=True)
class Differs:
    kind: str
    message: Said


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
    return Differs("amount_differs", together(*wrong)) if wrong else None


def _status(payment: Payment, intent: JSON, asked: Collection[str]) -> Differs:
    status = intent["status"]
    seen = said(
        "Stripe says {there}, here it is {here}.",
        there=said_code(status),
        here=said_code(payment.status) or said("not known to be created"),
    )
    captured = status == "succeeded" and payment.status == "requires_capture"
    if captured and "payment_intent.capture" not in asked:
        amount = format_amount(intent["amount_received"], payment.currency)
        words = said("{amount} was captured outside, as in Stripe's Dashboard.", amount=amount)
        return Differs("captured_outside", together(words, seen))
    if status == "canceled" and "payment_intent.cancel" not in asked:
        words = said("Canceled outside, or by Stripe.")
        return Differs("canceled_outside", together(words, seen))
    if payment.status in FINAL_STATUSES:
        return Differs("status_differs", seen)
    return Differs("news_missed", together(seen, said("No webhook told us.")))


def _wrong_fields(payment: Payment, intent: JSON) -> Iterator[Said]:
    held, got = (int(intent.get(name) or 0) for name in ("amount_capturable", "amount_received"))
    if held != payment.amount_capturable:
        amounts = _amounts(payment, held, payment.amount_capturable)
        yield said("Stripe has {there} to capture, here it is {here}.", **amounts)
    if got != payment.amount_received:
        amounts = _amounts(payment, got, payment.amount_received)
        yield said("Stripe has {there} received, here it is {here}.", **amounts)
    if intent["currency"] != payment.currency:
        yield said(
            "The currency is {there} at Stripe and {here} here.",
            there=intent["currency"],
            here=payment.currency,
        )
    if bool(intent["livemode"]) != payment.livemode:
        yield said("Stripe and we do not agree whether it is live or a test.")


def _amounts(payment: Payment, there: int, here: int) -> dict[str, Fact]:
    currency = payment.currency
    return {"there": format_amount(there, currency), "here": format_amount(here, currency)}


def charge_differs(payment: Payment, charge: JSON) -> Differs | None:
    """Only charges that hold or took money count: of refused ones the PaymentIntent tells."""
    if charge["status"] != "succeeded":
        return None
    if payment.latest_charge_id != charge["id"] and payment.status != "canceled":
        words = said(
            "Stripe charged {there}, here it is {here}.",
            there=charge["id"],
            here=payment.latest_charge_id or said("none"),
        )
        return Differs("charge_differs", words)
    if payment.status != "succeeded":
        return None
    released = charge["amount"] - charge["amount_captured"]
    there = charge["amount_refunded"]
    if payment.amount_refunded not in (there, there - released):
        amounts = _amounts(payment, there, payment.amount_refunded)
        words = said("Stripe gave back {there}, here it is {here}.", **amounts)
        return Differs("refunds_differ", words)
    fee = int(charge.get("application_fee_amount") or 0)
    if fee != payment.application_fee_amount:
        amounts = _amounts(payment, fee, payment.application_fee_amount)
        words = said("The platform's fee is {there} at Stripe and {here} here.", **amounts)
        return Differs("fee_differs", words)
    if charge["disputed"] and not payment.disputes.exists():
        words = said("The charge is disputed, which is not known here.")
        return Differs("dispute_unknown", words)
    return None


def refund_differs(payment: Payment, refund: Refund | None, read: JSON) -> Differs | None:
    if payment.status != "succeeded":
        return None  # a hold that was let go is a refund at Stripe, and none here
    amount = format_amount(read["amount"], payment.currency)
    if refund is None:
        if read["amount"] == payment.amount_authorized - payment.amount_received:
            return None  # what of a hold was not captured
        words = said("Stripe refunded {amount}, which is not known here.", amount=amount)
        return Differs("refund_unknown", words)
    if refund.status != read["status"]:
        words = said(
            "A refund of {amount}: Stripe says {there}, here it is {here}.",
            amount=amount,
            there=said_code(read["status"]),
            here=said_code(refund.status),
        )
        return Differs("refund_differs", words)
    return None


def dispute_differs(payment: Payment, dispute: Dispute | None, read: JSON) -> Differs | None:
    amount = format_amount(read["amount"], payment.currency)
    if dispute is None:
        words = said("A bank disputes {amount}, which is not known here.", amount=amount)
        return Differs("dispute_unknown", words)
    if (dispute.status, dispute.amount) != (read["status"], read["amount"]):
        words = said(
            "A dispute of {amount}: Stripe says {there}, here it is {here}.",
            amount=amount,
            there=said_code(read["status"]),
            here=said_code(dispute.status),
        )
        return Differs("dispute_differs", words)
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
        words = said("Stripe does not list {ids}.", ids=", ".join(sorted(gone)))
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
        said(
            "Stripe has {amount}, {status}, for order {order} (payment {payment}), which is not in"
            " this database.",
            amount=amount,
            status=said_code(thing["status"].replace("_", " ")),
            order=metadata["order"],
            payment=metadata["payment"],
        ),
    )
