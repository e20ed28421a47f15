"""The first page of the admin: what was taken today, what needs a hand, what is quiet."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from time import time
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext

from payments.admin.board import headline
from payments.admin.buttons import Live
from payments.admin.words import answer_url
from payments.models import (
    DISPUTED,
    TO_ANSWER,
    Approval,
    ApprovalStatus,
    Dispute,
    Incident,
    Payment,
    Payout,
)
from payments.services import unresolved
from payments.services.today import StoreDay, takings
from retail.banner import unresolved_count
from stores.admin_base import principal_of
from stores.currencies import decimals, spoken_amount
from stores.models import Account
from stores.names import who
from stores.principals import MANAGERS, RIGHTS, Principal, Right
from terminal.models import Reader

FEW = 5  # of each; the list behind has the rest
STORES = 8
USUAL = range(9, 18)  # hours of the day that are drawn though nothing was sold
CHART = json.dumps(
    {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "plugins": {"legend": {"position": "top", "align": "end", "labels": {"boxWidth": 12}}},
        "scales": {
            "x": {"grid": {"display": False}},
            "y": {"beginAtZero": True, "border": {"display": False}, "ticks": {"maxTicksLimit": 5}},
        },
    }
)
AHEAD = timedelta(hours=24)
LATELY = timedelta(days=14)
FOLLOWS = 8.0  # seconds until the page asks again
QUIET = timedelta(minutes=15)  # not seen for so long, when Stripe was last asked


@dataclass(frozen=True)
class Takings:
    """All stores of one currency together, and each."""

    currency: str
    taken: str
    tips: str
    payments: int
    change: str
    stores: Sequence[tuple[StoreDay, str, str, str]]
    chart: str
    hours: Sequence[tuple[str, str, str]]


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's dashboard callback: what templates/admin/index.html shows to this person."""
    html = render_to_string("admin/overview.html", _shown(request), request)
    stamp = sha256(html.encode()).hexdigest()[:16]
    live = Live(stamp, headline(unresolved_count(request)), FOLLOWS)
    return context | {"overview": html, "live": live}


def state(request: HttpRequest) -> JsonResponse:
    """What the page asks again and again, so that it does not lie while it is open."""
    shown = overview(request, {})
    live: Live = shown["live"]
    answer: dict[str, Any] = {"stamp": live.stamp, "seconds": live.seconds, "now": time()}
    if request.GET.get("stamp") != live.stamp:
        answer |= {"headline": live.headline, "html": shown["overview"]}
    return JsonResponse(answer)


def _shown(request: HttpRequest) -> dict[str, Any]:
    principal, now = principal_of(request), timezone.now()
    cases = [unresolved.case(payment) for payment in _pressing(principal, now)]
    holds = unresolved.expiring(principal, now, AHEAD)[:FEW]
    return {
        "now": now,
        "chart_options": CHART,
        "takings": _by_currency(takings(principal, now)),
        "cases": cases,
        "holds": [unresolved.case(payment) for payment in holds],
        "quiet": _quiet(principal),
        "accounts": _accounts(principal),
        "approvals": _approvals(principal, now),
        "disputes": _disputes(principal),
        "payouts": _failed_payouts(principal, now),
    }


def _pressing(principal: Principal, now: datetime) -> Sequence[Payment]:
    """What is doubtful or was left; holds have a list of their own, and disputes have."""
    found = unresolved.payments(principal, now).exclude(status="requires_capture")
    told = Q(pk__in=_open_disputes(principal).values("payment")) & Q(attention="")
    others = Incident.objects.filter(payment=OuterRef("pk"), resolved_at=None)
    only_disputed = told & ~Exists(others.exclude(kind=DISPUTED)) & Q(refunding=False)
    found = found.exclude(only_disputed)
    return list(found.order_by("moved_at", "pk")[:FEW])


def _quiet(principal: Principal) -> Sequence[Reader]:
    """As Stripe said when it was last asked; a sale may be tried all the same."""
    unseen = Q(status="offline") | Q(last_seen_at__lte=F("read_at") - QUIET)
    readers = Reader.objects.for_principal(principal).filter(unseen, is_active=True)
    return list(
        readers.select_related("store").order_by(F("last_seen_at").asc(nulls_first=True))[:FEW]
    )


def _accounts(principal: Principal) -> Sequence[Account]:
    """Those of whom Stripe wants something by a day, or that it stopped."""
    managed = Account.objects.for_principal(principal, RIGHTS[Right.ONBOARD_ACCOUNTS])
    wanting = Q(current_deadline__isnull=False) | ~Q(disabled_reason="")
    found = managed.filter(wanting, deauthorized_at=None)
    return list(found.order_by(F("current_deadline").asc(nulls_last=True), "name")[:FEW])


def _approvals(principal: Principal, now: datetime) -> Sequence[tuple[Approval, str, str]]:
    """Refunds that wait for a second person, the one with the least time left first."""
    mine = Approval.objects.for_principal(principal, RIGHTS[Right.APPROVE])
    waiting = mine.filter(status=ApprovalStatus.WAITING, expires_at__gt=now)
    found = waiting.select_related("payment__order", "store", "user", "device")
    return [
        (each, spoken_amount(each.amount, each.payment.currency), who(each.user, each.device))
        for each in found.order_by("expires_at", "pk")[:FEW]
    ]


def _open_disputes(principal: Principal) -> QuerySet[Dispute]:
    return Dispute.objects.for_principal(principal, MANAGERS).filter(ended_at=None)


def _disputes(principal: Principal) -> Sequence[tuple[Dispute, str, str]]:
    """Those that are not over, with their amounts and where to answer; the most pressing first."""
    found = _open_disputes(principal).select_related("payment__order", "store")
    ordered = found.order_by(
        Case(When(status__in=TO_ANSWER, then=0), default=1),
        F("respond_before").asc(nulls_last=True),
        "pk",
    )
    return [
        (
            each,
            spoken_amount(each.amount, each.payment.currency),
            answer_url(each.pk, each.dispute_id, each.payment) if each.is_to_answer else "",
        )
        for each in ordered[:FEW]
    ]


def _failed_payouts(principal: Principal, now: datetime) -> Sequence[tuple[Payout, str]]:
    since = now - LATELY
    found = Payout.objects.for_principal(principal).filter(status="failed", created_at__gte=since)
    newest = found.select_related("account").order_by("-created_at")[:FEW]
    return [(each, spoken_amount(each.amount, each.currency)) for each in newest]


def _by_currency(days: Sequence[StoreDay]) -> Sequence[Takings]:
    of: dict[str, list[StoreDay]] = defaultdict(list)
    for day in days:
        of[day.store.currency].append(day)
    found = [_takings(currency, of_it) for currency, of_it in of.items()]
    return sorted(found, key=lambda each: -each.payments)


def _takings(currency: str, days: Sequence[StoreDay]) -> Takings:
    taken, before = sum(day.taken for day in days), sum(day.before for day in days)
    today, last_week = _hours(day.by_hour for day in days), _hours(d.by_hour_before for d in days)
    hours = _opening(today, last_week)
    return Takings(
        currency=currency,
        taken=spoken_amount(taken, currency),
        tips=spoken_amount(sum(day.tips for day in days), currency),
        payments=sum(day.payments for day in days),
        change=change(taken, before),
        stores=[
            (
                day,
                spoken_amount(day.taken, currency),
                spoken_amount(day.before, currency),
                change(day.taken, day.before),
            )
            for day in days[:STORES]
        ],
        chart=_chart(currency, hours, today, last_week) if today or last_week else "",
        hours=[
            (
                f"{hour:02}:00",
                spoken_amount(today.get(hour, 0), currency),
                spoken_amount(last_week.get(hour, 0), currency),
            )
            for hour in hours
        ],
    )


def change(taken: int, before: int) -> str:
    """+12 %; nothing to compare with is no change at all."""
    if not before:
        return ""
    percent = round(100 * (taken - before) / before)
    return f"{percent:+d} %".replace("-", "\N{MINUS SIGN}")


def _hours(of_stores: Any) -> dict[int, int]:
    hours: dict[int, int] = defaultdict(int)
    for of_one in of_stores:
        for hour, amount in of_one.items():
            hours[hour] += amount
    return hours


def _opening(*days: dict[int, int]) -> range:
    """From the first hour in which anything was sold to the last, and usual hours in any case."""
    sold = [hour for day in days for hour in day]
    return range(min([*sold, USUAL.start]), max([*sold, USUAL.stop - 1]) + 1)


def _chart(currency: str, hours: range, today: dict[int, int], last_week: dict[int, int]) -> str:
    """What unfold gives to Chart.js; amounts in the currency's large unit."""

    def points(day: dict[int, int]) -> list[float]:
        return [day.get(hour, 0) / 10 ** decimals(currency) for hour in hours]

    same = {"borderRadius": 4, "maxBarThickness": 24}
    return json.dumps(
        {
            "labels": [f"{hour:02}:00" for hour in hours],
            "datasets": [
                {
                    "label": gettext("Today"),
                    "data": points(today),
                    "backgroundColor": "var(--color-primary-500)",
                    **same,
                },
                {
                    "label": gettext("A week ago"),
                    "data": points(last_week),
                    "backgroundColor": "var(--color-base-400)",
                    **same,
                },
            ],
        }
    )
