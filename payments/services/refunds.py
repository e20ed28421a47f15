"""Giving money back (step A): who may, how much, and the promise to Stripe.

Only what was received and not given back yet is refunded; a hold is released, never refunded.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from payments.errors import (
    AmountRefused,
    PaymentBusy,
    RefundNeedsReader,
    RefundNotPossible,
)
from payments.models import UNFINISHED, Payment, Reason, Refund, RefundLine, RefundStatus
from payments.services import bells, intents, limits, refund_lines, requests
from payments.services.captures import CAPTURE
from payments.services.possible import amount_refundable
from payments.services.refund_lines import Pieces
from payments.services.refund_merging import add_up
from payments.services.refund_telling import tell
from payments.services.telling import log
from stores.currencies import format_amount, spoken_amount
from stores.principals import MANAGERS, Principal
from stores.sentences import said

JSON = dict[str, Any]
REFUND = "refund.create"


def refund(
    payment: Payment,
    *,
    by: Principal,
    amount: int | None = None,
    pieces: Pieces | None = None,
    reason: str = Reason.REQUESTED_BY_CUSTOMER,
    is_approved: bool = False,
) -> Refund:
    """Promise to give back what these pieces cost, or `amount`, or all that is left of the payment.

    The same again while the first is on its way is the first. Raises RefundNotPossible,
    RefundNotAllowed, RefundNeedsReader, AmountRefused, LinesRefused, PaymentBusy.
    """
    with transaction.atomic():
        payment = intents.lock(payment)
        first = already_promised(payment, amount, pieces)
        if first is not None:
            return first
        made = open_refund(
            payment, by=by, amount=amount, pieces=pieces, reason=reason, is_approved=is_approved
        )
        if payment.is_cash:
            give_back_cash(payment, made, by=by)
            return made
        requests.plan(
            kind=REFUND,
            path="/v1/refunds",
            params=refund_params(made) | {"reason": made.reason},
            key=f"refund:{made.uuid}",
            payment=payment,
        )
        bells.wake(payment.pk)
        tell(payment)
    return made


def already_promised(
    payment: Payment, amount: int | None, pieces: Pieces | None = None
) -> Refund | None:
    """The refund that is on its way, if this is the same once more. Raises PaymentBusy."""
    first = on_its_way(payment)
    if first is None:
        return None
    left = amount_refundable(payment)
    wanted = amount if amount is not None else left or first.amount
    if refund_lines.pieces_of(first) == pieces if pieces else wanted == first.amount:
        return first
    raise PaymentBusy(
        gettext("A refund of {amount} is on its way.").format(
            amount=spoken_amount(first.amount, payment.currency)
        )
    )


def check_possible(payment: Payment, amount: int | None, *, in_person: bool = False) -> int:
    """What would be given back of the locked payment, whoever asks."""
    _check_received(payment)
    _check_place(payment, in_person=in_person)
    left = amount_refundable(payment)
    wanted = left if amount is None else amount
    _check_amount(payment, wanted, left)
    return wanted


def open_refund(
    payment: Payment,
    *,
    by: Principal,
    amount: int | None = None,
    pieces: Pieces | None = None,
    reason: str,
    in_person: bool = False,
    is_approved: bool = False,
) -> Refund:
    """Write the refund down, on the locked payment; the caller plans what is sent for it.

    One that a second person approved is above its asker's limits.
    """
    lines = refund_lines.priced(payment, pieces) if pieces else []
    if lines:
        amount = refund_lines.amount_of(lines)
    wanted = check_possible(payment, amount, in_person=in_person)
    if not is_approved:
        limits.check_refund(payment, wanted, by)
    made = Refund(
        store_id=payment.store_id,
        payment=payment,
        method=payment.method,
        device_id=by.device_id,
        user_id=by.user_id,
        amount=wanted,
        reason=reason,
        in_person=in_person,
        charge_id=payment.latest_charge_id,
    )
    if payment.is_cash:
        made.status, made.ended_at = RefundStatus.SUCCEEDED, made.updated_at
    made.save()
    for line in lines:
        line.refund = made
    RefundLine.objects.bulk_create(lines)
    _log_requested(payment, made, lines, by)
    return made


def _log_requested(payment: Payment, made: Refund, lines: list[RefundLine], by: Principal) -> None:
    amount = format_amount(made.amount, payment.currency)
    came_back = f": {refund_lines.said(lines)}" if lines else ""
    data: JSON = {"refund": str(made.uuid), "reason": made.reason}
    if lines:
        data["lines"] = [
            {"line": line.line_id, "quantity": line.quantity, "amount": line.amount}
            for line in lines
        ]
    message = said("Refund of {amount} requested{what}.", amount=amount, what=came_back)
    log(payment, "refund_requested", message, by=by, data=data)


def give_back_cash(payment: Payment, made: Refund, *, by: Principal) -> None:
    """Out of the drawer: it is given back as soon as it is written down."""
    amount = format_amount(made.amount, payment.currency)
    data = {"refund": str(made.uuid)}
    log(
        payment,
        "refund_succeeded",
        said("{amount} given back in cash.", amount=amount),
        by=by,
        data=data,
    )
    add_up(payment)
    tell(payment)


def refund_params(made: Refund) -> JSON:
    """What `POST /v1/refunds` and a reader's `refund_payment` have in common.

    The store's account, which got the money of a destination charge, gives it back.
    docs.stripe.com/connect/destination-charges#issue-refunds
    """
    payment = made.payment
    params: JSON = {
        "payment_intent": payment.payment_intent_id,
        "amount": made.amount,
        "metadata": {"refund": str(made.uuid), "payment": str(payment.uuid)},
    }
    if payment.destination:
        params["reverse_transfer"] = True
    if payment.application_fee_amount and payment.store.account.refund_application_fee:
        params["refund_application_fee"] = True
    return params


def on_its_way(payment: Payment) -> Refund | None:
    requested = [row for row in payment.refunds.all() if row.status == RefundStatus.REQUESTED]
    return min(requested, key=lambda row: row.pk, default=None)


def is_interac(payment: Payment) -> bool:
    return str(payment.card.get("type")) == "interac_present"


def _check_received(payment: Payment) -> None:
    if payment.status == "requires_capture":
        capture = payment.requests.filter(status__in=UNFINISHED, kind=CAPTURE)
        if capture.exists():
            raise PaymentBusy(gettext("The capture is on its way. Refund when it is done."))
        raise RefundNotPossible(
            gettext("The money is held and was not taken, so there is nothing to refund."),
            next_action=gettext("Release it instead: cancel the payment."),
        )
    if payment.status != "succeeded":
        raise RefundNotPossible(
            gettext("Nothing was received with this payment."),
            next_action=gettext("Cancel it if it is still open."),
        )
    if payment.amount_disputed:
        raise RefundNotPossible(
            gettext("The customer's bank took this money back already."),
            next_action=gettext("Answer the dispute in Stripe's Dashboard, or leave it."),
        )


def _check_place(payment: Payment, *, in_person: bool) -> None:
    """Interac cards are refunded where they are read, other cards never.

    docs.stripe.com/terminal/features/refunds
    """
    if is_interac(payment) and not in_person:
        raise RefundNeedsReader(
            gettext("Interac gives money back on a reader only, with the same card.")
        )
    if in_person and not is_interac(payment):
        raise RefundNotPossible(
            gettext("Only Interac cards are refunded on a reader."),
            code="refund_needs_no_reader",
            next_action=gettext("Refund it without a reader; the customer's card is not needed."),
        )


def _check_amount(payment: Payment, wanted: int, left: int) -> None:
    if left <= 0:
        raise RefundNotPossible(gettext("All of it was refunded already."))
    if not 1 <= wanted <= left:
        raise AmountRefused(
            gettext("Up to {amount} can be refunded.").format(
                amount=spoken_amount(left, payment.currency)
            ),
            next_action=gettext("Enter an amount above zero and up to that."),
        )


def is_manager(payment: Payment, by: Principal) -> bool:
    theirs = Payment.objects.for_principal(by, MANAGERS)
    return theirs.filter(pk=payment.pk).exists()


def is_above_cashiers(payment: Payment, amount: int | None, pieces: Pieces | None = None) -> bool:
    """Whether it is so much that who does it shows again that it is them."""
    left = amount_refundable(payment)
    if pieces:
        amount = refund_lines.most(payment, pieces)
    given = payment.amount_received - left
    wanted = left if amount is None else amount
    return given + wanted > payment.store.cashier_refund_limit
