"""Who may come in at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework import permissions

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

    from stores.principals import Principal


class MayLook(permissions.BasePermission):
    """Nobody but a paired device or active staff; which rows they see, the querysets say.

    Who only looks changes nothing.
    """

    message = "This account may not use the API."

    def has_permission(self, request: Request, view: APIView) -> bool:
        principal: Principal | None = getattr(request, "principal", None)
        if principal is None or not principal.may_look:
            return False
        return request.method in permissions.SAFE_METHODS or principal.may_act
