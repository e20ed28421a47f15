"""Staff's view of companies, stores, people, products and orders."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from stores.admin_base import (
    KnownWords,
    LargeListAdmin,
    OwnRowsFilter,
    PlatformAdmin,
    ReadOnlyAdmin,
    StoreScopedAdmin,
)
from stores.currencies import format_amount
from stores.models import (
    ActorKind,
    ClientRequest,
    LogEntry,
    OrderLine,
    Product,
    Store,
)
from stores.models.methods import PaymentMethodType
from stores.services import standing_of


def percent(ppm: int) -> str:
    """88750 is 8.875 %."""
    return f"{ppm / 10_000:.4f}".rstrip("0").rstrip(".") + " %"


@admin.register(Store)
class StoreAdmin(PlatformAdmin[Store]):
    list_display = [
        "name",
        "account",
        "country",
        "currency",
        "charge_model",
        "takes_cards",
        "is_active",
    ]
    list_filter = [("account", OwnRowsFilter), "country", "charge_model", "is_active"]
    list_select_related = ["account"]
    search_fields = ["name", "account__name"]
    ordering = ["name", "pk"]
    fixed_fields = ("account", "country", "currency", "charge_model")
    readonly_fields = ["cards", "other_charge_model", "created_at"]

    @admin.display(description="Takes cards", boolean=True)
    def takes_cards(self, store: Store) -> bool:
        return standing_of(store).takes_cards

    @admin.display(description="Cards")
    def cards(self, store: Store | None) -> str:
        """As a sale would be refused now."""
        if store is None or store.pk is None:
            return "Known when the store is saved."
        how = standing_of(store)
        return f"{how.message} {how.next_action}" if how.message else "The store takes cards."

    @admin.display(description="Another charge model")
    def other_charge_model(self, store: Store) -> str:
        """Switching moves readers, so it has a page of its own."""
        if not store.pk:
            return "Can be switched later, with all readers."
        url = reverse("admin:terminal_chargemodelswitch_add")
        return format_html(
            '<a href="{}?store={}">Switch</a>. A store never moves to another account, for its'
            " payments stay where they are: open a new store there.",
            url,
            store.pk,
        )

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """How customers pay is chosen, not typed as JSON."""
        if db_field.name != "payment_method_types":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        return forms.MultipleChoiceField(
            choices=PaymentMethodType.choices,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=db_field.help_text,
        )


@admin.register(Product)
class ProductAdmin(StoreScopedAdmin[Product]):
    list_display = ["name", "sku", "store", "price", "tax", "is_active"]
    list_filter = [("store", OwnRowsFilter), "is_active"]
    list_select_related = ["store"]
    search_fields = ["name", "sku"]
    autocomplete_fields = ["store"]
    ordering = ["store", "name", "pk"]
    fixed_fields = ("store",)

    @admin.display(ordering="unit_amount")
    def price(self, product: Product) -> str:
        return format_amount(product.unit_amount, product.store.currency)

    @admin.display(ordering="tax_rate_ppm")
    def tax(self, product: Product) -> str:
        return percent(product.tax_rate_ppm)


@admin.register(OrderLine)
class OrderLineAdmin(LargeListAdmin[OrderLine], ReadOnlyAdmin[OrderLine]):
    list_display = ["description", "quantity", "total", "order", "store"]
    list_filter = [("store", OwnRowsFilter)]
    list_select_related = ["order", "store"]
    found_by = ("order__number", "product__sku")
    found_in_newest = ("description__icontains",)
    search_help_text = "The number of an order or a SKU; of the newest, a word of the description."

    def total(self, line: OrderLine) -> str:
        return format_amount(line.total_amount, line.order.currency)


class SubjectFilter(KnownWords):
    title = "subject"
    parameter_name = "subject"
    words = {
        name: name.replace("_", " ").capitalize()
        for name in (
            "payment",
            "order",
            "reader_action",
            "reader",
            "reader_registration",
            "location",
            "device",
            "membership",
            "user",
            "support",
            "account",
            "store",
            "fee_plan",
            "incident",
            "saved_card",
            "tipping",
            "clock",
        )
    }


class ActorFilter(KnownWords):
    title = "by"
    parameter_name = "actor_kind"
    words = dict(ActorKind.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().queryset(request, queryset)
        # People write few of the rows, and who they are is indexed.
        return rows.filter(user__isnull=False) if self.value() == ActorKind.USER else rows


@admin.register(LogEntry)
class LogEntryAdmin(LargeListAdmin[LogEntry], ReadOnlyAdmin[LogEntry]):
    list_display = ["at", "store", "subject", "message", "old", "new", "actor"]
    list_filter = [("store", OwnRowsFilter), SubjectFilter, ActorFilter]
    list_select_related = ["store", "device", "user"]
    found_by = ("order__number", "payment_id", "reader_id")
    found_in_newest = ("message__icontains",)
    search_help_text = "The number of an order, payment or reader; of the newest, words of it."
    exclude = ("data",)
    readonly_fields = ("details",)

    @admin.display(description="Details")
    def details(self, entry: LogEntry) -> str:
        return format_html('<pre class="json">{}</pre>', json.dumps(entry.data, indent=2))

    @admin.display(description="By")
    def actor(self, entry: LogEntry) -> str:
        return str(entry.device or entry.user or entry.get_actor_kind_display())


@admin.register(ClientRequest)
class ClientRequestAdmin(LargeListAdmin[ClientRequest], ReadOnlyAdmin[ClientRequest]):
    """What tablets asked under a key; the body itself is not kept."""

    list_display = ["created_at", "store", "device", "user", "key", "resource_id"]
    list_filter = [("store", OwnRowsFilter)]
    list_select_related = ["store", "device", "user"]
    found_in_newest = ("key__startswith",)
    search_help_text = "The start of a key, of the newest."
