"""Connected accounts: how each stands, what Stripe wants, what it has; and how they come here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.account_buttons import ChangeTerms, ConnectAgain, Continue, Disconnect, Refresh
from payments.admin.buttons import Button, ButtonsAdmin, Live
from payments.admin.waits import requests_waiting
from payments.models import AccountMoney, Dispute
from payments.services import disconnecting
from payments.services.onboarding import runs_platform
from payments.services.visits import Visit
from payments.transitions.codes import code_words
from stores.admin_base import principal_of
from stores.currencies import spoken_amount
from stores.errors import DomainError
from stores.models import Account, Store
from stores.principals import MANAGERS, OWNERS
from stores.services import standing_of
from stores.transitions import disabled, sentences, standing, stop_is_final

FEW = 20


def standing_badge(account: Account) -> SafeString:
    if account.has_left:
        return words.badge(words.BAD, gettext("Disconnected"))
    if standing(account).takes_cards:
        if account.current_deadline is not None:
            return words.badge(words.BUSY, gettext("Takes cards, details due"))
        return words.badge(words.GOOD, gettext("Takes cards"))
    if stop_is_final(account):
        return words.badge(words.BAD, gettext("Closed"))
    if not account.details_submitted:
        return words.badge(words.BUSY, gettext("Onboarding"))
    if account.disabled_reason == "requirements.pending_verification":
        return words.badge(words.BUSY, gettext("Stripe is checking"))
    return words.badge(words.BAD, gettext("Takes no cards"))


class ConnectionFilter(admin.SimpleListFilter):
    title = _("connection")
    parameter_name = "connection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("connected", _("Connected")), ("left", _("Disconnected"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(deauthorized_at__isnull=self.value() == "connected")


@admin.register(Account)
class AccountAdmin(ButtonsAdmin[Account]):
    """All but the name, and whether fees go back, is Stripe's to say. Stores' people see their own
    account; what it has and owes, its owner and the platform.
    """

    list_display = [
        "name",
        "shown_standing",
        "shown_due",
        "shown_deadline",
        "shown_payouts",
        "country",
        "stripe_id",
    ]
    list_filter = [
        "charges_enabled",
        "payouts_enabled",
        "details_submitted",
        ConnectionFilter,
        "country",
    ]
    search_fields = ["name", "stripe_id", "email"]
    search_help_text = _("A name, an e-mail address or an acct_ id.")
    ordering = ["name", "pk"]
    empty_sentence = _("No accounts yet. Invite a retailer, or connect an account that exists.")
    buttons: ClassVar[Any] = [Continue(), ConnectAgain(), Refresh(), ChangeTerms(), Disconnect()]
    live_template = "admin/stores/account/live.html"
    change_list_template = "admin/stores/account/change_list.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        invites = {"may_invite": runs_platform(principal_of(request))}
        return super().changelist_view(request, {**(extra_context or {}), **invites})

    def _press(
        self, request: HttpRequest, row: Account, button: Button[Account], form: forms.Form | None
    ) -> HttpResponse:
        if not isinstance(button, Continue | ConnectAgain):
            return super()._press(request, row, button, form)
        try:
            base_url = request.build_absolute_uri("/").rstrip("/")
            Visit.begin(request.session, base_url, account=row, by=principal_of(request))
        except DomainError as refused:
            messages.warning(request, f"{refused.message} {refused.next_action}")
            return HttpResponseRedirect(self.page_url(row))
        connects = isinstance(button, ConnectAgain)
        return HttpResponseRedirect(reverse("onboarding-connect" if connects else "onboarding-way"))

    # The list

    @admin.display(description=_("Cards"))
    def shown_standing(self, account: Account) -> SafeString:
        return standing_badge(account)

    @admin.display(description=_("Due"))
    def shown_due(self, account: Account) -> str:
        count = len(sentences(account.due("past_due", "currently_due")))
        return str(count) if count else words.NOTHING

    @admin.display(description=_("Until"), ordering="current_deadline")
    def shown_deadline(self, account: Account) -> SafeString | str:
        return words.local_time(account.current_deadline, None, words.SHORT)

    @admin.display(description=_("Payouts"), ordering="payouts_enabled")
    def shown_payouts(self, account: Account) -> str:
        return gettext("Yes") if account.payouts_enabled else gettext("No")

    # The page

    def row_title(self, row: Account) -> str:
        return str(row)

    def live(self, row: Account) -> Live:
        money = AccountMoney.objects.filter(account=row).first()
        stamp = f"{row.read_at}-{row.name}-{row.refund_application_fee}"
        headline = standing(row).message.spoken or gettext("{account} takes cards.").format(
            account=row
        )
        stamp = f"{stamp}-{money.read_at if money else ''}"
        if let_go := disconnecting.last(row):
            stamp += f"-{let_go.pk}-{let_go.status}-{let_go.tries}"
        return Live(stamp, headline, 3.0, bell=reverse("live-account", args=[row.pk]))

    def live_context(self, request: HttpRequest, row: Account) -> dict[str, Any]:
        how = standing(row)
        stop = disabled(row.disabled_reason)
        reads = principal_of(request).is_support
        manages = reads or self.holds(request, row, MANAGERS)
        owns = reads or self.holds(request, row, OWNERS)
        let_go = disconnecting.last(row)
        return {
            "account": row,
            "badge": standing_badge(row),
            "message": how.message.spoken or gettext("{account} takes cards.").format(account=row),
            "next_step": (
                stop.next_action if stop and not how.takes_cards else how.next_action
            ).spoken,
            "deadline": words.local_time(row.current_deadline, None, words.SHORT)
            if row.current_deadline
            else "",
            "waits": list(requests_waiting([let_go] if let_go else [])),
            "trouble": disconnecting.trouble(row, let_go),
            "facts": _facts(row),
            "stores": _stores_of(request, row),
            "due": _due(row) if manages else [],
            "errors": row.requirements.get("errors", []) if manages else [],
            "money": _money(row) if owns else None,
            "disputes": _disputes(request, row) if owns else None,
        }


def _facts(row: Account) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        (gettext("Account id"), format_html("<code>{}</code>", row.stripe_id)),
        (gettext("E-mail"), row.email),
        (gettext("Country"), f"{row.country}, {row.default_currency.upper()}"),
        (gettext("Dashboard at Stripe"), capfirst(code_words(row.dashboard))),
        (gettext("Details submitted"), gettext("Yes") if row.details_submitted else gettext("No")),
        (
            gettext("Card payments"),
            capfirst(code_words(row.card_payments)) or gettext("Not asked for"),
        ),
        (gettext("Transfers"), capfirst(code_words(row.transfers)) or gettext("Not asked for")),
        (gettext("Payouts"), gettext("Enabled") if row.payouts_enabled else gettext("Not enabled")),
        (
            gettext("Disconnected"),
            words.local_time(row.deauthorized_at, None) if row.has_left else "",
        ),
        (
            gettext("As of"),
            words.local_time(row.read_at, None) if row.read_at else gettext("Not read yet"),
        ),
    ]
    return [(name, value) for name, value in facts if value]


def _due(row: Account) -> list[tuple[str, list[str]]]:
    """What Stripe wants, the most urgent first, each thing once."""
    titles = [
        (gettext("Overdue"), "past_due"),
        (gettext("Due now"), "currently_due"),
        (gettext("Stripe is checking"), "pending_verification"),
        (gettext("Needed later"), "eventually_due"),
    ]
    told: set[str] = set()
    found = []
    for title, name in titles:
        fresh = [each for each in sentences(row.due(name)) if each not in told]
        told.update(fresh)
        if fresh:
            found.append((title, [each.spoken for each in fresh]))
    return found


def _stores_of(request: HttpRequest, row: Account) -> list[tuple[Any, str, SafeString]]:
    seen = Store.objects.for_principal(principal_of(request)).filter(account=row)
    found = []
    for store in seen.select_related("account").order_by("name"):
        how = standing_of(store)
        tone = (
            (words.GOOD, gettext("Takes cards"))
            if how.takes_cards
            else (words.BAD, gettext("Takes no cards"))
        )
        found.append((words.admin_link(store), code_words(store.charge_model), words.badge(*tone)))
    return found


def _amounts(by_currency: Mapping[str, int]) -> str:
    shown = [spoken_amount(amount, currency) for currency, amount in sorted(by_currency.items())]
    return ", ".join(shown) or words.NOTHING


def _money(row: Account) -> dict[str, Any]:
    money = AccountMoney.objects.filter(account=row).first()
    if money is None:
        return {}
    payouts = [
        {
            "amount": words.money(each["amount"], each["currency"]),
            "status": code_words(each["status"]),
            "arrives": words.local_time(
                datetime.fromtimestamp(each["arrival_date"], UTC), None, words.DAY
            ),
            "id": each["id"],
            "problem": each.get("failure_message") or "",
        }
        for each in money.payouts
    ]
    return {
        "available": _amounts(money.available),
        "pending": _amounts(money.pending),
        "payouts": payouts,
        "read_at": words.local_time(money.read_at, None),
    }


def _disputes(request: HttpRequest, row: Account) -> list[tuple[Any, ...]]:
    seen: QuerySet[Dispute] = Dispute.objects.for_principal(principal_of(request))
    rows = seen.filter(store__account=row).select_related("payment__store").order_by("-pk")
    return [
        (
            words.admin_link(each.payment),
            words.money(each.amount, each.payment.currency),
            code_words(each.reason),
            code_words(each.status),
            words.local_time(each.respond_before, None, words.SHORT),
        )
        for each in rows[:FEW]
    ]
