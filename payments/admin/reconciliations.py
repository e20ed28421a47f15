"""The nightly comparisons with Stripe, and what each found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.columns import OfAPayment
from payments.models import Difference, Outcome, Reconciliation, Step
from stores.admin_base import KnownWords, ReadOnlyAdmin, principal_of
from stores.admin_row_filters import OwnRowsFilter
from stores.models import Account

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TONES: dict[str, str] = {
    Outcome.FOUND: words.BUSY,
    Outcome.MENDED: words.GOOD,
    Outcome.TOLD: words.BAD,
}


KINDS: dict[str, StrOrPromise] = {
    "amount_differs": _("Another amount"),
    "canceled_outside": _("Canceled outside"),
    "captured_outside": _("Captured outside"),
    "charge_differs": _("Another charge"),
    "dispute_differs": _("A dispute that stands otherwise"),
    "dispute_unknown": _("A dispute not known here"),
    "fee_differs": _("Another fee"),
    "missing_at_stripe": _("Not at Stripe"),
    "news_missed": _("News that did not come"),
    "refund_differs": _("A refund that stands otherwise"),
    "refund_missing": _("A refund that is not at Stripe"),
    "refund_unknown": _("A refund not known here"),
    "refunds_differ": _("Another sum refunded"),
    "second_payment_intent": _("Two PaymentIntents for one payment"),
    "status_differs": _("Another state"),
    "unknown_here": _("A payment not known here"),
}


class KindFilter(KnownWords):
    title = _("difference")
    parameter_name = "kind"
    words = KINDS


class DifferenceForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        help_texts: ClassVar[Any] = {
            "shown_message": _("What Stripe says, and what is here."),
            "shown_resolution": _("What became of it, or is to be done."),
        }


@admin.register(Difference)
class DifferenceAdmin(OfAPayment, ReadOnlyAdmin[Difference]):
    form = DifferenceForm
    list_display = [
        "shown_kind",
        "shown_outcome",
        "shown_message",
        "shown_resolution",
        "store",
        "shown_payment",
    ]
    list_filter = ["outcome", KindFilter, ("store", OwnRowsFilter), "found_at"]
    search_fields = ["=object_id", "=payment__payment_intent_id"]
    search_help_text = _("An id of Stripe's.")
    ordering = ["-id"]
    empty_sentence = _("No differences: what Stripe listed at night was the same here.")
    fields: ClassVar[Any] = [
        "shown_kind",
        "object_id",
        "shown_outcome",
        "shown_message",
        "shown_resolution",
        "store",
        "shown_payment",
        "found_at",
        "settled_at",
        "reconciliation",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Difference]:
        return super().get_queryset(request).select_related("store", "payment", "reconciliation")

    @admin.display(description=_("Difference"), ordering="kind")
    def shown_kind(self, line: Difference) -> str:
        return str(KINDS.get(line.kind, line.kind))

    @admin.display(description=_("Outcome"), ordering="outcome")
    def shown_outcome(self, line: Difference) -> SafeString:
        return words.badge(TONES[line.outcome], line.get_outcome_display())

    @admin.display(description=_("Message"), ordering="message")
    def shown_message(self, line: Difference) -> str:
        return line.spoken

    @admin.display(description=_("Resolution"), ordering="resolution")
    def shown_resolution(self, line: Difference) -> str:
        return line.spoken_resolution


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin[Reconciliation]):
    """Counts are of a whole account: for the platform's superuser only."""

    list_display = ["__str__", "started_at", "finished_at", "step", "differences", "told", "error"]
    list_filter = ["started_at"]
    search_fields = ["=stripe_account"]
    ordering = ["-id"]
    empty_sentence = _("Nothing was compared yet. Every account is compared once a night.")

    exclude = ("counted", "after", "claimed_until")  # how a worker goes on with it
    readonly_fields = ("shown_counts",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reconciliation]:
        """With what we call the account whose id they have."""
        accounts = Account.objects.filter(stripe_id=OuterRef("stripe_account"))
        named = Subquery(accounts.values("name")[:1])
        rows = super().get_queryset(request)
        return rows.annotate(account_name=named)  # type: ignore[no-redef]

    @admin.display(description=_("Listed by Stripe"))
    def shown_counts(self, run: Reconciliation) -> str:
        listed = (
            gettext("{name}: {value}").format(name=Step(kind).label, value=count)
            for kind, count in run.counted.items()
        )
        return " · ".join(listed) or words.NOTHING

    def has_module_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).sees_all()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return principal_of(request).sees_all()
