"""Tablets: paired by a code that a manager's page shows, shut out by a click."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores import services
from stores.admin_base import (
    HappenedFilter,
    StoreScopedAdmin,
    asks_again,
    principal_of,
)
from stores.admin_row_filters import OwnRowsFilter
from stores.models import Device, PairingCode
from stores.principals import MANAGERS

EVERY = 3  # seconds between two looks at whether the tablet took the code


class RevokedFilter(HappenedFilter):
    title = _("status")
    parameter_name = "revoked"
    field = "revoked_at"
    words = {"no": _("Not revoked"), "yes": _("Revoked")}


@admin.register(Device)
class DeviceAdmin(StoreScopedAdmin[Device]):
    """Tablets. Adding one shows the code it is paired by; its token only the tablet ever sees."""

    list_display = ["name", "store", "state", "last_seen_at", "pairing"]
    list_filter = [("store", OwnRowsFilter), RevokedFilter]
    list_select_related = ["store", "pairing_code"]
    search_fields = ["name", "store__name"]
    autocomplete_fields = ["store"]
    ordering = ["store", "name", "pk"]
    fixed_fields = ("store",)
    fields = ["store", "name", "state", "last_seen_at", "revoked_at", "created_at", "pairing"]
    readonly_fields = ["state", "last_seen_at", "revoked_at", "created_at", "pairing"]
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: Device | None = None) -> Any:
        """A tablet that is not there yet has no state."""
        return ["store", "name"] if obj is None else self.fields

    def get_urls(self) -> list[URLPattern]:
        """One page per tablet: its code, whether the tablet took it, and a button for another."""
        view = self.admin_site.admin_view(self.show_pairing)
        own = path("<int:pk>/pairing/", view, name="stores_device_pairing")
        return [own, *super().get_urls()]

    @admin.display(description=_("Status"))
    def state(self, device: Device) -> str:
        if device.revoked_at is not None:
            return gettext("Revoked")
        offer = getattr(device, "pairing_code", None)
        return gettext("Waits to be paired") if offer and not offer.used_at else gettext("Paired")

    @admin.display(description=_("Code"))
    def pairing(self, device: Device | None) -> str:
        if device is None or not device.token_hash:
            return gettext("Save to get the code that pairs the tablet.")
        url = reverse("admin:stores_device_pairing", args=[device.pk])
        return format_html('<a href="{}">{}</a>', url, gettext("Pair this tablet"))

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[Device]) -> None:
        by = principal_of(request)
        devices = self.managed(request, chosen)
        count = sum(services.revoke_device(device, by=by) for device in devices)
        messages.success(request, gettext("Revoked: {count}.").format(count=count))

    def managed(self, request: HttpRequest, chosen: QuerySet[Device]) -> QuerySet[Device]:
        """A manager of one store may be a cashier of the next: only what they manage."""
        seen = Device.objects.for_principal(principal_of(request), MANAGERS)
        return seen.filter(pk__in=chosen.values("pk")).select_related("store")

    def save_model(
        self, request: HttpRequest, obj: Device, form: ModelForm[Device], change: bool
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        obj.pk = services.add_device(obj.store, obj.name, by=principal_of(request)).pk

    def response_add(
        self, request: HttpRequest, obj: Device, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:stores_device_pairing", args=[obj.pk]))

    @asks_again
    def show_pairing(self, request: HttpRequest, pk: int) -> HttpResponse:
        device = get_object_or_404(self.managed(request, Device.objects.filter(pk=pk)))
        if request.method == "POST":
            services.invite(device, by=principal_of(request))
            return HttpResponseRedirect(request.path)
        offer = PairingCode.objects.filter(device=device).first()
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Pair {device}").format(device=device),
            "opts": self.opts,
            "device": device,
            "offer": offer,
            "waits": offer is not None and offer.code is not None and not offer.is_over,
            "qr": _qr(request, offer) if offer and offer.code else "",
        }
        response = TemplateResponse(request, "admin/stores/device/pairing.html", context)
        if context["waits"]:
            response["Refresh"] = str(EVERY)
        return response


def _qr(request: HttpRequest, offer: PairingCode) -> SafeString:
    """What a tablet's camera reads: where to pair, and the code behind the #, which no server
    between us is sent.
    """
    address = f"{request.build_absolute_uri(reverse('pair'))}#{offer.shown}"
    drawn = segno.make(address, error="m").svg_inline(scale=6, border=2, dark="#000", light="#fff")
    return mark_safe(drawn)
