"""Stripe's codes in the reader's language. One that is not known is shown as Stripe says it."""

from __future__ import annotations

from django.utils.translation import pgettext, pgettext_lazy

from stores import sentences
from stores.sentences import Said

STRIPE = "Stripe's code"  # the context of all of them: "paid" is said of many things
KNOWN = (
    # capabilities, dashboards and charges of an account
    pgettext_lazy("Stripe's code", "active"),
    pgettext_lazy("Stripe's code", "inactive"),
    pgettext_lazy("Stripe's code", "unrequested"),
    pgettext_lazy("Stripe's code", "full"),
    pgettext_lazy("Stripe's code", "express"),
    pgettext_lazy("Stripe's code", "none"),
    pgettext_lazy("Stripe's code", "direct"),
    pgettext_lazy("Stripe's code", "destination"),
    # states of PaymentIntents, not those of others below
    pgettext_lazy("Stripe's code", "requires payment method"),
    pgettext_lazy("Stripe's code", "requires confirmation"),
    pgettext_lazy("Stripe's code", "requires action"),
    pgettext_lazy("Stripe's code", "requires capture"),
    pgettext_lazy("Stripe's code", "processing"),
    pgettext_lazy("Stripe's code", "succeeded"),
    # what a receipt says of the account behind a card
    pgettext_lazy("Stripe's code", "checking"),
    pgettext_lazy("Stripe's code", "credit"),
    pgettext_lazy("Stripe's code", "prepaid"),
    pgettext_lazy("Stripe's code", "unknown"),
    # states of payouts and disputes
    pgettext_lazy("Stripe's code", "paid"),
    pgettext_lazy("Stripe's code", "pending"),
    pgettext_lazy("Stripe's code", "in transit"),
    pgettext_lazy("Stripe's code", "canceled"),
    pgettext_lazy("Stripe's code", "failed"),
    pgettext_lazy("Stripe's code", "needs response"),
    pgettext_lazy("Stripe's code", "under review"),
    pgettext_lazy("Stripe's code", "warning needs response"),
    pgettext_lazy("Stripe's code", "warning under review"),
    pgettext_lazy("Stripe's code", "warning closed"),
    pgettext_lazy("Stripe's code", "won"),
    pgettext_lazy("Stripe's code", "lost"),
    pgettext_lazy("Stripe's code", "prevented"),
    # reasons of refunds and disputes
    pgettext_lazy("Stripe's code", "requested by customer"),
    pgettext_lazy("Stripe's code", "duplicate"),
    pgettext_lazy("Stripe's code", "fraudulent"),
    pgettext_lazy("Stripe's code", "expired uncaptured charge"),
    pgettext_lazy("Stripe's code", "bank cannot process"),
    pgettext_lazy("Stripe's code", "check returned"),
    pgettext_lazy("Stripe's code", "credit not processed"),
    pgettext_lazy("Stripe's code", "customer initiated"),
    pgettext_lazy("Stripe's code", "debit not authorized"),
    pgettext_lazy("Stripe's code", "general"),
    pgettext_lazy("Stripe's code", "incorrect account details"),
    pgettext_lazy("Stripe's code", "insufficient funds"),
    pgettext_lazy("Stripe's code", "noncompliant"),
    pgettext_lazy("Stripe's code", "product not received"),
    pgettext_lazy("Stripe's code", "product unacceptable"),
    pgettext_lazy("Stripe's code", "subscription canceled"),
    pgettext_lazy("Stripe's code", "unrecognized"),
    # why a refund failed
    pgettext_lazy("Stripe's code", "charge for pending refund disputed"),
    pgettext_lazy("Stripe's code", "declined"),
    pgettext_lazy("Stripe's code", "expired or canceled card"),
    pgettext_lazy("Stripe's code", "lost or stolen card"),
    pgettext_lazy("Stripe's code", "merchant request"),
    # what payouts consist of (reporting_category)
    pgettext_lazy("Stripe's code", "charge"),
    pgettext_lazy("Stripe's code", "charge failure"),
    pgettext_lazy("Stripe's code", "refund"),
    pgettext_lazy("Stripe's code", "refund failure"),
    pgettext_lazy("Stripe's code", "partial capture reversal"),
    pgettext_lazy("Stripe's code", "dispute"),
    pgettext_lazy("Stripe's code", "dispute reversal"),
    pgettext_lazy("Stripe's code", "payout"),
    pgettext_lazy("Stripe's code", "payout reversal"),
    pgettext_lazy("Stripe's code", "transfer"),
    pgettext_lazy("Stripe's code", "transfer reversal"),
    pgettext_lazy("Stripe's code", "fee"),
    pgettext_lazy("Stripe's code", "tax"),
    pgettext_lazy("Stripe's code", "network cost"),
    pgettext_lazy("Stripe's code", "topup"),
    pgettext_lazy("Stripe's code", "topup reversal"),
    pgettext_lazy("Stripe's code", "platform earning"),
    pgettext_lazy("Stripe's code", "platform earning refund"),
    pgettext_lazy("Stripe's code", "connect collection transfer"),
    pgettext_lazy("Stripe's code", "connect reserved funds"),
    pgettext_lazy("Stripe's code", "risk reserved funds"),
    pgettext_lazy("Stripe's code", "other adjustment"),
)


def code_words(code: str) -> str:
    """Of `needs_response`, the words a person reads."""
    return pgettext(STRIPE, code.replace("_", " ")) if code else ""


def said_code(code: str) -> Said:
    """The code itself in what is stored, its words in the reader's language."""
    return sentences.said_code(code, STRIPE)
