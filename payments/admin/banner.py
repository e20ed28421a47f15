"""What every page of the admin says on top while Stripe is in trouble."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from payments.services import circuits


def stripe_trouble(request: HttpRequest) -> dict[str, Any]:
    """A context processor; other pages than the admin's ask nothing."""
    if not request.path.startswith("/admin/") or not request.user.is_authenticated:
        return {}
    return {"stripe_trouble": circuits.trouble()}
