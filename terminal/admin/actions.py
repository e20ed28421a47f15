"""What readers were asked to do, and which reader a tablet uses by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.columns import AskedAndEnded, OfAPayment
from payments.admin.filters import DeclineFilter
from payments.transitions import card_words, request_words
from stores.admin_base import (
    KnownWords,
    LargeListAdmin,
    ReadOnlyAdmin,
    StoreScopedAdmin,
)
from stores.admin_row_filters import OwnRowsFilter
from stores.principals import MANAGERS
from terminal.admin.payments import action_badge
from terminal.models import DefaultReader, ReaderAction

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[DefaultReader]
else:
    ModelForm = forms.ModelForm  # takes a type argument for the type checker only


class ReasonFilter(KnownWords):
    title = _("reason")
    parameter_name = "failure_code"
    words = {
        "card_declined": _("Card declined"),
        "customer_canceled": _("Canceled by the customer"),
        "action_canceled": _("Stopped by us"),
        "superseded": _("Replaced by something else"),
        "idle": _("Nobody came in time"),
        "moved": _("Moved to another reader"),
        "order_changed": _("Order changed meanwhile"),
        "taken_over": _("Reader taken over"),
        "take_over_too_late": _("Too late to take it over"),
        "detached": _("Payment detached from its order"),
        "amount_mismatch": _("Not the amount that is owed"),
        "setup_intent_canceled": _("Saving the card was given up"),
        "connection_error": _("Connection lost"),
        "card_refused": _("Card refused by a rule"),
        "another_card": _("Another card asked for"),
        "expired": _("Card not confirmed in time"),
        "no_answer": _("No answer of Stripe"),
        "terminal_reader_busy": _("Reader busy"),
        "terminal_reader_offline": _("Reader offline"),
        "terminal_reader_timeout": _("Reader did not answer"),
    }


def reason(action: ReaderAction) -> str:
    """Why it did not succeed, in plain words."""
    code = action.failure_code
    said = str(ReasonFilter.words.get(code, code.replace("_", " ").capitalize()))
    bank = action.decline_code
    decline = str(DeclineFilter.words.get(bank, bank.replace("_", " ").capitalize()))
    if said and decline:
        return gettext("{name}: {value}").format(name=said, value=decline)
    return said or decline


@admin.register(ReaderAction)
class ReaderActionAdmin(
    OfAPayment, AskedAndEnded, LargeListAdmin[ReaderAction], ReadOnlyAdmin[ReaderAction]
):
    only_if: ClassVar[Any] = {
        "why": ("failure_code", "decline_code"),
        "failure_message": ("failure_message",),
        "notice": ("notice",),
        "shown_charge": ("charge_id",),
        "shown_card": ("card",),
        "confirm_until": ("confirm_before",),
    }
    list_display = [
        "asked",
        "shown_reader",
        "shown_status",
        "why",
        "attempt",
        "shown_payment",
        "shown_order",
        "store",
    ]
    list_filter = [
        "status",
        ("store", OwnRowsFilter),
        ("reader", OwnRowsFilter),
        ReasonFilter,
        "requested_at",
    ]
    found_by = ("reader__stripe_id", "payment__payment_intent_id__startswith")
    found_in_newest = ("reader__label__icontains",)
    search_help_text = _("A tmr_ id or the start of a pi_ id; of the newest, a reader's label.")
    empty_sentence = _("No reader was asked for anything yet. Each try of a sale is listed here.")
    fields = [
        "shown_reader",
        "type",
        "shown_status",
        "why",
        "failure_message",
        "shown_charge",
        "shown_card",
        "notice",
        "confirm_until",
        "shown_payment",
        "shown_order",
        "shown_request",
        "attempt",
        "resend",
        "store",
        "asked",
        "accepted",
        "ended",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReaderAction]:
        related = ("store", "reader", "payment__order", "order", "saved_card", "request")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("Reader"), ordering="reader__label")
    def shown_reader(self, action: ReaderAction) -> SafeString | str:
        return words.admin_link(action.reader)

    @admin.display(description=_("Status"), ordering="status")
    def shown_status(self, action: ReaderAction) -> SafeString:
        return action_badge(action)

    @admin.display(description=_("Reason"))
    def why(self, action: ReaderAction) -> str:
        return reason(action) or words.NOTHING

    @admin.display(description=_("Order"))
    def shown_order(self, action: ReaderAction) -> SafeString | str:
        return words.admin_link(action.payment.order if action.payment else action.order)

    @admin.display(description=_("Request"))
    def shown_request(self, action: ReaderAction) -> SafeString | str:
        return (
            words.admin_link(action.request, request_words(action.request.kind))
            if action.request
            else words.NOTHING
        )

    @admin.display(description=_("Charge"))
    def shown_charge(self, action: ReaderAction) -> SafeString | str:
        reader = action.reader
        return words.stripe_link(action.charge_id, reader.stripe_account, livemode=reader.livemode)

    @admin.display(description=_("Card that was read first"))
    def shown_card(self, action: ReaderAction) -> str:
        return card_words(action.card) if action.card else words.NOTHING

    @admin.display(description=_("To be confirmed until"))
    def confirm_until(self, action: ReaderAction) -> SafeString | str:
        return words.local_time(action.confirm_before, action.store)

    @admin.display(description=_("Asked"), ordering="id")
    def asked(self, action: ReaderAction) -> SafeString | str:
        return words.local_time(action.requested_at, action.store, words.SHORT)

    @admin.display(description=_("Accepted"))
    def accepted(self, action: ReaderAction) -> SafeString | str:
        return words.local_time(action.accepted_at, action.store)


class DefaultReaderForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        """Both of one store, which is the row's."""
        data: dict[str, Any] = super().clean() or {}
        device, reader = data.get("device"), data.get("reader")
        if device is None and self.instance.device_id is not None:
            device = self.instance.device
        if device is not None and reader is not None:
            if device.store_id != reader.store_id:
                raise forms.ValidationError(
                    gettext("The tablet and the reader are of different stores.")
                )
            self.instance.store_id = reader.store_id
        return data


@admin.register(DefaultReader)
class DefaultReaderAdmin(StoreScopedAdmin[DefaultReader]):
    """No money moves by it, so managers may set it."""

    form = DefaultReaderForm
    fields = ["device", "reader"]
    fixed_fields = ("device",)
    autocomplete_fields = ["device", "reader"]
    list_display = ["device", "shown_reader", "store"]
    list_filter = [("store", OwnRowsFilter)]
    search_fields = ["device__name", "reader__label"]
    search_help_text = _("A tablet's name or a reader's label.")
    ordering = ["store", "device", "pk"]
    empty_sentence = _(
        "No tablet has a reader of its own yet: unless its store has only one, each sale names one."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[DefaultReader]:
        return super().get_queryset(request).select_related("store", "device", "reader")

    @admin.display(description=_("Reader"), ordering="reader__label")
    def shown_reader(self, row: DefaultReader) -> SafeString | str:
        return words.admin_link(row.reader)

    def has_delete_permission(self, request: HttpRequest, obj: DefaultReader | None = None) -> bool:
        """A choice may be taken back; nothing is lost with it."""
        return obj is not None and self.holds(request, obj, MANAGERS)
