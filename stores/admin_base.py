"""What every admin page of ours has: rows of the user's stores only, rights by role in the store.

Django's own permissions are not asked. A member of staff sees what `for_principal` gives them;
managers and owners may add and change where a page allows it at all; the platform's owner sees
and may do all, its support sees all and changes nothing. Rows
of money are `ReadOnlyAdmin`: buttons call services, forms change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import NotRelationField, get_fields_from_path
from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import QuerySet
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import checkbox

from stores.principals import EVERYONE, MANAGERS, Principal, Role
from stores.services import edits, sessions

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.contrib.admin.views.main import ChangeList
    from django_stubs_ext import StrOrPromise

    Pages = Paginator[Any]
else:
    from unfold.admin import ModelAdmin as UnfoldModelAdmin
    from unfold.views import ChangeList

    Pages = Paginator

    # Django's admin classes take a type argument for the type checker only.
    class ModelAdmin(UnfoldModelAdmin):
        def __class_getitem__(cls, *_: object) -> type:
            return cls


M = TypeVar("M", bound=models.Model)
LARGEST_NUMBER = 2**31 - 1
P = ParamSpec("P")


def principal_of(request: HttpRequest) -> Principal:
    """Who looks at this page; the same object for the whole request."""
    principal: Principal | None = getattr(request, "_principal", None)
    if principal is None:
        principal = sessions.principal_of(request.user, request.session)
        request._principal = principal  # type: ignore[attr-defined]
    return principal


def to_confirmation(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the password or a code again, and back."""
    back = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('admin:confirm')}?{back}")


def asks_again(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """For a view, or a method of an admin class, that does what is sensitive: it asks whether it
    is still the same person, unless they showed it within the last minutes.
    """

    @wraps(view)
    def asking(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = next(arg for arg in args if isinstance(arg, HttpRequest))
        if not sessions.is_confirmed(request.session):
            return to_confirmation(request)
        return view(*args, **kwargs)

    return asking


def scoped(
    rows: QuerySet[M], request: HttpRequest, roles: frozenset[Role] = EVERYONE
) -> QuerySet[M]:
    """Those of the rows that this request may see; none if the model knows no stores."""
    principal = principal_of(request)
    if principal.sees_all(roles):
        return rows
    if not hasattr(rows, "for_principal"):
        return rows.none()
    seen: QuerySet[M] = rows.for_principal(principal, roles)
    return seen


def works_anywhere(request: HttpRequest, roles: frozenset[Role] = EVERYONE) -> bool:
    """Whether the user has one of the roles in at least one store; asked once per request."""
    principal = principal_of(request)
    if principal.sees_all(roles):
        return True
    held: frozenset[Role] | None = getattr(request, "_roles", None)
    if held is None:
        held = principal.roles()
        request._roles = held  # type: ignore[attr-defined]
    return bool(held & roles)


class KnownWords(admin.SimpleListFilter):
    """Rows whose field `parameter_name` holds exactly one of these words. Django's own filter would
    ask a large table for every word in it.
    """

    words: ClassVar[Mapping[str, StrOrPromise]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        return list(self.words.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        word = self.value()
        return queryset if word is None else queryset.filter(**{str(self.parameter_name): word})


class HappenedFilter(KnownWords):
    """By whether something has happened to a row: then `field` has the time of it."""

    field: ClassVar[str]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.value()
        return queryset.filter(**{f"{self.field}__isnull": asked == "no"}) if asked else queryset


class CountedSoFar(Pages):
    """Pages of a list of any length: counts no further than what anybody turns pages for, finds the
    ids of a page first, and joins what is shown beside them to those only.
    """

    most = 5_000
    has_more = False
    template_name = "admin/pages.html"

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        # An order would be kept by Django, and cost a sort.
        found: int = rows.order_by()[: self.most + 1].count()
        self.has_more = found > self.most
        return min(found, self.most)

    @property
    def said(self) -> str:
        return number_format(self.count, force_grouping=True)

    def page(self, number: int | str) -> Any:
        number = self.validate_number(number)
        rows: Any = self.object_list
        begin = (number - 1) * self.per_page
        ids = list(rows.values_list("pk", flat=True)[begin : begin + self.per_page])
        return Page(rows.filter(pk__in=ids), number, self)


class FilteredList(ChangeList):
    """What a list shows, and what its filters could not understand.

    Of days, the newest come first by their time: by their ids, old days would be looked for among
    all the rows that came after.
    """

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        chosen = [each for spec in self.filter_specs for each in getattr(spec, "ordering", ())]
        return chosen or super().get_ordering(request, queryset)

    @property
    def mistakes(self) -> list[str]:
        return [
            mistake
            for spec in self.filter_specs
            for mistake in getattr(spec, "mistakes", {}).values()
        ]


class StoreScopedAdmin(ModelAdmin[M]):
    """Rows of the user's stores; those with a role in `change_roles` may add and change.

    `fixed_fields` are chosen when the row is added and never again.
    """

    change_roles: ClassVar[frozenset[Role]] = MANAGERS
    fixed_fields: ClassVar[tuple[str, ...]] = ()
    show_full_result_count = False
    list_per_page = 30
    paginator = CountedSoFar

    # Rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        return scoped(super().get_queryset(request), request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return FilteredList

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer, and accept, only rows where the user may write."""
        rows = db_field.remote_field.model._default_manager.all()
        kwargs.setdefault("queryset", scoped(rows, request, self.change_roles))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        fields = [*super().get_readonly_fields(request, obj)]
        return fields if obj is None else [*fields, *self.fixed_fields]

    def action_checkbox(self, obj: M) -> SafeString:
        """unfold's, without a template for each row."""
        name, attributes = ACTION_CHECKBOX_NAME, flatatt(checkbox.attrs)
        box = '<input type="checkbox" name="{}" value="{}"{}>'
        return format_html(box, name, obj.pk, attributes)

    # What has a service of its own overrides these, and is logged there.

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        before = self.model._default_manager.get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        edits.note(before, obj, by=principal_of(request))

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        edits.note_deleted(obj, by=principal_of(request))
        super().delete_model(request, obj)

    # Rights

    def has_module_permission(self, request: HttpRequest) -> bool:
        return works_anywhere(request)

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return works_anywhere(request) if obj is None else self.holds(request, obj, EVERYONE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).may_act and works_anywhere(request, self.change_roles)

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        if not principal_of(request).may_act:
            return False
        if obj is None:
            return works_anywhere(request, self.change_roles)
        return self.holds(request, obj, self.change_roles)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nothing is deleted by hand: rows are deactivated, revoked or canceled."""
        return False

    def holds(self, request: HttpRequest, obj: M, roles: frozenset[Role]) -> bool:
        """Whether the user has one of the roles where this row belongs."""
        if principal_of(request).sees_all(roles):
            return True
        rows = self.model._default_manager.filter(pk=obj.pk)
        return scoped(rows, request, roles).exists()


class LargeListAdmin(StoreScopedAdmin[M]):
    """For tables of millions of rows, newest first: no page of its list reads more than it shows.

    A search looks each word up in `found_by`, lookups that an index answers, one subquery each,
    because an OR over columns would read the table; words in `found_in_newest` are looked for
    among the newest rows only. Other columns than the id's are no way to order a million rows.
    """

    found_by: ClassVar[tuple[str, ...]] = ()
    found_in_newest: ClassVar[tuple[str, ...]] = ()
    ordering = ["-id"]

    def get_sortable_by(self, request: HttpRequest) -> Any:
        columns = [str(name) for name in self.get_list_display(request)]
        return [name for name in columns if self._orders_by(name) == "id"]

    def _orders_by(self, column: str) -> str:
        return str(getattr(getattr(self, column, None), "admin_order_field", column))

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return (*self.found_by, *self.found_in_newest)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        words = search_term.replace("\0", "").split()
        both: set[Any] = set()
        if words and self.found_in_newest:
            pks: Any = queryset.order_by("-pk").values_list("pk", flat=True)
            oldest = pks[CountedSoFar.most - 1 : CountedSoFar.most].first() or 0
            newest = queryset.filter(pk__gte=oldest)
        else:
            newest = queryset.none()
        for number, word in enumerate(words):
            # As ids, so that the statements after this one find nothing anew.
            ids = {row["pk"] for row in self._found(newest, word)}
            both = ids & both if number else ids
        return (queryset.filter(pk__in=both) if words else queryset), False

    def _found(self, newest: QuerySet[M], word: str) -> QuerySet[Any]:
        """The ids of rows with this word."""
        rows = self.model._default_manager.order_by("-pk")
        branches = [
            self._with(rows, lookup, word).values("pk")[: CountedSoFar.most]
            for lookup in self.found_by
            if self._may_be(lookup, word)
        ]
        branches += [
            self._with(newest, lookup, word).order_by().values("pk")
            for lookup in self.found_in_newest
        ]
        if not branches:
            return rows.none().values("pk")
        first, *others = branches
        return first.union(*others, all=True) if others else first

    def _with(self, rows: QuerySet[M], lookup: str, word: str) -> QuerySet[M]:
        """What is told of a related row is looked up there first: it is what has the index."""
        name, _, rest = lookup.partition("__")
        related = self.model._meta.get_field(name).related_model
        if not rest or related is None:
            return rows.filter(**{lookup: word})
        found: QuerySet[Any] = related._default_manager.order_by("-pk").filter(**{rest: word})
        return rows.filter(**{f"{name}__in": found.values("pk")[: CountedSoFar.most]})

    def _may_be(self, lookup: str, word: str) -> bool:
        """Numbers are asked for among numbers."""
        try:
            field = get_fields_from_path(self.model, lookup.removesuffix("__startswith"))[-1]
        except NotRelationField:  # a key of JSON
            return True
        if not isinstance(field, models.IntegerField):
            return True
        return word.isascii() and word.isdigit() and int(word) <= LARGEST_NUMBER


class PlatformAdmin(StoreScopedAdmin[M]):
    """Seen by those who work there, changed by the platform's owner only."""

    change_roles = frozenset()


class ReadOnlyAdmin(StoreScopedAdmin[M]):
    """For money and its history: to be looked at, never edited.

    `only_if` names what of a row must say something, for a field to stand on its page.
    """

    only_if: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def get_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        names: Any = super().get_fields(request, obj)
        return [
            name
            for name in names
            if obj is None
            or name not in self.only_if
            or any(getattr(obj, part) for part in self.only_if[name])
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False
