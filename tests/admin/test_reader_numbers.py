"""How readers did lately, by examples counted by hand; the columns and filters made of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from payments.admin import words
from terminal.admin.reader_list import ago, percent
from terminal.admin.screen import screen_of
from terminal.models import ActionStatus, Reader, ReaderDisplay
from terminal.services import figures
from tests import factories, factories_money
from tests.admin.pages import make, page, url

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def did(reader, status, *, at=NOW - timedelta(days=1), took=None, **more):
    """One thing the reader did; `took` until Stripe had taken it."""
    over = status in (ActionStatus.SUCCEEDED, ActionStatus.FAILED, ActionStatus.CANCELED)
    return factories_money.ReaderActionFactory.create(
        payment__order__store=reader.store,
        reader=reader,
        status=status,
        requested_at=at,
        accepted_at=at + took * SECOND if took else None,
        ended_at=at + 30 * SECOND if over else None,
        **more,
    )


@pytest.fixture
def reader(store):
    return make(Reader, store)


def test_counts_what_ended_by_itself_within_thirty_days_and_no_declined_card(reader):
    for seconds in (1, 2, 3):
        did(reader, ActionStatus.SUCCEEDED, took=seconds)
    did(reader, ActionStatus.FAILED, took=4, failure_code="card_declined")
    did(reader, ActionStatus.FAILED, failure_code="terminal_reader_timeout")
    did(reader, ActionStatus.CANCELED, failure_code="action_canceled")
    did(reader, ActionStatus.FAILED, at=NOW - timedelta(days=31), took=60)

    found = figures.figures([reader.pk], now=NOW)[reader.pk]

    assert (found.succeeded, found.failed, found.timed_out) == (3, 1, 1)
    assert (found.success_rate, found.timeout_rate) == (3 / 4, 1 / 4)
    assert found.p50 == 2.5 * SECOND  # of 1, 2, 3 and 4
    assert found.p95 == 3.85 * SECOND  # 3 + 0.85 of the way to 4


def test_leaves_out_of_the_times_what_was_sent_anew_after_a_pause(reader):
    did(reader, ActionStatus.SUCCEEDED, took=1)
    did(reader, ActionStatus.SUCCEEDED, took=9, resend=1)

    assert figures.figures([reader.pk], now=NOW)[reader.pk].p95 == SECOND


def test_counts_all_readers_of_a_page_in_one_statement(store, django_assert_num_queries):
    readers = [make(Reader, store) for _ in range(5)]
    for each in readers[:4]:
        did(each, ActionStatus.SUCCEEDED)

    with django_assert_num_queries(1):
        found = figures.figures([each.pk for each in readers], now=NOW)

    assert {key: value.succeeded for key, value in found.items()} == {
        each.pk: 1 for each in readers[:4]
    }


def test_tells_each_day_by_the_stores_calendar(db):
    store = factories.StoreFactory.create(timezone="Asia/Tokyo")
    reader = make(Reader, store)
    did(reader, ActionStatus.SUCCEEDED, at=datetime(2026, 5, 19, 14, 59, tzinfo=UTC))
    did(reader, ActionStatus.SUCCEEDED, at=datetime(2026, 5, 19, 15, 0, tzinfo=UTC))
    did(
        reader,
        ActionStatus.FAILED,
        at=datetime(2026, 5, 19, 16, tzinfo=UTC),
        failure_code="terminal_reader_timeout",
    )

    days = figures.by_day(reader, now=NOW)

    assert len(days) == figures.DAYS
    assert days[-1] == figures.Day(date(2026, 5, 20), succeeded=1, timed_out=1)
    assert days[-2] == figures.Day(date(2026, 5, 19), succeeded=1)
    assert days[0] == figures.Day(date(2026, 5, 7))


def test_knows_which_software_is_behind_by_number_and_by_device(store):
    old, new, other = (make(Reader, store) for _ in range(3))
    for each, type, version in (
        (old, "bbpos_wisepos_e", "2.9.1.0"),
        (new, "bbpos_wisepos_e", "2.10.0.0"),
        (other, "stripe_s700", "1.0"),
    ):
        Reader.objects.filter(pk=each.pk).update(device_type=type, device_sw_version=version)
        each.refresh_from_db()

    known = figures.software()

    assert [known.is_behind(each) for each in (old, new, other)] == [True, False, False]
    assert list(known.behind()) == [("bbpos_wisepos_e", ["2.9.1.0"])]


def test_lists_the_numbers_and_narrows_the_list_down(sign_in, store, other_store):
    busy, quiet, behind = (make(Reader, store) for _ in range(3))
    make(Reader, other_store)
    now = timezone.now()
    Reader.objects.update(last_seen_at=now, device_sw_version="2.10")
    Reader.objects.filter(pk=quiet.pk).update(last_seen_at=now - timedelta(hours=2))
    Reader.objects.filter(pk=behind.pk).update(device_sw_version="2.9")
    did(busy, ActionStatus.IN_PROGRESS, at=now)
    did(quiet, ActionStatus.SUCCEEDED, at=now - timedelta(days=2), took=1.5)
    client = sign_in("cashier")

    def listed(**query):
        return set(client.get(url(Reader, "changelist"), query).context["cl"].queryset)

    assert listed(doing="something") == {busy}
    assert listed(doing="nothing") == {quiet, behind}
    ReaderDisplay.objects.create(store=store, reader=quiet)
    for field in ("order", "shown_order"):
        order = factories.OrderFactory.create(store=store)
        shows = ReaderDisplay.objects.create(store=store, reader=behind, **{field: order})
        assert listed(doing="cart") == {behind}
        assert listed(doing="nothing") == {quiet}
        shows.delete()
    assert listed(quiet="60") == {quiet}
    assert listed(software="behind") == {behind}
    assert listed(device_type="stripe_s700") == set()
    text = client.get(url(Reader, "changelist")).content.decode()
    for said in ("2 h ago", "just now", "Behind 2.10", "100 %", "1.5 s", "WisePOS E, simulated"):
        assert said in text


def test_the_page_draws_the_display_the_days_and_reasons_in_words(sign_in, store, reader):
    now = timezone.now()
    did(
        reader,
        ActionStatus.FAILED,
        at=now - timedelta(days=1),
        failure_code="card_declined",
        decline_code="insufficient_funds",
    )
    did(reader, ActionStatus.SUCCEEDED, at=now - timedelta(days=1))
    text = sign_in("cashier").get(page(reader)).content.decode()

    assert "Card declined: Insufficient funds" in text
    assert 'class="chart"' in text
    assert "By the day, as a table" in text
    assert 'class="display idle"' in text


def test_a_display_shows_what_is_held_the_cart_or_nothing(reader, store):
    held = did(reader, ActionStatus.IN_PROGRESS)
    order = held.payment.order

    assert screen_of(reader, held, None).words == "Present card 10.00 USD"
    assert screen_of(reader, None, order).kind == "cart"
    assert screen_of(reader, None, None).words == "Ready"


def test_words_for_numbers():
    assert [percent(share) for share in (1.0, 0.996, 0.0, None)] == ["100 %", "99.6 %", "0 %", "–"]  # noqa: RUF001
    assert [words.took(each * SECOND) for each in (0.25, 1.5, 300)] == ["250 ms", "1.5 s", "5 min"]
    with override("fr"):
        assert (percent(0.996), words.took(1.5 * SECOND)) == ("99,6 %", "1,5 s")
    since = [ago(NOW - each * SECOND, NOW) for each in (5, 120, 7200, 86400, 172800)]
    assert since == ["just now", "2 min ago", "2 h ago", "1 day ago", "2 days ago"]


def test_shows_the_cart_of_an_open_order_of_the_store_only(sign_in, store, other_store, reader):
    order = factories.OrderFactory.create(store=store)
    foreign = factories.OrderFactory.create(store=other_store)
    client = sign_in("cashier")

    client.post(page(reader, "show-cart"), {"order": foreign.pk, "stamp": ""})
    assert not hasattr(Reader.objects.get(pk=reader.pk), "display")

    client.post(page(reader, "show-cart"), {"order": order.pk, "stamp": ""})
    assert Reader.objects.get(pk=reader.pk).display.order == order
