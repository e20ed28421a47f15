"""Stripe's application fees and their refunds, listed with the platform's nightly comparison.

They are taken from the platform's balance transactions, where a refund of an old fee stands on the
day it was made: docs.stripe.com/reports/balance-transaction-types.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q

from payments.models import (
    FeeMovement,
    MovementKind,
    Payment,
    Reconciliation,
    Refund,
    StripeRequest,
)
from payments.services import fee_days
from stores.models import Account

JSON = dict[str, Any]
A_MOMENT = timedelta(seconds=10)  # by so much clocks differ, and Stripe counts whole seconds


def params(kind: str) -> JSON:
    """What is asked for: the amounts of the objects themselves, not those the platform is paid in
    its own currency.
    """
    returned = kind == MovementKind.RETURNED
    return {"type": kind, "expand": ["data.source.fee" if returned else "data.source"]}


def take_over(row: Reconciliation, transactions: list[JSON]) -> None:
    """Write down what is not known yet; once per object, whoever lists it again."""
    things = [each["source"] for each in transactions if isinstance(each["source"], dict)]
    fees = {thing["id"]: thing.get("fee") or thing for thing in things}
    charges = {name for fee in fees.values() for name in _charges(fee)}
    payments = {
        each.latest_charge_id: each
        for each in Payment.objects.filter(Q(latest_charge_id__in=charges), ~Q(latest_charge_id=""))
    }
    names = {fee["account"] for fee in fees.values()}
    accounts = {each.stripe_id: each for each in Account.objects.filter(stripe_id__in=names)}
    movements = sorted(
        (
            _movement(thing, fees[thing["id"]], accounts[fees[thing["id"]]["account"]], payments)
            for thing in things
            if fees[thing["id"]]["account"] in accounts
        ),
        key=lambda each: each.created_at,
    )
    known = FeeMovement.objects.filter(object_id__in=[each.object_id for each in movements])
    old = set(known.values_list("object_id", flat=True))
    new = [each for each in movements if each.object_id not in old]
    _name_refunds([each for each in new if each.kind == MovementKind.RETURNED])
    ended = [each.payment.ended_at for each in new if each.payment and each.payment.ended_at]
    with transaction.atomic():
        fee_days.forget([*(each.created_at for each in new), *ended])
        FeeMovement.objects.bulk_create(new, ignore_conflicts=True)


def _name_refunds(returned: list[FeeMovement]) -> None:
    """With which refund each went back. Stripe does not say: of the payment's that were there by
    then, gave the fee back and have none yet, it is the one whose part of the payment is nearest
    to the part of the fee.
    """
    payments = {each.payment_id for each in returned if each.payment_id}
    waiting = list(
        Refund.objects.filter(payment__in=payments, refund_id__isnull=False, fee_movements=None)
        .exclude(pk__in=_without_fee(payments))
        .order_by("-created_at", "-pk")
    )
    for movement in returned:
        fit = [
            refund
            for refund in waiting
            if refund.payment_id == movement.payment_id
            and refund.created_at <= movement.created_at + A_MOMENT
        ]
        if fit:
            movement.refund = min(fit, key=partial(_distance, movement))
            waiting.remove(movement.refund)


def _distance(movement: FeeMovement, refund: Refund) -> int:
    """How far the part of the fee is from the refund's part of the payment, without fractions."""
    payment = movement.payment
    assert payment is not None
    fee = payment.application_fee_amount or 0
    return abs(-movement.amount * payment.amount_received - fee * refund.amount)


def _without_fee(payments: set[int]) -> list[int]:
    """Refunds of ours that keep the fee, as Stripe was told."""
    told = StripeRequest.objects.filter(payment__in=payments, path="/v1/refunds")
    kept = told.exclude(params__has_key="refund_application_fee")
    uuids = [params["metadata"]["refund"] for params in kept.values_list("params", flat=True)]
    return list(Refund.objects.filter(uuid__in=uuids).values_list("pk", flat=True))


def _charges(fee: JSON) -> list[str]:
    """The account's charge, or of a destination charge the platform's behind it."""
    return [fee[name] for name in ("originating_transaction", "charge") if fee.get(name)]


def _movement(
    thing: JSON, fee: JSON, account: Account, payments: dict[str, Payment]
) -> FeeMovement:
    charges = _charges(fee)
    found = (payments.get(charge) for charge in charges)
    payment = next((each for each in found if each is not None), None)
    taken = thing is fee
    return FeeMovement(
        object_id=thing["id"],
        fee_id=fee["id"],
        kind=MovementKind.TAKEN if taken else MovementKind.RETURNED,
        account=account,
        store_id=payment.store_id if payment else None,
        payment=payment,
        charge_id=charges[0],
        amount=thing["amount"] if taken else -thing["amount"],
        currency=thing["currency"],
        created_at=datetime.fromtimestamp(thing["created"], UTC),
    )
