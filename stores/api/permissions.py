"""Who may come in at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from rest_framework import permissions

from stores.errors import CashierNeeded, ConfirmationNeeded
from stores.models import Device
from stores.services import sessions

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

    from stores.principals import Principal


class MayLook(permissions.BasePermission):
    """Nobody but a paired device or active staff; which rows they see, the querysets say.

    Who only looks changes nothing.
    """

    message = _("This account may not use the API.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        principal: Principal | None = getattr(request, "principal", None)
        if principal is None or not principal.may_look:
            return False
        if request.method in permissions.SAFE_METHODS:
            return True
        device = request.auth
        if getattr(view, "needs_cashier", True) and isinstance(device, Device):
            _check_cashier(device)
        return principal.may_act


def _check_cashier(device: Device) -> None:
    if device.store.pin_required and device.cashier is None:
        raise CashierNeeded


def check_confirmed(request: Request) -> None:
    """Before what is sensitive: the PIN or the password was entered within the last minutes.

    Raises ConfirmationNeeded.
    """
    device = request.auth
    if isinstance(device, Device):
        since = now() - timedelta(seconds=settings.CONFIRMATION_SECONDS)
        confirmed = device.cashier is not None and device.cashier.confirmed_at >= since
    else:
        confirmed = sessions.is_confirmed(request._request.session)
    if not confirmed:
        raise ConfirmationNeeded
