"""What every page of the admin says on top about who is let in, and how."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from stores.services import sessions


def of_the_door(request: HttpRequest) -> dict[str, Any]:
    """A context processor; asks a statement only where somebody looks as support."""
    if not request.path.startswith("/admin/") or not hasattr(request, "session"):
        return {}
    return {
        "no_second_factor": not settings.SECOND_FACTOR_REQUIRED,
        "support_access": sessions.open_access(request.user, request.session),
    }
