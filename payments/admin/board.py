"""The board of what is unresolved: each with the one action that resolves it, and its button."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from time import time
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.buttons import UNRESOLVED, Button, ButtonsAdmin, Live
from payments.admin.waits import Wait, waits
from payments.models import Incident, Payment
from payments.services import unresolved
from payments.services.unresolved import RESOLVE, Case
from stores.admin_base import principal_of
from stores.models import Store
from stores.principals import EVERYONE, MANAGERS, Role

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LIMIT = 100  # on one page; who resolves the oldest sees the next
SOON = timedelta(hours=12)  # a deadline that is pressing
GROUPS = (
    (_("Charged twice: to be given back"), ("paid_twice",)),
    (_("Not known yet: take no other payment"), ("unknown", "cancel_pending", "refund_pending")),
    (_("To be looked into"), ("needs_attention", "refund_failed")),
    (_("Approved, not captured"), ("not_captured",)),
    (_("Detached, watched"), ("detached",)),
    (_("Left open"), ("left_open",)),
)


@dataclass(frozen=True)
class Press:
    """A button, or a link to the page that has it."""

    label: StrOrPromise
    url: str
    asks: bool = True
    tone: str = ""


@dataclass(frozen=True)
class Row:
    """One of the unresolved, ready to be shown. Without a press, `instead` says why."""

    title: SafeString | str
    store: Store | None
    badge: SafeString | str
    amount: SafeString | str
    since: datetime
    message: str
    effect: StrOrPromise
    waits: Sequence[Wait] = ()
    press: Press | None = None
    instead: StrOrPromise = ""
    before: SafeString | str = ""
    is_pressing: bool = False
    is_answer: bool = False  # what is to be done before: else a capture

    @property
    def stamp(self) -> str:
        told = [wait.words for wait in self.waits]
        return repr((self.title, self.badge, self.message, told, self.press, self.is_pressing))


def headline(total: int) -> str:
    """Read aloud when it changes."""
    if not total:
        return gettext("Everything is resolved.")
    return gettext("{number} unresolved.").format(number=total)


class BoardAdmin(ButtonsAdmin[Payment]):
    """Adds the board, and what it asks again and again, to the pages of payments."""

    def get_urls(self) -> list[URLPattern]:
        pages = [
            self._page("unresolved/", self.board_view, "unresolved"),
            self._page("unresolved/state/", self.board_state_view, "unresolved_state"),
        ]
        return [*pages, *super().get_urls()]

    def _page(self, route: str, view: Any, name: str) -> URLPattern:
        wrapped: Any = self.admin_site.admin_view(view)
        url: URLPattern = path(route, wrapped, name=f"{self._url_name}_{name}")
        return url

    def board_view(self, request: HttpRequest) -> HttpResponse:
        board = self._board(request)
        context = {
            **self.admin_site.each_context(request),
            **board,
            "title": _("Unresolved"),
            "opts": self.opts,
            "live_url": reverse("admin:payments_payment_unresolved_state"),
        }
        return TemplateResponse(request, "admin/payments/unresolved/page.html", context)

    def board_state_view(self, request: HttpRequest) -> HttpResponse:
        """As `state_view` of one row: the board, if it is not the one that is shown."""
        board = self._board(request)
        live: Live = board["live"]
        answer: dict[str, Any] = {"stamp": live.stamp, "seconds": live.seconds, "now": time()}
        if request.GET.get("stamp") != live.stamp:
            answer["headline"] = live.headline
            answer["html"] = render_to_string("admin/payments/unresolved/live.html", board, request)
        return JsonResponse(answer)

    def _board(self, request: HttpRequest) -> dict[str, Any]:
        principal, now = principal_of(request), timezone.now()
        found = unresolved.payments(principal, now).select_related("store__account")
        payments = found.prefetch_related("requests", "refunds").order_by("moved_at", "pk")[:LIMIT]
        by_role = self._stores_by_role(request)
        incidents = [_incident_row(each) for each in unresolved.incidents(principal)[:LIMIT]]
        total = unresolved.count(principal, now)
        cases = [unresolved.case(payment) for payment in payments]
        groups = [
            (title, [self._row(case, by_role, now) for case in _in_order(cases, kinds)])
            for title, kinds in GROUPS
        ]
        groups.append((_("Not about one payment"), incidents))
        groups = [(title, rows) for title, rows in groups if rows]
        shown = [row for _, rows in groups for row in rows]
        parts = repr((total, [(title, [row.stamp for row in rows]) for title, rows in groups]))
        seconds = 1.0 if any(row.waits for row in shown) else 4.0
        live = Live(sha256(parts.encode()).hexdigest()[:16], headline(total), seconds)
        return {"groups": groups, "total": total, "more": total - len(shown), "live": live}

    def _stores_by_role(self, request: HttpRequest) -> dict[frozenset[Role], set[int]]:
        """In which stores this person may press what; asked once for the whole board."""
        principal = principal_of(request)
        stores = Store.objects.all() if principal.may_act else Store.objects.none()
        return {
            roles: set(stores.for_principal(principal, roles).values_list("pk", flat=True))
            for roles in (EVERYONE, MANAGERS)
        }

    def _row(self, case: Case, by_role: dict[frozenset[Role], set[int]], now: datetime) -> Row:
        payment = case.payment
        press, instead = self._press_of(case, by_role)
        waiting = waits(payment)
        return Row(
            title=words.admin_link(
                payment, gettext("{order}, payment {id}").format(order=payment.order, id=payment.pk)
            ),
            store=payment.store,
            badge=words.state_badge(payment),
            amount=words.money(payment.amount + payment.tip_amount, payment.currency),
            since=payment.moved_at,
            message=case.message,
            effect=case.effect,
            waits=waiting,
            press=press,
            instead="" if waiting else instead,
            before=words.local_time(case.before, payment.store, words.SHORT) if case.before else "",
            is_pressing=case.before is not None and case.before - now < SOON,
            is_answer=unresolved.is_to_answer(payment),
        )

    def _press_of(
        self, case: Case, by_role: dict[frozenset[Role], set[int]]
    ) -> tuple[Press | None, StrOrPromise]:
        """The button of the case's action, or why this person has none now."""
        payment = case.payment
        own_page = self.page_url(payment)
        if case.action == RESOLVE:
            incident: int | None = payment.incident  # type: ignore[attr-defined]
            if incident is None:
                return Press(_("Read what happened"), own_page), ""
            if payment.store_id not in by_role[MANAGERS]:
                return None, _("A manager of the store reads and resolves it.")
            if unresolved.is_to_answer(payment):
                return Press(_("Answer the dispute"), _answer_url(payment), tone="default"), ""
            return Press(_("Resolve"), _incident_url(incident, "resolve")), ""
        button = self._button(case.action)
        if payment.store_id not in by_role[button.roles]:
            told = gettext("A manager of the store may do this: {button}.")
            return None, told.format(button=button.label.lower())
        refusal = button.refusal(payment)
        if refusal and case.action == "capture" and not waits(payment):
            return Press(_("Decide about the tip"), own_page, tone=button.tone), ""
        if refusal:
            return None, refusal
        url = f"{self.page_url(payment, button.name)}?back={UNRESOLVED}"
        return Press(button.label, url, button.asks, button.tone), ""

    def _button(self, action: str) -> Button[Payment]:
        name = action.replace("_", "-")
        return next(button for button in self.buttons if button.name == name)


def _in_order(cases: Iterable[Case], kinds: Sequence[str]) -> list[Case]:
    """The nearest deadline first, then what waits longest."""
    of_kinds = [case for case in cases if case.kind in kinds]
    return sorted(of_kinds, key=lambda case: case.before or case.payment.moved_at)


def _answer_url(payment: Any) -> str:
    return words.answer_url(payment.dispute, payment.dispute_id, payment)


def _incident_url(incident: int, view: str) -> str:
    url = reverse(f"admin:payments_incident_{view}", args=[incident])
    return f"{url}?back={UNRESOLVED}" if view != "change" else url


def _incident_row(incident: Incident) -> Row:
    """Incidents of the platform are the platform's: whoever sees one opens its page."""
    return Row(
        title=words.admin_link(incident),
        store=incident.store,
        badge=words.badge(words.BAD, _("Open")),
        amount="",
        since=incident.created_at,
        message=incident.spoken,
        effect=_("Shows what is known about it. Nothing changes until you resolve it there."),
        press=Press(_("Read it"), _incident_url(incident.pk, "change")),
    )
