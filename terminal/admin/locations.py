"""Locations: their addresses by each country's rules, and how far Stripe knows of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.models import UNFINISHED
from payments.transitions import request_words
from stores.admin_base import StoreScopedAdmin, principal_of
from stores.admin_row_filters import OwnRowsFilter
from stores.errors import DomainError
from stores.models import Location
from stores.principals import MANAGERS
from terminal.admin.differences import listed
from terminal.admin.reader_list import RetiredFilter
from terminal.models import Reader
from terminal.services import configurations, locations


def state_of(location: Location) -> tuple[str, str]:
    """How far Stripe knows the location: a tone, and words."""
    last = locations.requests_of(location).first()
    if last is not None and last.status in UNFINISHED:
        return words.BUSY, gettext("{request}: waiting for Stripe.").format(
            request=request_words(last.kind)
        )
    if last is not None and last.status in locations.NOT_DONE:
        said = last.error_message or last.error_code or gettext("no clear answer")
        return words.BAD, gettext("{request}: {said} Save again to try again.").format(
            request=request_words(last.kind), said=said
        )
    if location.retired_at is not None:
        return words.QUIET, gettext("Retired.")
    if location.stripe_id and location.stripe_account == location.store.stripe_account:
        return words.GOOD, gettext("Known to Stripe")
    return words.QUIET, gettext("Not at Stripe yet. Save to create it.")


class LocationForm(forms.ModelForm):  # type: ignore[type-arg]
    """The country is the store's, and is not asked for."""

    class Meta:
        model = Location
        fields = ["store", "display_name", "line1", "line2", "city", "state", "postal_code"]
        labels = {"display_name": _("Name")}

    def _post_clean(self) -> None:
        store = self.cleaned_data.get("store")
        if store is not None and self.instance.pk is None:
            self.instance.country = store.country
        super()._post_clean()  # type: ignore[misc]


@admin.register(Location)
class LocationAdmin(StoreScopedAdmin[Location]):
    list_display = ["display_name", "store", "city", "country", "shown_readers", "stripe_id"]
    list_filter = [
        ("store", OwnRowsFilter),
        "country",
        RetiredFilter,
    ]
    list_select_related = ["store__account"]
    search_fields = ["display_name", "city", "stripe_id"]
    autocomplete_fields = ["store"]
    ordering = ["display_name", "pk"]
    empty_sentence = _("No locations yet. A location is where readers stand: add the first.")
    fixed_fields = ("store",)
    form = LocationForm
    fields = [
        "store",
        "display_name",
        "line1",
        "line2",
        "city",
        "state",
        "postal_code",
        "country",
        "at_stripe",
        "differences",
        "set_up",
        "stripe_id",
        "stripe_account",
    ]
    readonly_fields = [
        "country",
        "at_stripe",
        "differences",
        "set_up",
        "stripe_id",
        "stripe_account",
    ]
    actions = ["retire"]

    def get_fields(self, request: HttpRequest, obj: Location | None = None) -> Any:
        """What is known once it is there stands on no form that adds one."""
        return self.fields if obj else LocationForm.Meta.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Location]:
        there = Reader.objects.filter(location=OuterRef("pk"), retired_at=None).order_by()
        count = there.values("location").annotate(count=Count("pk")).values("count")
        standing = Coalesce(Subquery(count), 0)
        return super().get_queryset(request).annotate(standing=standing)

    def has_change_permission(self, request: HttpRequest, obj: Location | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.retired_at is None)

    def save_model(self, request: HttpRequest, obj: Location, form: Any, change: bool) -> None:
        """Stripe is told by a worker: nothing here waits for it."""
        locations.save(obj, by=principal_of(request))
        self.message_user(request, gettext("Stripe is being told. Reload to see its answer."))

    def response_add(
        self, request: HttpRequest, obj: Location, post_url_continue: str | None = None
    ) -> HttpResponse:
        """To its page, which says what Stripe answered."""
        return HttpResponseRedirect(reverse("admin:stores_location_change", args=[obj.pk]))

    @admin.action(description=_("Retire"), permissions=["change"])
    def retire(self, request: HttpRequest, chosen: QuerySet[Location]) -> None:
        """A manager of one store may be a cashier of the next: only what they manage."""
        by = principal_of(request)
        managed = Location.objects.for_principal(by, MANAGERS).filter(pk__in=chosen.values("pk"))
        for location in managed:
            try:
                locations.retire(location, by=by)
            except DomainError as refused:
                messages.warning(request, f"{refused.message} {refused.next_action}")
            else:
                messages.success(
                    request,
                    gettext("{location} is retired. Stripe is being told.").format(
                        location=location
                    ),
                )

    @admin.display(description=_("Readers"), ordering="standing")
    def shown_readers(self, location: Location) -> int:
        count: int = location.standing  # type: ignore[attr-defined]
        return count

    @admin.display(description=_("At Stripe"))
    def at_stripe(self, location: Location) -> SafeString | str:
        return words.badge(*state_of(location))

    @admin.display(description=_("How its readers are set up"))
    def set_up(self, location: Location) -> SafeString | str:
        """What holds there, and which level says so."""
        lines = configurations.lines_for(location)
        if not lines:
            return gettext("As Stripe has it.")
        listed = format_html_join("", "<li>{}: {}</li>", lines)
        return format_html('<ul class="plain">{}</ul>', listed)

    @admin.display(description=_("Found at night"))
    def differences(self, location: Location) -> SafeString | str:
        return listed(location=location, reader=None) or words.NOTHING
