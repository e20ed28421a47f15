"""Customers of one's stores, and the cards they let them keep; nothing of it can be typed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.columns import AtStripe
from payments.models import Customer, SavedCard
from stores.admin_base import KnownWords, ReadOnlyAdmin
from stores.admin_row_filters import OwnRowsFilter
from stores.names import name_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

BADGES: dict[str, tuple[str, StrOrPromise]] = {
    "": (words.BUSY, _("Not asked yet")),
    "succeeded": (words.GOOD, _("Saved")),
    "canceled": (words.QUIET, _("Not saved")),
}


def card_badge(card: SavedCard) -> SafeString:
    return words.badge(*BADGES.get(card.status, (words.BUSY, gettext("Not saved yet"))))


@admin.register(Customer)
class CustomerAdmin(AtStripe, ReadOnlyAdmin[Customer]):
    stripe_name = "stripe_id"
    list_display = ["shown_name", "email", "cards", "store", "since"]
    list_filter = [("store", OwnRowsFilter), "created_at"]
    search_fields = ["name", "^email", "=stripe_id"]
    search_help_text = _("A name, the start of an e-mail, or a cus_ id.")
    ordering = ["-id"]
    empty_sentence = _("No customers yet. One is made when a card is saved on a reader.")
    fields = ["name", "email", "cards", "store", "since", "at_stripe"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        rows = super().get_queryset(request)
        return rows.select_related("store").prefetch_related("cards")

    @admin.display(description=_("Customer"), ordering="name")
    def shown_name(self, customer: Customer) -> str:
        return customer.name or gettext("Customer {pk}").format(pk=customer.pk)

    @admin.display(description=_("Cards"))
    def cards(self, customer: Customer) -> SafeString | str:
        links = ((words.admin_link(card),) for card in customer.cards.all())
        return format_html_join(", ", "{}", links) or words.NOTHING

    @admin.display(description=_("Since"), ordering="id")
    def since(self, customer: Customer) -> SafeString | str:
        return words.local_time(customer.created_at, customer.store, words.SHORT)


class StatusFilter(KnownWords):
    title = _("status")
    parameter_name = "status"
    words = {status: said for status, (_tone, said) in BADGES.items()} | {
        "requires_payment_method": _("Not saved yet")
    }


@admin.register(SavedCard)
class SavedCardAdmin(AtStripe, ReadOnlyAdmin[SavedCard]):
    stripe_name = "setup_intent_id"
    only_if: ClassVar[Any] = {"why": ("last_error",)}
    list_display = ["card", "shown_status", "shown_customer", "expires", "store", "consent"]
    list_filter = [StatusFilter, ("store", OwnRowsFilter), "created_at"]
    search_fields = ["=last4", "^setup_intent_id", "^payment_method_id", "customer__name"]
    search_help_text = _("A card's last four digits, a seti_ or pm_ id, or a customer's name.")
    ordering = ["-id"]
    empty_sentence = _("No cards yet. A till saves one on its reader, when the cardholder agrees.")
    fields = [
        "card",
        "shown_status",
        "why",
        "shown_customer",
        "expires",
        "allow_redisplay",
        "consent",
        "who",
        "payment_method_id",
        "at_stripe",
        "store",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedCard]:
        related = ("store", "customer", "device", "user")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("Card"), ordering="id")
    def card(self, card: SavedCard) -> str:
        return str(card)

    @admin.display(description=_("Status"), ordering="status")
    def shown_status(self, card: SavedCard) -> SafeString:
        return card_badge(card)

    @admin.display(description=_("Why not"))
    def why(self, card: SavedCard) -> str:
        return str(card.last_error.get("message") or words.NOTHING)

    @admin.display(description=_("Customer"), ordering="customer")
    def shown_customer(self, card: SavedCard) -> SafeString | str:
        return words.admin_link(card.customer)

    @admin.display(description=_("Expires"))
    def expires(self, card: SavedCard) -> str:
        return f"{card.exp_month:02}/{card.exp_year}" if card.exp_month else words.NOTHING

    @admin.display(description=_("Consent"), ordering="consent_at")
    def consent(self, card: SavedCard) -> SafeString | str:
        return words.local_time(card.consent_at, card.store, words.SHORT)

    @admin.display(description=_("Consent taken by"))
    def who(self, card: SavedCard) -> str:
        if card.user is not None:
            return name_of(card.user)
        return str(card.device or words.NOTHING)
