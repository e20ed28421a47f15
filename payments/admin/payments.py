"""The page of a payment: how it stands, what to do, what happened. terminal.admin registers it,
because some of what can be done needs a reader.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.buttons import Live
from payments.admin.capture import (
    Capture,
    CaptureKeepingTip,
    CapturePart,
    CaptureWithoutTip,
    CaptureWithTip,
)
from payments.admin.capture_runs import ManyAdmin
from payments.admin.exports import ExportedList
from payments.admin.facts import fact_groups, lines
from payments.admin.filters import (
    AskedFilter,
    BrandFilter,
    DeclineFilter,
    PersonFilter,
    StateFilter,
    totals,
)
from payments.admin.receipts import EmailReceipt, email_rows, is_mailing
from payments.admin.refunds import refund_rows
from payments.admin.requests import request_badge
from payments.admin.waits import requests_of, waits
from payments.models import Payment, State
from payments.services import receipts
from payments.services.refunds import on_its_way
from payments.services.reports import selections
from payments.services.reports.scopes import Scope
from payments.services.reports.tables import Lines
from payments.services.timeline import timeline
from payments.transitions import request_words
from stores.admin_filters import DaysFilter
from stores.admin_row_filters import OwnRowsFilter
from stores.models import LogEntry

MOVING = (
    State.SENDING,
    State.WAITING_FOR_CARD,
    State.COLLECTED,
    State.AUTHORIZING,
    State.CHECKING,
)


class PaymentAdmin(ExportedList[Payment], ManyAdmin):
    """Everything about one payment; nothing of it can be typed in."""

    list_display = [
        "number",
        "shown_state",
        "shown_amount",
        "shown_card",
        "shown_order",
        "store",
        "started",
    ]
    list_filter = [
        ("store", OwnRowsFilter),
        DaysFilter,
        StateFilter,
        AskedFilter,
        BrandFilter,
        DeclineFilter,
        ("device", OwnRowsFilter),
        PersonFilter,
    ]
    found_by = (
        "payment_intent_id__startswith",
        "latest_charge_id__startswith",
        "order__number",
        "card__last4",
        "id",
    )
    found_in_newest = ("card__receipt__authorization_code",)
    search_help_text = _("What a receipt says: order, last four digits, approval code, an id.")
    empty_sentence = _(
        "No payments yet. The first sale at a till of your stores will show up here."
    )
    buttons: ClassVar[Any] = [
        Capture(),
        CaptureKeepingTip(),
        CaptureWithoutTip(),
        CaptureWithTip(),
        CapturePart(),
        EmailReceipt(),
    ]
    live_template = "admin/payments/payment/live.html"
    change_list_template = "admin/payments/payment/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        related = ("store__account", "order", "device", "user")
        return super().get_queryset(request).select_related(*related)

    # The list

    def export_lines(self, scope: Scope, rows: QuerySet[Payment]) -> Lines:
        return selections.payments(scope, rows, words.state)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        answer = super().changelist_view(request, extra_context)
        shown = getattr(answer, "context_data", None) or {}
        changes = shown.get("cl")
        if changes is not None:
            too_many = getattr(changes.paginator, "has_more", False)
            shown["too_many"] = too_many
            shown["totals"] = [] if too_many else totals(changes.queryset)
            shown["may_capture"] = self.has_capture_permission(request)
        return answer

    @admin.display(description=_("Payment"), ordering="id")
    def number(self, payment: Payment) -> str:
        return f"#{payment.pk}"

    @admin.display(description=_("Status"))
    def shown_state(self, payment: Payment) -> SafeString:
        return words.state_badge(payment)

    @admin.display(description=_("Amount"))
    def shown_amount(self, payment: Payment) -> SafeString:
        return words.money(payment.amount + payment.tip_amount, payment.currency)

    @admin.display(description=_("Paid with"))
    def shown_card(self, payment: Payment) -> str:
        if payment.is_cash:
            return gettext("Cash")
        return words.card_words(payment) or words.NOTHING

    @admin.display(description=_("Order"))
    def shown_order(self, payment: Payment) -> SafeString | str:
        return words.admin_link(payment.order)

    @admin.display(description=_("Started"), ordering="id")
    def started(self, payment: Payment) -> SafeString | str:
        return words.local_time(payment.created_at, payment.store, words.SHORT)

    # The page

    def get_urls(self) -> list[URLPattern]:
        return [self._view("receipt/", self.receipt_view, "receipt"), *super().get_urls()]

    def receipt_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The customer's receipt once more, to be printed."""
        row = self.row_or_404(request, object_id)
        if not receipts.is_due(row):
            messages.warning(
                request, gettext("There is no receipt: nothing was paid, and nothing is held.")
            )
            return HttpResponseRedirect(self.page_url(row))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Receipt of payment {number}").format(number=row.pk),
            "opts": self.opts,
            "receipt": receipts.receipt(row),
            "payment": row,
            "back_url": self.page_url(row),
        }
        return TemplateResponse(request, "admin/payments/payment/receipt.html", context)

    def live(self, row: Payment) -> Live:
        waiting = waits(row)
        last = LogEntry.objects.of_payment(row.pk).order_by().aggregate(last=Max("id"))["last"]
        tries = sum(request.tries for request in requests_of(row))
        open_incidents = row.incidents.filter(resolved_at=None).count()
        parts = (row.version, last or 0, len(requests_of(row)), tries, len(waiting), open_incidents)
        seconds = None if row.is_final else 4.0
        if waiting or is_mailing(row) or row.state in MOVING or (row.is_final and on_its_way(row)):
            seconds = 1.0
        state = words.STATES.get(row.state, ("", row.state))[1]
        headline = str(waiting[0].words if waiting else row.spoken)
        if not headline.startswith(str(state)):  # a screen reader says it once
            headline = f"{state}. {headline}"
        return Live("-".join(map(str, parts)), headline, seconds)

    def live_context(self, request: HttpRequest, row: Payment) -> dict[str, Any]:
        waiting, message = waits(row), _message(row)
        return {
            "payment": row,
            "badge": words.state_badge(row),
            "amount": words.money(row.amount + row.tip_amount, row.currency),
            "waits": waiting,
            "message": message,
            "next_step": "" if waiting or (message and row.is_final) else words.next_step(row),
            "groups": fact_groups(row),
            "lines": lines(row.order, frozenset(own.line_id for own in row.paid_lines.all())),
            "order_total": words.money(row.order.total_amount, row.currency),
            "receipt_url": self.page_url(row, "receipt") if receipts.is_due(row) else "",
            "incidents": row.incidents.filter(resolved_at=None),
            "refunds": refund_rows(row),
            "receipt_emails": email_rows(row),
            "requests": [
                (
                    words.admin_link(request, request_words(request.kind)),
                    request_badge(request),
                    request,
                )
                for request in reversed(requests_of(row))
            ],
            "timeline": [
                (words.local_time(entry.at, row.store, words.EXACT), entry)
                for entry in timeline(row)
            ],
        }


def _message(payment: Payment) -> str:
    """What the till is told, unless the badge or the next step says the same."""
    with override(None):  # as the message is kept
        state = str(words.STATES.get(payment.state, ("", ""))[1])
    plain = payment.state == State.APPROVED and not payment.code
    said_already = plain or payment.message == f"{state}."
    return "" if said_already else payment.spoken
