"""Payments that wait for nothing but access to their account."""

from __future__ import annotations

from payments.gateway import Answer
from payments.models import Payment
from payments.services.bells import WORK, notify
from payments.services.requests import raise_incident
from stores.models import Account
from stores.sentences import said, together

REFUSED = "account_refused"
STALLED = said(
    "Stripe refuses our key for this account. Do not charge again; ask the platform's owner."
)
DISCONNECTED = said("The store's account was disconnected from the platform. Do not charge again.")


def is_stalled(payment: Payment) -> bool:
    """Whether it waits for nothing but access to its account."""
    return payment.attention.startswith((STALLED, DISCONNECTED))


def stall(payment: Payment, answer: Answer) -> None:
    """Stripe refused our key for it (401, 403). The locked payment's caller saves."""
    if payment.attention.startswith(DISCONNECTED):
        return
    payment.attention = STALLED
    payment.code = answer.code or REFUSED
    raise_incident(REFUSED, together(answer.message or STALLED), payment=payment)
    account = Account.objects.filter(stripe_id=payment.stripe_account).first()
    if account is not None and account.deauthorized_at is None:
        notify(WORK, "account", account.pk)


def unstall(payment: Payment) -> None:
    """Stripe takes our key again: what the stall held up goes on by itself."""
    if is_stalled(payment):
        payment.attention = ""
        payment.incidents.filter(kind=REFUSED).end(said("Stripe took our key again."))
