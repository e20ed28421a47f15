"""The pages between a password and the admin: second factor, confirmation, support's reason."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from unfold.forms import AuthenticationForm

from stores.admin_base import to_confirmation
from stores.client_address import client_address
from stores.errors import DomainError
from stores.services import second_factor, sessions, sign_in, support
from stores.services.sessions import Standing

View = Callable[..., HttpResponse]


class SignInForm(AuthenticationForm):
    """Name and password; wrong ones are counted."""

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username", "")
        address = client_address(self.request) if self.request else ""
        try:
            with sign_in.counted(name, address) as attempt:
                cleaned = super().clean()
                attempt.succeeded()
        except DomainError as refused:
            raise ValidationError(f"{refused.message} {refused.next_action}") from refused
        sign_in.tell(self.get_user(), address)
        return dict(cleaned or {})


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=20,
        label=_("Code"),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "size": 16}
        ),
    )


class ConfirmForm(forms.Form):
    secret = forms.CharField(
        max_length=200,
        label=_("Password or code"),
        widget=forms.PasswordInput(
            attrs={"autocomplete": "current-password", "autofocus": True, "size": 30}
        ),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        min_length=10,
        label=_("Reason"),
        help_text=_("The ticket's number, and what you look for. It is written down."),
        widget=forms.TextInput(attrs={"autofocus": True, "size": 60}),
    )


def way_on(request: HttpRequest) -> str:
    """Where the person wanted to go; nowhere else than to a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else reverse("admin:index")


def _guard(*least: Standing) -> Callable[[View], View]:
    """Only for those who stand there; others are sent to sign in."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(door: Door, request: HttpRequest) -> HttpResponse:
            if sessions.standing(request.user, request.session) not in least:
                return HttpResponseRedirect(reverse("admin:login"))
            return view(door, request)

        decorators = [never_cache, csrf_protect, sensitive_post_parameters()]
        return method_decorator(decorators)(guarded)

    return decorate


class Door:
    """The views, of one admin site."""

    def __init__(self, site: AdminSite) -> None:
        self.site = site

    @_guard(Standing.HALF, Standing.IN)
    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """Ask for a code; have an authenticator set up first where there is none."""
        user = _user(request)
        if not second_factor.has_one(user):
            return self._enrol(request, user)
        if sessions.standing(user, request.session) is Standing.IN:
            return self._renew(request, user)
        form = CodeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            code = form.cleaned_data["code"]
            try:
                sessions.pass_second_factor(user, request.session, code)
            except DomainError as refused:
                _refuse(form, "code", refused)
            else:
                return HttpResponseRedirect(way_on(request))
        return self._page(request, "second_factor", gettext("One more step"), form=form)

    def _enrol(self, request: HttpRequest, user: User) -> HttpResponse:
        form = CodeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                codes = second_factor.confirm(user, form.cleaned_data["code"])
            except DomainError as refused:
                _refuse(form, "code", refused)
            else:
                sessions.let_in(request.session)
                return self._page(
                    request, "recovery_codes", gettext("Keep these codes"), codes=codes
                )
        device = second_factor.enrol(user)
        drawn = segno.make(device.config_url, error="m").svg_inline(
            scale=5, border=2, dark="#000", light="#fff"
        )
        return self._page(
            request,
            "enrol",
            gettext("Set up your second factor"),
            form=form,
            qr=mark_safe(drawn),
            secret=second_factor.shown_secret(device),
        )

    def _renew(self, request: HttpRequest, user: User) -> HttpResponse:
        if not sessions.is_confirmed(request.session):
            return to_confirmation(request)
        if request.method == "POST":
            codes = second_factor.renew_recovery_codes(user)
            return self._page(request, "recovery_codes", gettext("Keep these codes"), codes=codes)
        left = second_factor.recovery_codes_left(user)
        return self._page(request, "renew", gettext("Your second factor"), left=left)

    @_guard(Standing.IN)
    def confirm(self, request: HttpRequest) -> HttpResponse:
        """The same person still? Before what is sensitive."""
        form = ConfirmForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                sessions.confirm(_user(request), request.session, form.cleaned_data["secret"])
            except DomainError as refused:
                _refuse(form, "secret", refused)
            else:
                return HttpResponseRedirect(way_on(request))
        return self._page(request, "confirm", gettext("Confirm that it is you"), form=form)

    @_guard(Standing.IN)
    def support(self, request: HttpRequest) -> HttpResponse:
        """Look as the platform's support, for a reason, or stop looking."""
        user = _user(request)
        access = sessions.open_access(user, request.session)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and "close" in request.POST:
            sessions.stop_looking(user, request.session)
            messages.info(request, gettext("You look as support no more."))
            return HttpResponseRedirect(reverse("admin:support"))
        if request.method == "POST" and form.is_valid():
            try:
                sessions.look_as_support(user, request.session, form.cleaned_data["reason"])
            except DomainError as refused:
                _refuse(form, "reason", refused)
            else:
                return HttpResponseRedirect(reverse("admin:index"))
        return self._page(
            request,
            "support",
            gettext("Look as support"),
            form=form,
            access=access,
            lasts=int(support.LASTS.total_seconds() // 60),
        )

    def _page(
        self, request: HttpRequest, name: str, title: str, **context: Any
    ) -> TemplateResponse:
        context |= self.site.each_context(request) | {"title": title, "next": way_on(request)}
        response = TemplateResponse(request, f"admin/door/{name}.html", context)
        response["Cache-Control"] = "no-store"
        return response


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _refuse(form: forms.Form, field: str, refused: DomainError) -> None:
    form.add_error(field, f"{refused.message} {refused.next_action}")
