"""What staff may do with a reader: ask, free, show a cart, test, rename, move, retire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.buttons import Button, Question
from payments.admin.waits import requests_of
from payments.models import UNFINISHED, State
from stores.currencies import spoken_amount
from stores.models import Location, Order, OrderStatus
from stores.principals import MANAGERS, Principal
from terminal.models import ActionStatus, Reader, ReaderAction, ReaderDisplay
from terminal.services import (
    attending,
    commands,
    displays,
    fleet,
    freeing,
    lease,
    moved,
    readers,
    testing,
)


def held_of(reader: Reader) -> list[ReaderAction]:
    """As the page's queryset has fetched it."""
    rows: list[ReaderAction] = reader.held_actions  # type: ignore[attr-defined]
    return rows


def held_by(reader: Reader) -> ReaderAction | None:
    """What of ours is on this reader, or the one it is kept for while nothing is."""
    return lease.foremost(held_of(reader))


def kept_for(reader: Reader) -> ReaderAction | None:
    """What follows on this reader once what is there has ended."""
    return next((row for row in held_of(reader) if row.status == ActionStatus.RESERVED), None)


def cart_of(reader: Reader) -> Order | None:
    """The order whose cart it shows while nothing is on it."""
    display: ReaderDisplay | None = getattr(reader, "display", None)
    return None if display is None else display.order or display.shown_order


class Refresh(Button[Reader]):
    name = "refresh"
    label = _("Refresh from Stripe")
    tone = "default"
    asks = False

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        attending.ring(reader.pk)
        return gettext("Stripe is being asked. This page shows the answer by itself.")


class Confirm(Button[Reader]):
    """A reader that Stripe shows elsewhere takes payments again."""

    name = "confirm"
    label = _("Confirm where it stands")
    roles = MANAGERS

    def refusal(self, reader: Reader) -> str:
        if reader.is_active or moved.open_incident(reader) is None:
            return gettext("Nothing to confirm: {reader} was not moved.").format(reader=reader)
        return ""

    def question(self, reader: Reader) -> Question:
        return Question(
            gettext("Does {reader} stand where Stripe says?").format(reader=reader),
            [(gettext("What happened"), reader.spoken_read_error)],
            [gettext("Confirmed, it takes payments again, at the location that Stripe names.")],
        )

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        return gettext("{reader} takes payments again.").format(reader=moved.confirm(reader, by=by))


class Free(Button[Reader]):
    """`cancel_action`: stop what the reader does for us. A payment stays open for another try; a
    form or a card to be saved is given up, and when nothing is on it, its cart is cleared.
    """

    name = "free"
    label = _("Free the reader")
    tone = "danger"

    def refusal(self, reader: Reader) -> str:
        held = held_by(reader)
        if held is None:
            return (
                ""
                if cart_of(reader)
                else gettext("Nothing to free: {reader} has nothing of ours.").format(reader=reader)
            )
        if held.payment is None:
            going = held.cancel_requested_at is not None
            return (
                gettext("{reader} is being freed already.").format(reader=reader) if going else ""
            )
        kept = kept_for(reader)
        if kept is not None and kept.payment_id == held.payment_id:
            return gettext(
                "{reader} is kept for {about}, which is about to come to it. Wait a moment,"
                " or cancel the payment on its own page."
            ).format(reader=reader, about=kept.about)
        if held.accepted_at is None:
            return gettext(
                "{reader} has not taken the payment yet. Wait a moment, or cancel the payment on"
                " its own page."
            ).format(reader=reader)
        if any(
            request.kind == commands.CANCEL_ACTION and request.status in UNFINISHED
            for request in requests_of(held.payment)
        ):
            return gettext(
                "{reader} is being freed already. This page shows the result by itself."
            ).format(reader=reader)
        return ""

    def question(self, reader: Reader) -> Question:
        held = held_by(reader)
        if held is None:
            return self._about_the_cart(reader)
        if held.payment is None:
            return self._about_an_errand(held)
        payment = held.payment
        return Question(
            gettext("Stop {about} on {reader}?").format(about=held.about, reader=reader),
            [
                (gettext("Order"), words.admin_link(payment.order)),
                (gettext("Amount"), words.money(payment.amount, payment.currency)),
                (gettext("State"), words.state_badge(payment)),
                (gettext("Taken by"), taken(held)),
            ],
            [
                gettext(
                    "The reader stops asking for a card. The payment stays open: it can be tried"
                    " again or canceled."
                ),
                gettext(
                    "Once the customer has presented a card it is too late. Then the reader goes"
                    " on, nothing is stopped, and the payment's page shows how it ended."
                ),
            ],
            too_late(held),
            stamp=str(held.pk),
        )

    def _about_the_cart(self, reader: Reader) -> Question:
        order = cart_of(reader)
        assert order is not None  # there was no refusal
        return Question(
            gettext("Clear order {number} from {reader}?").format(
                number=order.number, reader=reader
            ),
            [(gettext("Order"), words.admin_link(order))],
            [gettext("The reader shows no cart any more. The order stays as it is.")],
            stamp=f"cart-{order.pk}",
        )

    def _about_an_errand(self, held: ReaderAction) -> Question:
        return Question(
            gettext("Stop {about} on {reader}?").format(about=held.about, reader=held.reader),
            [
                (gettext("What"), words.admin_link(held, held.about.capitalize())),
                (gettext("Taken by"), taken(held)),
            ],
            [gettext("The reader stops asking. Nothing was charged, and it can be asked again.")],
            stamp=str(held.pk),
        )

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        held = held_by(reader)
        freeing.cancel_action(reader, by=by, action_id=held.pk if held else None)
        if held is None:
            return gettext("The cart is being cleared from {reader}.").format(reader=reader)
        if held.payment is None:
            return gettext("{reader} is being freed of {about}.").format(
                reader=reader, about=held.about
            )
        amount = spoken_amount(held.payment.amount, held.payment.currency)
        return gettext("{reader} is being freed of {about} ({amount}).").format(
            reader=reader, about=held.about, amount=amount
        )


class CartForm(forms.Form):
    order = forms.ModelChoiceField(Order.objects.none(), label=_("Open order"))

    def __init__(self, reader: Reader, data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        self.fields["order"].queryset = _open_orders(reader)  # type: ignore[attr-defined]
        self.fields["order"].label_from_instance = (  # type: ignore[attr-defined]
            lambda order: f"{order}, {spoken_amount(order.total_amount, order.currency)}"
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
    label = _("Show a cart")

    def refusal(self, reader: Reader) -> str:
        if not reader.is_active:
            return gettext("{reader} is not in use.").format(reader=reader)
        held = held_by(reader)
        if held is not None:
            return gettext("{reader} is busy with {about}, which a cart must not end.").format(
                reader=reader, about=held.about
            )
        return "" if _open_orders(reader).exists() else gettext("No order of the last day is open.")

    def question(self, reader: Reader) -> Question:
        shown = cart_of(reader)
        return Question(
            gettext("Whose cart does {reader} show?").format(reader=reader),
            [(gettext("Until now"), words.admin_link(shown) if shown else gettext("No cart"))],
            [
                gettext(
                    "The reader shows the lines and the total, and follows the order. Nothing is"
                    " charged, and a sale may start at any time."
                )
            ],
        )

    def form(self, reader: Reader, data: Mapping[str, Any] | None) -> forms.Form:
        return CartForm(reader, data)

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        order: Order = form.cleaned_data["order"]
        displays.show(order, reader, by=by)
        return gettext("{order} is being shown on {reader}.").format(order=order, reader=reader)


class Test(Button[Reader]):
    """Says "Test" on the display for three seconds; the page tells how long the answer took."""

    name = "test"
    label = _("Test the reader")
    asks = False

    def refusal(self, reader: Reader) -> str:
        if held_by(reader) is not None or cart_of(reader) is not None:
            return gettext("{reader} is not free: that it works shows in what it does.").format(
                reader=reader
            )
        return testing.refusal(reader)

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        testing.test(reader, by=by)
        return gettext("{reader} is being tested. This page shows the result by itself.").format(
            reader=reader
        )


class LabelForm(forms.Form):
    label = forms.CharField(max_length=readers.LONGEST_LABEL, label=_("New label"))


class Rename(Button[Reader]):
    name = "rename"
    label = _("Rename")
    roles = MANAGERS

    def refusal(self, reader: Reader) -> str:
        return gettext("{reader} is retired.").format(reader=reader) if reader.retired_at else ""

    def question(self, reader: Reader) -> Question:
        return Question(
            gettext("What is {reader} called from now on?").format(reader=reader),
            [(gettext("Label"), reader.label)],
        )

    def form(self, reader: Reader, data: Mapping[str, Any] | None) -> forms.Form:
        return LabelForm(data, initial={"label": reader.label})

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        readers.rename(reader, form.cleaned_data["label"], by=by)
        return gettext("Stripe is being told. This page shows the new label by itself.")


class MoveForm(forms.Form):
    location = forms.ModelChoiceField(Location.objects.none(), label=_("It stands now at"))
    registration_code = forms.CharField(max_length=100, label=_("Code on its screen"))

    def __init__(self, reader: Reader, data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        places = Location.objects.filter(store=reader.store_id, retired_at=None)
        self.fields["location"].queryset = places  # type: ignore[attr-defined]


class Move(Button[Reader]):
    """Stripe moves no reader: it is registered anew where it stands now."""

    name = "move"
    label = _("Move to another location")
    roles = MANAGERS

    def refusal(self, reader: Reader) -> str:
        return readers.refusal_to_retire(reader)

    def question(self, reader: Reader) -> Question:
        return Question(
            gettext("Where does {reader} stand now?").format(reader=reader),
            [(gettext("Until now"), reader.location)],
            [
                gettext(
                    "A reader moves by being registered anew: on the reader, swipe from the left"
                    " edge, open Settings and generate a pairing code."
                ),
                gettext("What was sold on it stays in the books, under what it was until now."),
            ],
        )

    def form(self, reader: Reader, data: Mapping[str, Any] | None) -> forms.Form:
        return MoveForm(reader, data)

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        registration = fleet.register(
            **form.cleaned_data, label=reader.label, replaces=reader, by=by
        )
        return format_html(
            gettext("Stripe is being asked: {link}."), link=words.admin_link(registration)
        )


class Retire(Button[Reader]):
    name = "retire"
    label = _("Retire")
    tone = "danger"
    roles = MANAGERS

    def refusal(self, reader: Reader) -> str:
        return readers.refusal_to_retire(reader)

    def question(self, reader: Reader) -> Question:
        return Question(
            gettext("Retire {reader}?").format(reader=reader),
            [
                (gettext("Location"), reader.location),
                (gettext("Serial number"), reader.serial_number or gettext("not known")),
            ],
            [
                gettext("Nothing is sold on it any more, and Stripe deletes it."),
                gettext("Its history stays. To use it again, register it by a new code."),
            ],
        )

    def press(self, reader: Reader, *, by: Principal, form: forms.Form | None) -> str:
        return gettext("{reader} is retired. Stripe is being told.").format(
            reader=readers.retire(reader, by=by)
        )


def too_late(held: ReaderAction) -> str:
    presented = held.failure_code == "terminal_reader_busy"
    if presented or (held.payment is not None and held.payment.state == State.AUTHORIZING):
        return gettext(
            "It is probably too late: a card was presented. Wait for the result instead."
        )
    return ""


def taken(held: ReaderAction) -> SafeString:
    """Who took the reader, and since when."""
    since = words.local_time(held.requested_at, held.store, words.SHORT)
    return format_html(
        gettext("{who} since {time}"), who=lease.who(held) or gettext("By itself"), time=since
    )
