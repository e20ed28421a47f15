"""The inbox of webhooks: what Stripe told us, what became of it, and the button to look again."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.buttons import Button, ButtonsAdmin, Live, Question
from payments.admin.requests import TONES
from payments.models import EventStatus, InboundEvent
from payments.services import inbox
from stores.admin_base import KnownWords, LargeListAdmin, principal_of
from stores.principals import PLATFORM, Principal

LATE = timedelta(minutes=1)


class InboxFilter(KnownWords):
    title = _("status")
    parameter_name = "status"
    words = {**dict(EventStatus.choices), "late": _("Late, not handled")}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "late":
            return super().queryset(request, queryset)
        before = timezone.now() - LATE
        return queryset.filter(status=EventStatus.RECEIVED, received_at__lt=before)


class Replay(Button[InboundEvent]):
    name = "replay"
    label = _("Handle it again")
    roles = PLATFORM

    def refusal(self, event: InboundEvent) -> str:
        waits = event.status == EventStatus.RECEIVED
        return (
            gettext("It waits to be handled already. This page shows by itself what comes.")
            if waits
            else ""
        )

    def question(self, event: InboundEvent) -> Question:
        return Question(
            gettext("Handle this event again?"),
            [
                (gettext("Type"), event.type),
                (gettext("About"), event.object_id),
                (gettext("Status"), event.get_status_display()),
            ],
            [
                gettext(
                    "It only makes us look: what it is about is read from Stripe as it is now."
                    " Nothing of the stored event is taken over, and no money moves."
                )
            ],
            stamp=f"{event.status}-{event.tries}",
        )

    def press(self, event: InboundEvent, *, by: Principal, form: forms.Form | None) -> str:
        inbox.replay(event, by=by)
        return gettext("It is handled again. This page shows its result by itself.")


@admin.register(InboundEvent)
class InboundEventAdmin(LargeListAdmin[InboundEvent], ButtonsAdmin[InboundEvent]):
    """Events of all companies, as Stripe sent them: for the platform's superuser only."""

    list_display = ["what", "shown_status", "rung", "took", "account", "received"]
    list_filter = [InboxFilter, "received_at"]
    buttons: ClassVar[Any] = [Replay()]
    live_template = "admin/payments/inboundevent/live.html"
    found_by = ("event_id", "object_id")
    found_in_newest = ("type__startswith", "stripe_account")
    search_help_text = _(
        "An evt_ id, or the id of what it is about; of the newest, an account or a type's start."
    )
    empty_sentence = _(
        "No webhooks yet. If sales go through, check that Stripe sends events to this server."
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).sees_all()

    def has_view_permission(self, request: HttpRequest, obj: InboundEvent | None = None) -> bool:
        return principal_of(request).sees_all()

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundEvent]:
        rows = super().get_queryset(request)
        # Bodies are large, and the list shows none.
        return rows if _is_page(request) else rows.defer("body")

    @admin.display(description=_("Event"), ordering="type")
    def what(self, event: InboundEvent) -> SafeString:
        """What happened, and to what."""
        return format_html('{}<span class="second">{}</span>', event.type, event.object_id)

    @admin.display(description=_("Status"), ordering="status")
    def shown_status(self, event: InboundEvent) -> SafeString:
        if event.tries < 2:
            return _badge(event)
        tries = ngettext("{count} try", "{count} tries", event.tries).format(count=event.tries)
        return format_html('{}<span class="second">{}</span>', _badge(event), tries)

    @admin.display(description=_("Account"), ordering="stripe_account")
    def account(self, event: InboundEvent) -> str:
        return event.stripe_account or gettext("The platform")

    @admin.display(description=_("Received"), ordering="id")
    def received(self, event: InboundEvent) -> SafeString | str:
        return words.local_time(event.received_at, None, words.SECONDS)

    @admin.display(description=_("Rung after"))
    def rung(self, event: InboundEvent) -> SafeString | str:
        """When what it is about was read anew, for which somebody may have waited."""
        return _after(event, inbox.rang_at(event)) if inbox.rings(event.type) else words.NOTHING

    @admin.display(description=_("Handled after"))
    def took(self, event: InboundEvent) -> SafeString | str:
        return _after(event, event.handled_at)

    # The page

    def row_title(self, row: InboundEvent) -> str:
        return row.type

    def live(self, row: InboundEvent) -> Live:
        waits = row.status == EventStatus.RECEIVED
        stamp = f"{row.status}-{row.tries}-{row.rung_at}-{_is_late(row)}"
        return Live(stamp, row.get_status_display(), 1.0 if waits else None)

    def live_context(self, request: HttpRequest, row: InboundEvent) -> dict[str, Any]:
        link = words.stripe_link(row.event_id, row.stripe_account, livemode=row.livemode)
        facts = [
            (gettext("Event"), link),
            (gettext("About"), row.object_id),
            (gettext("Account"), self.account(row)),
            (gettext("Mode"), gettext("Live") if row.livemode else gettext("Test")),
            (gettext("Made at Stripe"), words.local_time(row.created_at, None)),
            (gettext("Received"), words.local_time(row.received_at, None)),
            (gettext("Handled"), words.local_time(row.handled_at, None)),
            (gettext("Rung after"), self.rung(row)),
            (gettext("Handled after"), self.took(row)),
            (gettext("Tries"), row.tries),
            (gettext("Endpoint"), row.endpoint),
        ]
        return {
            "event": row,
            "badge": _badge(row),
            "facts": [(name, value) for name, value in facts if value != ""],
            "body": _body(row),
        }


def _badge(event: InboundEvent) -> SafeString:
    return words.badge(TONES.get(event.status, words.BUSY), event.get_status_display())


def _is_late(event: InboundEvent) -> bool:
    return event.handled_at is None and timezone.now() - event.received_at > LATE


def _after(event: InboundEvent, then: datetime | None) -> SafeString | str:
    if then is None:
        return words.badge(words.BAD, gettext("Late")) if _is_late(event) else words.NOTHING
    time = max(then - event.received_at, timedelta())
    shown = words.took(time)
    if time <= LATE:
        return shown
    return words.badge(words.BAD, gettext("Late: {shown}").format(shown=shown))


def _body(event: InboundEvent) -> SafeString | str:
    try:
        return words.pretty(json.loads(event.body))
    except ValueError:
        return format_html('<pre class="json">{}</pre>', event.body)


def _is_page(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and "object_id" in match.kwargs
