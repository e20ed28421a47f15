"""Another charge model for a store: what stands in the way, then step by step to its end."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldBooleanWidget

from payments.admin import words
from payments.admin.buttons import Button, Live, Question
from payments.admin.waits import requests_waiting
from payments.models import UNFINISHED, StripeRequest
from stores.admin_base import (
    HappenedFilter,
    asks_again,
    principal_of,
    scoped,
    works_anywhere,
)
from stores.admin_row_filters import OwnRowsFilter
from stores.models import Store
from stores.principals import RIGHTS, Principal, Right
from terminal.admin.adding import AddingAdmin
from terminal.models import ChargeModelSwitch, Reader
from terminal.services import switching

ALLOWED = RIGHTS[Right.CHANGE_CHARGE_MODEL]


class SwitchForm(forms.ModelForm):  # type: ignore[type-arg]
    confirmed = forms.BooleanField(
        label=_("Its readers stop now"),
        help_text=_("Until each is registered anew, by the code on its screen."),
        widget=UnfoldBooleanWidget(),
    )

    class Meta:
        model = ChargeModelSwitch
        fields = ["store", "to_model", "reason"]
        labels: ClassVar = {"to_model": _("Charges from now on")}
        help_texts: ClassVar = {
            "to_model": _(
                "Direct: in the store's own account. Destination: in the platform's, for it. What"
                " was paid until now stays where it is, and is captured and refunded there."
            ),
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("store") and given.get("to_model"):
            refused = switching.obstacles(given["store"], given["to_model"])
            if refused:
                raise ValidationError(refused)
        return given


class Finish(Button[ChargeModelSwitch]):
    """Some readers are not used any more."""

    name = "finish"
    label = _("Finish without them")
    roles = ALLOWED

    def refusal(self, row: ChargeModelSwitch) -> str:
        return gettext("This switch is finished.") if row.finished_at else ""

    def question(self, row: ChargeModelSwitch) -> Question:
        names = ", ".join(str(reader) for reader in switching.missing(row))
        return Question(
            gettext("Finish the switch?"),
            [(gettext("Not registered again"), names)],
            [gettext("They can be registered later like any other reader.")],
        )

    def press(self, row: ChargeModelSwitch, *, by: Principal, form: forms.Form | None) -> str:
        switching.finish(row, by=by)
        return gettext("The switch is finished.")


class FinishedFilter(HappenedFilter):
    title = _("status")
    parameter_name = "finished"
    field = "finished_at"
    words = {"no": _("Going on"), "yes": _("Finished")}


@admin.register(ChargeModelSwitch)
class ChargeModelSwitchAdmin(AddingAdmin[ChargeModelSwitch]):
    list_display = ["store", "from_model", "to_model", "created_at", "finished_at"]
    list_filter = [("store", OwnRowsFilter), FinishedFilter]
    list_select_related = ["store"]
    search_fields = ["store__name"]
    autocomplete_fields = ["store"]
    ordering = ["-pk"]
    empty_sentence = _("No store has switched how it charges.")
    form = SwitchForm
    add_title = _("Switch the charge model of a store")
    live_template = "admin/terminal/chargemodelswitch/live.html"
    buttons: ClassVar[Any] = [Finish()]

    # The form

    def has_add_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).may_act and works_anywhere(request, ALLOWED)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ["store", "to_model", "reason"]
        return shown if obj else [*shown, "confirmed"]

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        stores = Store.objects.select_related("account")
        kwargs["queryset"] = scoped(stores, request, ALLOWED)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @asks_again
    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().add_view(request, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: ChargeModelSwitch, form: Any, change: bool
    ) -> None:
        for warning in switching.warnings(obj.store):
            messages.warning(request, warning)
        by = principal_of(request)
        obj.pk = switching.switch(obj.store, obj.to_model, by=by, reason=obj.reason).pk

    # The page

    def row_title(self, row: ChargeModelSwitch) -> str:
        return str(row)

    def live(self, row: ChargeModelSwitch) -> Live:
        steps = switching.steps(row)
        stamp = "-".join(far for _, far, _ in steps) + f"-{row.finished_at}"
        over = row.finished_at is not None and all(done for _, _, done in steps)
        return Live(stamp, _sentence(row), None if over else 2.0)

    def live_context(self, request: HttpRequest, row: ChargeModelSwitch) -> dict[str, Any]:
        waiting = StripeRequest.objects.filter(
            store=row.store, path__startswith="/v1/terminal/", status__in=UNFINISHED, payment=None
        )
        return {
            "row": row,
            "badge": _badge(row),
            "message": _sentence(row),
            "steps": [(text, far, _mark(done)) for text, far, done in switching.steps(row)],
            "waits": list(requests_waiting(waiting)),
            "missing": [(reader, _register(row, reader)) for reader in switching.missing(row)],
            "facts": [
                (gettext("Store"), row.store),
                (gettext("Until now in"), row.from_account or gettext("The platform")),
                (gettext("From now on in"), row.store.stripe_account or gettext("The platform")),
                (gettext("Asked by"), row.user or gettext("The platform")),
                (gettext("Asked at"), words.local_time(row.created_at, row.store)),
                (gettext("Reason"), row.reason or words.NOTHING),
            ],
        }


def _badge(row: ChargeModelSwitch) -> SafeString:
    tone = (
        (words.GOOD, gettext("Finished")) if row.finished_at else (words.BUSY, gettext("Going on"))
    )
    return words.badge(*tone)


def _mark(done: bool) -> SafeString:
    return (
        words.badge(words.GOOD, gettext("Done"))
        if done
        else words.badge(words.BUSY, gettext("Going on"))
    )


def _sentence(row: ChargeModelSwitch) -> str:
    if row.finished_at is not None:
        return gettext("{store} has {to_model} charges.").format(
            store=row.store, to_model=row.to_model
        )
    return gettext("New payments are charged on the new side. Register the readers to sell again.")


def _register(row: ChargeModelSwitch, reader: Reader) -> str:
    given = {"location": reader.location_id, "label": reader.label, "replaces": reader.pk}
    return f"{reverse('admin:terminal_readerregistration_add')}?{urlencode(given)}"
