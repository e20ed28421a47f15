"""The receipt by e-mail: the button of a payment's page, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.buttons import Button, Question
from payments.models import EmailStatus, Payment, ReceiptEmail
from payments.services import receipt_emails, receipts
from payments.services.receipt_mail import ADDRESS_REFUSED
from stores.principals import Principal

TONES = {
    EmailStatus.ON_ITS_WAY: words.BUSY,
    EmailStatus.SENT: words.GOOD,
    EmailStatus.FAILED: words.BAD,
}


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("Customer's e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class EmailReceipt(Button[Payment]):
    name = "email-receipt"
    label = _("E-mail the receipt")

    def refusal(self, payment: Payment) -> str:
        if receipts.is_due(payment):
            return ""
        return gettext("There is no receipt: nothing was paid, and nothing is held.")

    def question(self, payment: Payment) -> Question:
        last = payment.receipt_emails.last()
        return Question(
            gettext("E-mail the receipt?"),
            [
                (gettext("Order"), f"{payment.order}, {payment.store}"),
                (gettext("Receipt over"), words.money(receipts.total(payment), payment.currency)),
                *([(gettext("Last time"), email_badge(last))] if last else []),
            ],
            stamp=f"{last.pk if last else 0}",  # pressed twice, it asks anew
        )

    def form(self, payment: Payment, data: Mapping[str, Any] | None) -> forms.Form:
        return AddressForm(data, initial={"email": _known_address(payment)})

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        receipt_emails.ask(payment, by=by, email=form.cleaned_data["email"])
        return gettext("The receipt is on its way. This page shows by itself when it was sent.")


def _known_address(payment: Payment) -> str:
    """Where it went last, for whoever corrected it then; else what the customer typed."""
    last = payment.receipt_emails.exclude(email="").exclude(failure_code=ADDRESS_REFUSED).last()
    return last.email if last else receipt_emails.typed_address(payment)


def email_badge(row: ReceiptEmail) -> Any:
    return words.badge(TONES[EmailStatus(row.status)], row.get_status_display())


def is_mailing(payment: Payment) -> bool:
    return any(each.status == EmailStatus.ON_ITS_WAY for each in _emails_of(payment))


def _emails_of(payment: Payment) -> list[ReceiptEmail]:
    """The newest first; read once for a page."""
    known: list[ReceiptEmail] | None = getattr(payment, "_receipt_emails", None)
    if known is None:
        rows = payment.receipt_emails.select_related("device", "user").order_by("-pk")
        known = payment._receipt_emails = list(rows)  # type: ignore[attr-defined]
    return known


def email_rows(payment: Payment) -> list[dict[str, Any]]:
    """The e-mailed receipts of a payment's page, ready to be shown."""
    return [
        {
            "email": row.email or gettext("Deleted, as after 35 days"),
            "badge": email_badge(row),
            "why": " ".join(receipt_emails.reason(row)).strip(),
            "by": row.device or row.user or words.NOTHING,
            "asked": words.local_time(row.created_at, payment.store, words.SHORT),
            "ended": words.local_time(row.ended_at, payment.store, words.SHORT),
        }
        for row in _emails_of(payment)
    ]
