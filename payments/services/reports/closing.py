"""Closing a store's day: once, by somebody, with what was counted in the drawer."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext, override

from payments.errors import DayNotClosable
from payments.models import DayClose
from payments.services.reports import day_close
from payments.services.reports.scopes import Scope
from stores.currencies import spoken_amount
from stores.models import LogEntry, Store
from stores.periods import Period
from stores.principals import Principal, Right


def close_day(
    store: Store,
    day: date,
    *,
    counted_cash: int,
    note: str = "",
    by: Principal,
    now: datetime | None = None,
) -> tuple[DayClose, bool]:
    """The close of the day, and whether it is this one: a second changes nothing, the first stays.

    Raises DayNotClosable.
    """
    if by.user_id is None or not by.may(Right.CLOSE_DAYS, store.pk):
        raise DayNotClosable(
            gettext("Days are closed by managers of the store."), code="day_not_yours"
        )
    now = now or timezone.now()
    if day > now.astimezone(ZoneInfo(store.timezone)).date():
        raise DayNotClosable(gettext("This day has not begun."))
    try:
        with transaction.atomic():
            return _close(store, day, counted_cash, note, by, by.user_id, now), True
    except IntegrityError:
        first = DayClose.objects.filter(store=store, day=day).select_related("closed_by").first()
        if first is None:
            raise
        return first, False


def _close(
    store: Store, day: date, counted: int, note: str, by: Principal, user_id: int, now: datetime
) -> DayClose:
    so_far = day_close.look(Scope(by, (store,), Period(day, day)))
    close = DayClose.objects.create(
        store=store,
        day=day,
        currency=store.currency,
        counted_cash=counted,
        expected_cash=so_far.expected_cash,
        difference=counted - so_far.expected_cash,
        payments=so_far.payments,
        received=so_far.received,
        refunded=so_far.refunded,
        note=note,
        closed_by_id=user_id,
        closed_at=now,
    )
    with override(None):  # the log is kept as it was meant
        told = words(close)
    LogEntry.objects.write(
        store=store,
        subject="day_close",
        subject_id=close.pk,
        verb="closed",
        message=f"{day.day} {day:%B %Y} closed: {told}",
        by=by,
        data={"counted": counted, "expected": close.expected_cash, "currency": store.currency},
    )
    return close


def words(close: DayClose) -> str:
    """100.00 USD counted, 105.00 USD expected, 5.00 USD missing."""
    counted, expected, differs = (
        spoken_amount(amount, close.currency)
        for amount in (close.counted_cash, close.expected_cash, abs(close.difference))
    )
    sentence = gettext("{counted} counted, {expected} expected.")
    if close.difference > 0:
        sentence = gettext("{counted} counted, {expected} expected, {differs} too much.")
    elif close.difference:
        sentence = gettext("{counted} counted, {expected} expected, {differs} missing.")
    return sentence.format(counted=counted, expected=expected, differs=differs)
