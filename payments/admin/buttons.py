"""Buttons of the admin: each a URL of its own that makes one call into a service.

Never `save_model`: Django wraps that in a transaction, and a service commits its promise itself.
Pressing twice is harmless: the second press finds what is, says so, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext

from stores.admin_base import ReadOnlyAdmin, principal_of, to_confirmation
from stores.errors import DomainError
from stores.principals import EVERYONE, Principal, Role
from stores.services import sessions

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

M = TypeVar("M", bound=models.Model)
UNRESOLVED = "unresolved"  # as `?back=` of a button's URL


@dataclass(frozen=True)
class Question:
    """What the page before the deed says: what is about to happen, to what."""

    title: str
    facts: Sequence[tuple[str, Any]]
    sentences: Sequence[str] = ()
    warning: str = ""
    stamp: str = ""  # names what is asked about; when that has changed, the question is asked anew


class Button(Generic[M]):
    """One thing staff may do with a row: at once, or, when it `asks`, after a question."""

    name: ClassVar[str]
    label: ClassVar[StrOrPromise]
    asks: ClassVar[bool] = True
    tone: ClassVar[str] = ""  # "default" for the usual next step, "danger" for what gives money up
    roles: ClassVar[frozenset[Role]] = EVERYONE
    sensitive: ClassVar[bool] = False  # asks first whether it is still the same person

    def asks_who(self, row: M) -> bool:
        return self.sensitive

    def tone_for(self, row: M) -> str:
        return self.tone

    def refusal(self, row: M) -> str:
        """Why it is not possible now; empty when it is. A button with a refusal is not shown."""
        return ""

    def question(self, row: M) -> Question:
        """What the page before the deed says. Only for a button that asks."""
        raise NotImplementedError

    def form(self, row: M, data: Mapping[str, Any] | None) -> forms.Form | None:
        return None

    def press(self, row: M, *, by: Principal, form: forms.Form | None) -> str:
        """Make the one call; the sentence says what happens now. May raise DomainError."""
        raise NotImplementedError


@dataclass(frozen=True)
class Live:
    """How a page follows: when `stamp` differs its live part is drawn anew."""

    stamp: str
    headline: str  # read aloud when it changes
    seconds: float | None  # until it asks again; None: nothing will change any more
    bell: str = ""  # a stream that tells of news; while it is heard, the page asks once a minute


class ButtonsAdmin(ReadOnlyAdmin[M]):
    """A read-only page with buttons, whose `live_template` follows the row without a reload."""

    buttons: ClassVar[Sequence[Button[Any]]] = ()
    live_template: ClassVar[str]
    change_form_template = "admin/buttons/page.html"

    def row_title(self, row: M) -> str:
        """The page's heading; it must stay true while the page follows."""
        return f"{str(self.opts.verbose_name).capitalize()} {row.pk}"

    def live(self, row: M) -> Live:
        raise NotImplementedError

    def live_context(self, request: HttpRequest, row: M) -> dict[str, Any]:
        raise NotImplementedError

    # Pages

    def get_urls(self) -> list[URLPattern]:
        state = self._view("state/", self.state_view, "state")
        return [state, *(self._button_url(button) for button in self.buttons), *super().get_urls()]

    def _button_url(self, button: Button[M]) -> URLPattern:
        @transaction.non_atomic_requests
        def view(request: HttpRequest, object_id: int) -> HttpResponse:
            return self.press_view(request, object_id, button)

        return self._view(f"{button.name}/", view, button.name)

    def _view(self, end: str, view: Any, name: str) -> URLPattern:
        wrapped: Any = self.admin_site.admin_view(view)
        url: URLPattern = path(f"<int:object_id>/{end}", wrapped, name=f"{self._url_name}_{name}")
        return url

    @property
    def _url_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def page_url(self, row: M, name: str = "change") -> str:
        return reverse(f"admin:{self._url_name}_{name}", args=[row.pk])

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        row: M = context["original"]
        context |= self.live_context(request, row) | {
            "title": self.row_title(row),
            "subtitle": None,
            "live": self.live(row),
            "live_url": self.page_url(row, "state"),
            "live_template": self.live_template,
            "buttons": self.offered(request, row),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def state_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What the page's script asks again and again: the live part, if it is not the old one."""
        row = self.row_or_404(request, object_id)
        live = self.live(row)
        answer: dict[str, Any] = {"stamp": live.stamp, "seconds": live.seconds, "now": time()}
        if request.GET.get("stamp") != live.stamp:
            context = self.live_context(request, row) | {"buttons": self.offered(request, row)}
            answer["headline"] = live.headline
            answer["html"] = render_to_string(self.live_template, context, request)
        return JsonResponse(answer)

    # Buttons

    def offered(self, request: HttpRequest, row: M) -> list[dict[str, Any]]:
        """The buttons this person may press on this row now."""
        allowed = {
            roles: self.holds(request, row, roles)
            for roles in {button.roles for button in self.buttons}
        }
        return [
            {
                "label": button.label,
                "tone": button.tone_for(row),
                "url": self.page_url(row, button.name),
                "asks": button.asks,
            }
            for button in self.buttons
            if allowed[button.roles] and principal_of(request).may_act and not button.refusal(row)
        ]

    def press_view(self, request: HttpRequest, object_id: int, button: Button[M]) -> HttpResponse:
        """GET asks the question, POST does it. Then, or when it is not possible, to the page."""
        row = self.row_or_404(request, object_id)
        if not (principal_of(request).may_act and self.holds(request, row, button.roles)):
            raise PermissionDenied
        refusal = button.refusal(row)
        if refusal:
            messages.warning(request, refusal)
            return HttpResponseRedirect(self._back_url(request, row))
        if button.asks_who(row) and not sessions.is_confirmed(request.session):
            return to_confirmation(request)
        question = button.question(row) if button.asks else None
        form = button.form(row, request.POST if request.method == "POST" else None)
        if request.method == "POST" and self._is_meant(request, question, form):
            return self._press(request, row, button, form)
        if question is None:
            return HttpResponseRedirect(self.page_url(row))
        return self._ask(request, row, button, question, form)

    def _is_meant(
        self, request: HttpRequest, question: Question | None, form: forms.Form | None
    ) -> bool:
        """Whether what was posted answers the question as it stands now."""
        if question is not None and request.POST.get("stamp", "") != question.stamp:
            messages.warning(request, gettext("This has changed meanwhile. Please look again."))
            return False
        return form is None or form.is_valid()

    def _press(
        self, request: HttpRequest, row: M, button: Button[M], form: forms.Form | None
    ) -> HttpResponse:
        try:
            said = button.press(row, by=principal_of(request), form=form)
        except DomainError as refused:
            messages.warning(request, f"{refused.message} {refused.next_action}")
        else:
            messages.info(request, said)
        return HttpResponseRedirect(self._back_url(request, row))

    def _ask(
        self,
        request: HttpRequest,
        row: M,
        button: Button[M],
        question: Question,
        form: forms.Form | None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": question.title,
            "opts": self.opts,
            "row_title": self.row_title(row),
            "back_url": self._back_url(request, row),
            "button": button,
            "question": question,
            "form": form,
        }
        return TemplateResponse(request, "admin/buttons/question.html", context)

    def _back_url(self, request: HttpRequest, row: M) -> str:
        """Where the button was pressed: on the row's own page, or on the board of all."""
        if request.GET.get("back") == UNRESOLVED:
            return reverse("admin:payments_payment_unresolved")
        return self.page_url(row)

    def row_or_404(self, request: HttpRequest, object_id: int) -> M:
        """Another store's row does not exist as far as this person can tell."""
        row: M | None = self.get_object(request, str(object_id))
        if row is None:
            raise Http404
        return row
