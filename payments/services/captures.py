"""Taking what a hold has (step A): how much of it, with which tip, and the promise to Stripe.

The sale is all that is held, or what the delivered lines of the order cost; the rest is released.
Once Stripe has done it, `settle_capture` strikes the other lines, so that the order is what was
paid: docs/adr/0012-a-part-is-captured-by-lines.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from payments.errors import (
    AmountDiffers,
    AmountRefused,
    PartRefused,
    PaymentNotCapturable,
    TipNotConfirmed,
    TipRefused,
)
from payments.models import Payment, StripeRequest
from payments.services import covers, fees, limits, splitting
from payments.services.bells import wake
from payments.services.intents import (
    lock,
    plan_on_intent,
    refuse_when_busy,
    touch,
)
from payments.services.telling import log
from payments.transitions import (
    expected_hold,
    fee_of_hold,
    hold_differs,
    sale_received,
    state_word,
    tip_is_high,
)
from payments.transitions import fee as fee_of
from stores import currencies
from stores.models import OrderLine
from stores.principals import Kind, Principal
from stores.sentences import said
from stores.services import strike_lines

JSON = dict[str, Any]
CAPTURE = "payment_intent.capture"


@dataclass(frozen=True)
class Part:
    """What is to be captured: of the sale, of tips, and the lines that are paid by it."""

    sale: int
    tip: int
    lines: tuple[int, ...] = ()  # empty: the order stays as it is


def capture(
    payment: Payment,
    *,
    by: Principal,
    tip_amount: int = 0,
    lines: Sequence[int] | None = None,
    keep_tip: bool | None = None,
    accept_difference: bool = False,
) -> Payment:
    """Promise to capture the hold, or the part that the order's delivered `lines` cost.

    `tip_amount` is one from the receipt. A tip on the reader stays unless `keep_tip` is false; one
    above the store's limit needs the word. So does a hold that is not what was asked for.
    Raises PaymentNotCapturable, PaymentBusy, TipRefused, TipNotConfirmed, AmountDiffers,
    PartRefused, AmountRefused.
    """
    with transaction.atomic():
        payment = lock(payment)
        if payment.status != "requires_capture" or payment.detached_at is not None:
            raise PaymentNotCapturable(
                gettext("The payment is {state}, not approved.").format(
                    state=state_word(payment.state)
                )
            )
        refuse_when_busy(payment)
        if by.kind is not Kind.SYSTEM and not accept_difference:
            _refuse_difference(payment)
        _check_tip(payment, tip_amount)
        limits.check_tip(payment, tip_amount, by)
        kept = _kept_tip(payment, keep_tip, by)
        part = _part(payment, lines, tip_amount, kept)
        plan_capture(payment, part)
        wake(payment.pk)
        tip = {"tip": tip_amount}
        log(payment, limits.CAPTURE_REQUESTED, _sentence(payment, part), by=by, data=tip)
        touch(payment, said("Approved. The capture is on its way."))
    return payment


def _refuse_difference(payment: Payment) -> None:
    if hold_differs(payment):
        held, asked = payment.amount_capturable, expected_hold(payment)
        raise AmountDiffers(
            gettext("{held} is held, not {asked}.").format(
                held=_money(payment, held), asked=_money(payment, asked)
            )
        )


def _kept_tip(payment: Payment, keep_tip: bool | None, by: Principal) -> int:
    """What stays of the tip on the reader. Nobody's word is no consent to a high one."""
    tip = payment.reader_tip_amount or 0
    if keep_tip is None and tip_is_high(payment):
        if by.kind is Kind.SYSTEM:
            return 0
        raise TipNotConfirmed(
            gettext("Is the tip of {tip} on {amount} meant?").format(
                tip=_money(payment, tip), amount=_money(payment, payment.amount)
            )
        )
    return 0 if keep_tip is False else tip


def _part(payment: Payment, lines: Sequence[int] | None, tip_amount: int, kept: int) -> Part:
    held = payment.amount_capturable
    sale, delivered = _delivered(payment, lines)
    return Part(sale, tip_amount + min(kept, held - sale), delivered)


def _delivered(payment: Payment, ids: Sequence[int] | None) -> tuple[int, tuple[int, ...]]:
    """What of the hold these lines of the order cost, and the lines if others are struck."""
    if ids is None:
        return min(payment.amount, payment.amount_capturable), ()
    ordered = list(OrderLine.objects.filter(order=payment.order_id))
    kept = [line for line in ordered if line.pk in set(ids)]
    if len(kept) != len(set(ids)):
        raise PartRefused(
            gettext("Order {number} has no such line.").format(number=payment.order.number),
            code="unknown_line",
        )
    splitting.refuse_striking_paid(payment, {line.pk for line in ordered} - set(ids))
    others = covers.covered(payment.order) - payment.amount
    sale = min(
        sum(line.total_amount for line in kept) - others, payment.amount, payment.amount_capturable
    )
    if sale <= 0:
        raise PartRefused(gettext("Nothing would be left to capture."))
    return sale, () if len(kept) == len(ordered) else tuple(line.pk for line in kept)


def _sentence(payment: Payment, part: Part) -> str:
    dropped = (payment.reader_tip_amount or 0) if not part.tip else 0
    less, tip, without = (_money(payment, sum) for sum in (part.sale, part.tip, dropped))
    return said(
        "Capture requested{part}{tip}{dropped}.",
        part=said(" of {amount}", amount=less) if part.sale < payment.amount else "",
        tip=said(" with a tip of {amount}", amount=tip) if part.tip else "",
        dropped=said(" without the tip of {amount}", amount=without) if dropped else "",
    )


def _money(payment: Payment, amount: int) -> str:
    return currencies.format_amount(amount, payment.currency)


def highest_tip(payment: Payment) -> int:
    """The largest tip on the receipt: 50 % of the hold or 50 USD, whichever is more; else 0.

    None when the reader has asked already: both are never used on one PaymentIntent.
    docs.stripe.com/terminal/features/collecting-tips/on-receipt
    """
    if payment.store.country != "US" or not payment.overcapture_supported:
        return 0
    if payment.reader_tip_amount is not None:
        return 0
    return max(payment.amount_authorized // 2, 5_000)


def _check_tip(payment: Payment, tip_amount: int) -> None:
    if tip_amount == 0:
        return
    most = highest_tip(payment)
    if most == 0:
        raise TipRefused(
            gettext("This payment takes no tip on the receipt."),
            next_action=gettext("Capture without a tip on the receipt."),
        )
    if not 0 < tip_amount <= most:
        raise TipRefused(
            gettext("The tip may be up to {amount}.").format(amount=_money(payment, most)),
            next_action=gettext("Enter a smaller tip."),
        )


def plan_capture(payment: Payment, part: Part) -> StripeRequest:
    """Promise it on the locked payment, with the fee of what is really captured."""
    amount = part.sale + part.tip
    if amount > payment.amount_capturable + highest_tip(payment):
        raise AmountRefused(
            gettext("No more than {amount} is held.").format(
                amount=_money(payment, payment.amount_capturable)
            ),
            next_action=gettext("Load the payment and the order again."),
        )
    payment.tip_amount = part.tip
    payment.application_fee_amount = fee_of(payment.fee_plan, part.sale, part.tip)
    payment.promised = {
        "capture": {
            "amount": amount,
            "lines": list(part.lines),
            "corrects_fee": payment.fee_at_stripe not in (None, fee_of_hold(payment)),
        }
    }
    payment.save(update_fields=["application_fee_amount", "tip_amount", "promised"])
    return _plan(payment, amount)


def _plan(payment: Payment, amount: int) -> StripeRequest:
    params: JSON = {"amount_to_capture": amount, "expand": ["latest_charge"]}
    fee = payment.application_fee_amount
    if fee or payment.fee_at_stripe or fee_of_hold(payment):
        params["application_fee_amount"] = fee
    return plan_on_intent(payment, CAPTURE, "capture", params)


def plan_again(payment: Payment, request: StripeRequest) -> None:
    """Proven not done: the same capture once more, with its fee whatever Stripe shows now."""
    if payment.fee_at_stripe != fee_of_hold(payment):
        payment.promised["capture"]["corrects_fee"] = True
    _plan(payment, request.params["amount_to_capture"])


def forget_capture(payment: Payment) -> None:
    """Stripe refused it: the hold is what it was, and so are fee and tip."""
    payment.promised = {}
    payment.tip_amount = payment.reader_tip_amount or 0
    payment.application_fee_amount = fee_of_hold(payment)


def settle_capture(payment: Payment) -> None:
    """After a merge: the payment is what we captured, and the order what was delivered for it.

    A capture of another sum, made in Stripe's Dashboard, is not what we promised: no line goes.
    """
    ours = payment.promised.get("capture")
    if ours is None or payment.ended_at is None:
        return
    payment.promised = {}
    if payment.amount_received != ours["amount"]:
        return
    payment.amount = sale_received(payment)
    payment.save()
    if ours.get("corrects_fee"):
        fees.corrected(payment)
    if ours["lines"]:
        payment.paid_lines.exclude(line__in=ours["lines"]).delete()
        strike_lines(payment.order, keep=ours["lines"], message=_struck(payment))


def _struck(payment: Payment) -> str:
    return f"Not delivered, and released from payment {payment.pk}"
