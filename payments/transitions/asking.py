"""What we asked Stripe, and what Stripe told us, as a person would say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.models import RequestStatus, StripeRequest
from stores.currencies import spoken_amount

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What a request wants.
KINDS: Mapping[str, StrOrPromise] = {
    "payment_intent.create": _("Create the PaymentIntent"),
    "payment_intent.update": _("Change the amount"),
    "payment_intent.increment_authorization": _("Hold more"),
    "payment_intent.capture": pgettext_lazy("to do", "Capture"),
    "payment_intent.cancel": _("Cancel the PaymentIntent"),
    "refund.create": pgettext_lazy("to do", "Refund"),
    "reader.process_payment_intent": _("Put the payment on the reader"),
    "reader.collect_payment_method": _("Read a card"),
    "reader.confirm_payment_intent": _("Charge the card that was read"),
    "reader.refund_payment": _("Refund on the reader"),
    "reader.cancel_action": _("Free the reader"),
    "reader.collect_inputs": _("Ask the customer"),
    "reader.process_setup_intent": _("Save a card"),
    "reader.set_reader_display": _("Show the cart"),
    "reader.clear_display": _("Clear the reader's display"),
    "reader.test_display": _("Test the reader"),
    "reader.create": _("Register the reader"),
    "reader.update": _("Change the reader's label"),
    "reader.delete": _("Delete the reader"),
    "customer.create": _("Create the customer"),
    "setup_intent.create": _("Prepare to save a card"),
    "account.create": _("Make the account"),
    "account_link.create": _("Make the way to Stripe's onboarding"),
    "oauth.token": _("Ask which account was connected"),
    "oauth.deauthorize": _("Disconnect the account"),
    "location.create": _("Create the location"),
    "location.edit": _("Change the location"),
    "location.delete": _("Delete the location"),
    "location.update": _("Have the location's readers set up like that"),
    "configuration.create": _("Tell Stripe how readers are set up"),
    "configuration.update": _("Tell Stripe how readers are set up now"),
    "splash_screen.create": _("Bring a splash screen to Stripe"),
    "webhook_endpoint.create": _("Have webhooks delivered"),
    "webhook_endpoint.update": _("Change which webhooks are delivered"),
}

_ASKED: Mapping[str, StrOrPromise] = {
    "payment_intent.create": _("Asked Stripe to create a payment of {amount}."),
    "payment_intent.update": _("Asked Stripe to change the amount to {amount}."),
    "payment_intent.increment_authorization": _("Asked Stripe to raise the hold to {amount}."),
    "payment_intent.capture": _("Asked Stripe to capture {amount}."),
    "payment_intent.cancel": _("Asked Stripe to cancel the payment."),
    "refund.create": _("Asked Stripe to refund {amount}."),
    "reader.process_payment_intent": _("Asked the reader to take the payment."),
    "reader.collect_payment_method": _("Asked the reader to read a card."),
    "reader.confirm_payment_intent": _("Asked the reader to charge the card that was read."),
    "reader.refund_payment": _("Asked the reader to refund {amount} to the card."),
    "reader.cancel_action": _("Asked the reader to stop."),
}

# Of the events about PaymentIntents and refunds.
_TOLD: Mapping[str, StrOrPromise] = {
    "payment_intent.created": _("Stripe told us that the payment was created."),
    "payment_intent.processing": _("Stripe told us that the payment is being processed."),
    "payment_intent.requires_action": _("Stripe told us that the customer has something to do."),
    "payment_intent.amount_capturable_updated": _("Stripe told us that the bank holds the money."),
    "payment_intent.payment_failed": _("Stripe told us that the card was not charged."),
    "payment_intent.succeeded": _("Stripe told us that the payment succeeded."),
    "payment_intent.canceled": _("Stripe told us that the payment was canceled."),
    "refund.created": _("Stripe told us that a refund was made."),
    "refund.updated": _("Stripe told us that a refund changed."),
    "refund.failed": _("Stripe told us that a refund failed."),
}


def request_words(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def asked(request: StripeRequest, currency: str) -> str:
    """What was asked about a payment, and what came of it."""
    tries = gettext("Tried {count} times.").format(count=request.tries)
    parts = [_request(request, currency), _outcome(request), tries if request.tries > 1 else ""]
    return " ".join(filter(None, parts))


def _request(request: StripeRequest, currency: str) -> str:
    params: Mapping[str, Any] = request.params
    amount = params.get("amount_to_capture", params.get("amount"))
    pattern = str(_ASKED.get(request.kind, ""))
    if not pattern or ("{amount}" in pattern and not isinstance(amount, int)):
        words = request_words(request.kind)
        return gettext("Asked Stripe: {request}.").format(request=words)
    shown = spoken_amount(amount, currency) if isinstance(amount, int) else ""
    return pattern.format(amount=shown)


def _outcome(request: StripeRequest) -> str:
    why = (request.error_message or request.error_code).rstrip(".")
    if request.status == RequestStatus.REFUSED:
        return gettext("Refused: {why}.").format(why=why) if why else gettext("Refused.")
    if request.status == RequestStatus.ABANDONED:
        return gettext("Given up: {why}.").format(why=why) if why else gettext("Given up.")
    if request.status == RequestStatus.SUCCEEDED:
        return _took(request.milliseconds)
    return gettext("No answer yet.") if request.tries else gettext("It waits to be sent.")


def _took(milliseconds: int | None) -> str:
    if milliseconds is None:
        return gettext("Done.")
    return gettext("Done in {milliseconds} ms.").format(milliseconds=milliseconds)


def told(event_type: str) -> str:
    words = _TOLD.get(event_type)
    return str(words or gettext("Stripe told us: {event}.").format(event=event_type))
