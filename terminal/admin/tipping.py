"""Tips on a store's readers: what managers offer, and how far Stripe knows of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.safestring import SafeString

from payments.admin import words
from payments.admin.waits import request_words
from payments.models import UNFINISHED, RequestStatus
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


def state_of(tipping: Tipping) -> tuple[str, str]:
    """How far Stripe knows the present version: a tone, and words."""
    asked = list(tips.requests_of(tipping).order_by("pk"))
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


@admin.register(Tipping)
class TippingAdmin(StoreScopedAdmin[Tipping]):
    list_display = ["store", "offered", "is_active", "at_stripe"]
    list_filter = [("store", OwnRowsFilter), "is_active"]
    list_select_related = ["store"]
    search_fields = ["store__name"]
    ordering = ["store", "pk"]
    empty_sentence = "No store offers tips on its readers yet. Add what one of yours offers."
    fixed_fields = ("store",)
    fields = [
        "store",
        "is_active",
        "percentages",
        "fixed_amounts",
        "smart_tip_threshold",
        "at_stripe",
        "configuration_id",
    ]
    readonly_fields = ["at_stripe", "configuration_id"]

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

    @admin.display(description="Offered")
    def offered(self, tipping: Tipping) -> str:
        return tips.offer_words(tipping)

    @admin.display(description="At Stripe")
    def at_stripe(self, tipping: Tipping) -> SafeString | str:
        return words.badge(*state_of(tipping)) if tipping.pk else words.NOTHING
