"""The part of a PaymentIntent that says how it may be paid, and whether by a hold."""

from __future__ import annotations

from typing import Any

from payments.models import Payment
from stores.models import CaptureMethod, Store
from stores.models.methods import (
    BY_CODE,
    NEVER_HELD,
    PaymentMethodType,
    takes,
    takes_amount,
    usual_types,
)

JSON = dict[str, Any]


def types_for(store: Store, amount: int) -> list[str]:
    """What this store takes for such an amount. Stripe refuses a PaymentIntent that names more."""
    chosen = store.payment_method_types or usual_types(store.country)
    return [
        str(each)
        for each in chosen
        if takes(each, store.country, store.currency) and takes_amount(each, amount)
    ]


def method_params(payment: Payment, store: Store) -> JSON:
    """`payment_method_types` and what goes with them, for `POST /v1/payment_intents`."""
    types = types_for(store, payment.amount)
    if payment.capture_method != CaptureMethod.MANUAL:
        return {"payment_method_types": types, "capture_method": payment.capture_method}
    card: JSON = {}
    options: JSON = {"card_present": card}
    method = payment.capture_method
    if NEVER_HELD.intersection(types):
        # Top-level manual would be refused: what can be held is, the rest is taken at once.
        method = "automatic"
        interac = PaymentMethodType.INTERAC_PRESENT in types
        card["capture_method"] = "manual_preferred" if interac else "manual"
        if PaymentMethodType.AFFIRM in types:
            options["affirm"] = {"capture_method": "manual"}
    if store.incremental_authorization:
        card["request_incremental_authorization_support"] = True
    if store.extended_authorization:
        card["request_extended_authorization"] = True
    params: JSON = {"payment_method_types": types, "capture_method": method}
    asked = {name: each for name, each in options.items() if each}
    return params | ({"payment_method_options": asked} if asked else {})


def shows_codes(store: Store) -> bool:
    """Whether a customer may pay on a phone, by a code on the reader."""
    return bool(BY_CODE.intersection(store.payment_method_types))
