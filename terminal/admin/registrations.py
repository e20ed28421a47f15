"""Registering a reader: a form with the code on its screen, and a page that follows Stripe."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.buttons import Live
from payments.admin.requests import request_badge
from payments.admin.waits import requests_waiting
from payments.models import UNFINISHED, RequestStatus
from stores.admin_base import StoreScopedAdmin, principal_of, scoped
from stores.admin_row_filters import OwnRowsFilter
from stores.errors import DomainError
from stores.models import Location
from stores.principals import MANAGERS
from terminal.admin.adding import AddingAdmin
from terminal.models import ChargeModelSwitch, Reader, ReaderRegistration
from terminal.services import fleet


class RegistrationForm(forms.ModelForm):  # type: ignore[type-arg]
    registration_code = forms.CharField(
        max_length=100,
        label=_("Code on its screen"),
        help_text=_("On the reader: swipe from the left edge, Settings, Generate pairing code."),
    )

    class Meta:
        model = ReaderRegistration
        fields = ["location", "label", "replaces"]
        labels: ClassVar = {"location": _("Stands at"), "replaces": _("Was until now")}
        help_texts: ClassVar = {
            "label": _("What people at the counter call it."),
            "replaces": _("Only when it moves here: what it is known as is then retired."),
        }

    def clean(self) -> dict[str, Any]:
        """Say by the form what Stripe would refuse, or what we do."""
        given = super().clean() or {}
        if not self.errors:
            try:
                fleet.refuse(given["location"], given["registration_code"], given["replaces"])
            except DomainError as refused:
                raise ValidationError(f"{refused.message} {refused.next_action}") from refused
        return given


@admin.register(ReaderRegistration)
class ReaderRegistrationAdmin(AddingAdmin[ReaderRegistration]):
    list_display = ["label", "location", "store", "shown_status", "reader", "created_at"]
    list_filter = [("store", OwnRowsFilter), ("location", OwnRowsFilter), "created_at"]
    list_select_related = ["store", "location", "request", "reader"]
    search_fields = ["label", "location__display_name"]
    autocomplete_fields = ["location", "replaces"]
    ordering = ["-pk"]
    empty_sentence = _("No reader was registered yet.")
    form = RegistrationForm
    add_title = _("Register a reader")
    live_template = "admin/terminal/readerregistration/live.html"

    # The form

    def has_add_permission(self, request: HttpRequest) -> bool:
        return StoreScopedAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ["location", "label", "replaces"]
        return shown if obj else ["location", "label", "registration_code", "replaces"]

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "location":
            places = Location.objects.filter(retired_at=None).select_related("store")
            kwargs["queryset"] = scoped(places, request, MANAGERS)
        if db_field.name == "replaces":
            known = Reader.objects.filter(retired_at=None) | self._awaited(request)
            kwargs["queryset"] = scoped(known, request, MANAGERS)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _awaited(self, request: HttpRequest) -> QuerySet[Reader]:
        """Retired in the account that the store left, and to be registered in its new one."""
        switches = scoped(ChargeModelSwitch.objects.filter(finished_at=None), request, MANAGERS)
        names = [int(pk) for row in switches for pk in row.readers]
        return Reader.objects.filter(pk__in=names)

    def save_model(
        self, request: HttpRequest, obj: ReaderRegistration, form: Any, change: bool
    ) -> None:
        kept = fleet.register(
            location=obj.location,
            registration_code=form.cleaned_data["registration_code"],
            label=obj.label,
            by=principal_of(request),
            replaces=obj.replaces,
        )
        obj.pk, obj.request, obj.store = kept.pk, kept.request, kept.store

    # The page

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReaderRegistration]:
        related = ("store", "location", "request", "reader", "replaces", "user")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("Status"), ordering="request__status")
    def shown_status(self, row: ReaderRegistration) -> SafeString:
        return request_badge(row.request)

    def row_title(self, row: ReaderRegistration) -> str:
        return gettext("Registration of {label}").format(label=row.label)

    def live(self, row: ReaderRegistration) -> Live:
        waits = row.request.status in UNFINISHED
        stamp = f"{row.request.status}-{row.request.tries}-{row.reader_id}"
        return Live(stamp, fleet.sentence(row), 1.0 if waits else None)

    def live_context(self, request: HttpRequest, row: ReaderRegistration) -> dict[str, Any]:
        return {
            "registration": row,
            "badge": request_badge(row.request),
            "message": fleet.sentence(row),
            "next_step": fleet.next_step(row),
            "waits": list(requests_waiting([row.request])),
            "again_url": _again(row),
            "facts": [
                (gettext("Reader"), words.admin_link(row.reader)),
                (gettext("Location"), words.admin_link(row.location)),
                (gettext("Store"), row.store),
                (gettext("Was until now"), words.admin_link(row.replaces)),
                (gettext("Asked by"), row.user or gettext("The platform")),
                (gettext("Asked at"), words.local_time(row.created_at, row.store)),
                (gettext("Stripe's request"), row.request.stripe_request_id or words.NOTHING),
            ],
        }


def _again(row: ReaderRegistration) -> str:
    """The form with what was typed before, when Stripe refused the code."""
    if row.request.status in (*UNFINISHED, RequestStatus.SUCCEEDED):
        return ""
    given = {"location": row.location_id, "label": row.label, "replaces": row.replaces_id or ""}
    return f"{reverse('admin:terminal_readerregistration_add')}?{urlencode(given)}"
