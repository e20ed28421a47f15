"""How retailers come to the platform: its owner invites them, or names an account that exists."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.accounts import standing_badge
from payments.admin.buttons import Button, ButtonsAdmin, Live, Question
from payments.admin.onboarding_buttons import (
    NOT_SET_UP,
    ConnectForm,
    ConnectHere,
    InviteForm,
    Offer,
    TryAgain,
)
from payments.admin.waits import Wait
from payments.models import Onboarding
from payments.services import connecting, onboarding
from payments.services.visits import Visit
from stores.admin_base import asks_again, principal_of
from stores.errors import DomainError
from stores.models import Account
from stores.periods import spoken_time


@admin.register(Onboarding)
class OnboardingAdmin(ButtonsAdmin[Onboarding]):
    """For the platform's owner only."""

    list_display = ["__str__", "shown_state", "how", "account", "invitation", "created"]
    list_filter = ["created_at"]
    list_select_related = ["account"]
    search_fields = ["name", "email", "=stripe_id", "=account__stripe_id"]
    search_help_text = _("A name, an e-mail address or an acct_ id.")
    ordering = ["-id"]
    empty_sentence = _("Nobody was invited yet.")
    buttons: ClassVar[Any] = [Offer(), ConnectHere(), TryAgain()]
    live_template = "admin/payments/onboarding/live.html"
    change_list_template = "admin/stores/account/change_list.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "may_invite": True})

    # Rights

    def _may(self, request: HttpRequest) -> bool:
        return onboarding.runs_platform(principal_of(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Onboarding | None = None) -> bool:
        return self._may(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Onboarding]:
        return super().get_queryset(request).select_related("account", "request", "created_by")

    # Asking

    def get_urls(self) -> list[URLPattern]:
        wrap: Any = self.admin_site.admin_view
        own = [
            path("add/", wrap(self.invite_view), name="payments_onboarding_add"),
            path("connect/", wrap(self.connect_view), name="payments_onboarding_connect"),
        ]
        return [*own, *super().get_urls()]

    @asks_again
    def invite_view(self, request: HttpRequest) -> HttpResponse:
        form = InviteForm(request.POST or None)
        if not self._may(request):
            raise PermissionDenied
        if request.method == "POST" and form.is_valid():
            made = onboarding.invite(by=principal_of(request), **form.cleaned_data)
            return HttpResponseRedirect(self.page_url(made))
        sentences = [
            gettext(
                "An account is made for them at Stripe. Then you get an invitation to send them: it"
                " leads them to Stripe's questions, and is worth nothing to anybody after it was"
                " used."
            ),
            gettext("Country and Dashboard can never be changed afterwards."),
        ]
        return self._ask_for(
            request, form, gettext("Invite a retailer"), gettext("Invite"), sentences
        )

    @asks_again
    def connect_view(self, request: HttpRequest) -> HttpResponse:
        form = ConnectForm(request.POST or None)
        if not self._may(request):
            raise PermissionDenied
        if request.method == "POST" and form.is_valid():
            made = form.connect(by=principal_of(request))
            return HttpResponseRedirect(self.page_url(made))
        by_id = gettext(
            "The account must be connected to this platform at Stripe already: one it made, or"
            " one whose owner connected it. Stripe is asked, and the next page shows what it"
            " says."
        )
        sentences = [by_id, str(NOT_SET_UP)]
        if connecting.is_possible():
            sentences = [
                gettext(
                    "With the name of the business you get an invitation on the next page: its"
                    " owner opens it, logs in at Stripe, and agrees."
                )
            ]
        return self._ask_for(
            request, form, gettext("Connect an existing account"), gettext("Connect"), sentences
        )

    def _ask_for(
        self, request: HttpRequest, form: forms.Form, title: str, label: str, sentences: list[str]
    ) -> HttpResponse:
        back = reverse("admin:stores_account_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": Account._meta,
            "back_url": back,
            "button": {"label": label, "tone": "default"},
            "question": Question(title, [], sentences),
            "form": form,
        }
        return TemplateResponse(request, "admin/buttons/question.html", context)

    def _press(
        self,
        request: HttpRequest,
        row: Onboarding,
        button: Button[Onboarding],
        form: forms.Form | None,
    ) -> HttpResponse:
        """An invitation is in the answer to the press and nowhere else, so there is no redirect."""
        if isinstance(button, ConnectHere):
            return self._visit(request, row)
        if not isinstance(button, Offer):
            return super()._press(request, row, button, form)
        token = button.press(row, by=principal_of(request), form=None)
        row.refresh_from_db()
        address = request.build_absolute_uri(reverse("onboarding-invitation"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Invitation of {row}").format(row=row),
            "opts": self.opts,
            "row": row,
            "url": f"{address}#{token}",
            "until": words.local_time(row.expires_at, None, words.SHORT),
            "back_url": self.page_url(row),
        }
        response = TemplateResponse(request, "admin/payments/onboarding/invitation.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def _visit(self, request: HttpRequest, row: Onboarding) -> HttpResponse:
        base_url = request.build_absolute_uri("/").rstrip("/")
        try:
            Visit.begin(request.session, base_url, invited=row, by=principal_of(request))
        except DomainError as refused:
            messages.warning(request, f"{refused.message} {refused.next_action}")
            return HttpResponseRedirect(self.page_url(row))
        return HttpResponseRedirect(reverse("onboarding-connect"))

    # The list

    @admin.display(description=_("Status"))
    def shown_state(self, row: Onboarding) -> SafeString:
        return state_badge(row)

    @admin.display(description=_("How"))
    def how(self, row: Onboarding) -> str:
        return gettext("Connected") if row.stripe_id or row.connects else gettext("Invited")

    @admin.display(description=_("Invitation"))
    def invitation(self, row: Onboarding) -> str:
        return invitation_words(row)

    @admin.display(description=_("Since"), ordering="id")
    def created(self, row: Onboarding) -> SafeString | str:
        return words.local_time(row.created_at, None, words.SHORT)

    # The page

    def row_title(self, row: Onboarding) -> str:
        return gettext("Onboarding of {row}").format(row=row)

    def live(self, row: Onboarding) -> Live:
        at = row.account.read_at if row.account else None
        stamp = f"{row.account_id}-{row.problem}-{row.opened_at}-{row.token_hash}-{at}"
        stamp += f"-{row.stripe_id}-{_last_try(row)}"
        return Live(stamp, _sentence(row), 1.0 if row.waits else 5.0)

    def live_context(self, request: HttpRequest, row: Onboarding) -> dict[str, Any]:
        facts: list[tuple[str, Any]] = [
            (gettext("Business"), row.name),
            (gettext("E-mail"), row.email),
            (gettext("Country"), row.country),
            (
                gettext("Who is behind it"),
                row.get_business_type_display() if row.business_type else "",
            ),
            (gettext("At Stripe"), row.get_dashboard_display() if row.country else ""),
            (gettext("Named account"), row.stripe_id),
            (gettext("Connecting"), _last_try(row)),
            (gettext("Invitation"), invitation_words(row)),
            (gettext("By"), row.created_by),
            (gettext("Since"), words.local_time(row.created_at, None)),
        ]
        waits = [Wait(gettext("Stripe is being asked."), row.asked_at or row.created_at)]
        return {
            "row": row,
            "badge": state_badge(row),
            "message": _sentence(row),
            "account_link": words.admin_link(row.account) if row.account else "",
            "waits": waits if row.waits else [],
            "facts": [(name, value) for name, value in facts if value],
        }


def state_badge(row: Onboarding) -> SafeString:
    if row.account is not None:
        return standing_badge(row.account)
    if row.problem:
        return words.badge(words.BAD, gettext("No account"))
    if row.waits_for_owner:
        return words.badge(words.BUSY, gettext("To be connected"))
    return words.badge(words.BUSY, gettext("Asking Stripe"))


def invitation_words(row: Onboarding) -> str:
    if row.opened_at is not None:
        return gettext("Used {when}").format(when=spoken_time(row.opened_at))
    if row.expires_at is None:
        return words.NOTHING
    return gettext("Worth something until {when}").format(when=spoken_time(row.expires_at))


def _last_try(row: Onboarding) -> str:
    """What came of the latest press of its owner."""
    if not row.connects or row.account_id is not None:
        return ""
    grant = row.grants.order_by("pk").last()
    if grant is None:
        return ""
    if grant.end:
        return ": ".join(filter(None, [grant.get_end_display(), grant.problem]))
    if grant.returned_at is not None:
        return gettext("Stripe is being asked which account it is.")
    return gettext("Its owner went to Stripe {when}.").format(when=spoken_time(grant.created_at))


def _sentence(row: Onboarding) -> str:
    if row.account is not None:
        if row.account.details_submitted:
            return gettext("{row} has submitted its details. Its page says how it stands.").format(
                row=row
            )
        return gettext(
            "{row} has an account at Stripe, whose questions wait to be answered: make an "
            "invitation and send it to the owner, or continue on the account's page yourself."
        ).format(row=row)
    if row.waits_for_owner:
        return gettext(
            "{row} has a Stripe account, which its owner is to connect: make an invitation and send"
            " it to the owner, who opens it, logs in at Stripe and agrees."
        ).format(row=row)
    return row.problem or gettext("The account is on its way. This page follows by itself.")
