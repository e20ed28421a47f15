"""What the checker compares: our books, and what Stripe knows. Plain data, read once.

Rows are dicts of column to value. Amounts are integers in the currency's smallest unit, times are
aware datetimes in our books and unix seconds at Stripe.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Books:
    """One consistent picture of our database; oldest rows first."""

    taken_at: datetime
    stores: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    refund_lines: list[Row] = field(default_factory=list)
    order_lines: list[Row] = field(default_factory=list)
    disputes: list[Row] = field(default_factory=list)
    incidents: list[Row] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    actions: list[Row] = field(default_factory=list)
    readers: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    log: list[Row] = field(default_factory=list)
    fee_plans: list[Row] = field(default_factory=list)

    def payments_of_orders(self) -> dict[int, list[Row]]:
        return grouped(self.payments, lambda row: row["order_id"])


@dataclass(frozen=True)
class AtStripe:
    """What is in all accounts; each row's `account` is '' for the platform.

    `exchanges` and `deliveries` are the wire itself, which only a simulator can tell; None when
    Stripe was asked. `skew` is how far its clock is ahead of ours, in seconds.
    """

    intents: list[Row] = field(default_factory=list)
    charges: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    disputes: list[Row] = field(default_factory=list)
    exchanges: list[Row] | None = None
    deliveries: list[Row] | None = None
    skew: float = 0.0

    def intents_by_id(self) -> dict[str, Row]:
        return {row["id"]: row for row in self.intents}

    def charges_of_intents(self) -> dict[str, list[Row]]:
        """Without what a destination charge pays on: to the account that gets it, a charge too."""
        of_intents = [row for row in self.charges if row["payment_intent"]]
        return grouped(of_intents, lambda row: row["payment_intent"])


@dataclass(frozen=True)
class Violation:
    """One broken promise: the rule, whom it concerns, and what is wrong in one sentence."""

    rule: str
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}: {self.message}"


Rule = Callable[[Books, AtStripe], Iterator[Violation]]


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)
