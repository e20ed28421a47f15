"""Events that no webhook brought are found by listing, and handled as if one had."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import EventCursor, InboundEvent
from payments.services import backfill, inbox
from stores.models import Account


@pytest.fixture
def cursors(shop):
    backfill.keep_cursors()
    return {cursor.stripe_account: cursor for cursor in EventCursor.objects.all()}


def list_later(cursor) -> int:
    EventCursor.objects.filter(pk=cursor.pk).update(next_at=timezone.now())
    return backfill.fill(cursor.pk)


@pytest.fixture
def patient(monkeypatch):
    """Events are listed at once, however young."""
    monkeypatch.setattr(backfill, "ON_ITS_WAY", timedelta(seconds=-5))


def test_the_platform_and_every_served_account_have_a_cursor(shop, cursors):
    assert set(cursors) == {"", shop.store.account.stripe_id}
    Account.objects.update(deauthorized_at=timezone.now())
    backfill.keep_cursors()
    assert set(EventCursor.objects.values_list("stripe_account", flat=True)) == {""}


def test_a_payment_whose_webhooks_were_all_lost_is_rung_by_the_listing(shop, cursors, patient):
    payment = shop.sell()
    shop.tap()
    cursor = cursors[shop.store.account.stripe_id]

    assert list_later(cursor) > 0
    for event in InboundEvent.objects.order_by("pk"):
        inbox.handle(event.pk)
    payment.refresh_from_db()
    assert payment.rung_at is not None
    assert shop.converse(payment).state == "paid"


def test_an_event_is_taken_in_once(shop, cursors, patient):
    shop.sell()
    cursor = cursors[shop.store.account.stripe_id]
    first = list_later(cursor)
    assert first == InboundEvent.objects.count() > 0
    assert list_later(cursor) == 0
    cursor.refresh_from_db()
    assert cursor.recovered == first


def test_what_a_webhook_may_still_bring_is_left_to_it(shop, cursors):
    shop.sell()
    assert list_later(cursors[shop.store.account.stripe_id]) == 0
    assert InboundEvent.objects.count() == 0


def test_a_listing_that_failed_is_tried_again_from_where_it_was(shop, cursors, patient):
    shop.sell()
    cursor = cursors[shop.store.account.stripe_id]
    shop.simulator.fault("events.list", "before", "503", count=1)
    assert list_later(cursor) == 0
    before = cursor.listed_until
    cursor.refresh_from_db()
    assert cursor.error
    assert cursor.listed_until == before
    assert list_later(cursor) > 0
    cursor.refresh_from_db()
    assert cursor.error == ""


def test_two_processes_do_not_list_the_same_account(shop, cursors, patient):
    cursor = cursors[""]
    EventCursor.objects.filter(pk=cursor.pk).update(
        claimed_until=timezone.now() + timedelta(minutes=1)
    )
    assert backfill.due(timezone.now()) == [cursors[shop.store.account.stripe_id].pk]
    assert backfill.fill(cursor.pk) == 0
    cursor.refresh_from_db()
    assert cursor.next_at <= timezone.now()


def test_a_cursor_reads_back_no_further_than_stripe_keeps(shop, cursors, patient):
    cursor = cursors[""]
    EventCursor.objects.update(listed_until=timezone.now() - timedelta(days=90))
    list_later(cursor)
    [asked, _] = shop.simulator.exchanges("GET", "/v1/events")
    oldest = (timezone.now() - timedelta(days=30, hours=1)).timestamp()
    assert asked["params"]["created"]["gte"] > oldest
