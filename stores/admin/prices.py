"""A form in which a price is 4.75 and a tax 8.875 %, as people say it, not 475 and 88750."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from stores.currencies import decimals
from stores.models import Product

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Product]
else:
    ModelForm = forms.ModelForm

OF_PERCENT = 4  # digits of parts per million after the point of a percentage


class ProductForm(ModelForm):
    unit_amount = forms.DecimalField(
        label=_("Price"),
        min_value=0,
        max_digits=14,
        localize=True,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=_("In the store's currency, like 4.75; with tax if the store's prices are."),
    )
    tax_rate_ppm = forms.DecimalField(
        label=_("Tax in percent"),
        min_value=0,
        max_value=100,
        decimal_places=OF_PERCENT,
        initial=0,
        localize=True,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=_("Like 8.875."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        product = self.instance
        if product.pk:
            places = decimals(product.store.currency)
            self.initial["unit_amount"] = Decimal(product.unit_amount).scaleb(-places)
            self.initial["tax_rate_ppm"] = _plain(Decimal(product.tax_rate_ppm).scaleb(-OF_PERCENT))

    def clean_tax_rate_ppm(self) -> int:
        return int(self.cleaned_data["tax_rate_ppm"].scaleb(OF_PERCENT))

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or {})
        store = cleaned.get("store") or (self.instance.store if self.instance.pk else None)
        price = cleaned.get("unit_amount")
        if store is None or price is None:
            return cleaned
        places = decimals(store.currency)
        amount = price.scaleb(places)
        if amount != int(amount):
            self.add_error("unit_amount", _too_fine(store.currency, places))
        else:
            cleaned["unit_amount"] = int(amount)
        return cleaned


def _too_fine(currency: str, places: int) -> str:
    if not places:
        return gettext("{currency} has no digits after the point.").format(
            currency=currency.upper()
        )
    return gettext("{currency} has {places} digits after the point at most.").format(
        currency=currency.upper(), places=places
    )


def _plain(number: Decimal) -> Decimal:
    """Without zeros at its end, and never as 2E+1."""
    return number.quantize(Decimal(1)) if number == int(number) else number.normalize()
