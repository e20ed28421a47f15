"""Pages for a retailer who has no login here: from an invitation to Stripe's onboarding and back.

The invitation's code stands behind the #, so that no server and no log between us is told it. The
pages follow by reloading themselves, and need no script for that.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from payments.services import account_links, connecting, onboarding
from payments.services.visits import Visit
from stores.errors import DomainError
from stores.models import Account
from stores.principals import SYSTEM, Principal
from stores.transitions import disabled, sentences, standing, stop_is_final

EVERY = 1  # seconds between two looks
LOST = 404


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Looking uses nothing up, for mail programs look too; pressing the button does."""
    if request.method != "POST":
        return render(request, "onboarding/invitation.html")
    try:
        invited = onboarding.redeem(request.POST.get("code", ""))
        request.session.cycle_key()
        visit = Visit.begin(request.session, _base_url(request), invited=invited)
    except DomainError as refused:
        context = {"refused": refused}
        return render(request, "onboarding/invitation.html", context, status=refused.status)
    return redirect("onboarding-connect" if visit.connects else "onboarding-way")


@never_cache
@require_safe
def way(request: HttpRequest) -> HttpResponse:
    """Every form that leads to Stripe ends here, on a page of ours: a browser that holds forms to
    this site follows none of them elsewhere.
    """
    if Visit.of(request.session) is None:
        return _lost(request)
    response = render(request, "onboarding/way.html")
    response["Refresh"] = f"0; url={reverse('onboarding-go')}"
    return response


@never_cache
@require_safe
def go(request: HttpRequest) -> HttpResponse:
    """Wait for the link, and go to it; or to where an account is connected."""
    visit = Visit.of(request.session)
    if visit is None:
        return _lost(request)
    if visit.connects:
        return _to_connect(request, visit)
    link = visit.link
    if link is None or account_links.is_lost(link):
        problem = link.problem if link else ""
        return render(request, "onboarding/way.html", {"problem": problem, "stopped": True})
    url = account_links.take(link.pk)
    if url:
        return HttpResponseRedirect(url)
    response = render(request, "onboarding/way.html", {"since": link.created_at})
    response["Refresh"] = str(EVERY)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def refresh(request: HttpRequest) -> HttpResponse:
    """Stripe sends people here whose link was used or too old; and a button of ours does."""
    visit = Visit.of(request.session)
    if visit is None:
        return _lost(request)
    if visit.connects:
        return redirect("onboarding-connect")
    try:
        visit.ask(_base_url(request))
    except DomainError as refused:
        context = {"problem": refused.message, "then": refused.next_action, "stopped": True}
        return render(request, "onboarding/way.html", context, status=refused.status)
    return redirect("onboarding-way")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest) -> HttpResponse:
    """The button that leads to Stripe, and what came of pressing it."""
    visit = Visit.of(request.session)
    if visit is None:
        return _lost(request)
    if not visit.connects:
        return redirect("onboarding-standing" if visit.account else "onboarding-way")
    if request.method == "POST":
        visit.agree()
        return redirect("onboarding-way")
    return _connect(request, visit)


def _connect(
    request: HttpRequest, visit: Visit, refused: DomainError | None = None
) -> HttpResponse:
    stage = connecting.stage(visit.grant)
    context = {
        "who": visit.account or visit.invited,
        "again": visit.account is not None,
        "possible": connecting.is_possible(),
        "stage": stage,
        "refused": refused,
    }
    status = refused.status if refused else 200
    response = render(request, "onboarding/connect.html", context, status=status)
    if stage.waits and refused is None:
        response["Refresh"] = str(EVERY)
    return response


def _to_connect(request: HttpRequest, visit: Visit) -> HttpResponse:
    if not visit.has_agreed():
        return redirect("onboarding-connect")
    back = _base_url(request) + reverse("onboarding-connected")
    try:
        return HttpResponseRedirect(visit.leave(back, by=_by(request)))
    except DomainError as refused:
        return _connect(request, visit, refused)


@never_cache
@require_GET
def connected(request: HttpRequest) -> HttpResponse:
    """Stripe sends a person back here with a code or a refusal, and leads on to a page whose
    address tells neither.
    """
    visit = Visit.of(request.session)
    if visit is None:
        return _lost(request)
    grant = visit.grant
    try:
        left_with = grant.pk if grant else None
        connecting.come_back(request.GET.dict(), left_with=left_with, by=_by(request))
    except DomainError as refused:
        if grant is None or grant.returned_at is None:  # else the page was only loaded again
            return _connect(request, visit, refused)
    return redirect("onboarding-connect")


@never_cache
@require_safe
def come_back(request: HttpRequest) -> HttpResponse:
    visit = Visit.of(request.session)
    if visit is None:
        return _lost(request)
    visit.come_back()
    return redirect("onboarding-standing")


@never_cache
@require_safe
def how_it_stands(request: HttpRequest) -> HttpResponse:
    """What Stripe says of the account now that it was read."""
    visit = Visit.of(request.session)
    if visit is not None and visit.connects:
        return redirect("onboarding-connect")
    account = visit.account if visit else None
    if visit is None or account is None:
        return _lost(request)
    is_read = visit.is_read(account)
    context = {"account": account, "waits": not is_read} | (_standing(account) if is_read else {})
    if request.user.is_authenticated:
        context["admin_url"] = reverse("admin:stores_account_change", args=[account.pk])
    response = render(request, "onboarding/standing.html", context)
    if not is_read:
        response["Refresh"] = str(EVERY)
    elif context["checking"]:
        response["Refresh"] = "5"
    return response


@never_cache
@require_POST
def look_again(request: HttpRequest) -> HttpResponse:
    """Ask Stripe anew how it stands."""
    visit = Visit.of(request.session)
    if visit is None:
        return _lost(request)
    visit.come_back()
    return redirect("onboarding-standing")


def _standing(account: Account) -> dict[str, Any]:
    stop = disabled(account.disabled_reason)
    due = [each.spoken for each in sentences(account.due("past_due", "currently_due"))]
    takes_cards = standing(account).takes_cards
    submitted = not takes_cards and not due and account.details_submitted
    pending = account.disabled_reason == "requirements.pending_verification"
    return {
        "takes_cards": takes_cards,
        "stop": stop,
        "due": due,
        "errors": [each["reason"] for each in account.requirements.get("errors", ())],
        "checking": submitted and (stop is None or pending),
        "may_go_on": not account.has_left and not stop_is_final(account),
    }


def _lost(request: HttpRequest) -> HttpResponse:
    return render(request, "onboarding/lost.html", status=LOST)


def _by(request: HttpRequest) -> Principal:
    return Principal.of_user(request.user) if request.user.is_authenticated else SYSTEM


def _base_url(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


urlpatterns = [
    path("invitation/", invitation, name="onboarding-invitation"),
    path("", way, name="onboarding-way"),
    path("go/", go, name="onboarding-go"),
    path("refresh/", refresh, name="onboarding-refresh"),
    path("return/", come_back, name="onboarding-return"),
    path("connect/", connect, name="onboarding-connect"),
    path("connected/", connected, name="onboarding-connected"),
    path("standing/", how_it_stands, name="onboarding-standing"),
    path("standing/again/", look_again, name="onboarding-look-again"),
]
