"""Closing a store's day: once, for good, with what was counted; what comes later is told."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from payments.errors import DayNotClosable
from payments.models import DayClose
from payments.services.cash import take_cash
from payments.services.reports import day_close
from payments.services.reports.closing import close_day, words
from stores.models import LogEntry, Role
from stores.principals import Principal
from tests.factories import MembershipFactory
from tests.money.test_reports import of, paid, today


def person(shop, role=Role.MANAGER):
    return Principal.of_user(MembershipFactory.create(store=shop.store, role=role).user)


def test_a_day_is_closed_with_what_was_counted_and_it_is_in_the_log(shop):
    take_cash(shop.order(2_000), by=shop.by)
    paid(shop, 700)
    by = person(shop)

    row, is_new = close_day(
        shop.store, today(shop), counted_cash=1_950, note="A note is missing.", by=by
    )

    assert is_new
    assert (row.expected_cash, row.difference, row.received, row.payments) == (2_000, -50, 2_700, 2)
    assert words(row) == "19.50 USD counted, 20.00 USD expected, 0.50 USD missing."
    entry = LogEntry.objects.get(subject="day_close")
    assert (entry.store, entry.user_id) == (shop.store, by.user_id)
    assert entry.message.endswith(words(row))


def test_closing_twice_changes_nothing_and_says_whose_close_stays(shop):
    first, _ = close_day(shop.store, today(shop), counted_cash=0, by=person(shop))

    again, is_new = close_day(shop.store, today(shop), counted_cash=900, by=person(shop))

    assert (again, is_new) == (first, False)
    assert DayClose.objects.get().counted_cash == 0
    assert LogEntry.objects.filter(subject="day_close").count() == 1


def test_what_comes_after_the_close_is_told_as_such(shop):
    take_cash(shop.order(2_000), by=shop.by)
    close_day(shop.store, today(shop), counted_cash=2_000, by=person(shop))
    assert day_close.look(of(shop)).since_close() == []

    take_cash(shop.order(300), by=shop.by)
    paid(shop, 700)

    assert day_close.look(of(shop)).since_close() == [
        ("Taken", 1_000),
        ("Cash in the drawer", 300),
    ]


def test_a_day_that_has_not_begun_is_not_closed(shop):
    tomorrow = today(shop) + timedelta(days=1)
    with pytest.raises(DayNotClosable, match="not begun"):
        close_day(shop.store, tomorrow, counted_cash=0, by=person(shop))


@pytest.mark.parametrize("role", [Role.CASHIER, None])
def test_only_a_manager_of_the_store_closes_its_day(shop, role):
    by = person(shop, role) if role else shop.by
    with pytest.raises(DayNotClosable):
        close_day(shop.store, today(shop), counted_cash=0, by=by)
    assert not DayClose.objects.exists()


def test_the_database_keeps_a_close_as_it_was(shop):
    row, _ = close_day(shop.store, today(shop), counted_cash=0, by=person(shop))
    for change in (lambda: row.delete(), lambda: DayClose.objects.update(note="Never mind.")):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
