"""The nightly comparisons with Stripe, and what each found."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.columns import OfAPayment
from payments.models import Difference, Outcome, Reconciliation, Step
from stores.admin_base import OwnRowsFilter, ReadOnlyAdmin, principal_of

TONES: dict[str, str] = {
    Outcome.FOUND: words.BUSY,
    Outcome.MENDED: words.GOOD,
    Outcome.TOLD: words.BAD,
}


@admin.register(Difference)
class DifferenceAdmin(OfAPayment, ReadOnlyAdmin[Difference]):
    list_display = ["object_id", "shown_outcome", "message", "resolution", "store", "shown_payment"]
    list_filter = ["outcome", "kind", ("store", OwnRowsFilter), "found_at"]
    search_fields = ["=object_id", "=payment__payment_intent_id"]
    search_help_text = _("An id of Stripe's.")
    ordering = ["-id"]
    empty_sentence = _("No differences: what Stripe listed at night was the same here.")
    fields: ClassVar[Any] = [
        "object_id",
        "shown_outcome",
        "message",
        "resolution",
        "store",
        "shown_payment",
        "found_at",
        "settled_at",
        "reconciliation",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Difference]:
        return super().get_queryset(request).select_related("store", "payment", "reconciliation")

    @admin.display(description=_("Outcome"), ordering="outcome")
    def shown_outcome(self, line: Difference) -> SafeString:
        return words.badge(TONES[line.outcome], line.get_outcome_display())


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin[Reconciliation]):
    """Counts are of a whole account: for the platform's superuser only."""

    list_display = ["__str__", "started_at", "finished_at", "step", "differences", "told", "error"]
    list_filter = ["started_at"]
    search_fields = ["=stripe_account"]
    ordering = ["-id"]
    empty_sentence = _("Nothing was compared yet. Every account is compared once a night.")

    exclude = ("counted",)
    readonly_fields = ("shown_counts",)

    @admin.display(description=_("Listed by Stripe"))
    def shown_counts(self, run: Reconciliation) -> str:
        listed = (f"{Step(kind).label.lower()}: {count}" for kind, count in run.counted.items())
        return ", ".join(listed) or words.NOTHING

    def has_module_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).sees_all()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return principal_of(request).sees_all()
