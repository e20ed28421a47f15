"""Addresses under `/api/` that nothing has."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from stores.api.base import AlwaysJson


@extend_schema(exclude=True)
class Nowhere(APIView):
    """Every other path: a problem document like every other 404, whoever asks."""

    authentication_classes = []
    permission_classes = [AllowAny]
    content_negotiation_class = AlwaysJson

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404

    def get(self, request: Request, **kwargs: Any) -> Response:
        raise Http404
