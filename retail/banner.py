"""What every page of the admin says on top: who is let in and how, trouble with Stripe, and how
much is unresolved.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone

from payments.services import circuits, unresolved
from stores.admin_base import principal_of
from stores.services import sessions


def of_the_door(request: HttpRequest) -> dict[str, Any]:
    """A context processor; asks a statement only where somebody looks as support."""
    if not request.path.startswith("/admin/") or not hasattr(request, "session"):
        return {}
    return {
        "languages": settings.LANGUAGES,  # each in its own words; Django's tag translates them
        "no_second_factor": not settings.SECOND_FACTOR_REQUIRED,
        "support_access": sessions.open_access(request.user, request.session),
    }


def of_the_admin(request: HttpRequest) -> dict[str, Any]:
    """A context processor; other pages than the admin's ask nothing.

    `count_unresolved` is asked only by the templates that show it.
    """
    if not request.path.startswith("/admin/") or not request.user.is_authenticated:
        return {}
    return {
        "stripe_trouble": circuits.trouble(),
        "count_unresolved": lambda: unresolved_count(request),
    }


def state(request: HttpRequest) -> JsonResponse:
    """What an open page asks again and again: whether Stripe has trouble, as the page says it."""
    html = render_to_string("admin/trouble.html", {}, request)
    return JsonResponse({"html": html.strip()})


def unresolved_count(request: HttpRequest) -> int:
    """How many this person sees on the board; asked once a request."""
    known: int | None = getattr(request, "_unresolved_count", None)
    if known is None:
        known = unresolved.count(principal_of(request), timezone.now())
        request._unresolved_count = known  # type: ignore[attr-defined]
    return known
