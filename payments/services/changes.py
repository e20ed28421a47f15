"""Changing an order while its PaymentIntent is open: the promise, `update`, and what follows.

An edited PaymentIntent must be processed again, and one that was authorised takes no other
amount: so the order gets its lines with Stripe's yes, in one transaction, and never before.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

from django.utils.translation import gettext

from payments.errors import AmountRefused, SplitRefused
from payments.gateway import Answer
from payments.models import UNFINISHED, Payment, StripeRequest
from payments.services import covers, intents, parts, requests
from payments.services.outcomes import MOST_TRIES_ANEW
from payments.services.parts import KINDS
from payments.services.telling import log
from payments.services.verdicts import Verdict
from payments.transitions import NOT_CHANGED, TOO_LATE_TO_CHANGE, fee
from stores import currencies
from stores.models import Order, OrderLine
from stores.principals import Kind, Principal
from stores.sentences import Said, said
from stores.services import Line, orders

JSON = dict[str, Any]
UPDATE = "payment_intent.update"
_LINE = (
    "id",  # of one that is kept
    "position",
    "product_id",
    "description",
    "unit_amount",
    "quantity",
    "tax_rate_ppm",
    "discount_amount",
    "net_amount",
    "tax_amount",
    "total_amount",
)


def promise(payment: Payment, lines: Sequence[Line], *, by: Principal) -> None:
    """Price the lines and write down what the order is to become, on the locked payment.

    The prices are those of this moment. Raises InvalidLine and what `amount_with` does.
    """
    order: Order = payment.order
    priced = orders.price_replacement(order, lines, by)
    amount = amount_with(payment, priced)
    payment.promised = {
        "change": {
            "amount": amount,
            "fee": fee(payment.fee_plan, amount),
            "lines": [{name: getattr(line, name) for name in _LINE} for line in priced],
            "by": {"kind": by.kind.value, "device_id": by.device_id, "user_id": by.user_id},
        }
    }
    payment.save(update_fields=["promised"])
    amount_now = currencies.format_amount(amount, payment.currency)
    log(
        payment,
        "change_requested",
        f"{order.called} is to be changed to {amount_now}.",
        by=by,
    )


def amount_with(payment: Payment, priced: Sequence[OrderLine]) -> int:
    """What the payment asks for once these are the order's lines: all that is owed then.

    Raises SplitRefused, AmountRefused, LinePaid, OrderCovered.
    """
    if payment.share_count or payment.paid_lines.exists():
        raise SplitRefused(
            gettext("This payment is over a part of the bill."),
            next_action=gettext("Cancel it, change the order, and start the part again."),
        )
    changed: Order = copy(payment.order)
    orders.apply_amounts(changed, priced)
    owed = changed.total_amount - covers.covered(changed)
    if owed <= 0:
        raise AmountRefused(
            gettext("With these lines Order {number} would owe nothing.").format(
                number=changed.number
            ),
            next_action=gettext("Cancel the payment, then change the order."),
        )
    intents.check_amount(owed, payment.currency)
    return owed


def promised(payment: Payment) -> JSON | None:
    found: JSON | None = payment.promised.get("change")
    return found


def words(payment: Payment, reader: str = "") -> Said:
    change = promised(payment)
    assert change is not None
    amount = currencies.format_amount(change["amount"], payment.currency)
    if reader:
        return said("Changing the amount to {amount} on {reader}.", amount=amount, reader=reader)
    return said("Changing the amount to {amount}.", amount=amount)


def plan_update(payment: Payment) -> StripeRequest:
    """Promise the PaymentIntent's new amount; nothing of ours is on a reader."""
    change = promised(payment)
    assert change is not None
    params: JSON = {"amount": change["amount"], "expand": ["latest_charge"]}
    if change["fee"]:
        params["application_fee_amount"] = change["fee"]
    elif payment.application_fee_amount:
        params["application_fee_amount"] = ""  # none any more
    return requests.plan(
        kind=UPDATE,
        path=f"/v1/payment_intents/{payment.payment_intent_id}",
        params=params,
        key=f"update:{payment.uuid}:{requests.count(payment, UPDATE) + 1}",
        payment=payment,
    )


def apply(payment: Payment, change: JSON) -> None:
    """Stripe has the new amount: order and payment get theirs, in the same transaction."""
    asked = change["by"]
    by = Principal(Kind(asked["kind"]), device_id=asked["device_id"], user_id=asked["user_id"])
    lines = [OrderLine(store=payment.store, **line) for line in change["lines"]]
    orders.put_lines(payment.order, lines, by=by)
    payment.promised = {}
    payment.amount = change["amount"]
    payment.application_fee_amount = change["fee"]
    shown = currencies.format_amount(payment.amount, payment.currency)
    log(payment, "changed", said("The payment is over {amount} now.", amount=shown), by=by)


def drop(payment: Payment, code: str, why: str) -> None:
    """The order stays as it was; the screen says so until something else is asked for."""
    payment.promised = {}
    payment.code = code
    log(payment, "change_dropped", why, data={"code": code})


def settle_change(payment: Payment) -> None:
    """After a merge: a card that was approved first, or a cancel, wins over a change."""
    if payment.is_authorized:
        drop_unless_sent(payment, TOO_LATE_TO_CHANGE, "The card was approved before the change.")
    elif payment.ended_at is not None or payment.cancel_requested_at is not None:
        drop_unless_sent(payment, payment.code, "The payment is canceled, the order unchanged.")


def drop_unless_sent(payment: Payment, code: str, why: str) -> None:
    """What Stripe was asked for is done or not by its answer."""
    if promised(payment) is None:
        return
    if not payment.requests.filter(kind=UPDATE, status__in=UNFINISHED).exists():
        drop(payment, code, why)


class Update(parts.ShownByIntent):
    """`POST /v1/payment_intents/{id}`. To ask for one amount twice does nothing more."""

    def shows(self, intent: JSON, request: StripeRequest) -> bool:
        return bool(intent["amount"] == request.params["amount"])

    def is_done(self, payment: Payment, request: StripeRequest) -> bool:
        return bool(payment.intent_amount == request.params["amount"])

    def may_lag(self, payment: Payment, request: StripeRequest, verdict: Verdict) -> bool:
        """As long as it may be asked anew, it is."""
        return not _may_ask_anew(payment) and super().may_lag(payment, request, verdict)

    def done(self, payment: Payment, request: StripeRequest) -> None:
        change = promised(payment)
        if change is not None:
            apply(payment, change)

    def not_done(
        self, payment: Payment, request: StripeRequest, answer: Answer, *, refused: bool
    ) -> None:
        if promised(payment) is None or not payment.is_open:
            return
        if not refused and _may_ask_anew(payment):
            plan_update(payment)
            return
        why = answer.message or answer.code or "no answer"
        drop(payment, NOT_CHANGED, f"Stripe did not take the change: {why}")

    def stop(self, payment: Payment, request: StripeRequest, answer: Answer) -> None:
        if promised(payment) is not None:
            drop(payment, answer.code, "An error of ours stopped the change.")


def _may_ask_anew(payment: Payment) -> bool:
    return requests.count(payment, UPDATE) <= MOST_TRIES_ANEW


def register() -> None:
    KINDS[UPDATE] = Update()
