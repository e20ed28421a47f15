"""Whether Stripe has a PaymentIntent for a payment that knows of none."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from payments import gateway
from payments.models import UNFINISHED, Payment
from payments.services.intents import CREATE
from payments.services.parts import Picture
from stores.sentences import said


def find_intent(payment: Payment) -> Picture:
    """List, not Search (which lags): is there a PaymentIntent that names this payment?

    Raises the gateway's errors.
    """
    since = int((payment.created_at - timedelta(minutes=5)).timestamp())
    for intent in gateway.each(
        "/v1/payment_intents", payment.stripe_account, created={"gte": since}
    ):
        if (intent.get("metadata") or {}).get("payment") == str(payment.uuid):
            return read_known(intent["id"], payment.stripe_account)
    return Picture(missing=True)


def read_known(intent: str, stripe_account: str) -> Picture:
    """Of one that Stripe told us of: where a read does not find it, it is not there yet, and
    another one must not be made. Raises the gateway's errors but NotFound.
    """
    try:
        return Picture(gateway.retrieve_payment_intent(intent, stripe_account))
    except gateway.NotFound as error:
        raise gateway.NoAnswer(str(error)) from error


def conclude_absent(payment: Payment) -> None:
    """Stripe has none: the payment is over, unless one may still be made or a person is to look."""
    if payment.requests.filter(status__in=UNFINISHED, kind=CREATE).exists():
        return
    if payment.attention and payment.detached_at is None:
        return
    payment.attention = ""
    payment.ended_at = timezone.now()
    payment.spoken = said("Nothing was charged: the payment never reached Stripe.")
