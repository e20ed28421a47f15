"""Where the pages of reports are: an index, one for each, its lines as CSV and XLSX."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, override

from payments.admin import closing
from payments.admin.fees import sees_fees
from payments.admin.reports import Asked, ask, csv, page_context, reports_of, shown, xlsx
from payments.models import Payout
from payments.services import accounts
from payments.services.reports import exporting, payouts
from payments.services.reports.tables import Table
from stores.principals import Principal


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of all reports, for the site that shows them."""
    pages = Pages(site)
    return [
        path("reports/", site.admin_view(pages.index), name="reports"),
        path("reports/day-close/close/", site.admin_view(closing.close), name="close_day"),
        path("reports/<slug:name>/", site.admin_view(pages.report), name="report"),
        path("reports/<slug:name>.csv", site.admin_view(pages.as_csv), name="report_csv"),
        path("reports/<slug:name>.xlsx", site.admin_view(pages.as_xlsx), name="report_xlsx"),
    ]


class Pages:
    """Each page asks once what it is asked for, and calls the report's own functions."""

    def __init__(self, site: AdminSite) -> None:
        self._site = site

    def index(self, request: HttpRequest) -> HttpResponse:
        context = {
            "title": gettext("Reports"),
            "reports": reports_of(request),
            "sees_fees": sees_fees(request),
        }
        return self._show(request, "admin/reports/index.html", context)

    def report(self, request: HttpRequest, name: str) -> HttpResponse:
        asked = ask(request, name)
        context = page_context(asked) | {"tables": [shown(t, asked) for t in _tables(asked)]}
        if asked.report.of_a_day:
            return self._show(request, "admin/reports/day.html", closing.context(asked, context))
        if name == "payouts" and request.GET.get("payout"):
            payout = _payout(asked.scope.by, request.GET["payout"])
            context["tables"] = [shown(payouts.parts(payout, asked.scope.by), asked)]
            context["bell"] = _bell(payout)
        return self._show(request, "admin/reports/report.html", context)

    def as_csv(self, request: HttpRequest, name: str) -> StreamingHttpResponse:
        asked = ask(request, name)
        lines = asked.report.lines(asked.scope)
        _log(asked, "CSV")
        return csv(request, lines, f"{_file(asked)}.csv")

    def as_xlsx(self, request: HttpRequest, name: str) -> StreamingHttpResponse:
        asked = ask(request, name)
        _log(asked, "XLSX")
        lines = asked.report.lines(asked.scope)
        return xlsx(request, asked.report.title, lines, f"{_file(asked)}.xlsx")

    def _show(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(request, template, {**self._site.each_context(request), **context})


def _tables(asked: Asked) -> list[Table]:
    return [] if asked.report.of_a_day else asked.report.tables(asked.scope)


def _payout(by: Principal, payout_id: str) -> Payout:
    seen = Payout.objects.for_principal(by).select_related("account__money")
    found = seen.filter(payout_id=payout_id).first()
    if found is None:
        raise Http404
    return found


def _bell(payout: Payout) -> dict[str, str] | None:
    """What tells of news of it; the platform's own are no account's."""
    if payout.account is None:
        return None
    version = str(accounts.version(payout.account))
    return {"url": reverse("live-account", args=[payout.account_id]), "version": version}


def _file(asked: Asked) -> str:
    period = asked.scope.period
    return f"{asked.report.name}-{period.first}-{period.last}"


def _log(asked: Asked, form: str) -> None:
    with override(None):  # the log is kept as it was meant
        what = f"{asked.report.title}, {asked.scope.period}, as {form}"
    exporting.log_export(what, asked.scope.stores, asked.scope.by, report=asked.report.name)
