"""Staff's view of companies, stores, people, products and orders."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.admin.prices import AmountsAdmin, ProductForm, StoreForm
from stores.admin_base import (
    LargeListAdmin,
    PlatformAdmin,
    ReadOnlyAdmin,
    StoreScopedAdmin,
)
from stores.admin_row_filters import OwnRowsFilter
from stores.currencies import spoken_amount, spoken_percent
from stores.models import (
    ClientRequest,
    OrderLine,
    Product,
    Store,
)
from stores.models.methods import PaymentMethodType
from stores.sentences import together
from stores.services import standing_of


@admin.register(Store)
class StoreAdmin(AmountsAdmin, PlatformAdmin[Store]):
    form = StoreForm
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
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "account",
                    "name",
                    "country",
                    "currency",
                    "timezone",
                    "prices_include_tax",
                    "is_active",
                    "created_at",
                ]
            },
        ),
        (
            _("Cards"),
            {
                "fields": [
                    "cards",
                    "charge_model",
                    "other_charge_model",
                    "payment_method_types",
                    "capture_method",
                    "flow",
                    "expiring_holds",
                    "incremental_authorization",
                    "extended_authorization",
                    "idle_limit_seconds",
                    "abandoned_after_hours",
                ]
            },
        ),
        (
            _("Refunds"),
            {
                "fields": [
                    "cashier_refund_limit",
                    "cashier_refund_day_limit",
                    "manager_refund_limit",
                    "manager_refund_day_limit",
                ]
            },
        ),
        (
            _("Tips"),
            {
                "fields": [
                    "tip_limit_percent",
                    "tip_limit_amount",
                    "cashier_tip_day_limit",
                    "manager_tip_day_limit",
                ]
            },
        ),
        (
            _("Discounts"),
            {
                "fields": [
                    "cashier_discount_limit",
                    "cashier_discount_day_limit",
                    "manager_discount_limit",
                    "manager_discount_day_limit",
                ]
            },
        ),
        (_("PINs on tablets"), {"fields": ["pin_required", "pin_minutes"]}),
        (
            _("Receipts"),
            {
                "fields": [
                    "receipt_language",
                    "receipt_address",
                    "receipt_footer",
                    "receipt_email",
                ]
            },
        ),
    ]
    fixed_fields = ("account", "country", "currency", "charge_model")
    readonly_fields = ["cards", "other_charge_model", "created_at", "shown_currency"]

    def get_fieldsets(self, request: HttpRequest, obj: Store | None = None) -> Any:
        """When it was made is known once it is; what never changes is said as elsewhere."""
        return [
            (
                title,
                {
                    "fields": [
                        "shown_currency" if obj and each == "currency" else each
                        for each in options["fields"]
                        if obj or each != "created_at"
                    ]
                },
            )
            for title, options in self.fieldsets
        ]

    @admin.display(description=_("Currency"))
    def shown_currency(self, store: Store) -> str:
        return store.currency.upper()

    @admin.display(description=_("Takes cards"), boolean=True)
    def takes_cards(self, store: Store) -> bool:
        return standing_of(store).takes_cards

    @admin.display(description=_("Cards"))
    def cards(self, store: Store | None) -> str:
        """As a sale would be refused now."""
        if store is None or store.pk is None:
            return gettext("Known when the store is saved.")
        how = standing_of(store)
        return (
            gettext("The store takes cards.")
            if how.takes_cards
            else together(how.message, how.next_action).spoken
        )

    @admin.display(description=_("Another charge model"))
    def other_charge_model(self, store: Store) -> str:
        """Switching moves readers, so it has a page of its own."""
        if not store.pk:
            return gettext("Can be switched later, with all readers.")
        url = reverse("admin:terminal_chargemodelswitch_add")
        return format_html(
            '<a href="{}?store={}">{}</a>. {}',
            url,
            store.pk,
            gettext("Switch"),
            gettext(
                "A store never moves to another account, for its payments stay where they are:"
                " open a new store there."
            ),
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
            label=capfirst(db_field.verbose_name),
            help_text=db_field.help_text,
        )


@admin.register(Product)
class ProductAdmin(StoreScopedAdmin[Product]):
    form = ProductForm
    list_display = ["name", "sku", "store", "price", "tax", "is_active"]
    list_filter = [("store", OwnRowsFilter), "is_active"]
    list_select_related = ["store"]
    search_fields = ["name", "sku"]
    autocomplete_fields = ["store"]
    ordering = ["store", "name", "pk"]
    fixed_fields = ("store",)
    readonly_fields = ["price", "tax"]

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        """What is written is a number, what is only read has its currency beside it."""
        changes = self.has_change_permission(request, obj)
        amounts = ["unit_amount", "tax_rate_ppm"] if changes or obj is None else ["price", "tax"]
        return ["store", "sku", "name", *amounts, "tip_eligible", "is_active"]

    @admin.display(description=_("Price"), ordering="unit_amount")
    def price(self, product: Product) -> str:
        return spoken_amount(product.unit_amount, product.store.currency)

    @admin.display(description=_("Tax"), ordering="tax_rate_ppm")
    def tax(self, product: Product) -> str:
        return spoken_percent(product.tax_rate_ppm)


@admin.register(OrderLine)
class OrderLineAdmin(LargeListAdmin[OrderLine], ReadOnlyAdmin[OrderLine]):
    list_display = ["description", "quantity", "total", "order", "store"]
    fields = [
        "order",
        "store",
        "position",
        "product",
        "description",
        "quantity",
        "price",
        "tax_rate",
        "net",
        "tax",
        "total",
    ]
    list_filter = [("store", OwnRowsFilter)]
    list_select_related = ["order", "store"]
    found_by = ("order__number", "product__sku")
    found_in_newest = ("description__icontains",)
    search_help_text = _(
        "The number of an order or a SKU; of the newest, a word of the description."
    )

    @admin.display(description=_("Total"))
    def total(self, line: OrderLine) -> str:
        return spoken_amount(line.total_amount, line.order.currency)

    @admin.display(description=_("Price"))
    def price(self, line: OrderLine) -> str:
        return spoken_amount(line.unit_amount, line.order.currency)

    @admin.display(description=_("Without tax"))
    def net(self, line: OrderLine) -> str:
        return spoken_amount(line.net_amount, line.order.currency)

    @admin.display(description=_("Tax"))
    def tax(self, line: OrderLine) -> str:
        return spoken_amount(line.tax_amount, line.order.currency)

    @admin.display(description=_("Tax rate"))
    def tax_rate(self, line: OrderLine) -> str:
        return spoken_percent(line.tax_rate_ppm)


@admin.register(ClientRequest)
class ClientRequestAdmin(LargeListAdmin[ClientRequest], ReadOnlyAdmin[ClientRequest]):
    """What tablets asked under a key; the body itself is not kept."""

    list_display = ["created_at", "store", "device", "user", "key", "resource_id"]
    list_filter = [("store", OwnRowsFilter)]
    list_select_related = ["store", "device", "user"]
    found_in_newest = ("key__startswith",)
    search_help_text = _("The start of a key, of the newest.")
