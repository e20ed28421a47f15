"""The audit trail: who did what, when, what was there before, in words."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _

from stores.admin_base import KnownWords, LargeListAdmin, ReadOnlyAdmin
from stores.admin_filters import DaysFilter
from stores.admin_row_filters import OwnRowsFilter
from stores.admin_times import NOTHING, SECONDS, local_time
from stores.currencies import AMOUNTS, spoken_amount
from stores.models import ActorKind, LogEntry
from stores.models.log import SAID
from stores.names import who

# What has no row of its own
OF_NO_ROW = ("clock", "report", "support")
# What became of these is a code; of others, what somebody wrote: a label, a name.
OF_CODES = ("reader_action", "membership")
BY_CODES = ("state", "status", "charge_model", "cards_stopped")


class SubjectFilter(KnownWords):
    title = _("subject")
    parameter_name = "subject"
    words = {
        "payment": _("Payment"),
        "order": _("Order"),
        "reader_action": _("Reader action"),
        "reader": _("Reader"),
        "reader_configuration": _("Reader configuration"),
        "reader_registration": _("Reader registration"),
        "location": _("Location"),
        "device": _("Device"),
        "membership": _("Membership"),
        "user": _("User"),
        "support": _("Support"),
        "account": _("Account"),
        "store": _("Store"),
        "fee_plan": _("Fee plan"),
        "incident": _("Incident"),
        "saved_card": _("Saved card"),
        "product": _("Product"),
        "card_rule": _("Card rule"),
        "default_reader": _("Default reader"),
        "tipping": _("Tipping"),
        "clock": _("Clock"),
        "day_close": _("Day close"),
        "onboarding": _("Onboarding"),
        "report": _("Report"),
    }


class ActorFilter(KnownWords):
    title = _("by")
    parameter_name = "actor_kind"
    words = dict(ActorKind.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().queryset(request, queryset)
        # People write few of the rows, and who they are is indexed.
        return rows.filter(user__isnull=False) if self.value() == ActorKind.USER else rows


class LoggedFilter(DaysFilter):
    title = _("at")
    field = "at"


@admin.register(LogEntry)
class LogEntryAdmin(LargeListAdmin[LogEntry], ReadOnlyAdmin[LogEntry]):
    list_display = ["logged", "store", "about", "what", "actor"]
    list_filter = [("store", OwnRowsFilter), LoggedFilter, SubjectFilter, ActorFilter]
    list_select_related = ["store", "device", "user"]
    found_by = ("order__number", "payment_id", "reader_id")
    found_in_newest = ("message__icontains",)
    search_help_text = _("The number of an order, payment or reader; of the newest, words of it.")
    fields = (
        "logged",
        "actor",
        "message",
        "was",
        "became",
        "about",
        "store",
        "order",
        "payment",
        "reader",
        "verb",
        "details",
    )
    only_if: ClassVar[Any] = {
        "was": ("old",),
        "became": ("new",),
        "store": ("store_id",),
        "order": ("order_id",),
        "payment": ("payment_id",),
        "reader": ("reader_id",),
        "details": ("data",),
    }

    def get_readonly_fields(self, request: HttpRequest, obj: LogEntry | None = None) -> Any:
        return self.fields

    @admin.display(description=_("At"), ordering="id")
    def logged(self, entry: LogEntry) -> SafeString | str:
        return local_time(entry.at, entry.store, SECONDS)

    @admin.display(description=_("Message"))
    def what(self, entry: LogEntry) -> str:
        """With what was and is, where it is no row's whole content."""
        if not entry.old or not entry.new:
            return entry.message
        old, new = (Truncator(_words(entry, each)).chars(120) for each in (entry.old, entry.new))
        return format_html('{}<p class="quiet">{} → {}</p>', entry.message, old, new)

    @admin.display(description=_("About"))
    def about(self, entry: LogEntry) -> str:
        subject = SubjectFilter.words.get(entry.subject, entry.subject.replace("_", " "))
        return str(subject) if entry.subject in OF_NO_ROW else f"{subject} {entry.subject_id}"

    @admin.display(description=_("Before"))
    def was(self, entry: LogEntry) -> SafeString | str:
        return _lines(entry, entry.old)

    @admin.display(description=_("After"))
    def became(self, entry: LogEntry) -> SafeString | str:
        return _lines(entry, entry.new)

    @admin.display(description=_("Payment"))
    def payment(self, entry: LogEntry) -> SafeString | str:
        return _link("payments_payment", entry.payment_id)

    @admin.display(description=_("Reader"))
    def reader(self, entry: LogEntry) -> SafeString | str:
        return _link("terminal_reader", entry.reader_id)

    @admin.display(description=_("Details"))
    def details(self, entry: LogEntry) -> SafeString | str:
        """What machines keep of it, but its amounts as people write them."""
        if not entry.data:
            return NOTHING
        currency = str(entry.data.get("currency") or (entry.store and entry.store.currency) or "")
        data = {name: value for name, value in entry.data.items() if name != SAID}
        shown = json.dumps(_spoken(data, currency), indent=2, ensure_ascii=False)
        return format_html('<pre class="json">{}</pre>', shown)

    @admin.display(description=_("By"))
    def actor(self, entry: LogEntry) -> str:
        return who(entry.user, entry.device) or entry.get_actor_kind_display()


def _words(entry: LogEntry, value: str) -> str:
    """Of a code, what people would say: Waiting for card."""
    is_code = entry.subject in OF_CODES or entry.verb in BY_CODES
    return capfirst(value.replace("_", " ")) if is_code else value


def _lines(entry: LogEntry, values: str) -> SafeString | str:
    """One field a line."""
    if not values:
        return NOTHING
    return format_html('<span class="lines">{}</span>', _words(entry, values).replace("; ", "\n"))


def _link(page: str, id: int | None) -> SafeString | str:
    if id is None:
        return NOTHING
    return format_html('<a href="{}">#{}</a>', reverse(f"admin:{page}_change", args=[id]), id)


def _spoken(value: Any, currency: str, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _spoken(each, currency, key) for key, each in value.items()}
    if isinstance(value, int) and name in AMOUNTS and currency:
        return spoken_amount(value, currency)
    return value
