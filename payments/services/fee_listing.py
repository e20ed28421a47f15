"""Stripe's application fees and their refunds, listed with the platform's nightly comparison.

They are taken from the platform's balance transactions, where a refund of an old fee stands on the
day it was made: docs.stripe.com/reports/balance-transaction-types.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from payments.models import FeeMovement, MovementKind, Payment, Reconciliation
from stores.models import Account

JSON = dict[str, Any]


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
    movements = [
        _movement(thing, fees[thing["id"]], accounts[fees[thing["id"]]["account"]], payments)
        for thing in things
        if fees[thing["id"]]["account"] in accounts
    ]
    FeeMovement.objects.bulk_create(movements, ignore_conflicts=True)


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
