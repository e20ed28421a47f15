"""Customers and the cards they let us keep: our rows, and what Stripe is asked for them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from payments import gateway
from payments.models import Customer, SavedCard
from stores.models import LogEntry, Store
from stores.principals import SYSTEM, Principal

JSON = dict[str, Any]
CREATE_CUSTOMER = "customer.create"
CREATE_SETUP_INTENT = "setup_intent.create"
KEPT_OF_ERROR = ("code", "decline_code", "type", "message")


def new_customer(store: Store, *, name: str = "", email: str = "") -> Customer:
    """Our row; Stripe hears of it when a card is to be saved."""
    return Customer.objects.create(
        store=store,
        stripe_account=store.stripe_account,
        livemode=gateway.livemode(),
        name=name,
        email=email,
    )


def new_card(customer: Customer, *, allow_redisplay: str, by: Principal) -> SavedCard:
    """A card to be saved, with the cardholder's consent as `by` has it."""
    card = SavedCard.objects.create(
        store_id=customer.store_id,
        customer=customer,
        stripe_account=customer.stripe_account,
        livemode=customer.livemode,
        allow_redisplay=allow_redisplay,
        consent_at=timezone.now(),
        device_id=by.device_id,
        user_id=by.user_id,
    )
    _log(card, "consent", "The cardholder agreed that a card is saved.", by=by)
    return card


def customer_params(customer: Customer) -> JSON:
    params: JSON = {"metadata": {"customer": str(customer.uuid), "store": str(customer.store_id)}}
    if customer.name:
        params["name"] = customer.name
    if customer.email:
        params["email"] = customer.email
    return params


def setup_intent_params(card: SavedCard) -> JSON:
    """The body of `POST /v1/setup_intents` (docs: /terminal/features/saving-cards).

    Where the platform charges for the store, its account is named: a reader abroad takes no card
    for a merchant of another country.
    """
    merchant = card.store.account.stripe_id
    return ({} if card.stripe_account else {"on_behalf_of": merchant}) | {
        "customer": card.customer.stripe_id,
        "payment_method_types": ["card_present"],
        "usage": "off_session",
        "metadata": {"saved_card": str(card.uuid), "store": str(card.store_id)},
    }


def merge_setup_intent(card: SavedCard, intent: JSON) -> None:
    """Copy what Stripe says of the SetupIntent, and of the card that came of it."""
    if card.ended_at is not None or not _is_ours(card, intent):
        return
    card.status = intent["status"]
    error = intent.get("last_setup_error") or {}
    card.last_error = {name: error[name] for name in KEPT_OF_ERROR if error.get(name)}
    made = intent.get("generated") or {}
    if made:
        about = made.get("card") or {}
        card.payment_method_id = made["id"]
        card.brand, card.last4 = about.get("brand") or "", about.get("last4") or ""
        card.exp_month, card.exp_year = about.get("exp_month"), about.get("exp_year")
    if card.status in ("succeeded", "canceled"):
        card.ended_at = timezone.now()
        verb = "saved" if card.status == "succeeded" else "not_saved"
        _log(card, verb, f"{card} was saved." if made else f"{card} was not saved.")
    card.save()


def _is_ours(card: SavedCard, intent: JSON) -> bool:
    named = (intent.get("metadata") or {}).get("saved_card") == str(card.uuid)
    return named and bool(intent["livemode"]) == card.livemode


def _log(card: SavedCard, verb: str, message: str, *, by: Principal = SYSTEM) -> None:
    LogEntry.objects.write(
        store=card.store_id,
        subject="saved_card",
        subject_id=card.pk,
        verb=verb,
        message=message,
        by=by,
        data={"customer": card.customer_id},
    )
