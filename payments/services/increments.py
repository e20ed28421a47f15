"""Making a hold bigger when something is added to its order: increment_authorization.

https://docs.stripe.com/terminal/features/incremental-authorizations. The lines are priced when they
are asked for and join the order only when the bank holds the new total; a refusal changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from payments.errors import AmountRefused, IncrementRefused, PaymentBusy
from payments.gateway import Answer
from payments.models import Payment, StripeRequest
from payments.services import requests, splitting
from payments.services.bells import wake
from payments.services.intents import (
    lock,
    plan_on_intent,
    refuse_when_busy,
    touch,
)
from payments.services.parts import KINDS, ShownByIntent
from payments.services.possible import may_increment
from payments.services.telling import log
from payments.transitions import NOT_INCREMENTED, state_word
from payments.transitions import fee as fee_of
from stores import currencies
from stores.models import OrderLine
from stores.principals import Principal
from stores.sentences import said
from stores.services import Line, add_lines, price_more_lines

JSON = dict[str, Any]
INCREMENT = "payment_intent.increment_authorization"
MOST_ATTEMPTS = 10  # of one PaymentIntent, refused ones included
MOST_TRIES_ANEW = 2
_LINE = (
    "product_id",
    "description",
    "unit_amount",
    "quantity",
    "tax_rate_ppm",
    "net_amount",
    "tax_amount",
    "total_amount",
)


def increment_authorization(payment: Payment, lines: Sequence[Line], *, by: Principal) -> Payment:
    """Promise to hold what these new lines cost, too.

    Raises IncrementRefused, PaymentBusy, AmountRefused, and what a line may be refused for.
    """
    with transaction.atomic():
        payment = lock(payment)
        _check(payment)
        priced = price_more_lines(payment.order, lines)
        added = sum(line.total_amount for line in priced)
        if not added:
            raise AmountRefused(
                gettext("These lines cost nothing."), next_action=gettext("Add what has a price.")
            )
        amount = payment.amount_capturable + added
        _check_amount(payment, amount)
        fee = fee_of(payment.fee_plan, payment.amount + added)
        params: JSON = {"amount": amount, "expand": ["latest_charge"]}
        if fee:
            params["application_fee_amount"] = fee
        payment.promised = {
            "increment": {
                "amount": amount,
                "added": added,
                "fee": fee,
                "lines": [{name: getattr(line, name) for name in _LINE} for line in priced],
            }
        }
        payment.code = ""
        payment.save(update_fields=["promised", "code"])
        plan_on_intent(payment, INCREMENT, "increment_authorization", params)
        wake(payment.pk)
        shown = currencies.format_amount(added, payment.currency)
        log(
            payment,
            "increment_requested",
            said("{amount} more is to be held.", amount=shown),
            by=by,
        )
        touch(payment, said("Approved. The bank is asked to hold {amount} more.", amount=shown))
    return payment


def _check(payment: Payment) -> None:
    if payment.status != "requires_capture":
        raise IncrementRefused(
            gettext("The payment is {state}, not approved.").format(
                state=state_word(payment.state)
            ),
            next_action=gettext("Sell what is new as an order of its own."),
        )
    refuse_when_busy(payment)
    if payment.cancel_requested_at is not None:
        raise PaymentBusy(gettext("The hold is being released."))
    if not may_increment(payment):
        raise IncrementRefused(gettext("This card's hold cannot be made bigger."))
    if requests.count(payment, INCREMENT) >= MOST_ATTEMPTS:
        raise IncrementRefused(
            gettext("The bank was asked {count} times, which is the most.").format(
                count=MOST_ATTEMPTS
            )
        )


def _check_amount(payment: Payment, amount: int) -> None:
    most = currencies.maximum(payment.currency)
    if amount > most:
        raise AmountRefused(
            gettext("Cards are charged up to {amount}.").format(
                amount=currencies.spoken_amount(most, payment.currency)
            ),
            next_action=gettext("Sell what is new as an order of its own."),
        )


class Increment(ShownByIntent):
    def shows(self, intent: JSON, request: StripeRequest) -> bool:
        held, received = intent["amount_capturable"], intent["amount_received"]
        return bool(max(held, received) >= request.params["amount"])

    def is_done(self, payment: Payment, request: StripeRequest) -> bool:
        return _is_done(payment, request.params["amount"])

    def not_done(
        self, payment: Payment, request: StripeRequest, answer: Answer, *, refused: bool
    ) -> None:
        tried = requests.count(payment, INCREMENT)
        again = not refused and payment.ended_at is None
        if again and tried < min(MOST_ATTEMPTS, _first(payment, request) + MOST_TRIES_ANEW):
            plan_on_intent(payment, INCREMENT, "increment_authorization", request.params)
            return
        payment.promised = {}
        payment.code = NOT_INCREMENTED
        log(payment, "increment_refused", answer.message or answer.code or "No answer.")


def _is_done(payment: Payment, amount: int) -> bool:
    return max(payment.amount_capturable, payment.amount_received) >= amount


def _first(payment: Payment, request: StripeRequest) -> int:
    """How many requests there were when this amount was first asked for."""
    same = payment.requests.filter(kind=INCREMENT, params__amount=request.params["amount"])
    return requests.count(payment, INCREMENT) - same.count() + 1


def settle_increment(payment: Payment) -> None:
    """After a merge: what the bank holds now, too, is part of the order and of the payment."""
    grown = payment.promised.get("increment")
    if grown is None:
        return
    if _is_done(payment, grown["amount"]):
        payment.promised = {}
        payment.amount += grown["added"]
        payment.application_fee_amount = grown["fee"]
        payment.save()
        added = [OrderLine(**line) for line in grown["lines"]]
        add_lines(payment.order, added)
        if payment.paid_lines.exists():
            splitting.claim(added, payment)
    elif payment.ended_at is not None:
        payment.promised = {}


def register() -> None:
    KINDS[INCREMENT] = Increment()
