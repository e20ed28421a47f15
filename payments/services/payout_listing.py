"""Stripe's payouts, as their events and the nightly comparison of their account tell; and what each
consists of, listed with that comparison.

Of automatic payouts Stripe says which balance transactions they took to the bank, once their
`reconciliation_status` is `completed`: docs.stripe.com/payouts/reconciliation.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from payments.models import COMPLETED, BalanceTransaction, Payment, Payout, Reconciliation, Refund
from payments.transitions.payouts import moves_back
from stores.models import Account

logger = logging.getLogger(__name__)
JSON = dict[str, Any]

LATE = timedelta(days=30)  # a bank may send a payout back weeks later
CHARGES = ("charge",)  # Stripe's reporting categories
REFUNDS = ("refund", "refund_failure", "partial_capture_reversal")
EXPAND = ["data.source", "data.source.source_transfer"]


def compare(row: Reconciliation, payouts: list[JSON]) -> None:
    take_over(row.stripe_account, payouts)


def take_over(stripe_account: str, payouts: list[JSON]) -> None:
    """Write down how payouts of the account, or of the platform, stand. Of two readings that
    overtook each other, the later one stays.
    """
    account = Account.objects.filter(stripe_id=stripe_account).first()
    with transaction.atomic():
        for each in payouts:
            told = _told(each) | {"account": account}
            rows = Payout.objects.select_for_update(of=("self",), no_key=True)
            payout, is_new = rows.get_or_create(payout_id=each["id"], defaults=told)
            if is_new:
                continue
            if moves_back(payout, each):
                logger.info("%s: %s is from before", payout.payout_id, each["status"])
                continue
            Payout.objects.filter(pk=payout.pk).update(**told)


def _told(payout: JSON) -> JSON:
    return {
        "amount": payout["amount"],
        "currency": payout["currency"],
        "status": payout["status"],
        "is_automatic": bool(payout["automatic"]),
        "reconciliation_status": payout.get("reconciliation_status") or "",
        "arrival_date": datetime.fromtimestamp(payout["arrival_date"], UTC).date(),
        "created_at": datetime.fromtimestamp(payout["created"], UTC),
        "failure_message": payout.get("failure_message") or "",
        "read_at": timezone.now(),
    }


def next_unlisted(stripe_account: str) -> Payout | None:
    """The oldest payout of which Stripe can say what it consists of, and was not asked."""
    waiting = Payout.objects.filter(listed_at=None, reconciliation_status=COMPLETED)
    if stripe_account:
        waiting = waiting.filter(account__stripe_id=stripe_account)
    else:
        waiting = waiting.filter(account=None)
    return waiting.order_by("pk").first()


def take_lines(payout: Payout, transactions: list[JSON], *, more: bool) -> None:
    """Write down a page of what it consists of, once; sum it up when there are no more."""
    lines = [each for each in transactions if each["type"] != "payout"]
    found = _Found(lines)
    BalanceTransaction.objects.bulk_create(
        [found.line(payout, each) for each in lines], ignore_conflicts=True
    )
    if not more:
        _sum_up(payout)


class _Found:
    """Our rows that such transactions are about."""

    def __init__(self, lines: list[JSON]) -> None:
        sources = [each["source"] for each in lines if isinstance(each["source"], dict)]
        intents = {str(source.get("payment_intent") or "") for source in sources} - {""}
        charges = {charge for source in sources for charge in _charges(source)}
        paid = Payment.objects.filter(
            Q(payment_intent_id__in=intents) | Q(latest_charge_id__in=charges)
        )
        self._by_id: dict[str, Payment] = {}
        for payment in paid:
            self._by_id[payment.payment_intent_id or ""] = payment
            self._by_id[payment.latest_charge_id] = payment
        self._by_id.pop("", None)
        ids = {str(source["id"]) for source in sources}
        self._refunds = {
            refund.refund_id: refund for refund in Refund.objects.filter(refund_id__in=ids)
        }

    def line(self, payout: Payout, of: JSON) -> BalanceTransaction:
        source = of["source"] if isinstance(of["source"], dict) else {"id": of["source"] or ""}
        refund = self._refunds.get(source["id"])
        names = [str(source.get("payment_intent") or ""), *_charges(source)]
        payment = next((self._by_id[name] for name in names if name in self._by_id), None)
        return BalanceTransaction(
            payout=payout,
            transaction_id=of["id"],
            type=of["type"],
            category=of["reporting_category"],
            amount=of["amount"],
            fee=of["fee"],
            net=of["net"],
            currency=of["currency"],
            source_id=source["id"],
            payment_id=refund.payment_id if refund else payment.pk if payment else None,
            store_id=refund.store_id if refund else payment.store_id if payment else None,
            refund=refund,
            created_at=datetime.fromtimestamp(of["created"], UTC),
        )


def _charges(source: JSON) -> list[str]:
    """The charges that it may be known by: its own, the one it is about, and of a destination
    charge the platform's behind it.
    """
    transfer = source.get("source_transfer")
    behind = transfer.get("source_transaction") if isinstance(transfer, dict) else None
    names = [source["id"], source.get("charge"), source.get("source_transaction"), behind]
    return [str(name) for name in names if name]


def _sum_up(payout: Payout) -> None:
    rows = payout.lines.all()
    sums = rows.aggregate(
        charged=Sum("amount", filter=Q(category__in=CHARGES), default=0),
        refunded=Sum("amount", filter=Q(category__in=REFUNDS), default=0),
        others=Sum("amount", filter=~Q(category__in=CHARGES + REFUNDS), default=0),
        fees=Sum("fee", default=0),
    )
    payout.transactions = rows.count()
    for name, amount in sums.items():
        setattr(payout, name, amount)
    payout.listed_at = timezone.now()
    payout.save()
