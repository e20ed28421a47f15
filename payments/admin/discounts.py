"""What was taken off orders: by whom, why, and who approved it."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from stores.admin_base import LargeListAdmin, ReadOnlyAdmin
from stores.admin_filters import DaysFilter
from stores.admin_row_filters import OwnRowsFilter
from stores.models import Discount
from stores.names import who


class GivenFilter(DaysFilter):
    title = _("given")
    field = "given_at"


@admin.register(Discount)
class DiscountAdmin(LargeListAdmin[Discount], ReadOnlyAdmin[Discount]):
    list_display = ["size", "shown_amount", "shown_order", "why", "by", "approver", "given"]
    list_filter = [("store", OwnRowsFilter), GivenFilter, "reason"]
    found_by = ("order__number",)
    search_help_text = _("The number of an order.")
    empty_sentence = _("No discounts yet. They are given on orders, at the till.")
    fields = [
        "size",
        "shown_amount",
        "shown_order",
        "about",
        "why",
        "by",
        "approver",
        "given",
        "store",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Discount]:
        related = ("store", "order", "line", "device", "user", "approved_by")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("Discount"))
    def size(self, discount: Discount) -> str:
        return discount.size

    @admin.display(description=_("Amount"))
    def shown_amount(self, discount: Discount) -> SafeString:
        return words.money(discount.amount, discount.order.currency)

    @admin.display(description=_("Order"))
    def shown_order(self, discount: Discount) -> SafeString | str:
        return words.admin_link(discount.order)

    @admin.display(description=_("Taken off"))
    def about(self, discount: Discount) -> str:
        return str(discount.line or gettext("the order"))

    @admin.display(description=_("Why"))
    def why(self, discount: Discount) -> str:
        return discount.why

    @admin.display(description=_("Given by"))
    def by(self, discount: Discount) -> str:
        return who(discount.user, discount.device)

    @admin.display(description=_("Approved by"))
    def approver(self, discount: Discount) -> str:
        return who(discount.approved_by, None) or words.NOTHING

    @admin.display(description=_("Given"), ordering="id")
    def given(self, discount: Discount) -> SafeString | str:
        return words.local_time(discount.given_at, discount.store, words.SHORT)
