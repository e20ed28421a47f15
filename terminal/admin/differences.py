"""What differs between Stripe's locations and readers and ours, and what settles it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.buttons import Button, ButtonsAdmin, Live, Question
from stores.admin_row_filters import OwnRowsFilter
from stores.principals import MANAGERS, Principal
from terminal.models import FleetDifference, FleetOutcome
from terminal.services import fleet_rows, fleet_settling
from terminal.services.fleet_settling import Move

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TONES: dict[str, str] = {FleetOutcome.OPEN: words.BAD, FleetOutcome.LEFT: words.QUIET}


class Settle(Button[FleetDifference]):
    """One way to settle it; which ones there are the service says."""

    roles = MANAGERS
    move: ClassVar[Move]
    title: ClassVar[StrOrPromise]
    says: ClassVar[StrOrPromise]

    def refusal(self, row: FleetDifference) -> str:
        if self.move in fleet_settling.moves(row):
            return ""
        return gettext("That does not settle it: look at what it is now.")

    def question(self, row: FleetDifference) -> Question:
        return Question(
            str(self.title),
            [
                (gettext("What"), row.owner or row.object_id),
                (gettext("At Stripe"), row.theirs or words.NOTHING),
                (gettext("Here"), row.ours or words.NOTHING),
            ],
            [str(self.says)],
            stamp=f"{row.ours}/{row.theirs}",
        )

    def press(self, row: FleetDifference, *, by: Principal, form: forms.Form | None) -> str:
        return fleet_settling.settle(row, self.move, by=by, seen=row.theirs).spoken_resolution


class Take(Settle):
    name, label, move = "take", _("Take Stripe's"), Move.TAKE
    title = _("Take what Stripe has?")
    says = _("It is so here, too, from then on. Stripe is not told anything.")


class Send(Settle):
    name, label, move = "send", _("Send ours to Stripe"), Move.SEND
    title = _("Tell Stripe what is here?")
    says = _("Stripe has it as it is here, then. What Stripe deleted is created anew.")


class Adopt(Settle):
    name, label, move = "adopt", _("Use it here"), Move.ADOPT
    title = _("Use it here?")
    says = _("It becomes one of the store's, and Stripe is told whose it is.")


class Retire(Settle):
    name, label, move, tone = "retire", _("Retire it"), Move.RETIRE, "danger"
    title = _("Retire it?")
    says = _(
        "Nothing is sold there any more, and Stripe deletes it. What was sold stays in the books."
    )


class Leave(Settle):
    name, label, move = "leave", _("Leave it as it is"), Move.LEAVE
    title = _("Leave it as it is?")
    says = _("Nothing is changed, and you are told again only when it differs in another way.")


@admin.register(FleetDifference)
class FleetDifferenceAdmin(ButtonsAdmin[FleetDifference]):
    list_display = ["sentence", "state", "store", "location", "reader", "found"]
    list_filter = ["outcome", "kind", ("store", OwnRowsFilter), "found_at"]
    list_select_related = [
        "store__account",
        "location",
        "reader",
        "user",
        "configuration__account",
        "configuration__store",
        "configuration__location",
    ]
    search_fields = ["=object_id", "ours", "theirs"]
    search_help_text = _("A tmr_ or tml_ id, a name or a label.")
    ordering = ["-pk"]
    empty_sentence = _(
        "No differences: locations and readers at Stripe were at night as they are here."
    )
    buttons: ClassVar[Any] = [Take(), Send(), Adopt(), Retire(), Leave()]
    live_template = "admin/terminal/fleetdifference/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[FleetDifference]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(description=_("Difference"))
    def sentence(self, row: FleetDifference) -> str:
        return fleet_rows.sentence(row)

    @admin.display(description=_("Status"), ordering="outcome")
    def state(self, row: FleetDifference) -> SafeString:
        return words.badge(TONES.get(row.outcome, words.GOOD), row.get_outcome_display())

    @admin.display(description=_("Found"), ordering="found_at")
    def found(self, row: FleetDifference) -> SafeString | str:
        return words.local_time(row.found_at, row.store, words.SHORT)

    def row_title(self, row: FleetDifference) -> str:
        return str(row)

    def live(self, row: FleetDifference) -> Live:
        over = row.outcome != FleetOutcome.OPEN
        stamp = f"{row.outcome}-{row.ours}-{row.theirs}"
        return Live(stamp, fleet_rows.sentence(row), None if over else 10.0)

    def live_context(self, request: HttpRequest, row: FleetDifference) -> dict[str, Any]:
        facts: list[tuple[str, Any]] = [
            (gettext("At Stripe"), row.theirs),
            (gettext("Here"), row.ours),
            (gettext("Store"), row.store),
            (gettext("Location"), words.admin_link(row.location) if row.location else ""),
            (gettext("Reader"), words.admin_link(row.reader) if row.reader else ""),
            (
                gettext("Configuration"),
                words.admin_link(row.configuration) if row.configuration else "",
            ),
            (gettext("Stripe's id"), row.object_id),
            (gettext("Stripe account"), row.stripe_account or gettext("The platform")),
            (gettext("Found"), words.local_time(row.found_at, row.store)),
            (gettext("Seen last"), words.local_time(row.seen_at, row.store)),
            (
                gettext("Settled"),
                words.local_time(row.settled_at, row.store) if row.settled_at else "",
            ),
            (gettext("By"), row.user),
        ]
        return {
            "badge": self.state(row),
            "message": fleet_rows.sentence(row),
            "row": row,
            "facts": [(name, value) for name, value in facts if value],
        }


def listed(**owner: Any) -> SafeString | str:
    """What is open about a reader or a location, each with its page, where it is settled."""
    rows = list(fleet_rows.of_page(**owner))
    if not rows:
        return ""
    lines = ((words.admin_link(row, gettext("Settle")), fleet_rows.sentence(row)) for row in rows)
    return format_html(
        '<ul class="plain">{}</ul>',
        format_html_join("", "<li>{1} {0}</li>", lines),
    )
