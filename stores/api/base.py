"""What the views of every app are made from: who asks, which rows, how a row is shown.

A view reads the request, finds its rows among those the principal may see, makes one call into
the services, and shows the resource as it is then.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from stores.api.permissions import MayLook
from stores.models import Device
from stores.principals import Principal, StoreScopedQuerySet
from stores.services import sessions

M = TypeVar("M", bound=models.Model)


class ApiRequest(Request):
    """What `request` is in our views, for the type checker."""

    principal: Principal


class AlwaysJson(BaseContentNegotiation):
    """We speak one language: an Accept header that asks for another is no reason to be silent."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        content_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == content_type), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class BodyTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The body of this request is too large.")
    default_code = "body_too_large"


class ApiView(GenericAPIView[M]):
    """The parent of all our views: `request.principal` is set, and nobody else comes in."""

    permission_classes = [MayLook]
    content_negotiation_class = AlwaysJson
    filter_backends = []
    pagination_class: Any = None

    def perform_authentication(self, request: Request) -> None:
        """Ask who it is. Raises AuthenticationFailed for a wrong token."""
        device = request.auth
        if isinstance(device, Device):
            principal = Principal.of_device(device)
        else:
            principal = sessions.principal_of(request.user, request._request.session)
        request.principal = principal  # type: ignore[attr-defined]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown(request.query_params, self.known_parameters())
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLarge

    def known_parameters(self) -> frozenset[str]:
        """What the query may have: a filter that is spelt wrongly must not show everything."""
        return frozenset()


class ResourceView(ApiView[M]):
    """A view that shows one kind of row.

    `rows` is a queryset with all that the serializer needs; `name` names the URL of one row.
    """

    rows: ClassVar[Any]
    name: ClassVar[str]

    def get_queryset(self) -> models.QuerySet[M]:
        rows: StoreScopedQuerySet[M] = self.rows.all()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return rows.for_principal(self.request.principal)  # type: ignore[attr-defined]

    def one(self, pk: int) -> M:
        """The row with this id. Raises Http404 when there is none, or it is another store's."""
        return find(self.get_queryset(), pk)

    def show(self, pk: int, code: int = status.HTTP_200_OK, *, created: bool = False) -> Response:
        """The resource as it is now, with the ETag that `If-Match` and polling go by."""
        row = self.one(pk)
        response = Response(shown(self.get_serializer_class(), row), status=code)
        if hasattr(row, "version"):
            response["ETag"] = f'"{row.version}"'
        if created:
            path = reverse(f"{self.name}-detail", kwargs={"pk": pk})
            response["Location"] = self.request.build_absolute_uri(path)
        return response


def shown(serializer: type[BaseSerializer[Any]], row: Any) -> dict[str, Any]:
    """The row as this serializer, which needs no context, shows it."""
    one = _shared(serializer)  # type: ignore[arg-type]  # mypy takes no class for hashable
    return dict(one.to_representation(row))


@cache
def _shared(serializer: type[BaseSerializer[Any]]) -> BaseSerializer[Any]:
    """One for all rows: DRF makes the fields of each new one from the model, which takes longer
    than showing the row.
    """
    return serializer()


def refuse_unknown(query: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raises ValidationError naming each parameter that is not known."""
    unknown = sorted(query.keys() - known)[:20]
    if unknown:
        raise exceptions.ValidationError(
            {name[:100]: [gettext("Unknown parameter.")] for name in unknown}
        )


def find(rows: models.QuerySet[M], pk: int) -> M:
    """The row with this id among those the principal may see. Raises Http404."""
    try:
        return rows.get(pk=pk)
    except ObjectDoesNotExist as error:
        raise Http404 from error


class DetailView(ResourceView[M]):
    """`GET` of one row."""

    def get(self, request: ApiRequest, pk: int) -> Response:
        return self.show(pk)
