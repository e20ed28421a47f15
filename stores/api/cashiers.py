"""Who works on a tablet, and the tablet's own token."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from stores.api.base import ApiRequest, ApiView
from stores.api.inputs import StrictSerializer, WholeNumber, read
from stores.models import CashierSession, Device, Membership
from stores.principals import Role
from stores.services import cashiers, devices


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)


class PeopleSerializer(serializers.Serializer[Any]):
    results = PersonSerializer(many=True)


class CashierSerializer(serializers.Serializer[Any]):
    cashier = PersonSerializer(allow_null=True)
    until = serializers.DateTimeField(
        allow_null=True, help_text="When the PIN is asked for again if nothing is done before."
    )


class PinInput(StrictSerializer):
    cashier = WholeNumber(help_text="The `id` from `cashiers/`.")
    pin = serializers.CharField(max_length=8, min_length=4)


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="For `Authorization: Bearer …` from now on.")
    old_token_until = serializers.DateTimeField(help_text="Until then the old one works, too.")


class OfTablet(ApiView[Any]):
    """For paired tablets only."""

    takes_key = False
    needs_cashier = False

    def device(self, request: ApiRequest) -> Device:
        if not isinstance(request.auth, Device):
            raise PermissionDenied(gettext("This is for tablets."))
        return request.auth


class Cashiers(OfTablet):
    @extend_schema(responses=PeopleSerializer)
    def get(self, request: ApiRequest) -> Response:
        """Who may enter a PIN on this tablet."""
        people = cashiers.of_store(self.device(request).store_id)
        return Response(PeopleSerializer({"results": [_person(each) for each in people]}).data)


class Cashier(OfTablet):
    @extend_schema(responses=CashierSerializer)
    def get(self, request: ApiRequest) -> Response:
        """Who works on this tablet now."""
        return self._show(self.device(request).cashier)

    @extend_schema(request=PinInput, responses=CashierSerializer)
    def post(self, request: ApiRequest) -> Response:
        """Work on this tablet: what is done on it carries your name, and your role's limits hold.

        After `pin_minutes` of the store without a change the PIN is asked for again.
        """
        device, form = self.device(request), read(PinInput, request)
        return self._show(cashiers.sign_in(device, form["cashier"], form["pin"]))

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: ApiRequest) -> Response:
        """Work on this tablet no more."""
        cashiers.sign_out(self.device(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _show(self, session: CashierSession | None) -> Response:
        shown = {"cashier": None, "until": None}
        if session is not None:
            until = cashiers.works_until(session)
            shown = {"cashier": _person(session.membership), "until": until}  # type: ignore[dict-item]
        return Response(CashierSerializer(shown).data)


class Token(OfTablet):
    @extend_schema(request=None, responses={201: TokenSerializer})
    def post(self, request: ApiRequest) -> Response:
        """Have a new token for this one. If the answer is lost, ask again with the old one."""
        device = self.device(request)
        asked_with = request.headers["Authorization"].partition(" ")[2].strip()
        token, until = devices.rotate_token(device, asked_with)
        told = {"token": token, "old_token_until": until}
        return Response(TokenSerializer(told).data, status.HTTP_201_CREATED)


def _person(membership: Membership) -> dict[str, Any]:
    name = cashiers.shown_name(membership)
    return {"id": membership.pk, "name": name, "role": membership.role}
