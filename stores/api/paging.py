"""Lists: page by key, a few filters, and nothing that grows with the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.utils.translation import gettext
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.generics import ListAPIView
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from stores.api.base import ResourceView

M = TypeVar("M", bound=models.Model)
USUAL, MOST = 30, 100
LARGEST_ID = 2**63 - 1
ID = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}


def whole(request: Request, name: str, *, default: int, low: int, high: int) -> int:
    """A number from the query. Raises ValidationError naming it."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and low <= int(text) <= high):
        raise ValidationError(
            {name: [gettext("A whole number from {low} to {high}.").format(low=low, high=high)]}
        )
    return int(text)


class KeyPages(BasePagination):
    """`?limit=&after=`: the rows after this id. No count, no offset: page 1000 costs as page 1."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        limit = whole(request, "limit", default=USUAL, low=1, high=MOST)
        newest_first = view.newest_first
        if "after" in request.query_params:
            after = whole(request, "after", default=0, low=0, high=LARGEST_ID)
            queryset = queryset.filter(**{"pk__lt" if newest_first else "pk__gt": after})
        rows = list(queryset.order_by("-pk" if newest_first else "pk")[: limit + 1])
        page = rows[:limit]
        self.next = None
        if len(rows) > limit:
            url = request.build_absolute_uri()
            self.next = replace_query_param(url, "after", str(page[-1].pk))
        return page

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.next})

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        following = {
            "type": "string",
            "format": "uri",
            "nullable": True,
            "description": "The next page; null on the last one.",
        }
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {"results": schema, "next": following},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
        return [
            _parameter("limit", limit, "How many at most."),
            _parameter("after", ID | {"minimum": 0}, "The last id of the page before."),
        ]


class Filters(BaseFilterBackend):
    """The view's `filters`, by name."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        for name, field in view.filters.items():
            if name not in request.query_params:
                continue
            if isinstance(field, str):
                wanted: Any = whole(request, name, default=0, low=1, high=LARGEST_ID)
                queryset = queryset.filter(**{field: wanted})
            else:
                queryset = queryset.filter(**{name: self._word(request, name, field)})
        return queryset

    def _word(self, request: Request, name: str, choices: type[models.TextChoices]) -> str:
        word = request.query_params[name]
        if word not in choices.values:
            raise ValidationError(
                {name: [gettext("One of {values}.").format(values=", ".join(choices.values))]}
            )
        return word

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            _parameter(
                name,
                ID if isinstance(field, str) else _enumeration(field),
                f"Only those of this {name}.",
            )
            for name, field in view.filters.items()
        ]


def _enumeration(choices: type[models.TextChoices]) -> dict[str, Any]:
    return {"type": "string", "enum": choices.values}


def _parameter(name: str, schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": dict(schema),
        "description": description,
    }


class ListView(ResourceView[M], ListAPIView[M]):
    """`GET` of the rows the principal may see, page by page.

    `filters` maps a parameter to the field of an id, or to the words its own field may have.
    """

    filters: ClassVar[Mapping[str, str | type[models.TextChoices]]] = {"store": "store_id"}
    newest_first: ClassVar[bool] = False
    pagination_class = KeyPages
    filter_backends = [Filters]

    def known_parameters(self) -> frozenset[str]:
        return frozenset({"limit", "after", *self.filters})
