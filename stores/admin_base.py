"""What every admin page of ours has: rows of the user's stores only, rights by role in the store.

Django's own permissions are not asked. A member of staff sees what `for_principal` gives them;
managers and owners may add and change where a page allows it at all; the platform's owner sees
and may do all, its support sees all and changes nothing. Rows
of money are `ReadOnlyAdmin`: buttons call services, forms change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar
from urllib.parse import urlencode

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from stores.models import Store
from stores.principals import EVERYONE, MANAGERS, Principal, Role
from stores.services import sessions

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
else:
    from unfold.admin import ModelAdmin as UnfoldModelAdmin
    from unfold.admin import TabularInline as UnfoldTabularInline

    # Django's admin classes take a type argument for the type checker only.
    class ModelAdmin(UnfoldModelAdmin):
        def __class_getitem__(cls, *_: object) -> type:
            return cls

    class TabularInline(UnfoldTabularInline):
        def __class_getitem__(cls, *_: object) -> type:
            return cls


M = TypeVar("M", bound=models.Model)
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
    known: dict[frozenset[Role], bool] = request.__dict__.setdefault("_works_anywhere", {})
    if roles not in known:
        known[roles] = Store.objects.for_principal(principal, roles).exists()
    return known[roles]


class OwnRowsFilter(admin.RelatedFieldListFilter):
    """A list filter by a related row that offers only rows the user may see.

    Django's own offers every row of the related table, other companies' included, and filters by
    whatever id stands in the URL. `limit` keeps a long table out of the sidebar.
    """

    limit = 100

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        rows = scoped(field.remote_field.model._default_manager.all(), request).order_by("pk")
        return [(row.pk, str(row)) for row in rows[: self.limit]]


class StoreScopedAdmin(ModelAdmin[M]):
    """Rows of the user's stores; those with a role in `change_roles` may add and change.

    `fixed_fields` are chosen when the row is added and never again.
    """

    change_roles: ClassVar[frozenset[Role]] = MANAGERS
    fixed_fields: ClassVar[tuple[str, ...]] = ()
    show_full_result_count = False
    list_per_page = 50

    # Rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        return scoped(super().get_queryset(request), request)

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


class PlatformAdmin(StoreScopedAdmin[M]):
    """Seen by those who work there, changed by the platform's owner only."""

    change_roles = frozenset()


class ReadOnlyAdmin(StoreScopedAdmin[M]):
    """For money and its history: to be looked at, never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class ReadOnlyInline(TabularInline[M, Any]):
    """Rows shown below their parent, which was checked; never edited there."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
