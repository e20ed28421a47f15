"""The receipt by e-mail: the button of a payment's page, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.buttons import Button, Question
from payments.admin.columns import AskedAndEnded, OfAPayment
from payments.models import EmailStatus, Payment, ReceiptEmail
from payments.services import receipt_emails, receipts
from payments.services.receipt_mail import ADDRESS_REFUSED
from stores.admin_base import LargeListAdmin, ReadOnlyAdmin
from stores.admin_filters import DaysFilter
from stores.admin_row_filters import OwnRowsFilter
from stores.names import who
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
                (gettext("Receipt for"), words.money(receipts.total(payment), payment.currency)),
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


def why(row: ReceiptEmail) -> str:
    return " ".join(receipt_emails.reason(row)).strip()


def by(row: ReceiptEmail) -> str:
    return who(row.user, row.device) or words.NOTHING


def shown_address(row: ReceiptEmail) -> str:
    return row.email or gettext("Deleted, as after 35 days")


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
            "email": shown_address(row),
            "badge": email_badge(row),
            "why": why(row),
            "by": by(row),
            "asked": words.local_time(row.created_at, payment.store, words.SHORT),
            "ended": words.local_time(row.ended_at, payment.store, words.SHORT),
        }
        for row in _emails_of(payment)
    ]


class AskedFilter(DaysFilter):
    title = _("asked")


@admin.register(ReceiptEmail)
class ReceiptEmailAdmin(
    OfAPayment, AskedAndEnded, LargeListAdmin[ReceiptEmail], ReadOnlyAdmin[ReceiptEmail]
):
    """Whether a customer got their receipt, and why not."""

    list_display = ["number", "shown_status", "address", "shown_payment", "asked_by", "asked"]
    list_filter = ["status", ("store", OwnRowsFilter), AskedFilter]
    found_by = ("payment__order__number", "payment__id")
    found_in_newest = ("email__icontains",)
    search_help_text = _("The number of an order or a payment; of the newest, an address.")
    empty_sentence = _("No receipt was e-mailed yet. The page of a payment has a button for it.")
    fields = (
        "shown_status",
        "address",
        "shown_payment",
        "shown_why",
        "shown_language",
        "asked_by",
        "asked",
        "ended",
        "store",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReceiptEmail]:
        related = ("store", "payment__order", "device", "user")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("Receipt"), ordering="id")
    def number(self, row: ReceiptEmail) -> str:
        return f"#{row.pk}"

    @admin.display(description=_("Status"))
    def shown_status(self, row: ReceiptEmail) -> SafeString:
        badge: SafeString = email_badge(row)
        return badge

    @admin.display(description=_("Sent to"))
    def address(self, row: ReceiptEmail) -> str:
        return shown_address(row)

    @admin.display(description=_("Reason"))
    def shown_why(self, row: ReceiptEmail) -> str:
        return why(row) or words.NOTHING

    @admin.display(description=_("Language"))
    def shown_language(self, row: ReceiptEmail) -> str:
        return str(dict(settings.LANGUAGES).get(row.language, row.language))

    @admin.display(description=_("By"))
    def asked_by(self, row: ReceiptEmail) -> str:
        return by(row)
