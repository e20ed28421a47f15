"""Filters by words we know. Django's own would ask a large table for every word in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest


class KnownWords(admin.SimpleListFilter):
    """Rows whose field `parameter_name` holds exactly one of these words."""

    words: ClassVar[Mapping[str, str]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.words.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        word = self.value()
        return queryset if word is None else queryset.filter(**{str(self.parameter_name): word})
