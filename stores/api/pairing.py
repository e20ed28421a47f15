"""`/api/v1/pair/`: the only door without a token."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from stores import services
from stores.api.base import AlwaysJson, refuse_unknown
from stores.api.inputs import StrictSerializer, read
from stores.api.resources import StoreSerializer
from stores.client_address import client_address


class PairInput(StrictSerializer):
    code = serializers.CharField(max_length=40, help_text="As a manager's page shows it.")


class PairedSerializer(serializers.Serializer[Any]):
    """What a tablet keeps: the token is told once and never again."""

    device = serializers.IntegerField()
    name = serializers.CharField()
    store = StoreSerializer()
    token = serializers.CharField(help_text="For `Authorization: Bearer …`.")


class FewTries(SimpleRateThrottle):
    """Codes are too many to be guessed at this pace in the minutes they last."""

    rate = "20/min"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"pair:{client_address(request._request)}"


class Pair(APIView):
    """Turn a one-time code into this tablet's token."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = [FewTries]
    content_negotiation_class = AlwaysJson
    takes_key = False  # a token is told once: no answer is given again

    @extend_schema(request=PairInput, responses={201: PairedSerializer}, auth=[])
    def post(self, request: Request) -> Response:
        """A code works once, for ten minutes. If the answer is lost, have a new one shown."""
        refuse_unknown(request.query_params, frozenset())
        device, token = services.redeem(read(PairInput, request)["code"])
        paired = {"device": device.pk, "name": device.name, "store": device.store, "token": token}
        return Response(PairedSerializer(paired).data, status=status.HTTP_201_CREATED)
