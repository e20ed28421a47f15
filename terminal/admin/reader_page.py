"""The page of a reader, which follows what it shows and does for us."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.buttons import ButtonsAdmin, Live
from payments.admin.waits import Wait, requests_waiting, waits
from payments.models import RequestStatus
from stores.services import standing_of
from terminal.admin.actions import reason
from terminal.admin.differences import listed
from terminal.admin.lately import lately
from terminal.admin.payments import action_badge
from terminal.admin.reader_buttons import cart_of, held_by, held_of, kept_for, taken, too_late
from terminal.admin.reader_list import advice
from terminal.admin.screen import Screen, ended_just_now, model_name, result_of, screen_of
from terminal.models import Reader, ReaderAction
from terminal.services import readers, testing
from terminal.services.words import sentence

NOT_ANSWERED = _(
    "No answer yet. If it stays like this, tell whoever runs the platform: the workers that talk"
    " to Stripe may have stopped."
)
FEW = 10


def status_badge(reader: Reader) -> SafeString:
    if reader.retired_at is not None:
        return words.badge(words.QUIET, gettext("Retired"))
    tones = {"online": (words.GOOD, gettext("Online")), "offline": (words.BAD, gettext("Offline"))}
    return words.badge(
        *tones.get(reader.status, (words.QUIET, reader.status or gettext("Not known yet")))
    )


def _link(action: ReaderAction) -> SafeString | str:
    if action.payment is None:
        return words.admin_link(action, action.about.capitalize())
    return words.admin_link(action.payment, str(action.payment.order))


def _message(held: ReaderAction) -> str:
    return held.payment.spoken if held.payment else sentence(held)


def _headline(row: Reader) -> str:
    said = {
        "": gettext("{reader} is not known."),
        "online": gettext("{reader} is online."),
        "offline": gettext("{reader} is offline."),
    }
    return said.get(row.status, f"{{reader}}: {row.status}").format(reader=row)


def _last(reader: Reader) -> list[ReaderAction]:
    return list(reader.actions.select_related("payment__order", "payment__store", "order")[:FEW])


def _just_ended(reader: Reader) -> ReaderAction | None:
    newest = reader.actions.first()
    return newest if ended_just_now(newest, now=timezone.now()) else None


def _amount(action: ReaderAction) -> str:
    return words.money(action.payment.amount, action.payment.currency) if action.payment else ""


class ReaderPage(ButtonsAdmin[Reader]):
    live_template = "admin/terminal/reader/live.html"
    change_form_template = "admin/terminal/reader/page.html"

    def row_title(self, row: Reader) -> str:
        return str(row)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Below what follows live: how it did in the last days."""
        context |= lately(context["original"], now=timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    def live(self, row: Reader) -> Live:
        held = held_by(row)
        waiting = self._waits(row, held)
        parts: list[Any] = [row.version, row.read_at, row.rung_at, row.read_error, len(waiting)]
        if held is not None:
            parts += [held.pk, held.status, held.payment.version if held.payment else 0]
            parts += [each.pk for each in held_of(row)[1:]]
        cart, ended = cart_of(row), _just_ended(row) if held is None else None
        parts += [cart.pk, cart.version] if cart else []
        parts += [f"ended{ended.pk}"] if ended else []
        words_now = waiting[0].words if waiting else _headline(row)
        return Live("-".join(map(str, parts)), words_now, 1.0 if waiting or held or ended else 3.0)

    def _waits(self, row: Reader, held: ReaderAction | None) -> list[Wait]:
        found = waits(held.payment) if held is not None and held.payment is not None else []
        found += requests_waiting(readers.requests_of(row))
        if row.rung_at is not None:
            asked = Wait(
                gettext("Stripe is being asked about this reader."), row.rung_at, NOT_ANSWERED
            )
            found = [asked, *found]
        return found

    def live_context(self, request: HttpRequest, row: Reader) -> dict[str, Any]:
        held = held_by(row)
        last = _last(row)
        payment, cart = held.payment if held else None, cart_of(row)
        kept = kept_for(row)
        return {
            "reader": row,
            "badge": status_badge(row),
            "advice": advice(row),
            "tested": self._tested(row),
            "screen": self._screen(row, last),
            "caption": self._caption(row),
            "unsure": row.status == "offline",
            "all_url": f"{reverse('admin:terminal_readeraction_changelist')}?q={row.stripe_id}",
            "read_at": words.local_time(row.read_at, row.store),
            "waits": self._waits(row, held),
            "held": held,
            "held_link": _link(held) if held else "",
            "held_badge": words.state_badge(payment) if payment else "",
            "held_amount": _amount(held) if held else "",
            "message": _message(held) if held else "",
            "taken": taken(held) if held else "",
            "kept": kept,
            "kept_link": _link(kept) if kept else "",
            "kept_taken": taken(kept) if kept else "",
            "cart": words.admin_link(cart) if cart else "",
            "too_late": too_late(held) if held else "",
            "foreign": self._foreign(row, held),
            "differences": listed(reader=row),
            "facts": self._facts(row),
            "last": [
                (
                    words.local_time(action.requested_at, row.store, words.SHORT),
                    _link(action),
                    _amount(action),
                    action_badge(action),
                    reason(action),
                    words.took(action.ended_at - action.requested_at)
                    if action.ended_at
                    else gettext("goes on"),
                )
                for action in last
            ],
        }

    def _screen(self, row: Reader, last: list[ReaderAction]) -> Screen:
        held, newest = held_by(row), next(iter(last), None)
        if held is None and newest is not None and ended_just_now(newest, now=timezone.now()):
            return result_of(newest, reason(newest))
        foreign = self._foreign(row, held)
        if foreign:
            return Screen(
                "busy",
                gettext("Busy"),
                message=gettext("With “{foreign}”, as Stripe says.").format(foreign=foreign),
            )
        if held is None and testing.is_shown(row):
            return Screen(
                "cart", gettext("Test"), message=gettext("It is cleared again in a moment.")
            )
        return screen_of(row, held, cart_of(row))

    def _tested(self, row: Reader) -> SafeString | str:
        """What came of the newest test, and how long that took."""
        test = testing.last(row)
        if test is None or test.finished_at is None:
            return ""
        at = words.local_time(test.finished_at, row.store, words.SHORT)
        if test.status == RequestStatus.SUCCEEDED:
            time = words.took(test.finished_at - test.created_at)
            return format_html(
                gettext("Tested {at}: it answered, {time} after it was asked."), at=at, time=time
            )
        why = test.error_message or gettext("something else was on it, or no answer came.")
        return format_html(gettext("Tested {at}: it did not work. {why}"), at=at, why=why)

    def _caption(self, row: Reader) -> str:
        model = model_name(row.device_type)
        return (
            gettext("What {model} shows, as far as we know.").format(model=model)
            if row.status != "offline"
            else gettext("What {model} showed when Stripe last saw it.").format(model=model)
        )

    def _foreign(self, row: Reader, held: ReaderAction | None) -> str:
        """What Stripe says the reader does, when that is nothing we know of as active."""
        if held is not None or row.action.get("status") != "in_progress":
            return ""
        type = str(row.action.get("type") or "something")
        ours = type == "set_reader_display" and (cart_of(row) or testing.is_shown(row))
        return "" if ours else type

    def _facts(self, row: Reader) -> list[tuple[str, Any]]:
        link = words.stripe_link(row.stripe_id, row.stripe_account, livemode=row.livemode)
        location = words.stripe_link(
            row.location.stripe_id, row.stripe_account, livemode=row.livemode
        )
        facts: list[tuple[str, Any]] = [
            (gettext("Store"), row.store),
            (gettext("Location"), format_html("{} {}", row.location, location)),
            (gettext("Model"), model_name(row.device_type)),
            (gettext("Serial number"), row.serial_number),
            (gettext("Software"), row.device_sw_version),
            (gettext("Address in the shop's network"), row.ip_address),
            (gettext("Last seen by Stripe"), words.local_time(row.last_seen_at, row.store)),
            (gettext("Reader id"), link),
            (gettext("Stripe account"), row.stripe_account or gettext("The platform")),
            (
                gettext("Mode"),
                pgettext("mode", "Live") if row.livemode else pgettext("mode", "Test"),
            ),
            (
                gettext("In use"),
                gettext("Yes") if row.is_active else gettext("No, it takes no sales"),
            ),
            (gettext("Cards"), standing_of(row.store).message.spoken or pgettext("cards", "Taken")),
            (
                gettext("Retired"),
                words.local_time(row.retired_at, row.store) if row.retired_at else "",
            ),
        ]
        return [(name, value) for name, value in facts if value]
