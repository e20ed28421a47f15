"""The button that gives money back; for Interac on a reader, with the card that paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.amounts import AmountField
from payments.admin.buttons import Button, Question
from payments.admin.facts import on_its_way
from payments.errors import LinesRefused
from payments.models import Payment, Reason
from payments.services import refund_lines, refunds
from payments.services.possible import amount_refundable
from stores.currencies import spoken_amount, typed_amount
from stores.models import OrderLine
from stores.principals import MANAGERS, Principal
from terminal.models import Reader
from terminal.services import refunding


class RefundField(AmountField):
    too_much = _("{amount} is more than is left: up to {most} can be refunded.")


class RefundForm(forms.Form):
    """The amount that is left stands there already; a part is typed over it."""

    def __init__(self, data: Mapping[str, Any] | None, *, payment: Payment) -> None:
        super().__init__(data)
        left, currency = amount_refundable(payment), payment.currency
        self.fields["amount"] = RefundField(
            gettext("Amount"),
            currency,
            left,
            initial=typed_amount(left, currency),
            error_messages={"required": gettext("Enter how much to give back.")},
        )
        self.fields["reason"] = forms.ChoiceField(
            label=gettext("Reason"),
            choices=Reason.choices,
            initial=Reason.REQUESTED_BY_CUSTOMER,
        )
        self.fields |= _reader_field(payment)


def _reader_field(payment: Payment) -> dict[str, forms.Field]:
    """For Interac, whose card is presented again."""
    if not refunds.is_interac(payment):
        return {}
    readers = Reader.objects.filter(store_id=payment.store_id, is_active=True)
    return {
        "reader": forms.ModelChoiceField(
            readers,
            empty_label=None,
            error_messages={"required": gettext("Choose a reader.")},
        )
    }


class Refund(Button[Payment]):
    name = "refund"
    label = pgettext_lazy("to do", "Refund")
    tone = "danger"
    roles = MANAGERS

    def asks_who(self, payment: Payment) -> bool:
        return refunds.is_above_cashiers(payment, None)

    def refusal(self, payment: Payment) -> str:
        if refunds.on_its_way(payment) is not None:
            return gettext("A refund is already on its way. This page shows its result by itself.")
        if amount_refundable(payment):
            return ""
        if payment.amount_disputed:
            return gettext("Nothing was changed: the customer's bank took this money back already.")
        if payment.status == "succeeded":
            return gettext("Nothing was changed: all of this payment was refunded already.")
        _, state = words.STATES.get(payment.state, ("", payment.state))
        return gettext(
            "Nothing was changed: nothing was received with this payment. It is: {state}."
        ).format(state=state)

    def question(self, payment: Payment) -> Question:
        left = amount_refundable(payment)
        given_back = (
            gettext("Refunded so far"),
            words.money(payment.amount_refunded, payment.currency),
        )
        return Question(
            gettext("Refund payment {id}?").format(id=payment.pk),
            [
                (
                    gettext("Order"),
                    gettext("{order} of {store}").format(order=payment.order, store=payment.store),
                ),
                (gettext("Received"), words.money(payment.amount_received, payment.currency)),
                *([given_back] if payment.amount_refunded else []),
                (gettext("Left to refund"), words.money(left, payment.currency)),
                (gettext("Card"), words.card_words(payment) or words.NOTHING),
            ],
            [self._how(payment)],
            stamp=str(left),
        )

    def _how(self, payment: Payment) -> str:
        if payment.is_cash:
            return gettext(
                "Hand the customer the cash out of the drawer: it is written down as given back."
            )
        if refunds.is_interac(payment):
            return gettext(
                "The reader asks for the card that paid: Interac gives money back to that card"
                " only, and only while it is there."
            )
        return gettext(
            "The money goes back to the card that paid, in a few days; the card is not needed."
            " This cannot be taken back."
        )

    def form(self, payment: Payment, data: Mapping[str, Any] | None) -> forms.Form:
        return RefundForm(data, payment=payment)

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        names = ("amount", "pieces", "reason")
        asked: dict[str, Any] = {name: form.cleaned_data.get(name) for name in names}
        reader: Reader | None = form.cleaned_data.get("reader")
        if reader is None:
            made = refunds.refund(payment, by=by, **asked)
        else:
            made = refunding.refund_on(reader, payment, by=by, **asked)
        shown = spoken_amount(made.amount, payment.currency)
        if payment.is_cash:
            return gettext("{shown} was given back in cash.").format(shown=shown)
        return gettext("Refund of {shown} requested. This page shows its result by itself.").format(
            shown=shown
        )


class LinesForm(forms.Form):
    """How many of each line came back; what that is in money is computed here."""

    def __init__(self, data: Mapping[str, Any] | None, *, payment: Payment) -> None:
        super().__init__(data)
        self.payment = payment
        back = refund_lines.returned(payment.order_id)
        for line in refund_lines.lines_of(payment):
            gone = back.get(line.pk, refund_lines.Returned())
            if gone.quantity < line.quantity:
                self.fields[f"line_{line.pk}"] = self._field(line, gone)
        self.fields["reason"] = forms.ChoiceField(
            label=gettext("Reason"),
            choices=Reason.choices,
            initial=Reason.REQUESTED_BY_CUSTOMER,
        )
        self.fields |= _reader_field(payment)

    def _field(self, line: OrderLine, gone: refund_lines.Returned) -> forms.IntegerField:
        price = spoken_amount(line.total_amount, self.payment.currency)
        facts = {"description": line.description, "quantity": line.quantity, "price": price}
        label = gettext("{description}: how many of {quantity} ({price})").format(**facts)
        if gone.refunded:
            label = gettext(
                "{description}: how many of {quantity} ({price}), {gone} came back already"
            ).format(**facts, gone=gone.refunded)
        if gone.on_its_way:
            label = f"{label}, {on_its_way(gone.on_its_way)}"
        return forms.IntegerField(
            label=label,
            min_value=0,
            max_value=line.quantity - gone.quantity,
            initial=0,
            required=False,
        )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        pieces = {
            int(name.removeprefix("line_")): number
            for name, number in given.items()
            if name.startswith("line_") and number
        }
        if not self.errors:
            self._check(pieces)
        return given | {"pieces": pieces}

    def _check(self, pieces: dict[int, int]) -> None:
        first = next(iter(self.fields))
        try:
            amount = refund_lines.amount_of(refund_lines.priced(self.payment, pieces))
        except LinesRefused as refusal:
            self.add_error(first, str(refusal))
            return
        left = amount_refundable(self.payment)
        if not amount:
            self.add_error(first, gettext("Say how many came back."))
        elif amount > left:
            came, most = (spoken_amount(each, self.payment.currency) for each in (amount, left))
            self.add_error(
                first,
                gettext("These come to {came}, and {most} is left to refund.").format(
                    came=came, most=most
                ),
            )


class RefundLines(Refund):
    """What was brought back, by the lines of the order: nobody adds it up by hand."""

    name = "refund-lines"
    label = _("Refund by line")

    def refusal(self, payment: Payment) -> str:
        refused = super().refusal(payment)
        if refused or not payment.amount_refunded:
            return refused
        back = refund_lines.returned(payment.order_id)
        lines = refund_lines.lines_of(payment)
        if all(line.pk in back and back[line.pk].quantity >= line.quantity for line in lines):
            return gettext("Nothing was changed: all that was sold came back already.")
        return ""

    def question(self, payment: Payment) -> Question:
        asked = super().question(payment)
        return replace(
            asked,
            title=gettext("What of order {number} came back?").format(number=payment.order.number),
            sentences=[
                gettext("The price of what came back, with its tax, is refunded; a tip is not."),
                *asked.sentences,
            ],
        )

    def form(self, payment: Payment, data: Mapping[str, Any] | None) -> LinesForm:
        return LinesForm(data, payment=payment)
