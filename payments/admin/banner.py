"""What the admin says beside its pages: trouble with Stripe, and how much is unresolved."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from payments.services import circuits, unresolved
from stores.admin_base import principal_of


def of_the_admin(request: HttpRequest) -> dict[str, Any]:
    """A context processor; other pages than the admin's ask nothing.

    `count_unresolved` is asked only by the templates that show it.
    """
    if not request.path.startswith("/admin/") or not request.user.is_authenticated:
        return {}

    def count_unresolved() -> int:
        return unresolved.count(principal_of(request), timezone.now())

    return {"stripe_trouble": circuits.trouble(), "count_unresolved": count_unresolved}
