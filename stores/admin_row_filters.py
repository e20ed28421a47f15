"""Filters of a list by another row: by its store, its reader, whoever sold it.

They offer rows the user may see only. Django's own offer every row of the other table, other
companies' included. Of a long table a filter offers `limit` rows, and a field finds the others as
the table's own list would.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from stores.admin_base import scoped

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.contrib.admin.views.main import ChangeList

LARGEST_ID = 2**63 - 1


class _OffersRows(admin.ListFilter):
    template = "admin/rows_filter.html"
    limit = 30
    is_long = False  # there are more, or were before some were looked for
    kept: Sequence[tuple[str, str]] = ()  # what else the list is asked for
    find_kwarg: str
    find: str

    def take_find(self, name: str, params: dict[str, Any]) -> None:
        self.find_kwarg = f"{name}__find"
        [*_, words] = params.pop(self.find_kwarg, [""])
        self.find = words.replace("\0", "").strip()

    def spoken(self, row: Any) -> str:
        return str(row)

    def offer(
        self,
        rows: QuerySet[Any],
        request: HttpRequest,
        model_admin: ModelAdmin[Any],
        chosen: Iterable[str],
    ) -> list[tuple[str, str]]:
        """What was chosen first, though it may not be among the first; others by their names."""
        found = rows
        if self.find:
            list_of_them = model_admin.admin_site.get_model_admin(rows.model)
            found, _ = list_of_them.get_search_results(request, rows, self.find)
        offered = list(found.order_by("pk")[: self.limit + 1])
        self.is_long = bool(self.find) or len(offered) > self.limit
        del offered[self.limit :]
        missing = {int(pk) for pk in chosen if _is_id(pk)} - {row.pk for row in offered}
        others = rows.filter(pk__in=missing) if missing else ()
        named = sorted(((str(row.pk), self.spoken(row)) for row in offered), key=_by_name)
        return [*((str(row.pk), self.spoken(row)) for row in others), *named]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """What was looked for is forgotten once something is chosen."""
        rest = {k: v for k, v in changelist.filter_params.items() if k != self.find_kwarg}
        self.kept = [(k, v) for k, values in rest.items() for v in values if k != PAGE_VAR]
        others = copy(changelist)
        others.filter_params = rest
        yield from super().choices(others)


class OwnRowsFilter(_OffersRows, admin.RelatedFieldListFilter):
    """By a row that a field of the list names."""

    def __init__(
        self,
        field: Any,
        request: HttpRequest,
        params: dict[str, Any],
        model: type[models.Model],
        model_admin: ModelAdmin[Any],
        field_path: str,
    ) -> None:
        self.take_find(field_path, params)
        super().__init__(field, request, params, model, model_admin, field_path)

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        rows = scoped(field.remote_field.model._default_manager.all(), request)
        return self.offer(rows, request, model_admin, self.lookup_val or ())

    def has_output(self) -> bool:
        return self.is_long or super().has_output()


class RowsFilter(_OffersRows, admin.SimpleListFilter):
    """By other rows, and what the list has to do with one of them."""

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any
    ) -> None:
        self.take_find(str(self.parameter_name), params)
        super().__init__(request, params, model, model_admin)

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        raise NotImplementedError

    def of(self, queryset: QuerySet[Any], pk: int) -> QuerySet[Any]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return self.offer(self.rows(request), request, model_admin, [self.value() or ""])

    def has_output(self) -> bool:
        return self.is_long or super().has_output()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        return self.of(queryset, int(chosen)) if _is_id(chosen) else queryset


def _is_id(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) < 20 and int(word) <= LARGEST_ID


def _by_name(choice: tuple[str, str]) -> str:
    return choice[1].casefold()
