"""What a list shows, narrowed as it is, taken away as CSV or XLSX."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext

from payments.admin import reports
from payments.services.reports import exporting
from payments.services.reports.scopes import Scope, stores_of
from payments.services.reports.tables import Lines
from stores.admin_base import LargeListAdmin, principal_of, scoped, works_anywhere
from stores.periods import Period
from stores.principals import MANAGERS

M = TypeVar("M", bound=models.Model)
FORMS = ("csv", "xlsx")
MOST = 200_000  # rows: as many as a large store has in a year, and more


class ExportedList(LargeListAdmin[M]):
    """Managers take it away of their stores, as they do reports; the log says who did."""

    def export_lines(self, scope: Scope, rows: QuerySet[M]) -> Lines:
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        views = {form: partial(self.export_view, form=form) for form in FORMS}
        return [
            *(
                path(f"export.{form}", self.admin_site.admin_view(view), name=f"{name}_{form}")
                for form, view in views.items()
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        shown = {"may_export": self.may_export(request)}
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    def may_export(self, request: HttpRequest) -> bool:
        return principal_of(request).sees_all() or works_anywhere(request, MANAGERS)

    def export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        if not self.may_export(request):
            raise PermissionDenied
        the_list = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        try:
            changes: Any = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{the_list}?e=1")
        by, rows = principal_of(request), changes.queryset
        if not by.sees_all():
            rows = scoped(rows, request, MANAGERS)
        is_long = rows.order_by()[: MOST + 1].count() > MOST
        if is_long:
            messages.warning(
                request,
                gettext("More than {most} rows are too many to export: filter the list.").format(
                    most=f"{MOST:,}"
                ),
            )
        if is_long or changes.mistakes:  # which the list tells
            return HttpResponseRedirect(f"{the_list}?{request.GET.urlencode()}")
        stores = tuple(stores_of(by, MANAGERS))
        title = str(capfirst(self.opts.verbose_name_plural))
        exporting.log_export(
            f"{self.opts.model_name}s of a list, as {form.upper()}",
            stores,
            by,
            report=f"list of {self.opts.model_name}s",
            query=request.GET.urlencode()[:500],
        )
        lines = self.export_lines(Scope(by, stores, Period(date.min, date.min)), rows)
        name = f"{self.opts.model_name}s.{form}"
        if form == "xlsx":
            return reports.xlsx(request, title, lines, name)
        return reports.csv(request, lines, name)
