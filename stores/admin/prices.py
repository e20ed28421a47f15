"""Forms in which an amount is 4.75 and a part 8.875 %, as people say them, not 475 and 88750."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from stores.admin_times import NOTHING
from stores.currencies import NotAnAmount, read_amount, spoken_amount, typed_amount
from stores.models.checks import LARGEST_AMOUNT

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    ModelForm = forms.ModelForm[Any]
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelForm = forms.ModelForm
    ModelAdmin = object


class PercentField(forms.DecimalField):
    """A part of a hundred, read as an integer of its `places` after the point."""

    def __init__(self, *, places: int, **more: Any) -> None:
        widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
        super().__init__(
            min_value=0, max_value=100, decimal_places=places, localize=True, widget=widget, **more
        )
        self.places = places

    def prepare_value(self, value: Any) -> Any:
        return _plain(Decimal(value).scaleb(-self.places)) if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> int:
        number = super().clean(value)
        return 0 if number is None else int(number.scaleb(self.places))


class AmountsForm(ModelForm):
    """Its `amounts` are read when it is known in which currency: that may be chosen in it."""

    amounts: ClassVar[tuple[str, ...]] = ()
    no_currency: ClassVar[StrOrPromise] = ""  # what is said where rows have several
    amount_lists: ClassVar[tuple[str, ...]] = ()  # several in one field, with ; between

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        currency = self.currency({}) if self.instance.pk else ""
        for name in (*self.amounts, *self.amount_lists):
            if name in self.fields:
                default = self.fields[name].initial
                self.fields[name] = _typed(self.fields[name], currency)
                self.initial[name] = _initial(self.initial.get(name, default), currency)

    def currency(self, chosen: Mapping[str, Any]) -> str:
        """The row's, or what was chosen for a new one; empty while nothing is."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or self.cleaned_data)
        currency = self.currency(cleaned)
        for name in (*self.amounts, *self.amount_lists):
            text = cleaned.pop(name, None)
            if text is None:
                continue
            if text and not currency:  # where one is missing, that is told beside its own field
                if self.no_currency:
                    self.add_error(name, str(self.no_currency))
                continue
            read = _read_all if name in self.amount_lists else _read
            try:
                cleaned[name] = read(text, currency)
            except NotAnAmount as wrong:
                self.add_error(name, str(wrong))
        return cleaned


def _typed(field: forms.Field, currency: str) -> forms.Field:
    """In place of a whole number of the smallest unit."""
    attrs = {"inputmode": "decimal", "autocomplete": "off"}
    label = capfirst(str(field.label))
    if currency:
        label = gettext("{label} in {currency}").format(label=label, currency=currency.upper())
    return forms.CharField(
        label=label,
        help_text=field.help_text,
        required=field.required,
        max_length=80,
        widget=UnfoldAdminTextInputWidget(attrs=attrs),
    )


def _initial(amount: Any, currency: str) -> str:
    """A default, before a currency is chosen, is one of most currencies; nothing is it of all."""
    if isinstance(amount, list):
        return "; ".join(typed_amount(each, currency) for each in amount)
    if not isinstance(amount, int):
        return ""
    return typed_amount(amount, currency or "usd") if amount or currency else "0"


def _read(text: str, currency: str) -> int | None:
    if not text:
        return None
    amount = read_amount(text, currency)
    if amount > LARGEST_AMOUNT:
        raise NotAnAmount(
            gettext("{most} at most.").format(most=spoken_amount(LARGEST_AMOUNT, currency))
        )
    return amount


def _read_all(text: str, currency: str) -> list[int | None]:
    """Between commas only if a space follows: without, one may stand before the decimals."""
    parts = (part.strip() for part in re.split(r";|,\s", text))
    return [_read(part, currency) for part in parts if part]


class AmountsAdmin(ModelAdmin):
    """Shows the amounts of its form with their currency to those who may not type them."""

    form: type[AmountsForm]

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        names = (*self.form.amounts, *self.form.amount_lists)
        self.shown = {name: f"shown_{name}" for name in names}
        for name, shown in self.shown.items():
            setattr(self, shown, self._shown(name))

    def currency_of(self, row: Any) -> str:
        return str(row.currency)

    def _shown(self, name: str) -> Callable[[Any], str]:
        @admin.display(description=self.model._meta.get_field(name).verbose_name)
        def shown(row: Any) -> str:
            amount = getattr(row, name)
            currency = self.currency_of(row)
            if isinstance(amount, list):
                return ", ".join(spoken_amount(each, currency) for each in amount) or NOTHING
            return NOTHING if amount is None else spoken_amount(amount, currency)

        return shown

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (title, {**options, "fields": [self.shown.get(str(f), f) for f in options["fields"]]})
            for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *self.shown.values()]


class ProductForm(AmountsForm):
    amounts = ("unit_amount",)

    tax_rate_ppm = PercentField(
        places=4, label=_("Tax in percent"), initial=0, help_text=_("Like 8.875.")
    )

    class Meta:
        labels: ClassVar[Any] = {"unit_amount": _("Price")}
        help_texts: ClassVar[Any] = {
            "unit_amount": _(
                "In the store's currency, like 4.75; with tax if the store's prices are."
            )
        }

    def currency(self, chosen: Mapping[str, Any]) -> str:
        store = self.instance.store if self.instance.pk else chosen.get("store")
        return str(store.currency) if store else ""


class StoreForm(AmountsForm):
    amounts = (
        "cashier_refund_limit",
        "cashier_refund_day_limit",
        "manager_refund_limit",
        "manager_refund_day_limit",
        "tip_limit_amount",
        "cashier_tip_day_limit",
        "manager_tip_day_limit",
        "cashier_discount_limit",
        "cashier_discount_day_limit",
        "manager_discount_limit",
        "manager_discount_day_limit",
    )

    class Meta:
        help_texts: ClassVar[Any] = {
            "cashier_refund_limit": _(
                "The most that tablets and cashiers may refund of one payment; 0: only managers"
                " refund."
            ),
            "cashier_refund_day_limit": _(
                "The most that a cashier may refund in a day; empty: any."
            ),
            "manager_refund_limit": _(
                "The most that a manager may refund of one payment without a second person; empty:"
                " any."
            ),
            "manager_refund_day_limit": _(
                "The most that a manager may refund in a day; empty: any."
            ),
            "tip_limit_amount": _("Tips up to this amount are never asked about."),
            "cashier_tip_day_limit": _(
                "The most that a cashier may add as tips from receipts in a day; empty: any."
            ),
            "manager_tip_day_limit": _(
                "The most that a manager may add as tips from receipts in a day; empty: any."
            ),
            "cashier_discount_limit": _(
                "The most that tablets and cashiers may take off one order; 0: only managers give"
                " discounts."
            ),
            "cashier_discount_day_limit": _(
                "The most that a cashier may give as discounts in a day; empty: any."
            ),
            "manager_discount_limit": _(
                "The most that a manager may take off one order without a second person; empty:"
                " any."
            ),
            "manager_discount_day_limit": _(
                "The most that a manager may give as discounts in a day; empty: any."
            ),
        }

    def currency(self, chosen: Mapping[str, Any]) -> str:
        return str(self.instance.currency if self.instance.pk else chosen.get("currency", ""))


def _plain(number: Decimal) -> Decimal:
    """Without zeros at its end, and never as 2E+1."""
    return number.quantize(Decimal(1)) if number == int(number) else number.normalize()
