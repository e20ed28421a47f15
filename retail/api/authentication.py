"""Who asks: a tablet by its Bearer token, or a member of staff by the admin's session."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from rest_framework import permissions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from stores.models import Device
from stores.principals import Principal
from stores.services import authenticate_device, sessions
from stores.services.sessions import Standing


class DeviceAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` of a paired device. Only in the header, never in a URL."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[None, Device] | None:
        """None when there is no Bearer token; a wrong or revoked one is refused at once."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        acts = request.method not in permissions.SAFE_METHODS
        device = authenticate_device(token.strip(), acts=acts)
        if device is None:
            raise AuthenticationFailed(
                gettext("This token is not valid: the tablet was never paired, or it was revoked."),
                code="token_invalid",
            )
        return None, device

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class StaffAuthentication(SessionAuthentication):
    """The admin's session. Unsafe methods need its CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """None, too, when the session is over or its second factor is still wanted."""
        found: tuple[Any, None] | None = super().authenticate(request)
        if found is None:
            return None
        session = request._request.session
        if sessions.standing(found[0], session) is not Standing.IN:
            return None
        if request.method not in permissions.SAFE_METHODS:
            sessions.note_seen(session)
        return found

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except APIException as error:
            raise PermissionDenied(str(error.detail), code="csrf_failed") from error


def principal_of(request: HttpRequest) -> Principal | None:
    """Who makes this request, for views that are not DRF's; None is nobody who may look.

    Raises AuthenticationFailed for a Bearer token that is not valid.
    """
    found = DeviceAuthentication().authenticate(request)
    if found is not None:
        return Principal.of_device(found[1])
    principal = sessions.principal_of(request.user, request.session)
    return principal if principal.may_look else None
