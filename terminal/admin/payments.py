"""The page of a payment, with the reader it is on and what can be done about that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.admin import PaymentAdmin, words
from payments.admin.buttons import Button, Question
from payments.admin.capture import hold_facts, not_approved
from payments.models import UNSETTLED, Payment, State
from payments.services import detaching as doubt
from payments.services.possible import doubt_lasts
from stores.admin_base import scoped
from stores.admin_row_filters import RowsFilter
from stores.currencies import spoken_amount
from stores.principals import MANAGERS, Principal
from terminal.admin.refunds import Refund, RefundLines
from terminal.models import ActionStatus, Reader, ReaderAction
from terminal.services import collecting, confirming, detaching, sales
from terminal.services.reading import newest_action


def follows(said: str) -> str:
    """For what ends on the page that is shown next."""
    return f"{said} {gettext('This page shows its result by itself.')}"


TONES: dict[str, str] = {
    ActionStatus.SUCCEEDED: words.GOOD,
    ActionStatus.FAILED: words.BAD,
    ActionStatus.CANCELED: words.QUIET,
}


def action_badge(action: ReaderAction) -> SafeString:
    return words.badge(TONES.get(action.status, words.BUSY), action.get_status_display())


class CheckStatus(Button[Payment]):
    name = "check-status"
    label = _("Check with Stripe")
    asks = False

    def refusal(self, payment: Payment) -> str:
        unsettled = any(refund.status in UNSETTLED for refund in payment.refunds.all())
        if payment.is_final and not unsettled:
            return gettext("This payment is final: Stripe has nothing new to say about it.")
        if payment.rung_at is not None:
            return follows(gettext("Stripe is being asked already."))
        return ""

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        sales.check_status(payment)
        return follows(gettext("Stripe is being asked."))


class Confirm(Button[Payment]):
    """Of a card that was read: no question, because there are seconds."""

    name = "confirm"
    label = _("Charge the card that was read")
    tone = "default"
    asks = False

    def refusal(self, payment: Payment) -> str:
        action = newest_action(payment)
        if action is None or not collecting.may_confirm(payment, action):
            return gettext("No card waits to be charged.")
        return ""

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        confirming.confirm(payment, by=by)
        return follows(gettext("The card is being charged."))


class Cancel(Button[Payment]):
    """Of a payment that holds no money yet."""

    name = "cancel"
    label = _("Cancel the payment")
    tone = "danger"

    def refusal(self, payment: Payment) -> str:
        _, state = words.STATES.get(payment.state, ("", payment.state))
        if payment.is_final:
            return gettext("Too late: this payment is final. It is: {state}.").format(state=state)
        if payment.is_authorized:
            return gettext(
                "Too late: the card was approved. A manager may release it, or capture it."
            )
        if payment.cancel_requested_at is not None:
            return follows(gettext("The cancel is already on its way."))
        return ""

    def question(self, payment: Payment) -> Question:
        doubtful = payment.state in (State.AUTHORIZING, State.CHECKING)
        warning = gettext(
            "A card may have been presented already. Then it is too late for a cancel."
        )
        return Question(
            gettext("Cancel the payment of {amount}?").format(
                amount=spoken_amount(payment.amount, payment.currency)
            ),
            [
                (
                    gettext("Order"),
                    gettext("{order} of {store}").format(order=payment.order, store=payment.store),
                ),
                (gettext("Amount"), words.money(payment.amount, payment.currency)),
                (gettext("State"), words.state_badge(payment)),
            ],
            [
                gettext(
                    "The reader stops asking for a card and nothing is charged. The order stays"
                    " open."
                ),
                gettext(
                    "If the card is approved first, the payment stands, and this page will say so."
                ),
            ],
            warning if doubtful else "",
        )

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        sales.cancel_payment(payment, by=by, release=False)
        return follows(gettext("Cancel requested."))


class Release(Button[Payment]):
    """Of a hold: the store gives the money up."""

    name = "release"
    label = _("Release")
    tone = "danger"
    roles = MANAGERS
    sensitive = True

    def refusal(self, payment: Payment) -> str:
        return not_approved(payment)

    def question(self, payment: Payment) -> Question:
        amount = spoken_amount(payment.amount_capturable, payment.currency)
        return Question(
            gettext("Release {amount}?").format(amount=amount),
            hold_facts(payment),
            [
                gettext(
                    "The hold on the card ends and the store does not get the {amount}. This"
                    " cannot be taken back: for a new payment the customer must present the card"
                    " again."
                ).format(amount=amount)
            ],
        )

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        sales.cancel_payment(payment, by=by)
        return follows(gettext("Release requested."))


class DetachForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is detached, and how the order is paid instead"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        error_messages={"required": _("Write why: whoever looks at this payment later needs it.")},
    )


class Detach(Button[Payment]):
    """Of a payment in doubt, so that the order can be paid in another way."""

    name = "detach"
    label = _("Detach from its order")
    tone = "danger"
    roles = MANAGERS
    sensitive = True

    def refusal(self, payment: Payment) -> str:
        refused = doubt.refusal(payment)
        if not refused and not doubt_lasts(payment, timezone.now()):
            refused = gettext("This usually ends within seconds. Look again in half a minute.")
        return f"{gettext('Nothing was changed.')} {refused}" if refused else ""

    def question(self, payment: Payment) -> Question:
        amount = spoken_amount(payment.amount, payment.currency)
        return Question(
            gettext("Detach this payment from {order}?").format(order=payment.order),
            [
                (
                    gettext("Order"),
                    gettext("{order} of {store}").format(order=payment.order, store=payment.store),
                ),
                (gettext("Amount"), words.money(payment.amount, payment.currency)),
                (gettext("State"), words.state_badge(payment)),
            ],
            [
                gettext("{order} can then be paid in another way, and the reader is free.").format(
                    order=payment.order
                ),
                gettext(
                    "This payment is watched, and canceled as soon as Stripe can be reached. A"
                    " hold is released by itself. If the card was charged, it pays the order when"
                    " nothing else does; else an incident asks you to refund it."
                ),
            ],
            gettext(
                "The customer's card may have been charged {amount} already: until Stripe tells,"
                " nobody knows."
            ).format(amount=amount),
        )

    def form(self, payment: Payment, data: Mapping[str, Any] | None) -> DetachForm:
        return DetachForm(data)

    def press(self, payment: Payment, *, by: Principal, form: forms.Form | None) -> str:
        assert form is not None
        detaching.detach(payment, by=by, reason=form.cleaned_data["reason"])
        return follows(
            gettext("Detached. {order} can be paid in another way.").format(order=payment.order)
        )


class ReaderFilter(RowsFilter):
    """The readers a payment was on."""

    title = _("reader")
    parameter_name = "reader"

    def rows(self, request: HttpRequest) -> QuerySet[Reader]:
        return scoped(Reader.objects.all(), request)

    def of(self, queryset: QuerySet[Any], pk: int) -> QuerySet[Any]:
        on_it = ReaderAction.objects.filter(reader=pk, payment__isnull=False)
        return queryset.filter(pk__in=on_it.values("payment"))


@admin.register(Payment)
class CounterPaymentAdmin(PaymentAdmin):
    list_filter = [*PaymentAdmin.list_filter, ReaderFilter]
    buttons: ClassVar[Any] = [
        Confirm(),
        *PaymentAdmin.buttons,
        CheckStatus(),
        Refund(),
        RefundLines(),
        Release(),
        Cancel(),
        Detach(),
    ]

    def live_context(self, request: HttpRequest, row: Payment) -> dict[str, Any]:
        actions = row.reader_actions.select_related("reader").order_by("attempt")
        return super().live_context(request, row) | {
            "reader_actions": [
                (
                    words.admin_link(action.reader),
                    action_badge(action),
                    action.decline_code or action.failure_code,
                    words.local_time(action.requested_at, row.store, words.SHORT),
                    action,
                )
                for action in actions
            ]
        }
