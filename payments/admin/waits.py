"""What is on its way to Stripe, in words for a person who waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects

from payments.models import UNFINISHED, Payment, RequestStatus, StripeRequest

# What a request wants.
KINDS = {
    "payment_intent.create": "Create the PaymentIntent",
    "payment_intent.capture": "Capture",
    "payment_intent.increment_authorization": "Hold more",
    "payment_intent.cancel": "Cancel the PaymentIntent",
    "refund.create": "Refund",
    "reader.refund_payment": "Refund on the reader",
    "reader.process_payment_intent": "Put the payment on the reader",
    "reader.cancel_action": "Free the reader",
    "reader.test_display": "Test the reader",
    "account.create": "Make the account",
    "account_link.create": "Make the way to Stripe's onboarding",
    "location.create": "Create the location",
    "location.edit": "Change the location",
    "location.delete": "Delete the location",
    "reader.create": "Register the reader",
    "reader.update": "Change the reader's label",
    "reader.delete": "Delete the reader",
    "configuration.create": "Offer tips on the readers",
    "configuration.update": "Offer other tips on the readers",
    "location.update": "Have the location's readers offer them",
}


def request_words(kind: str) -> str:
    return KINDS.get(kind, kind)


@dataclass(frozen=True)
class Wait:
    """Something on its way, since when, and what to think when it takes long."""

    words: str
    since: datetime
    late: str = (
        "This takes longer than usual. Nothing is lost: it is tried again by itself. If it stays"
        " like this, tell whoever runs the platform, for the workers may have stopped."
    )


def requests_of(payment: Payment) -> Sequence[StripeRequest]:
    """The payment's requests, newest first; read once per page."""
    prefetch_related_objects([payment], "requests")
    return list(payment.requests.all())


def waits(payment: Payment) -> list[Wait]:
    """What a person now waits for; empty when nothing is on its way."""
    found = [*requests_waiting(requests_of(payment))]
    if not found and payment.rung_at is not None:
        found.append(Wait("Stripe is being asked how the payment stands.", payment.rung_at))
    return found


def requests_waiting(requests: Iterable[StripeRequest]) -> Iterable[Wait]:
    for request in requests:
        if request.status in UNFINISHED:
            yield Wait(_on_its_way(request), request.created_at)


def _on_its_way(request: StripeRequest) -> str:
    words = request_words(request.kind)
    if request.tries == 0:
        return f"{words}: about to be sent to Stripe."
    if request.status == RequestStatus.SENT:
        return f"{words}: sent to Stripe, waiting for the answer."
    return f"{words}: no clear answer yet. Try {request.tries + 1} comes by itself."
