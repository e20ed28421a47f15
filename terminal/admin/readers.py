"""The list of readers: what Stripe last said of them, and what they do for us."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from stores.admin_base import works_anywhere
from stores.admin_row_filters import OwnRowsFilter
from stores.currencies import spoken_amount
from stores.principals import MANAGERS
from terminal.admin.payments import action_badge
from terminal.admin.reader_buttons import (
    Confirm,
    Free,
    Move,
    Refresh,
    Rename,
    Retire,
    ShowCart,
    Test,
    cart_of,
    held_by,
    taken,
)
from terminal.admin.reader_list import (
    DeviceFilter,
    DoingFilter,
    QuietFilter,
    RetiredFilter,
    SoftwareFilter,
    advice,
    device,
    dispatch,
    rates,
    seen,
)
from terminal.admin.reader_page import ReaderPage
from terminal.admin.screen import model_name
from terminal.models import Reader
from terminal.services import attending, figures, lease


def _below(first: Any, second: Any) -> SafeString:
    return format_html('{}<span class="second">{}</span>', first, second)


@admin.register(Reader)
class ReaderAdmin(ReaderPage):
    """The list leads to the form that registers another."""

    list_display = [
        "shown_label",
        "where",
        "now",
        "seen",
        "shown_software",
        "success",
        "dispatch",
    ]
    list_filter = [
        ("store", OwnRowsFilter),
        ("location", OwnRowsFilter),
        DoingFilter,
        QuietFilter,
        SoftwareFilter,
        DeviceFilter,
        "is_active",
        RetiredFilter,
    ]
    search_fields = ["label", "serial_number", "stripe_id", "location__display_name"]
    search_help_text = _("A label, a location, a serial number or a tmr_ id.")
    ordering = ["store", "label", "pk"]
    empty_sentence = _("No readers yet. Register one by the code on its screen.")
    actions = ["refresh_all"]
    buttons: ClassVar[Any] = [
        Refresh(),
        Free(),
        Test(),
        ShowCart(),
        Confirm(),
        Rename(),
        Move(),
        Retire(),
    ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        offered = {"registers": works_anywhere(request, MANAGERS)}
        return super().changelist_view(request, (extra_context or {}) | offered)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the numbers of the readers of this page, in two statements for all of them."""
        listed = super().get_changelist_instance(request)
        known = figures.figures([row.pk for row in listed.result_list], now=timezone.now())
        fleet_software = figures.software()
        for row in listed.result_list:
            row.figures = known.get(row.pk, figures.Figures())
            row.newest = fleet_software.newest(row.device_type)
            row.is_behind = fleet_software.is_behind(row)
        return listed

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reader]:
        held = lease.HELD_BY_ANY.select_related("payment__store")
        rows = (
            super()
            .get_queryset(request)
            .select_related("store__account", "location", "display__order", "display__shown_order")
        )
        return rows.prefetch_related(Prefetch("actions", held, to_attr="held_actions"))

    @admin.action(description=_("Refresh from Stripe"), permissions=["view"])
    def refresh_all(self, request: HttpRequest, chosen: QuerySet[Reader]) -> None:
        readers = list(chosen)
        for reader in readers:
            attending.ring(reader.pk)
        messages.success(
            request,
            gettext("Stripe is being asked about {count}. Reload in a moment to see more.").format(
                count=len(readers)
            ),
        )

    # The list

    @admin.display(description=_("Reader"), ordering="label")
    def shown_label(self, reader: Reader) -> SafeString:
        return format_html(
            '<span class="with-device">{}<span>{}<span class="second">{}</span></span></span>',
            device(reader),
            reader,
            model_name(reader.device_type),
        )

    @admin.display(description=_("Where"), ordering="store")
    def where(self, reader: Reader) -> SafeString | str:
        store, location = str(reader.store), str(reader.location)
        return store if store == location else _below(store, location)

    @admin.display(description=_("Now"))
    def now(self, reader: Reader) -> SafeString | str:
        held = held_by(reader)
        if held is None:
            order = cart_of(reader)
            if order is None:
                return pgettext("reader", "Free")
            return gettext("Shows order {number}").format(number=order.number)
        payment = held.payment
        if payment is None:
            said = format_html("{} {}", held.about.capitalize(), action_badge(held))
        else:
            amount = spoken_amount(payment.amount, payment.currency)
            link = words.admin_link(payment, f"{payment.order}, {amount}")
            said = format_html("{} {}", link, words.state_badge(payment))
        return _below(said, taken(held))

    @admin.display(description=_("Last seen"), ordering="last_seen_at")
    def seen(self, reader: Reader) -> SafeString | str:
        when = seen(reader, timezone.now())
        if reader.retired_at is None and reader.status != "offline":
            return when if reader.status else _below(when, gettext("Not asked about yet"))
        return _below(when, advice(reader) or gettext("Retired"))

    @admin.display(description=_("Software"), ordering="device_sw_version")
    def shown_software(self, reader: Reader) -> SafeString | str:
        version = reader.device_sw_version or words.NOTHING
        newest: str = reader.newest  # type: ignore[attr-defined]
        if not reader.is_behind:  # type: ignore[attr-defined]
            return version
        return _below(version, gettext("Behind {newest}").format(newest=newest))

    @admin.display(description=_("Succeeded, 30 days"))
    def success(self, reader: Reader) -> SafeString | str:
        return rates(reader.figures)  # type: ignore[attr-defined]

    @admin.display(description=_("Reached in"))
    def dispatch(self, reader: Reader) -> SafeString | str:
        return dispatch(reader.figures)  # type: ignore[attr-defined]
