"""People: their logins, where they work as what, their PINs; and the platform's support."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from stores.admin_base import (
    PlatformAdmin,
    ReadOnlyAdmin,
    StoreScopedAdmin,
    asks_again,
    principal_of,
    works_anywhere,
)
from stores.admin_row_filters import OwnRowsFilter
from stores.errors import DomainError
from stores.models import Membership, Store, SupportAccess, SupportPerson
from stores.principals import MANAGERS, OWNERS, Role
from stores.services import cashiers, edits, people, support

admin.site.unregister(User)
admin.site.unregister(Group)  # who may do what, stores/principals.py says alone


class NewPersonForm(UserCreationForm):
    """A login, with where it works from the start: without a store it would see nothing."""

    usable_password = None  # type: ignore[assignment]  # of single sign-on, which there is none of
    store = forms.ModelChoiceField(Store.objects.none(), label=_("Store"))
    role = forms.ChoiceField(choices=Role.choices, label=_("Role"))


@admin.register(User)
class PersonAdmin(StoreScopedAdmin[User], UserAdmin):  # type: ignore[type-arg]
    """Logins of the people of one's own stores. Flags of the platform are its owner's alone."""

    change_roles = OWNERS
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    add_form_template = "admin/change_form.html"
    list_display = ["username", "first_name", "last_name", "works", "is_active", "last_login"]
    list_filter = ["is_active"]
    search_fields = ["username", "first_name", "last_name"]
    ordering = ["username"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined", "works"]
    actions = ["reset_second_factor"]
    own = ("username", "first_name", "last_name", "email", "is_active")
    add_fieldsets = (
        (None, {"fields": ("username", "password1", "password2")}),
        (_("Works at"), {"fields": ("store", "role")}),
    )

    # Whose logins

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        principal = principal_of(request)
        rows = User.objects.order_by("username").prefetch_related("memberships__store")
        if principal.sees_all():
            return rows
        seen = Membership.objects.for_principal(principal, MANAGERS)
        return rows.filter(pk__in=seen.values("user_id"))

    def holds(self, request: HttpRequest, obj: User, roles: frozenset[Role]) -> bool:
        """To see them one works with them, to change them one controls them."""
        if roles == self.change_roles:
            return people.controls(principal_of(request), obj)
        return self.get_queryset(request).filter(pk=obj.pk).exists()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return works_anywhere(request, MANAGERS) or principal_of(request).sees_all()

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is None:
            return self.has_module_permission(request)
        return super().has_view_permission(request, obj)

    @admin.display(description=_("Works at"))
    def works(self, user: User) -> str:
        if user.is_superuser:
            return gettext("Platform owner")
        return ", ".join(
            f"{each.store} ({each.get_role_display().lower()})" for each in user.memberships.all()
        )

    # What of them

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        own: Sequence[str] = self.own
        flags = ("is_superuser",) if principal_of(request).is_platform_owner else ()
        return [
            (None, {"fields": [*own, *flags]}),
            (gettext("So far"), {"fields": ["works", "last_login", "date_joined"]}),
        ]

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "is_superuser" in form.base_fields:
            flag = form.base_fields["is_superuser"]
            flag.label = gettext("Platform owner")
            flag.help_text = gettext("Sees and may do everything, everywhere.")
        if obj is None:
            stores = Store.objects.for_principal(principal_of(request), OWNERS)
            form.base_fields["store"] = forms.ModelChoiceField(stores, label=_("Store"))
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        by = principal_of(request)
        with transaction.atomic():
            if not change:
                obj.is_staff = True
                obj.save()
                data = form.cleaned_data
                people.employ(obj, data["store"], data["role"], by=by)
                people.note_login_change(obj, "made", by=by)
            else:
                edit = edits.between(User.objects.get(pk=obj.pk), obj, but=("password",))
                obj.save()
                people.note_login_change(obj, f"changed {edit.names}", by=by, edit=edit)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        if "password" in str(message).lower():
            people.note_login_change(obj, "new password", by=principal_of(request))
        return super().log_change(request, obj, message)

    @method_decorator(sensitive_post_parameters())
    @asks_again
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        return super().user_change_password(request, id, form_url)

    @asks_again
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(request, *args, **kwargs)

    @admin.action(description=_("Reset the second factor"), permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        for user in chosen:
            try:
                people.reset_second_factor(user, by=principal_of(request))
            except DomainError as refused:
                messages.warning(request, f"{user}: {refused.message} {refused.next_action}")
            else:
                messages.info(
                    request,
                    gettext("{user} sets up a new second factor at the next sign-in.").format(
                        user=user
                    ),
                )


class PinForm(forms.Form):
    pin = forms.CharField(
        label=_("New PIN"),
        required=False,
        max_length=8,
        help_text=_("Four to eight digits. Leave it empty to take the PIN away."),
        widget=forms.PasswordInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "autofocus": True, "size": 10}
        ),
    )


@admin.register(Membership)
class MembershipAdmin(StoreScopedAdmin[Membership]):
    """Who works where, as what. Owners decide; managers see it, and set PINs."""

    change_roles = OWNERS
    list_display = ["person", "store", "role", "pin"]
    list_filter = [("store", OwnRowsFilter), "role"]
    list_select_related = ["user", "store"]
    search_fields = ["user__username", "store__name"]
    ordering = ["store", "user", "pk"]
    fields = ["user", "store", "role", "pin"]
    autocomplete_fields = ["user", "store"]
    fixed_fields = ("user", "store")
    readonly_fields = ["pin"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.set_pin)
        own = path("<int:pk>/pin/", view, name="stores_membership_pin")
        return [own, *super().get_urls()]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """People who work with one already; others get a login of their own: People, add."""
        if db_field.name == "user":
            people_admin = self.admin_site._registry[User]
            kwargs["queryset"] = people_admin.get_queryset(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """The one row here that is taken away: someone no longer works in the store."""
        return self.has_change_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # one at a time: each is written down

    @admin.display(description=_("User"), ordering="user__username")
    def person(self, membership: Membership) -> str:
        name = membership.user.get_full_name()
        login = membership.user.get_username()
        return format_html('{}<span class="second">{}</span>', name, login) if name else login

    @admin.display(description=_("PIN"))
    def pin(self, membership: Membership | None) -> str:
        if membership is None or membership.pk is None:
            return gettext("Set after saving.")
        url = reverse("admin:stores_membership_pin", args=[membership.pk])
        said = gettext("Change the PIN") if membership.pin_hash else gettext("Set a PIN")
        return format_html('<a href="{}">{}</a>', url, said)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        by = principal_of(request)
        if change:
            people.change_role(obj, obj.role, by=by)
        else:
            obj.pk = people.employ(obj.user, obj.store, obj.role, by=by).pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        people.dismiss(obj, by=principal_of(request))

    @asks_again
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(request, *args, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        if membership := context.get("original"):
            context["subtitle"] = gettext("{person} at {store}").format(
                person=cashiers.shown_name(membership), store=membership.store
            )
        return super().render_change_form(request, context, *args, **kwargs)

    @asks_again
    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().delete_view(request, *args, **kwargs)

    @method_decorator(sensitive_post_parameters())
    @asks_again
    def set_pin(self, request: HttpRequest, pk: int) -> HttpResponse:
        seen = Membership.objects.for_principal(principal_of(request), MANAGERS)
        membership = get_object_or_404(seen.select_related("user", "store"), pk=pk)
        form = PinForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                cashiers.set_pin(membership, form.cleaned_data["pin"], by=principal_of(request))
            except DomainError as refused:
                form.add_error("pin", f"{refused.message} {refused.next_action}")
            else:
                messages.info(
                    request, gettext("The PIN of {user} was changed.").format(user=membership.user)
                )
                return HttpResponseRedirect(reverse("admin:stores_membership_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("PIN of {person}").format(person=cashiers.shown_name(membership)),
            "form": form,
            "opts": self.opts,
            "membership": membership,
            "person": cashiers.shown_name(membership),
        }
        return TemplateResponse(request, "admin/stores/membership/pin.html", context)


@admin.register(SupportPerson)
class SupportPersonAdmin(PlatformAdmin[SupportPerson]):
    """Who may look as support; for the platform's owner only."""

    list_display = ["user", "added_at"]
    autocomplete_fields = ["user"]
    search_fields = ["user__username"]
    ordering = ["user"]
    fixed_fields = ("user",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).is_platform_owner

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return principal_of(request).is_platform_owner

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return principal_of(request).is_platform_owner

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = User.objects.filter(is_staff=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: SupportPerson, form: Any, change: bool) -> None:
        support.add_person(obj.user, by=principal_of(request))

    def delete_model(self, request: HttpRequest, obj: SupportPerson) -> None:
        support.remove_person(obj.user, by=principal_of(request))

    @asks_again
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(request, *args, **kwargs)


@admin.register(SupportAccess)
class SupportAccessAdmin(ReadOnlyAdmin[SupportAccess]):
    """Each time somebody looked as support, and why."""

    list_display = ["user", "reason", "opened_at", "ends_at", "closed_at"]
    list_select_related = ["user"]
    search_fields = ["reason", "user__username"]
    ordering = ["-id"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).is_platform_owner

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return principal_of(request).is_platform_owner
