"""Capture an approved payment, as it is or with the tip written on the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from payments.admin import words
from payments.admin.amounts import AmountField
from payments.admin.buttons import Button, Question
from payments.admin.waits import requests_of
from payments.models import UNFINISHED, Payment
from payments.services import captures
from payments.transitions import fee, hold_differs, tip_is_high
from stores.currencies import decimals, signs, spoken_amount
from stores.principals import MANAGERS, Principal

_ON_ITS_WAY = {
    "payment_intent.create": _(
        "Create is already on its way. This page shows its result by itself."
    ),
    "payment_intent.update": _(
        "Update is already on its way. This page shows its result by itself."
    ),
    "payment_intent.increment_authorization": _(
        "Increment of the hold is already on its way. This page shows its result by itself."
    ),
    "payment_intent.capture": _(
        "Capture is already on its way. This page shows its result by itself."
    ),
    "payment_intent.cancel": _(
        "Cancel is already on its way. This page shows its result by itself."
    ),
}


def busy_sentence(payment: Payment) -> str:
    """What is on its way about the PaymentIntent; empty when nothing is."""
    for request in requests_of(payment):
        if request.status in UNFINISHED and request.kind.startswith("payment_intent."):
            return str(_ON_ITS_WAY[request.kind])
    return ""


def not_approved(payment: Payment) -> str:
    """Why a hold cannot be captured or released now; empty when it can."""
    if payment.status != "requires_capture":
        _, state = words.STATES.get(payment.state, ("", payment.state))
        return gettext(
            "Nothing was changed: the payment is not waiting for a capture. It is: {state}."
        ).format(state=state)
    return busy_sentence(payment)


def hold_facts(payment: Payment) -> list[tuple[str, Any]]:
    return [
        (
            gettext("Order"),
            gettext("Order {number} of {store}").format(
                number=payment.order.number, store=payment.store
            ),
        ),
        (gettext("Held on the card"), words.money(payment.amount_capturable, payment.currency)),
        (gettext("Card"), words.card_words(payment) or words.NOTHING),
        (
            gettext("Capture before"),
            words.local_time(words.capture_deadline(payment), payment.store),
        ),
        (gettext("Left for it"), words.countdown(words.capture_deadline(payment))),
    ]


def _warning(payment: Payment) -> str:
    if hold_differs(payment):
        return payment.spoken
    if words.capture_deadline(payment) > timezone.now():
        return ""
    return gettext(
        "The deadline has passed: the bank may have let the hold go, and Stripe may refuse."
    )


REQUESTED = _("Capture requested. This page shows by itself when Stripe has answered.")


class Capture(Button[Payment]):
    name = "capture"
    label = pgettext_lazy("to do", "Capture")
    tone = "default"

    def refusal(self, payment: Payment) -> str:
        return not_approved(payment) or _tip_question(payment)

    def question(self, payment: Payment) -> Question:
        return _charge_question(payment, payment.amount_capturable)

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        captures.capture(payment, by=by, accept_difference=True)
        return str(REQUESTED)


def _tip_question(payment: Payment) -> str:
    if not tip_is_high(payment):
        return ""
    return gettext("First decide: with the customer's tip, or without it.")


def _charge_question(payment: Payment, amount: int) -> Question:
    shown = spoken_amount(amount, payment.currency)
    tip = payment.reader_tip_amount or 0
    facts = [(gettext("Tip on the reader"), words.money(tip, payment.currency))] if tip else []
    return Question(
        gettext("Capture {amount}?").format(amount=shown),
        [*hold_facts(payment), *facts],
        [
            gettext(
                "The customer's card is charged {amount}. This cannot be taken back, only refunded."
            ).format(amount=shown)
        ],
        _warning(payment),
        stamp=f"{amount}",
    )


class CaptureKeepingTip(Capture):
    """A tip on the reader above the store's limit: somebody says that it is meant."""

    name = "capture-keeping-tip"
    label = _("Capture with the customer's tip")

    def refusal(self, payment: Payment) -> str:
        refused = not_approved(payment)
        return refused or ("" if tip_is_high(payment) else gettext("No tip is to be confirmed."))

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        captures.capture(payment, by=by, keep_tip=True, accept_difference=True)
        return str(REQUESTED)


class CaptureWithoutTip(Capture):
    name = "capture-without-tip"
    label = _("Capture without the tip")
    tone = ""

    def refusal(self, payment: Payment) -> str:
        refused = not_approved(payment)
        return refused or (
            "" if payment.reader_tip_amount else gettext("There is no tip to leave out.")
        )

    def question(self, payment: Payment) -> Question:
        return _charge_question(payment, min(payment.amount, payment.amount_capturable))

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        captures.capture(payment, by=by, keep_tip=False, accept_difference=True)
        return str(REQUESTED)


class CapturePart(Capture):
    """Only what was delivered is paid; the rest of the order is struck and its hold released."""

    name = "capture-part"
    label = _("Capture a part")
    tone = ""
    roles = MANAGERS

    def refusal(self, payment: Payment) -> str:
        refused = super().refusal(payment)
        if refused or payment.order.lines.count() > 1:
            return refused
        return gettext("The order has one line only. Capture it, or release it.")

    def question(self, payment: Payment) -> Question:
        return Question(
            gettext("Which lines were delivered?"),
            hold_facts(payment),
            [
                gettext(
                    "The card is charged for these lines. The others are struck from the order, and"
                    " what is held for them is released. This cannot be taken back."
                )
            ],
            _warning(payment),
            stamp=f"{payment.order.version}",
        )

    def form(self, payment: Payment, data: Mapping[str, Any] | None) -> PartForm:
        return PartForm(data, payment=payment)

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        lines = [int(each) for each in form.cleaned_data["lines"]]
        captures.capture(payment, by=by, lines=lines, accept_difference=True)
        return str(REQUESTED)


class PartForm(forms.Form):
    def __init__(self, data: Mapping[str, Any] | None, *, payment: Payment) -> None:
        super().__init__(data)
        choices = [
            (
                line.pk,
                gettext("{name}: {value}").format(
                    name=line, value=spoken_amount(line.total_amount, payment.currency)
                ),
            )
            for line in payment.order.lines.order_by("position")
        ]
        self.fields["lines"] = forms.MultipleChoiceField(
            label=_("Delivered"),
            choices=choices,
            initial=[pk for pk, _name in choices],
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Choose what was delivered, or release the hold.")},
        )


class CaptureWithTip(Capture):
    """Overcapture, in the US: the tip comes on top of what was held."""

    name = "capture-with-tip"
    label = _("Capture with a tip")
    tone = ""
    roles = MANAGERS

    def refusal(self, payment: Payment) -> str:
        refused = super().refusal(payment)
        if refused or captures.highest_tip(payment):
            return refused
        return gettext("This card or store takes no tip on the receipt. Capture without a tip.")

    def question(self, payment: Payment) -> Question:
        most = spoken_amount(captures.highest_tip(payment), payment.currency)
        return Question(
            gettext("Capture with the tip on the receipt?"),
            [*hold_facts(payment), (gettext("Highest tip"), most), *_fee_facts(payment)],
            [
                gettext(
                    "The tip is charged on top of what is held, in one sum. Enter what the customer"
                    " wrote on the signed receipt, and keep the receipt."
                )
            ],
            _warning(payment),
        )

    def form(self, payment: Payment, data: Mapping[str, Any] | None) -> TipForm:
        return TipForm(data, payment=payment)

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        tip = form.cleaned_data["tip"]
        captures.capture(payment, by=by, tip_amount=tip, accept_difference=True)
        shown = spoken_amount(tip, payment.currency)
        return gettext(
            "Capture with a tip of {amount} requested. This page shows its result by itself."
        ).format(amount=shown)


def _fee_facts(payment: Payment) -> list[tuple[str, Any]]:
    """The platform's fee without a tip, and with the highest: computed anew when it is captured."""
    sale = min(payment.amount, payment.amount_capturable)
    tips = (0, captures.highest_tip(payment))
    fees = [fee(payment.fee_plan, sale, tip) for tip in tips]
    if not any(fees):
        return []
    shown = [spoken_amount(each, payment.currency) for each in fees]
    told = (
        shown[0]
        if fees[0] == fees[1]
        else gettext("{least}, up to {most} with the highest tip").format(
            least=shown[0], most=shown[1]
        )
    )
    return [(gettext("Application fee"), told)]


class TipField(AmountField):
    default_error_messages: ClassVar[Any] = {
        "required": _("Enter the tip, or capture without one.")
    }
    zero = _("Without a tip, use the button “Capture” instead.")
    too_much = _(
        "{amount} is more than Stripe takes for this payment: the tip may be up to {most}."
    )

    def __init__(self, currency: str, most: int) -> None:
        super().__init__(gettext("Tip"), currency, most)


class TipForm(forms.Form):
    def __init__(self, data: Mapping[str, Any] | None, *, payment: Payment) -> None:
        super().__init__(data)
        currency = payment.currency
        field = TipField(currency, captures.highest_tip(payment))
        group, point = signs()
        # The page's script adds up what will be charged while the tip is typed.
        field.widget.attrs |= {
            "data-held": payment.amount_capturable,
            "data-most": field.most,
            "data-decimals": decimals(currency),
            "data-group": group,
            "data-point": point,
            "data-currency": currency.upper(),
        }
        self.fields["tip"] = field
