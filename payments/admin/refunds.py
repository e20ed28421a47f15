"""What was given back of a payment, and by whom; nothing of it can be typed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.columns import AskedAndEnded, AtStripe, OfAnAmount
from payments.admin.exports import ExportedList
from payments.models import Method, Payment, Refund, RefundStatus
from payments.services import refund_lines
from payments.services.reports import refunds as report
from payments.services.reports.scopes import Scope
from payments.services.reports.tables import Lines
from payments.transitions.codes import code_words
from stores.admin_base import KnownWords, ReadOnlyAdmin
from stores.admin_filters import AmountFilter, DaysFilter
from stores.admin_row_filters import OwnRowsFilter
from stores.names import name_of
from stores.principals import OWNERS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

BADGES: dict[str, tuple[str, StrOrPromise]] = {
    RefundStatus.REQUESTED: (words.BUSY, _("On its way")),
    RefundStatus.PENDING: (words.BUSY, _("Pending at Stripe")),
    RefundStatus.REQUIRES_ACTION: (words.BUSY, _("Pending at Stripe")),
    RefundStatus.SUCCEEDED: (words.GOOD, _("Refunded")),
    RefundStatus.FAILED: (words.BAD, _("Failed")),
    RefundStatus.CANCELED: (words.BAD, _("Canceled")),
    RefundStatus.REFUSED: (words.QUIET, _("Not made")),
}


def refund_badge(refund: Refund) -> SafeString:
    return words.badge(*BADGES.get(refund.status, (words.BUSY, refund.status)))


def who(refund: Refund) -> str:
    if refund.external:
        return gettext("Elsewhere, as in Stripe's Dashboard")
    if refund.user is not None:
        return name_of(refund.user)
    return str(refund.device or words.NOTHING)


def reason(refund: Refund) -> str:
    return capfirst(code_words(refund.reason)) or words.NOTHING


def came_back(refund: Refund) -> str:
    return refund_lines.said(refund.lines.all()) or words.NOTHING


def refund_rows(payment: Payment) -> list[dict[str, Any]]:
    """The refunds of a payment's page, ready to be shown."""
    refunds = payment.refunds.select_related("device", "user").order_by("pk")
    refunds = refunds.prefetch_related("lines__line")
    return [
        {
            "amount": words.money(refund.amount, payment.currency),
            "lines": came_back(refund),
            "badge": refund_badge(refund),
            "why": refund.spoken or refund.code or reason(refund),
            "by": who(refund),
            "at": words.local_time(refund.created_at, payment.store, words.SHORT),
            "link": words.stripe_link(
                refund.refund_id, payment.stripe_account, livemode=payment.livemode
            ),
        }
        for refund in refunds
    ]


class StatusFilter(KnownWords):
    """By what the list says of them."""

    title = _("status")
    parameter_name = "status"
    words = {
        status: said
        for status, (_tone, said) in BADGES.items()
        if status != RefundStatus.REQUIRES_ACTION
    }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != RefundStatus.PENDING:
            return super().queryset(request, queryset)
        return queryset.filter(status__in=(RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION))


class MadeFilter(KnownWords):
    title = _("made")
    parameter_name = "external"
    words = {"False": _("Here"), "True": _("Elsewhere, as in Stripe's Dashboard")}


class WayFilter(KnownWords):
    title = _("given back")
    parameter_name = "in_person"
    words = {"False": _("Without the card"), "True": _("On a reader, with the card")}


class AskedFilter(DaysFilter):
    title = _("asked")


class RefundedFilter(AmountFilter):
    currency_of = "payment__currency"


@admin.register(Refund)
class RefundAdmin(OfAnAmount, AskedAndEnded, AtStripe, ExportedList[Refund], ReadOnlyAdmin[Refund]):
    stripe_name = "refund_id"
    only_if: ClassVar[Any] = {"why": ("code", "message"), "shown_reason": ("reason",)}
    list_display = ["number", "shown_status", "shown_amount", "shown_payment", "by", "asked"]
    list_filter = [
        StatusFilter,
        ("store", OwnRowsFilter),
        AskedFilter,
        RefundedFilter,
        MadeFilter,
        WayFilter,
    ]
    found_by = (
        "refund_id__startswith",
        "payment__latest_charge_id__startswith",
        "payment__payment_intent_id__startswith",
    )
    search_help_text = _("The start of a re_, ch_ or pi_ id.")
    empty_sentence = _("No refunds yet. A paid payment has a button for it.")
    fields = [
        "shown_status",
        "shown_amount",
        "shown_payment",
        "shown_lines",
        "shown_reason",
        "fee_back",
        "why",
        "way",
        "by",
        "asked",
        "ended",
        "at_stripe",
        "store",
    ]

    def export_lines(self, scope: Scope, rows: QuerySet[Refund]) -> Lines:
        return report.lines_of(scope, rows)

    def get_fields(self, request: HttpRequest, obj: Refund | None = None) -> Any:
        """What an account pays the platform is for the owners of its stores to see."""
        seen = obj is not None and self.holds(request, obj, OWNERS)
        fields = super().get_fields(request, obj)
        return [name for name in fields if seen or name != "fee_back"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        related = ("store", "payment__order", "device", "user")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("Refund"), ordering="id")
    def number(self, refund: Refund) -> str:
        return f"#{refund.pk}"

    @admin.display(description=_("Status"), ordering="status")
    def shown_status(self, refund: Refund) -> SafeString:
        return refund_badge(refund)

    @admin.display(description=_("What came back"))
    def shown_lines(self, refund: Refund) -> str:
        """Of a refund by amount nobody said it."""
        return refund_lines.said(refund.lines.select_related("line")) or words.NOTHING

    @admin.display(description=_("Reason"))
    def shown_reason(self, refund: Refund) -> str:
        return reason(refund)

    @admin.display(description=_("Why not"))
    def why(self, refund: Refund) -> SafeString | str:
        said = refund.spoken
        if not refund.code:
            return said
        return format_html("{} <code>{}</code>", said, refund.code)

    @admin.display(description=_("Given back"))
    def way(self, refund: Refund) -> str:
        if refund.method == Method.CASH:
            return gettext("In cash")
        return gettext("On a reader, with the card") if refund.in_person else gettext("To the card")

    @admin.display(description=_("Fee given back"))
    def fee_back(self, refund: Refund) -> SafeString | str:
        """As Stripe listed it at night."""
        rows = list(refund.fee_movements.all())
        if not rows:
            return words.NOTHING
        return words.money(-sum(each.amount for each in rows), rows[0].currency)

    @admin.display(description=_("By"))
    def by(self, refund: Refund) -> str:
        return who(refund)
