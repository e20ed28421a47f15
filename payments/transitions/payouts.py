"""How a payout goes on: https://docs.stripe.com/api/payouts/object#payout_object-status."""

from __future__ import annotations

from typing import Any

from payments.models import COMPLETED, Payout

# A bank may send back what had arrived. Nothing else turns round.
RANK = {"pending": 0, "in_transit": 1, "paid": 2, "failed": 3, "canceled": 3}
LAST = ("failed", "canceled")


def moves_back(payout: Payout, shown: dict[str, Any]) -> bool:
    """Whether what was read is from before what we know; a status that is new to us is not."""
    before, now = payout.status, shown["status"]
    if before in LAST and now != before:
        return True
    if before in RANK and now in RANK and RANK[now] < RANK[before]:
        return True
    return payout.reconciliation_status == COMPLETED != shown.get("reconciliation_status")
