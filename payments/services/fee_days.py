"""Fees summed by day, so that a report over years reads no payment of years ago.

The sums go up to some day. What is after it is counted anew each time, and what is listed late
takes the sums from its day on away; they are made again within the hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from payments.models import FeeDay, FeeMovement, MovementKind, Payment

TAKEN = Q(kind=MovementKind.TAKEN)
SUMS = ("payments", "taken", "returned", "due", "foreign", "missing")
AT_REST = timedelta(days=2)  # by then Stripe has listed what a day brought
AT_ONCE = timedelta(days=31)


def moved(rows: QuerySet[FeeMovement], *by: str) -> Any:
    """What Stripe moved, and what the plans make of its payments, by these fields."""
    return (
        rows.order_by()
        .values(*by)
        .annotate(
            payments=Count("payment", filter=TAKEN),
            taken=Sum("amount", filter=TAKEN, default=0),
            returned=Sum("amount", filter=~TAKEN, default=0),
            due=Sum("payment__application_fee_amount", filter=TAKEN, default=0),
            foreign=Sum("amount", filter=TAKEN & Q(payment=None), default=0),
        )
    )


def unlisted(rows: QuerySet[Payment], *by: str) -> Any:
    """What paid payments owe by their plans and Stripe has not listed, by these fields."""
    listed = FeeMovement.objects.filter(TAKEN, payment=OuterRef("pk"))
    paid = rows.filter(~Exists(listed), status="succeeded", application_fee_amount__gt=0)
    return (
        paid.order_by()
        .values(*by)
        .annotate(
            payments=Count("pk"),
            due=Sum("application_fee_amount"),
            missing=Sum("application_fee_amount"),
        )
    )


def begin(day: date) -> datetime:
    """Its first instant in the platform's time zone."""
    return datetime.combine(day, time.min, timezone.get_current_timezone())


def end() -> datetime:
    """From when on nothing is summed."""
    last: date | None = FeeDay.objects.aggregate(last=Max("day"))["last"]
    return datetime.min.replace(tzinfo=UTC) if last is None else begin(last + timedelta(days=1))


def forget(moments: Iterable[datetime]) -> None:
    """Something of these moments was listed: the sums end before the first of them."""
    days = [timezone.localdate(moment) for moment in moments]
    if days:
        with transaction.atomic():
            _alone()
            FeeDay.objects.filter(day__gte=min(days)).delete()


def sum_up(now: datetime) -> None:
    """Sum the days that are over, oldest first, a month in one transaction."""
    until = begin(timezone.localdate(now - AT_REST))
    first: datetime | None = FeeMovement.objects.aggregate(first=Min("created_at"))["first"]
    if first is None:
        return
    known = end()
    since = max(known, begin(timezone.localdate(first)))
    while since < until:
        to = min(begin(timezone.localdate(since + AT_ONCE)), until)
        if not _sum(known, since, to):
            return
        known, since = end(), to


def _sum(known: datetime, since: datetime, to: datetime) -> bool:
    """False when sums were taken away meanwhile: what is summed has no gaps."""
    with transaction.atomic():
        _alone()
        if end() != known:
            return False
        sums: dict[tuple[Any, ...], dict[str, int]] = defaultdict(dict)
        for row in (*_moved_between(since, to), *_unlisted_between(since, to)):
            key = tuple(row.pop(name) for name in ("day", "account_id", "store_id", "currency"))
            for name, value in row.items():
                sums[key][name] = sums[key].get(name, 0) + value
        FeeDay.objects.bulk_create(
            FeeDay(day=day, account_id=account, store_id=store, currency=currency, **values)
            for (day, account, store, currency), values in sums.items()
        )
        return True


def _moved_between(since: datetime, to: datetime) -> Any:
    rows = FeeMovement.objects.filter(created_at__gte=since, created_at__lt=to)
    days = rows.annotate(day=TruncDate("created_at"))
    return moved(days, "day", "account_id", "store_id", "currency")


def _unlisted_between(since: datetime, to: datetime) -> Any:
    rows = Payment.objects.filter(ended_at__gte=since, ended_at__lt=to)
    days = rows.annotate(day=TruncDate("ended_at"), account_id=F("store__account_id"))
    return unlisted(days, "day", "account_id", "store_id", "currency")


def _alone() -> None:
    """Nobody lists while somebody sums, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE payments_feeday IN SHARE ROW EXCLUSIVE MODE")
