"""What stores took today, hour by hour, beside the same day of last week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import CharField, Count, F, Func, Q, Sum, Value

from payments.models import Payment
from stores.models import Store
from stores.principals import Principal

WEEK = timedelta(days=7)
LONGEST_DAY = timedelta(hours=25)  # when clocks go back


@dataclass
class StoreDay:
    """Amounts in the smallest unit of the store's currency, tips included; hours are its own."""

    store: Store
    taken: int = 0
    payments: int = 0
    tips: int = 0
    before: int = 0  # last week, by this time of the day
    by_hour: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    by_hour_before: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def takings(principal: Principal, now: datetime) -> list[StoreDay]:
    """A day of each store that the principal sees, the one that took most first."""
    stores = Store.objects.for_principal(principal).filter(is_active=True)
    days = {store.pk: StoreDay(store) for store in stores}
    here = {pk: now.astimezone(ZoneInfo(day.store.timezone)).date() for pk, day in days.items()}
    for store_id, hour, taken, so_far, tips, count in _by_hour(days, now):
        day, on = days[store_id], date.fromisoformat(hour[:10])
        if on == here[store_id]:
            day.taken += taken
            day.tips += tips
            day.payments += count
            day.by_hour[int(hour[11:])] += taken
        elif on == here[store_id] - WEEK:
            day.before += so_far or 0
            day.by_hour_before[int(hour[11:])] += taken
    return sorted(days.values(), key=lambda day: (-day.taken, -day.before, day.store.name))


def _by_hour(
    stores: Iterable[int], now: datetime
) -> Iterable[tuple[int, str, int, int | None, int, int]]:
    """Sums of both days by the hour of the store, like 2026-11-28 14; what else the ranges hold
    is of other days. A quarter of an hour of somewhere is the whole hour of somebody else, so the
    hour is taken where the store is.
    """
    today = Q(ended_at__gt=now - LONGEST_DAY, ended_at__lte=now)
    then = now - WEEK
    last_week = Q(ended_at__gt=then - LONGEST_DAY, ended_at__lte=then + LONGEST_DAY)
    local = Func(F("store__timezone"), F("ended_at"), function="timezone")
    hour = Func(local, Value("YYYY-MM-DD HH24"), function="to_char", output_field=CharField())
    return (
        Payment.objects.filter(today | last_week, store__in=list(stores), status="succeeded")
        .annotate(hour=hour)
        .order_by()
        .values_list("store_id", "hour")
        .annotate(
            taken=Sum("amount_received"),
            so_far=Sum("amount_received", filter=Q(ended_at__lte=then)),
            tips=Sum("tip_amount"),
            payments=Count("pk"),
        )
    )
