"""An amount as a person types it, in the decimals of its currency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.currencies import NotAnAmount, decimals, example, read_amount, spoken_amount

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class AmountField(forms.CharField):
    """An amount as a person writes it, 12.34, read as an integer of the smallest unit."""

    zero: StrOrPromise = _("Enter more than nothing.")  # empty: nothing is an amount, too
    too_much: StrOrPromise = _("{amount} is more than the {most} that are possible.")

    def __init__(self, label: str, currency: str, most: int, **more: Any) -> None:
        super().__init__(
            label=gettext("{label} in {currency}").format(label=label, currency=currency.upper()),
            max_length=20,
            **more,
        )
        self.currency, self.most = currency, most
        self.widget.attrs |= {
            "inputmode": "decimal" if decimals(currency) else "numeric",
            "autocomplete": "off",
            "autofocus": True,
            "placeholder": example(currency),
        }

    def clean(self, value: Any) -> int:
        text = super().clean(value)
        try:
            amount = read_amount(text, self.currency)
        except NotAnAmount as wrong:
            raise forms.ValidationError(str(wrong)) from wrong
        if amount == 0 and self.zero:
            raise forms.ValidationError(self.zero)
        if amount > self.most:
            shown = (spoken_amount(each, self.currency) for each in (amount, self.most))
            raise forms.ValidationError(
                str(self.too_much).format(**dict(zip(("amount", "most"), shown, strict=True)))
            )
        return amount
