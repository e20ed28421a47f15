"""Tips on readers: what is offered where, and how far Stripe knows of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import F
from django.http import HttpRequest
from django.utils.safestring import SafeString

from payments.admin import words
from payments.admin.waits import request_words
from payments.models import UNFINISHED, RequestStatus, StripeRequest
from stores.admin_base import OwnRowsFilter, StoreScopedAdmin, principal_of
from terminal.models import Tipping
from terminal.services import tipping as tips

FOLLOW = "Readers follow within ten minutes of Stripe's yes."


class WholeNumbers(forms.CharField):
    """Numbers as a person writes them: 15, 18, 20."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[int]:
        parts = [part.strip() for part in super().clean(value).split(",") if part.strip()]
        if not all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts):
            raise forms.ValidationError("Write whole numbers with commas between, like 15, 18, 20.")
        return [int(part) for part in parts]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def state_of(tipping: Tipping, asked: list[StripeRequest]) -> tuple[str, str]:
    """How far Stripe knows the present version: a tone, and words."""
    refused = [each for each in asked if each.status in _NOT_DONE]
    if refused:
        said = refused[-1].error_message or refused[-1].error_code or "no clear answer"
        return words.BAD, f"{request_words(refused[-1].kind)}: {said} Save again to try again."
    waiting = [each for each in asked if each.status in UNFINISHED]
    if waiting:
        return words.BUSY, f"{request_words(waiting[0].kind)}: waiting for Stripe."
    if asked:
        return words.GOOD, "Stripe knows."
    return words.QUIET, "Nothing to tell Stripe yet."


_NOT_DONE = (RequestStatus.REFUSED, RequestStatus.ABANDONED)


class TippingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Of one account, store or location; which, is said when it is added."""

    class Meta:
        model = Tipping
        fields = [
            "account",
            "store",
            "location",
            "inherits",
            "is_active",
            "percentages",
            "fixed_amounts",
            "smart_tip_threshold",
            "reboot_start_hour",
            "reboot_end_hour",
        ]
        help_texts: ClassVar = {
            "account": "For all its stores that offer nothing of their own.",
            "store": "For all its locations that offer nothing of their own.",
            "location": "For its readers, whatever store and account offer.",
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        chosen = [name for name in ("account", "store", "location") if given.get(name)]
        if self.instance.pk is None and len(chosen) != 1:
            raise forms.ValidationError("Choose one account, one store or one location.")
        return given

    def _post_clean(self) -> None:
        if not self.errors:
            super()._post_clean()  # type: ignore[misc]


@admin.register(Tipping)
class TippingAdmin(StoreScopedAdmin[Tipping]):
    list_display = ["shown_for", "store", "offered", "is_active", "at_stripe"]
    list_filter = [("account", OwnRowsFilter), ("store", OwnRowsFilter), "is_active"]
    list_select_related = ["account", "store", "location"]
    search_fields = ["account__name", "store__name", "location__display_name"]
    autocomplete_fields = ["account", "store", "location"]
    ordering = ["account", F("store").asc(nulls_first=True), F("location").asc(nulls_first=True)]
    empty_sentence = "No readers offer tips yet. Add what an account, a store or a location offers."
    fixed_fields = ("account", "store", "location")
    form = TippingForm
    fields = [
        "account",
        "store",
        "location",
        "inherits",
        "is_active",
        "percentages",
        "fixed_amounts",
        "smart_tip_threshold",
        "reboot_start_hour",
        "reboot_end_hour",
        "at_stripe",
        "shown_configurations",
    ]
    readonly_fields = ["at_stripe", "shown_configurations"]

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "account":
            kwargs["queryset"] = tips.accounts_of(principal_of(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in ("percentages", "fixed_amounts"):
            return WholeNumbers(required=False, help_text=str(db_field.help_text))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Tipping, form: Any, change: bool) -> None:
        """Stripe is told by a worker: nothing here waits for it."""
        tips.change(obj, by=principal_of(request))
        self.message_user(request, f"Stripe is being told. {FOLLOW}")

    @admin.display(description="Of", ordering="pk")
    def shown_for(self, tipping: Tipping) -> str:
        """The account, the store or the location: whose readers offer it."""
        for kind in ("location", "store", "account"):
            if (owner := getattr(tipping, kind)) is not None:
                return f"{owner} ({kind})"
        return words.NOTHING

    @admin.display(description="Configurations")
    def shown_configurations(self, tipping: Tipping) -> str:
        return ", ".join(tipping.configurations.values()) or words.NOTHING

    @admin.display(description="Offered")
    def offered(self, tipping: Tipping) -> str:
        return tips.offer_words(tipping)

    @admin.display(description="At Stripe")
    def at_stripe(self, tipping: Tipping) -> SafeString | str:
        if not tipping.pk:
            return words.NOTHING
        known = tipping.__dict__.get("asked")  # in a list, of all rows at once
        asked = tips.requests_of_all([tipping])[tipping.pk] if known is None else known
        return words.badge(*state_of(tipping, asked))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listed = super().get_changelist_instance(request)
        rows = list(listed.result_list)
        asked = tips.requests_of_all(rows)
        for row in rows:
            row.__dict__["asked"] = asked[row.pk]
        listed.result_list = rows
        return listed
