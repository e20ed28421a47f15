"""Readers: what Stripe last said of them, what they do for us, and two buttons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from payments.admin import words
from payments.admin.buttons import Button, ButtonsAdmin, Live, Question
from payments.admin.waits import Wait, requests_of, requests_waiting, waits
from payments.models import UNFINISHED, RequestStatus, State
from stores.admin_base import OwnRowsFilter, works_anywhere
from stores.currencies import format_amount
from stores.models import Location, Order, OrderStatus
from stores.principals import MANAGERS, Principal
from stores.services import standing_of
from terminal.admin.actions import reason
from terminal.admin.differences import listed
from terminal.admin.lately import lately
from terminal.admin.payments import action_badge
from terminal.admin.reader_list import (
    DeviceFilter,
    DoingFilter,
    QuietFilter,
    SoftwareFilter,
    advice,
    device,
    dispatch,
    rates,
    seen,
    took,
)
from terminal.admin.screen import Screen, ended_just_now, model_name, result_of, screen_of
from terminal.models import ActionStatus, Reader, ReaderAction, ReaderDisplay
from terminal.services import (
    attending,
    commands,
    displays,
    figures,
    fleet,
    freeing,
    lease,
    moved,
    readers,
    testing,
)
from terminal.services.words import sentence

NOT_ANSWERED = (
    "No answer yet. If it stays like this, tell whoever runs the platform: the workers that talk"
    " to Stripe may have stopped."
)
FEW = 10


def _held(reader: Reader) -> list[ReaderAction]:
    """As the page's queryset has fetched it."""
    rows: list[ReaderAction] = reader.held_actions  # type: ignore[attr-defined]
    return rows


def held_by(reader: Reader) -> ReaderAction | None:
    """What of ours is on this reader, or the one it is kept for while nothing is."""
    return next(iter(_held(reader)), None)


def kept_for(reader: Reader) -> ReaderAction | None:
    """What follows on this reader once what is there has ended."""
    return next((row for row in _held(reader) if row.status == ActionStatus.RESERVED), None)


def cart_of(reader: Reader) -> Order | None:
    """The order whose cart it shows while nothing is on it."""
    display: ReaderDisplay | None = getattr(reader, "display", None)
    return None if display is None else display.order or display.shown_order


def status_badge(reader: Reader) -> SafeString:
    if reader.retired_at is not None:
        return words.badge(words.QUIET, "Retired")
    tones = {"online": (words.GOOD, "Online"), "offline": (words.BAD, "Offline")}
    return words.badge(*tones.get(reader.status, (words.QUIET, reader.status or "Not known yet")))


class Refresh(Button[Reader]):
    name = "refresh"
    label = "Refresh from Stripe"
    tone = "default"
    asks = False

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        attending.ring(reader.pk)
        return "Stripe is being asked. This page shows the answer by itself."


class Confirm(Button[Reader]):
    """A reader that Stripe shows elsewhere takes payments again."""

    name = "confirm"
    label = "Confirm where it stands"
    roles = MANAGERS

    def refusal(self, reader: Reader) -> str:
        if reader.is_active or moved.open_incident(reader) is None:
            return f"Nothing to confirm: {reader} was not moved."
        return ""

    def question(self, reader: Reader) -> Question:
        return Question(
            f"Does {reader} stand where Stripe says?",
            [("What happened", reader.read_error)],
            ["Confirmed, it takes payments again, at the location that Stripe names."],
        )

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        return f"{moved.confirm(reader, by=by)} takes payments again."


class Free(Button[Reader]):
    """`cancel_action`: stop what the reader does for us. A payment stays open for another try; a
    form or a card to be saved is given up, and when nothing is on it, its cart is cleared.
    """

    name = "free"
    label = "Free the reader"
    tone = "danger"

    def refusal(self, reader: Reader) -> str:
        held = held_by(reader)
        if held is None:
            return "" if cart_of(reader) else f"Nothing to free: {reader} has nothing of ours."
        if held.payment is None:
            going = held.cancel_requested_at is not None
            return f"{reader} is being freed already." if going else ""
        kept = kept_for(reader)
        if kept is not None and kept.payment_id == held.payment_id:
            return (
                f"{reader} is kept for {kept.about}, which is about to come to it. Wait a moment,"
                " or cancel the payment on its own page."
            )
        if held.accepted_at is None:
            return (
                f"{reader} has not taken the payment yet. Wait a moment, or cancel the payment on"
                " its own page."
            )
        if any(
            request.kind == commands.CANCEL_ACTION and request.status in UNFINISHED
            for request in requests_of(held.payment)
        ):
            return f"{reader} is being freed already. This page shows the result by itself."
        return ""

    def question(self, reader: Reader) -> Question:
        held = held_by(reader)
        if held is None:
            return self._about_the_cart(reader)
        if held.payment is None:
            return self._about_an_errand(held)
        payment = held.payment
        return Question(
            f"Stop {str(payment.order).lower()} on {reader}?",
            [
                ("Order", words.admin_link(payment.order)),
                ("Amount", words.money(payment.amount, payment.currency)),
                ("State", words.state_badge(payment)),
                ("Taken by", taken(held)),
            ],
            [
                "The reader stops asking for a card. The payment stays open: it can be tried again"
                " or canceled.",
                "Once the customer has presented a card it is too late. Then the reader goes on,"
                " nothing is stopped, and the payment's page shows how it ended.",
            ],
            _too_late(held),
            stamp=str(held.pk),
        )

    def _about_the_cart(self, reader: Reader) -> Question:
        order = cart_of(reader)
        assert order is not None  # there was no refusal
        return Question(
            f"Clear {str(order).lower()} from {reader}?",
            [("Order", words.admin_link(order))],
            ["The reader shows no cart any more. The order stays as it is."],
            stamp=f"cart-{order.pk}",
        )

    def _about_an_errand(self, held: ReaderAction) -> Question:
        return Question(
            f"Stop {held.about} on {held.reader}?",
            [
                ("What", words.admin_link(held, held.about.capitalize())),
                ("Taken by", taken(held)),
            ],
            ["The reader stops asking. Nothing was charged, and it can be asked again."],
            stamp=str(held.pk),
        )

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        held = held_by(reader)
        freeing.cancel_action(reader, by=by, action_id=held.pk if held else None)
        if held is None:
            return f"The cart is being cleared from {reader}."
        if held.payment is None:
            return f"{reader} is being freed of {held.about}."
        amount = format_amount(held.payment.amount, held.payment.currency)
        return f"{reader} is being freed of {held.about} ({amount})."


class CartForm(forms.Form):
    order = forms.ModelChoiceField(Order.objects.none(), label="Open order")

    def __init__(self, reader: Reader, data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        self.fields["order"].queryset = _open_orders(reader)  # type: ignore[attr-defined]
        self.fields["order"].label_from_instance = (  # type: ignore[attr-defined]
            lambda order: f"{order}, {format_amount(order.total_amount, order.currency)}"
        )


def _open_orders(reader: Reader) -> QuerySet[Order]:
    """Those of the last day: what is older nobody stands at the counter for."""
    since = timezone.now() - timedelta(days=1)
    return Order.objects.filter(
        store=reader.store_id, status=OrderStatus.OPEN, created_at__gte=since
    ).order_by("-pk")


class ShowCart(Button[Reader]):
    """`set_reader_display`: the lines and the total of an order, while nothing else is on it."""

    name = "show-cart"
    label = "Show a cart"

    def refusal(self, reader: Reader) -> str:
        if not reader.is_active:
            return f"{reader} is not in use."
        held = held_by(reader)
        if held is not None:
            return f"{reader} is busy with {held.about}, which a cart must not end."
        return "" if _open_orders(reader).exists() else "No order of the last day is open."

    def question(self, reader: Reader) -> Question:
        shown = cart_of(reader)
        return Question(
            f"Whose cart does {reader} show?",
            [("Until now", words.admin_link(shown) if shown else "no cart")],
            [
                "The reader shows the lines and the total, and follows the order. Nothing is"
                " charged, and a sale may start at any time."
            ],
        )

    def form(self, reader: Reader, data: Mapping[str, Any] | None) -> forms.Form:
        return CartForm(reader, data)

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        order: Order = form.cleaned_data["order"]
        displays.show(order, reader, by=by)
        return f"{order} is being shown on {reader}."


class Test(Button[Reader]):
    """Says "Test" on the display for three seconds; the page tells how long the answer took."""

    name = "test"
    label = "Test the reader"
    asks = False

    def refusal(self, reader: Reader) -> str:
        if held_by(reader) is not None or cart_of(reader) is not None:
            return f"{reader} is not free: that it works shows in what it does."
        return testing.refusal(reader)

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        testing.test(reader, by=by)
        return f"{reader} is being tested. This page shows the result by itself."


class LabelForm(forms.Form):
    label = forms.CharField(max_length=readers.LONGEST_LABEL, label="New label")


class Rename(Button[Reader]):
    name = "rename"
    label = "Rename"
    roles = MANAGERS

    def refusal(self, reader: Reader) -> str:
        return f"{reader} is retired." if reader.retired_at else ""

    def question(self, reader: Reader) -> Question:
        return Question(f"What is {reader} called from now on?", [("Label", reader.label)])

    def form(self, reader: Reader, data: Mapping[str, Any] | None) -> forms.Form:
        return LabelForm(data, initial={"label": reader.label})

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        readers.rename(reader, form.cleaned_data["label"], by=by)
        return "Stripe is being told. This page shows the new label by itself."


class MoveForm(forms.Form):
    location = forms.ModelChoiceField(Location.objects.none(), label="It stands now at")
    registration_code = forms.CharField(max_length=100, label="Code on its screen")

    def __init__(self, reader: Reader, data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        places = Location.objects.filter(store=reader.store_id, retired_at=None)
        self.fields["location"].queryset = places  # type: ignore[attr-defined]


class Move(Button[Reader]):
    """Stripe moves no reader: it is registered anew where it stands now."""

    name = "move"
    label = "Move to another location"
    roles = MANAGERS

    def refusal(self, reader: Reader) -> str:
        return readers.refusal_to_retire(reader)

    def question(self, reader: Reader) -> Question:
        return Question(
            f"Where does {reader} stand now?",
            [("Until now", reader.location)],
            [
                "A reader moves by being registered anew: on the reader, swipe from the left edge,"
                " open Settings and generate a pairing code.",
                "What was sold on it stays in the books, under what it was until now.",
            ],
        )

    def form(self, reader: Reader, data: Mapping[str, Any] | None) -> forms.Form:
        return MoveForm(reader, data)

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        registration = fleet.register(
            **form.cleaned_data, label=reader.label, replaces=reader, by=by
        )
        return format_html("Stripe is being asked: {}.", words.admin_link(registration))


class Retire(Button[Reader]):
    name = "retire"
    label = "Retire"
    tone = "danger"
    roles = MANAGERS

    def refusal(self, reader: Reader) -> str:
        return readers.refusal_to_retire(reader)

    def question(self, reader: Reader) -> Question:
        return Question(
            f"Retire {reader}?",
            [("Location", reader.location), ("Serial number", reader.serial_number or "not known")],
            [
                "Nothing is sold on it any more, and Stripe deletes it.",
                "Its history stays. To use it again, register it by a new code.",
            ],
        )

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        return f"{readers.retire(reader, by=by)} is retired. Stripe is being told."


def _too_late(held: ReaderAction) -> str:
    presented = held.failure_code == "terminal_reader_busy"
    if presented or (held.payment is not None and held.payment.state == State.AUTHORIZING):
        return "It is probably too late: a card was presented. Wait for the result instead."
    return ""


def _link(action: ReaderAction) -> SafeString | str:
    if action.payment is None:
        return words.admin_link(action, action.about.capitalize())
    return words.admin_link(action.payment, str(action.payment.order))


def _message(held: ReaderAction) -> str:
    return held.payment.message if held.payment else sentence(held)


def taken(held: ReaderAction) -> SafeString:
    """Who took the reader, and since when."""
    since = words.local_time(held.requested_at, held.store, words.SHORT)
    return format_html("{} since {}", lease.who(held) or "By itself", since)


def _below(first: Any, second: Any) -> SafeString:
    return format_html('{}<span class="second">{}</span>', first, second)


def _last(reader: Reader) -> list[ReaderAction]:
    return list(reader.actions.select_related("payment__order", "payment__store", "order")[:FEW])


def _just_ended(reader: Reader) -> ReaderAction | None:
    newest = reader.actions.first()
    return newest if ended_just_now(newest, now=timezone.now()) else None


def _amount(action: ReaderAction) -> str:
    return words.money(action.payment.amount, action.payment.currency) if action.payment else ""


@admin.register(Reader)
class ReaderAdmin(ButtonsAdmin[Reader]):
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
        ("retired_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["label", "serial_number", "stripe_id", "location__display_name"]
    search_help_text = "A label, a location, a serial number or a tmr_ id."
    ordering = ["store", "label", "pk"]
    empty_sentence = "No readers yet. Register one by the code on its screen."
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
    live_template = "admin/terminal/reader/live.html"
    change_form_template = "admin/terminal/reader/page.html"

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

    @admin.action(description="Refresh from Stripe", permissions=["view"])
    def refresh_all(self, request: HttpRequest, chosen: QuerySet[Reader]) -> None:
        readers = list(chosen)
        for reader in readers:
            attending.ring(reader.pk)
        messages.success(
            request, f"Stripe is being asked about {len(readers)}. Reload in a moment to see more."
        )

    # The list

    @admin.display(description="Reader", ordering="label")
    def shown_label(self, reader: Reader) -> SafeString:
        return format_html(
            '<span class="with-device">{}<span>{}<span class="second">{}</span></span></span>',
            device(reader),
            reader,
            model_name(reader.device_type),
        )

    @admin.display(description="Where", ordering="store")
    def where(self, reader: Reader) -> SafeString | str:
        store, location = str(reader.store), str(reader.location)
        return store if store == location else _below(store, location)

    @admin.display(description="Now")
    def now(self, reader: Reader) -> SafeString | str:
        held = held_by(reader)
        if held is None:
            order = cart_of(reader)
            return f"Shows {str(order).lower()}" if order else "Free"
        payment = held.payment
        if payment is None:
            said = format_html("{} {}", held.about.capitalize(), action_badge(held))
        else:
            amount = format_amount(payment.amount, payment.currency)
            link = words.admin_link(payment, f"{payment.order}, {amount}")
            said = format_html("{} {}", link, words.state_badge(payment))
        return _below(said, taken(held))

    @admin.display(description="Last seen", ordering="last_seen_at")
    def seen(self, reader: Reader) -> SafeString | str:
        when = seen(reader, timezone.now())
        if reader.retired_at is None and reader.status != "offline":
            return when if reader.status else _below(when, "Not asked about yet")
        return _below(when, advice(reader) or "Retired")

    @admin.display(description="Software", ordering="device_sw_version")
    def shown_software(self, reader: Reader) -> SafeString | str:
        version = reader.device_sw_version or words.NOTHING
        newest: str = reader.newest  # type: ignore[attr-defined]
        if not reader.is_behind:  # type: ignore[attr-defined]
            return version
        return _below(version, f"Behind {newest}")

    @admin.display(description="Succeeded, 30 days")
    def success(self, reader: Reader) -> SafeString | str:
        return rates(reader.figures)  # type: ignore[attr-defined]

    @admin.display(description="Reached in")
    def dispatch(self, reader: Reader) -> SafeString | str:
        return dispatch(reader.figures)  # type: ignore[attr-defined]

    # The page

    def row_title(self, row: Reader) -> str:
        return f"Reader {row}"

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
            parts += [each.pk for each in _held(row)[1:]]
        cart, ended = cart_of(row), _just_ended(row) if held is None else None
        parts += [cart.pk, cart.version] if cart else []
        parts += [f"ended{ended.pk}"] if ended else []
        words_now = waiting[0].words if waiting else f"{row} is {row.status or 'not known'}."
        return Live("-".join(map(str, parts)), words_now, 1.0 if waiting or held or ended else 3.0)

    def _waits(self, row: Reader, held: ReaderAction | None) -> list[Wait]:
        found = waits(held.payment) if held is not None and held.payment is not None else []
        found += requests_waiting(readers.requests_of(row))
        if row.rung_at is not None:
            asked = Wait("Stripe is being asked about this reader.", row.rung_at, NOT_ANSWERED)
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
            "too_late": _too_late(held) if held else "",
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
                    took(action.ended_at - action.requested_at) if action.ended_at else "goes on",
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
            return Screen("busy", "Busy", message=f"With “{foreign}”, as Stripe says.")
        return screen_of(row, held, cart_of(row))

    def _tested(self, row: Reader) -> SafeString | str:
        """What came of the newest test, and how long that took."""
        test = testing.last(row)
        if test is None or test.finished_at is None:
            return ""
        at = words.local_time(test.finished_at, row.store, words.SHORT)
        if test.status == RequestStatus.SUCCEEDED:
            time = took(test.finished_at - test.created_at)
            return format_html("Tested {}: it answered, {} after it was asked.", at, time)
        why = test.error_message or "something else was on it, or no answer came."
        return format_html("Tested {}: it did not work. {}", at, why)

    def _caption(self, row: Reader) -> str:
        model = model_name(row.device_type)
        return (
            f"What {model} shows, as far as we know."
            if row.status != "offline"
            else (f"What {model} showed when Stripe last saw it.")
        )

    def _foreign(self, row: Reader, held: ReaderAction | None) -> str:
        """What Stripe says the reader does, when that is nothing we know of as active."""
        if held is not None or row.action.get("status") != "in_progress":
            return ""
        type = str(row.action.get("type") or "something")
        return "" if type == "set_reader_display" and cart_of(row) else type

    def _facts(self, row: Reader) -> list[tuple[str, Any]]:
        link = words.stripe_link(row.stripe_id, row.stripe_account, livemode=row.livemode)
        location = words.stripe_link(
            row.location.stripe_id, row.stripe_account, livemode=row.livemode
        )
        facts: list[tuple[str, Any]] = [
            ("Store", row.store),
            ("Location", format_html("{} {}", row.location, location)),
            ("Model", model_name(row.device_type)),
            ("Serial number", row.serial_number),
            ("Software", row.device_sw_version),
            ("Address in the shop's network", row.ip_address),
            ("Last seen by Stripe", words.local_time(row.last_seen_at, row.store)),
            ("Reader id", link),
            ("Stripe account", row.stripe_account or "the platform"),
            ("Mode", "live" if row.livemode else "test"),
            ("In use", "yes" if row.is_active else "no, it takes no sales"),
            ("Cards", standing_of(row.store).message or "taken"),
            ("Retired", words.local_time(row.retired_at, row.store) if row.retired_at else ""),
        ]
        return [(name, value) for name, value in facts if value]
