"""The admin's door: who is signed in as far as they must be, and who only looks."""

from __future__ import annotations

from functools import update_wrapper
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext
from unfold.sites import UnfoldAdminSite

from retail import banner, navigation
from retail.banner import unresolved_count
from retail.door import Door, SignInForm, way_on
from retail.statements import planned_anew
from stores.admin_base import principal_of
from stores.services import sessions
from stores.services.sessions import Standing

SAFE = {"GET", "HEAD", "OPTIONS"}
OWN_AFFAIRS = {"logout", "confirm", "support", "second_factor"}  # of those who only look, too
FOLLOWING = "/state/"  # what a page asks by itself is no sign that somebody is there


class RetailAdmin(UnfoldAdminSite):
    login_form = SignInForm
    empty_value_display = "\N{EN DASH}"  # Django's hyphen looks like a minus beside amounts

    def has_permission(self, request: HttpRequest) -> bool:
        """Active staff, with their second factor if they need one, in a session not over."""
        known: bool | None = getattr(request, "_may_enter", None)
        if known is None:
            staff = bool(request.user.is_active and getattr(request.user, "is_staff", False))
            known = staff and (sessions.standing(request.user, request.session) is Standing.IN)
            request._may_enter = known  # type: ignore[attr-defined]
            if known and not request.path.endswith(FOLLOWING):
                sessions.note_seen(request.session)
        return known

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Whoever only looks posts nothing, whatever the page would have allowed. Pages are drawn
        here, where what they ask is planned for who asks.
        """
        entered = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in SAFE and self.has_permission(request):
                self._refuse_to_who_looks(request)
            with planned_anew():
                answer: HttpResponse = entered(request, *args, **kwargs)
                return answer.render() if isinstance(answer, SimpleTemplateResponse) else answer

        return update_wrapper(guarded, entered)

    def _refuse_to_who_looks(self, request: HttpRequest) -> None:
        match = request.resolver_match
        own = match is not None and match.url_name in OWN_AFFAIRS
        if not own and not principal_of(request).may_act:
            raise PermissionDenied(gettext("Whoever looks as support changes nothing."))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if (
            request.method == "GET"
            and sessions.standing(request.user, request.session) is Standing.HALF
        ):
            then = urlencode({"next": way_on(request)})
            return HttpResponseRedirect(f"{reverse('admin:second_factor')}?{then}")
        return super().login(request, extra_context)

    def get_urls(self) -> list[URLPattern | URLResolver]:  # type: ignore[override]
        # Imported late: their modules register pages, which need this site to be there.
        from payments.admin import report_pages
        from retail import dashboard

        door = Door(self)
        return [
            *report_pages.urls(self),
            path("state/", self.admin_view(dashboard.state), name="state"),
            path("trouble/state/", self.admin_view(banner.state), name="trouble"),
            path("second_factor/", door.second_factor, name="second_factor"),
            path("confirm/", door.confirm, name="confirm"),
            path("support/", door.support, name="support"),
            *super().get_urls(),
        ]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """What this person may see; all of it is asked for three times on every page."""
        if app_label is not None:
            return super().get_app_list(request, app_label)
        known = getattr(request, "_apps", None)
        if known is None:
            known = super().get_app_list(request)
            request._apps = known  # type: ignore[attr-defined]
        return known

    def get_sidebar_list(self, request: HttpRequest) -> Any:
        """What this person may see, in the order of retail/navigation.py."""
        return navigation.sidebar(request, self.get_app_list(request), unresolved_count(request))

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """What the palette finds; never kept, for what a person may see can change at any time."""
        found = navigation.search(request, self, request.GET.get("s", "").strip())
        page = Paginator(found, navigation.MOST_FOUND).page(1)
        context = {"results": page, "page_obj": page, "page_counter": 0, "execution_time": 0}
        answer = TemplateResponse(request, "unfold/helpers/command_results.html", context)
        answer.headers["HX-Trigger"] = "search"
        return answer
