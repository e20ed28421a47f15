"""Rows that a service promises from a form, and whose page then follows what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from payments.admin.buttons import ButtonsAdmin, M
from stores.admin_base import ReadOnlyAdmin
from stores.errors import DomainError

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class AddingAdmin(ButtonsAdmin[M]):
    """The form to add one under its `add_title`; once it is promised, the page of the row."""

    add_form_template = "admin/change_form.html"
    add_title: ClassVar[StrOrPromise]

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().add_view(request, *args, **kwargs)
        except DomainError as refused:  # what nobody knew when the form was looked at
            messages.warning(request, f"{refused.message} {refused.next_action}")
            return HttpResponseRedirect(request.get_full_path())

    def response_add(
        self, request: HttpRequest, obj: M, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(self.page_url(obj))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        if kwargs.get("add") or (args and args[0]):
            context["title"] = self.add_title
            return ReadOnlyAdmin.render_change_form(self, request, context, *args, **kwargs)
        return super().render_change_form(request, context, *args, **kwargs)
