"""Taking what a hold has (step A): how much, with which tip, and the promise to Stripe."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from payments.errors import PaymentNotCapturable, TipRefused
from payments.models import Payment, StripeRequest
from payments.services.bells import wake
from payments.services.intents import lock, plan_on_intent, refuse_when_busy, touch
from payments.services.telling import log
from stores import currencies
from stores.principals import Principal

JSON = dict[str, Any]
CAPTURE = "payment_intent.capture"


def capture(payment: Payment, *, by: Principal, tip_amount: int = 0) -> Payment:
    """Promise to capture the whole hold, with a tip from the receipt if one is given.

    Raises PaymentNotCapturable, PaymentBusy, TipRefused.
    """
    with transaction.atomic():
        payment = lock(payment)
        if payment.status != "requires_capture":
            raise PaymentNotCapturable(f"The payment is {payment.state}, not approved.")
        refuse_when_busy(payment)
        _check_tip(payment, tip_amount)
        payment.tip_amount = tip_amount
        payment.save(update_fields=["tip_amount"])
        plan_capture(payment)
        wake(payment.pk)
        log(payment, "capture_requested", _capture_sentence(payment), by=by)
        touch(payment, "Approved. The capture is on its way.")
    return payment


def _capture_sentence(payment: Payment) -> str:
    if not payment.tip_amount:
        return "Capture requested."
    tip = currencies.format_amount(payment.tip_amount, payment.currency)
    return f"Capture requested with a tip of {tip}."


def highest_tip(payment: Payment) -> int:
    """The largest tip on the receipt: 50 % of the hold or 50 USD, whichever is more; else 0.

    docs.stripe.com/terminal/features/collecting-tips/on-receipt
    """
    if payment.store.country != "US" or not payment.overcapture_supported:
        return 0
    return max(payment.amount_authorized // 2, 5_000)


def _check_tip(payment: Payment, tip_amount: int) -> None:
    if tip_amount == 0:
        return
    most = highest_tip(payment)
    if most == 0:
        raise TipRefused(
            "This card or store takes no tip on the receipt.",
            next_action="Capture without a tip.",
        )
    if not 0 < tip_amount <= most:
        raise TipRefused(
            f"The tip may be up to {currencies.format_amount(most, payment.currency)}.",
            next_action="Enter a smaller tip.",
        )


def plan_capture(payment: Payment) -> StripeRequest:
    params: JSON = {
        "amount_to_capture": payment.amount_capturable + payment.tip_amount,
        "expand": ["latest_charge"],
    }
    if payment.application_fee_amount:
        # The fee is on the sale, not on the tip.
        params["application_fee_amount"] = payment.application_fee_amount
    return plan_on_intent(payment, CAPTURE, "capture", params)
