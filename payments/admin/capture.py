"""Capture an approved payment, as it is or with the tip written on the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from payments.admin import words
from payments.admin.amounts import AmountField
from payments.admin.buttons import Button, Question
from payments.admin.waits import requests_of
from payments.models import UNFINISHED, Payment
from payments.services import captures
from stores.currencies import decimals, format_amount
from stores.principals import MANAGERS, Principal


def busy_sentence(payment: Payment) -> str:
    """What is on its way about the PaymentIntent; empty when nothing is."""
    for request in requests_of(payment):
        if request.status in UNFINISHED and request.kind.startswith("payment_intent."):
            verb = request.kind.removeprefix("payment_intent.").capitalize()
            return f"{verb} is already on its way. This page shows its result by itself."
    return ""


def not_approved(payment: Payment) -> str:
    """Why a hold cannot be captured or released now; empty when it can."""
    if payment.status != "requires_capture":
        _, state = words.STATES.get(payment.state, ("", payment.state))
        return f"Nothing was changed: the payment is not waiting for a capture. It is: {state}."
    return busy_sentence(payment)


def hold_facts(payment: Payment) -> list[tuple[str, Any]]:
    return [
        ("Order", f"{payment.order} of {payment.store}"),
        ("Held on the card", words.money(payment.amount_capturable, payment.currency)),
        ("Card", words.card_words(payment) or words.NOTHING),
        ("Capture before", words.local_time(words.capture_deadline(payment), payment.store)),
    ]


def _deadline_warning(payment: Payment) -> str:
    if words.capture_deadline(payment) > timezone.now():
        return ""
    return "The deadline has passed: the bank may have let the hold go, and Stripe may refuse."


class Capture(Button[Payment]):
    name = "capture"
    label = "Capture"
    tone = "default"

    def refusal(self, payment: Payment) -> str:
        return not_approved(payment)

    def question(self, payment: Payment) -> Question:
        amount = format_amount(payment.amount_capturable, payment.currency)
        return Question(
            f"Capture {amount}?",
            hold_facts(payment),
            [f"The customer's card is charged {amount}. This cannot be taken back, only refunded."],
            _deadline_warning(payment),
        )

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        captures.capture(payment, by=by)
        return "Capture requested. This page shows by itself when Stripe has answered."


class CaptureWithTip(Capture):
    """Overcapture, in the US: the tip comes on top of what was held."""

    name = "capture-with-tip"
    label = "Capture with a tip"
    tone = ""
    roles = MANAGERS

    def refusal(self, payment: Payment) -> str:
        refused = super().refusal(payment)
        if refused or captures.highest_tip(payment):
            return refused
        return "This card or store takes no tip on the receipt. Capture without a tip."

    def question(self, payment: Payment) -> Question:
        most = format_amount(captures.highest_tip(payment), payment.currency)
        return Question(
            "Capture with the tip on the receipt?",
            [*hold_facts(payment), ("Highest tip", most)],
            [
                "The tip is charged on top of what is held, in one sum. Enter what the customer"
                " wrote on the signed receipt, and keep the receipt."
            ],
            _deadline_warning(payment),
        )

    def form(self, payment: Payment, data: Mapping[str, Any] | None) -> TipForm:
        return TipForm(data, payment=payment)

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        tip = form.cleaned_data["tip"]
        captures.capture(payment, by=by, tip_amount=tip)
        shown = format_amount(tip, payment.currency)
        return f"Capture with a tip of {shown} requested. This page shows its result by itself."


class TipField(AmountField):
    default_error_messages: ClassVar[Any] = {"required": "Enter the tip, or capture without one."}
    zero = "Without a tip, use the button “Capture” instead."
    too_much = "{amount} is more than Stripe takes for this payment: the tip may be up to {most}."

    def __init__(self, currency: str, most: int) -> None:
        super().__init__("Tip", currency, most)


class TipForm(forms.Form):
    def __init__(self, data: Mapping[str, Any] | None, *, payment: Payment) -> None:
        super().__init__(data)
        currency = payment.currency
        field = TipField(currency, captures.highest_tip(payment))
        # The page's script adds up what will be charged while the tip is typed.
        field.widget.attrs |= {
            "data-held": payment.amount_capturable,
            "data-most": field.most,
            "data-decimals": decimals(currency),
            "data-currency": currency.upper(),
        }
        self.fields["tip"] = field
