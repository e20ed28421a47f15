"""Fee plans and the fees taken by them: the platform's owner plans, owners of stores look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import reports, words
from payments.admin.columns import OfAPayment
from payments.models import FeeMovement, FeePlan
from payments.services import fee_preview, fee_report, fees
from payments.services.reports import exporting
from payments.services.reports.scopes import stores_of
from payments.services.reports.tables import Lines
from payments.transitions import fee
from stores.admin.prices import AmountsAdmin, AmountsForm, PercentField
from stores.admin_base import (
    LargeListAdmin,
    ReadOnlyAdmin,
    asks_again,
    principal_of,
    works_anywhere,
)
from stores.admin_row_filters import OwnRowsFilter
from stores.currencies import decimals, spoken_amount, spoken_percent
from stores.errors import DomainError
from stores.periods import spoken_time
from stores.principals import EVERYONE, OWNERS

EXAMPLES = (1, 10, 25, 100, 1_000)
SEEN = "_seen"


class FeePlanForm(AmountsForm):
    amounts = ("fixed_amount", "minimum_amount", "cap_amount")

    basis_points = PercentField(
        places=2, label=_("Share in percent"), initial=0, help_text=_("The platform's, like 2.5.")
    )
    effective_from = forms.SplitDateTimeField(
        label=_("Effective from"),
        required=False,
        widget=AdminSplitDateTime(),
        help_text=format_lazy(
            _(
                "In {time_zone}. Empty: from now on. Of two plans of one instant the newer holds,"
                " so one that has not begun can be replaced."
            ),
            time_zone=settings.TIME_ZONE,
        ),
    )

    class Meta:
        model = FeePlan
        fields: ClassVar[Any] = [
            "account",
            "store",
            "currency",
            "effective_from",
            "basis_points",
            "fixed_amount",
            "minimum_amount",
            "cap_amount",
            "includes_tips",
            "as_account",
            "reason",
        ]
        help_texts: ClassVar[Any] = {"fixed_amount": _("Added to the share.")}

    def currency(self, chosen: Mapping[str, Any]) -> str:
        return str(chosen.get("currency", ""))  # none is ever changed

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if self.errors:
            return given
        begins = given["effective_from"]
        if begins is not None and begins < timezone.now():
            self.add_error("effective_from", gettext("A plan cannot begin in the past."))
        given["effective_from"] = begins or timezone.now()
        try:
            fees.check(terms_of(given), given["account"], given["store"], given["currency"])
        except DomainError as refused:
            self.add_error(None, refused.message)
        return given


def terms_of(given: dict[str, Any]) -> fees.Terms:
    return fees.Terms(**{name: given[name] for name in fees.Terms.__dataclass_fields__})


def sees_fees(request: HttpRequest) -> bool:
    """Owners of stores do, and who sees everything: the platform's owner and its support."""
    return principal_of(request).sees_all() or works_anywhere(request, OWNERS)


class OwnersAdmin(ReadOnlyAdmin[Any]):
    """What an account pays is for the owners of its stores to see."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return sees_fees(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sees_fees(request) if obj is None else self.holds(request, obj, EVERYONE)


@admin.register(FeePlan)
class FeePlanAdmin(AmountsAdmin, OwnersAdmin):
    form = FeePlanForm
    list_display = ["__str__", "currency", "account", "for_store", "effective_from", "reason"]
    list_filter = [("account", OwnRowsFilter), ("store", OwnRowsFilter), "currency"]
    search_fields = ["account__name", "store__name", "reason"]
    autocomplete_fields = ["account", "store"]
    ordering = ["-effective_from", "-id"]
    empty_sentence = _("No fee plans: the platform takes nothing.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[FeePlan]:
        return super().get_queryset(request).select_related("account", "store", "created_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return fees.may_set(principal_of(request))

    @asks_again
    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A plan is saved once it was seen what it makes."""
        asked = request.method == "POST" and SEEN not in request.POST
        if asked and self.has_add_permission(request):
            form = self.get_form(request)(request.POST)
            if form.is_valid():
                return self._preview(request, form.cleaned_data)
        return super().add_view(request, *args, **kwargs)

    def _preview(self, request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
        where = {name: given[name] for name in ("account", "store", "currency")}
        seen = fee_preview.preview(terms_of(given), starts=given["effective_from"], **where)
        posted = request.POST.items()
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("What this plan makes"),
            "opts": self.opts,
            "for_whom": given["store"] or given["account"],
            "before": seen.before,
            "after": seen.after,
            "starts": spoken_time(given["effective_from"]),
            "examples": [
                [words.money(each, given["currency"]) for each in line] for line in seen.examples
            ],
            "month": seen.month,
            "payments": seen.payments,
            "taken": words.money(seen.taken, given["currency"]),
            "would_be": words.money(seen.would_be, given["currency"]),
            "given": [(name, value) for name, value in posted if name != "csrfmiddlewaretoken"],
            "again": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/payments/feeplan/preview.html", context)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = db_field.remote_field.model._default_manager.order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_fields(self, request: HttpRequest, obj: FeePlan | None = None) -> Any:
        fields = [*FeePlanForm.Meta.fields]
        if obj is None:
            return fields
        fields[fields.index("basis_points")] = "share"
        fields[fields.index("currency")] = "shown_currency"
        return [*fields, "examples", "created_by", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: FeePlan | None = None) -> Any:
        return [] if obj is None else [*self.get_fields(request, obj), *self.shown.values()]

    def save_model(self, request: HttpRequest, obj: FeePlan, form: Any, change: bool) -> None:
        """The service adds the row, in the transaction of the request; nothing talks to Stripe."""
        given = form.cleaned_data
        begins = given["effective_from"]
        added = fees.add_plan(
            terms_of(given),
            account=given["account"],
            store=given["store"],
            currency=given["currency"],
            effective_from=begins if begins > timezone.now() else None,
            reason=given["reason"],
            by=principal_of(request),
        )
        obj.__dict__.update(added.__dict__)

    @admin.display(description=_("Store"), ordering="store")
    def for_store(self, plan: FeePlan) -> str:
        return str(plan.store or gettext("Every store"))

    @admin.display(description=_("Currency"))
    def shown_currency(self, plan: FeePlan) -> str:
        return plan.currency.upper()

    @admin.display(description=_("Share"))
    def share(self, plan: FeePlan) -> str:
        return spoken_percent(plan.basis_points * 100)

    @admin.display(description=_("The fee of"))
    def examples(self, plan: FeePlan) -> str:
        unit = 10 ** decimals(plan.currency)
        return "; ".join(
            f"{spoken_amount(amount * unit, plan.currency)}:"
            f" {spoken_amount(fee(plan, amount * unit), plan.currency)}"
            for amount in EXAMPLES
        )


@admin.register(FeeMovement)
class FeeMovementAdmin(OfAPayment, LargeListAdmin[FeeMovement], OwnersAdmin):
    list_display = [
        "listed",
        "shown_kind",
        "shown_amount",
        "account",
        "store",
        "shown_payment",
    ]
    list_filter = ["kind", ("account", OwnRowsFilter), ("store", OwnRowsFilter), "created_at"]
    fields = [
        "shown_kind",
        "shown_amount",
        "account",
        "store",
        "shown_payment",
        "refund",
        "taken_at",
        "object_id",
        "fee_id",
        "charge_id",
    ]
    ordering = ["-created_at", "-id"]  # a night's are listed account by account
    found_by = ("object_id", "fee_id", "payment__latest_charge_id")
    search_help_text = _("An id of Stripe's.")
    change_list_template = "admin/payments/feemovement/change_list.html"
    empty_sentence = _("No fees yet. They are listed once a night.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[FeeMovement]:
        return super().get_queryset(request).select_related("account", "store", "payment")

    @admin.display(description=_("When"), ordering="created_at")
    def taken_at(self, row: FeeMovement) -> SafeString | str:
        return words.local_time(row.created_at, row.store, words.SHORT)

    @admin.display(description=_("When"), ordering="created_at")
    def listed(self, row: FeeMovement) -> SafeString:
        """With what Stripe calls it."""
        return format_html('{}<span class="second">{}</span>', self.taken_at(row), row.object_id)

    @admin.display(description=_("Kind"), ordering="kind")
    def shown_kind(self, row: FeeMovement) -> str:
        return capfirst(row.get_kind_display())

    @admin.display(description=_("Amount"), ordering="amount")
    def shown_amount(self, row: FeeMovement) -> str:
        return words.money(row.amount, row.currency)

    def get_urls(self) -> list[URLPattern]:
        report: Any = self.admin_site.admin_view(self.report_view)
        as_csv: Any = self.admin_site.admin_view(self.csv_view)
        as_xlsx: Any = self.admin_site.admin_view(self.xlsx_view)
        return [
            path("report/", report, name="payments_feemovement_report"),
            path("report.csv", as_csv, name="payments_feemovement_export"),
            path("report.xlsx", as_xlsx, name="payments_feemovement_export_xlsx"),
            *super().get_urls(),
        ]

    def report_view(self, request: HttpRequest) -> HttpResponse:
        self._require_owner(request)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Fees by account and month"),
            "opts": self.opts,
            "zone": settings.TIME_ZONE,
            "months": [_shown(month) for month in fee_report.months(principal_of(request))],
        }
        return TemplateResponse(request, "admin/payments/feemovement/report.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        return reports.csv(request, self._lines(request, "CSV"), "fees.csv")

    def xlsx_view(self, request: HttpRequest) -> HttpResponseBase:
        return reports.xlsx(request, gettext("Fees"), self._lines(request, "XLSX"), "fees.xlsx")

    def _lines(self, request: HttpRequest, form: str) -> Lines:
        self._require_owner(request)
        by = principal_of(request)
        exporting.log_export(f"Fees, as {form}", stores_of(by, OWNERS), by, report="fees")
        return fee_report.lines(by)

    def _require_owner(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _shown(month: fee_report.Month) -> dict[str, Any]:
    names = ("taken", "returned", "net", "due", "difference")
    return {
        "month": month.month,
        "account": month.account,
        "payments": month.payments,
        "explained": month.explained(),
        **{name: words.money(getattr(month, name), month.currency) for name in names},
    }
