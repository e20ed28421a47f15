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
from payments.models import Payment, Reason
from payments.services import refunds
from payments.services.possible import amount_refundable
from payments.services.refund_lines import amount_of, lines_of
from stores.currencies import format_amount
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
            initial=format_amount(left, currency).partition(" ")[0],
            error_messages={"required": gettext("Enter how much to give back.")},
        )
        self.fields["reason"] = forms.ChoiceField(
            label=gettext("Reason"),
            choices=Reason.choices,
            initial=Reason.REQUESTED_BY_CUSTOMER,
        )
        if refunds.is_interac(payment):
            self.fields["reader"] = forms.ModelChoiceField(
                Reader.objects.filter(store_id=payment.store_id, is_active=True),
                empty_label=None,
                error_messages={"required": gettext("Choose a reader.")},
            )


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
        amount, reason = form.cleaned_data["amount"], form.cleaned_data["reason"]
        reader: Reader | None = form.cleaned_data.get("reader")
        if reader is None:
            refunds.refund(payment, by=by, amount=amount, reason=reason)
        else:
            refunding.refund_on(reader, payment, by=by, amount=amount, reason=reason)
        shown = format_amount(amount, payment.currency)
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
        for line in lines_of(payment):
            price = format_amount(line.total_amount, payment.currency)
            self.fields[f"line_{line.pk}"] = forms.IntegerField(
                label=gettext("{description}: how many of {quantity} ({price})").format(
                    description=line.description, quantity=line.quantity, price=price
                ),
                min_value=0,
                max_value=line.quantity,
                initial=0,
                required=False,
            )
        self.fields["reason"] = forms.ChoiceField(
            label=gettext("Reason"),
            choices=Reason.choices,
            initial=Reason.REQUESTED_BY_CUSTOMER,
        )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        chosen = {
            int(name.removeprefix("line_")): number
            for name, number in given.items()
            if name.startswith("line_") and number
        }
        amount = amount_of(lines_of(self.payment), chosen)
        left = amount_refundable(self.payment)
        if not self.errors and not amount:
            self.add_error(next(iter(self.fields)), gettext("Say how many came back."))
        elif amount > left:
            shown = (format_amount(each, self.payment.currency) for each in (amount, left))
            came, most = shown
            self.add_error(
                next(iter(self.fields)),
                gettext("These come to {came}, and {most} is left to refund.").format(
                    came=came, most=most
                ),
            )
        return given | {"amount": amount}


class RefundLines(Refund):
    """What was brought back, by the lines of the order: nobody adds it up by hand."""

    name = "refund-lines"
    label = _("Refund by line")
    tone = ""

    def refusal(self, payment: Payment) -> str:
        if refunds.is_interac(payment):
            return gettext("Interac is refunded by its amount, on a reader.")
        return super().refusal(payment)

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
