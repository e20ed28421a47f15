"""The page of an order: its lines, what was paid and how, and what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import F, Max, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.buttons import ButtonsAdmin, Live
from payments.admin.facts import discounts, lines
from payments.models import Payment
from payments.services.timeline import of_order
from stores.admin_base import LargeListAdmin
from stores.admin_filters import AmountFilter, DaysFilter
from stores.admin_row_filters import OwnRowsFilter
from stores.models import LogEntry, Order, OrderStatus
from stores.names import who

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TONES = {
    OrderStatus.OPEN: words.BUSY,
    OrderStatus.PAID: words.GOOD,
    OrderStatus.CANCELED: words.QUIET,
}


def status_badge(order: Order) -> SafeString:
    return words.badge(TONES[OrderStatus(order.status)], order.get_status_display())


class TotalFilter(AmountFilter):
    title = _("total")
    amount = F("total_amount")


@admin.register(Order)
class OrderAdmin(LargeListAdmin[Order], ButtonsAdmin[Order]):
    """Made and changed at a till; here it is looked at."""

    list_display = ["number", "shown_status", "total", "store", "started", "paid"]
    list_filter = [("store", OwnRowsFilter), "status", DaysFilter, TotalFilter]
    list_select_related = ["store"]
    found_by = ("number",)
    search_help_text = _("The number of the order.")
    empty_sentence = _("No orders yet. The first one at a till of your stores will show up here.")
    live_template = "admin/payments/order/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return super().get_queryset(request).select_related("store", "device", "created_by")

    @admin.display(description=_("Status"))
    def shown_status(self, order: Order) -> SafeString:
        return status_badge(order)

    @admin.display(description=_("Total"))
    def total(self, order: Order) -> SafeString:
        return words.money(order.total_amount, order.currency)

    @admin.display(description=_("Started"))
    def started(self, order: Order) -> SafeString | str:
        return words.local_time(order.created_at, order.store, words.SHORT)

    @admin.display(description=_("Paid"))
    def paid(self, order: Order) -> SafeString | str:
        return words.local_time(order.paid_at, order.store, words.SHORT)

    def row_title(self, row: Order) -> str:
        return str(row)

    def live(self, row: Order) -> Live:
        last = LogEntry.objects.filter(order=row).order_by().aggregate(last=Max("id"))["last"]
        is_open = row.status == OrderStatus.OPEN
        headline = f"{row.get_status_display()}."
        return Live(f"{row.version}-{last or 0}", headline, 2.0 if is_open else None)

    def live_context(self, request: HttpRequest, row: Order) -> dict[str, Any]:
        payments = row.payments.select_related("store", "order").order_by("pk")
        return {
            "order": row,
            "badge": status_badge(row),
            "amount": words.money(row.total_amount, row.currency),
            "lines": lines(row),
            "discounts": discounts(row) if row.discount_amount else [],
            "order_total": words.money(row.total_amount, row.currency),
            "payments": [_payment(each) for each in payments],
            "facts": _facts(row),
            "timeline": [
                (words.local_time(entry.at, row.store, words.EXACT), entry)
                for entry in of_order(row)
            ],
        }


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "link": words.admin_link(payment, f"#{payment.pk}"),
        "badge": words.state_badge(payment),
        "amount": words.money(payment.amount + payment.tip_amount, payment.currency),
        "refunded": words.money(payment.amount_refunded, payment.currency)
        if payment.amount_refunded
        else words.NOTHING,
        "card": _("Cash") if payment.is_cash else words.card_words(payment) or words.NOTHING,
        "at": words.local_time(payment.created_at, payment.store, words.SHORT),
    }


def _facts(order: Order) -> list[tuple[StrOrPromise, Any]]:
    by = who(order.created_by, order.device)
    return [
        (_("Store"), words.admin_link(order.store)),
        *(
            [(_("Discounts"), words.money(order.discount_amount, order.currency))]
            if order.discount_amount
            else []
        ),
        (_("Without tax"), words.money(order.net_amount, order.currency)),
        (_("Tax"), words.money(order.tax_amount, order.currency)),
        (_("Started by"), by or words.NOTHING),
        (_("Started"), words.local_time(order.created_at, order.store)),
        (_("Paid"), words.local_time(order.paid_at, order.store)),
    ]
