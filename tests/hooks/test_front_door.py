"""One statement per delivery: the row and its bell; 200 only when it is committed."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch

import psycopg
import pytest
from django.core.signals import request_started
from django.db import connection, connections
from django.test import Client

from payments.models import EventStatus, InboundEvent
from payments.webhooks import forget_doors
from tests.hooks.conftest import Door, make_endpoint, make_event, rows, sign


@pytest.fixture
def warm(door: Door) -> Door:
    """This process knows the endpoint's secret, and its connection the statement."""
    door.deliver(make_event("first.one"))
    return door


def test_stores_what_stripe_said(door):
    event = make_event(
        "terminal.reader.action_failed", {"id": "tmr_1"}, account="acct_shop", created=1_790_000_000
    )

    assert door.deliver(event).status_code == 200

    row = InboundEvent.objects.get()
    assert (row.event_id, row.type, row.object_id) == (event["id"], event["type"], "tmr_1")
    assert row.stripe_account == "acct_shop"
    assert row.endpoint == door.endpoint.djstripe_uuid
    assert row.created_at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    assert json.loads(row.body) == event
    assert (row.status, row.tries, row.handled_at) == (EventStatus.RECEIVED, 0, None)


def test_costs_one_statement(warm, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert warm.deliver(make_event()).status_code == 200


def test_costs_one_statement_more_once_a_minute(warm, django_assert_num_queries):
    forget_doors()
    with django_assert_num_queries(2):
        assert warm.deliver(make_event()).status_code == 200


def test_a_duplicate_costs_one_statement_and_changes_nothing(warm, django_assert_num_queries):
    event = make_event()
    warm.deliver(event)
    before = list(InboundEvent.objects.values())

    with django_assert_num_queries(1):
        assert warm.deliver(event).status_code == 200
    assert list(InboundEvent.objects.values()) == before


def test_what_is_refused_costs_no_statement(warm, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert warm.post("{}", sign("{}", "whsec_wrong")).status_code == 400
        assert warm.post("{}", sign("{}")).status_code == 400


def test_another_body_under_a_known_id_changes_nothing(door):
    """Signed anew and so let in: but what was stored first stays."""
    event = make_event()
    door.deliver(event)

    assert door.deliver(event | {"type": "payment_intent.canceled"}).status_code == 200
    assert InboundEvent.objects.get().type == event["type"]


def test_two_accounts_may_use_one_event_id(door):
    event = make_event()
    door.deliver(event)
    door.deliver(event | {"account": "acct_shop"})
    door.deliver(event | {"account": "acct_other"})

    accounts = InboundEvent.objects.values_list("stripe_account", flat=True)
    assert sorted(accounts) == ["", "acct_other", "acct_shop"]


@pytest.mark.parametrize("ours", [False, True])
def test_an_event_of_the_other_mode_is_stored_as_ignored(door, settings, ours):
    settings.STRIPE_LIVE_MODE = ours

    assert door.deliver(make_event(livemode=not ours)).status_code == 200

    row = InboundEvent.objects.get()
    assert (row.status, row.reason) == (EventStatus.IGNORED, "livemode")
    assert row.handled_at is not None  # so it is pruned like the rest


# Beyond one transaction


@pytest.fixture
def bells(transactional_db) -> Iterator[psycopg.Connection]:
    """Somebody who listens as the dispatcher does."""
    parameters = connection.get_connection_params()
    kept = {name: parameters[name] for name in ("dbname", "user", "host") if name in parameters}
    with psycopg.connect(**kept, autocommit=True) as listener:
        listener.execute("LISTEN retail_work")
        yield listener


def heard(listener: psycopg.Connection, settle: Door) -> list[str]:
    """What was rung so far: up to the bell of one more event, for which it waits."""
    settle.deliver(make_event("last.one"))
    found: list[str] = []
    for bell in listener.notifies(timeout=10):
        if bell.payload.endswith(":last.one"):
            return found
        found.append(bell.payload)
    raise AssertionError(f"the last bell did not ring after {found}")


def test_rings_for_new_rows_only(bells, client):
    door = Door(client, make_endpoint())
    event = make_event("charge.captured")
    for _ in range(3):
        assert door.deliver(event).status_code == 200
    assert door.deliver(make_event(livemode=True)).status_code == 200
    assert door.post(json.dumps(event), "t=1,v1=0").status_code == 400

    row = InboundEvent.objects.get(type="charge.captured")
    assert heard(bells, door) == [f"event:{row.pk}:charge.captured"]


def test_sixteen_deliveries_at_once_make_one_row_and_one_bell(bells, client):
    door = Door(client, make_endpoint())
    event = make_event()
    together = threading.Barrier(16)

    def deliver(_: int) -> int:
        try:
            together.wait(10)
            return Door(Client(), door.endpoint).deliver(event).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(deliver, range(16))) == [200] * 16

    row = InboundEvent.objects.get()
    assert heard(bells, door) == [f"event:{row.pk}:{row.type}"]


def test_a_connection_that_died_costs_no_delivery(bells, client):
    """PostgreSQL was restarted: neither is the event lost, nor need Stripe come again."""
    door = Door(client, make_endpoint())
    door.deliver(make_event("first"))
    pid = connection.connection.info.backend_pid
    bells.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])

    assert door.deliver(make_event("second")).status_code == 200

    assert set(InboundEvent.objects.values_list("type", flat=True)) == {"first", "second"}


def test_asks_postgresql_nothing_else(bells, client):
    """Not even whether the connection lives, which Django asks once per request, uncounted."""
    door = Door(client, make_endpoint())
    door.deliver(make_event())
    backend = connections["default"]

    for _ in range(3):
        request_started.send(sender=None)  # as a server does: Django will want to know
        with patch.object(backend, "is_usable", wraps=backend.is_usable) as asked:
            assert door.deliver(make_event()).status_code == 200
        assert not asked.called


@contextmanager
def no_database() -> Iterator[None]:
    here = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        yield
    finally:
        connection.settings_dict["HOST"] = here


@pytest.mark.parametrize("is_known", [True, False])
def test_without_a_database_stripe_is_asked_to_come_again(transactional_db, client, is_known):
    """Nothing is acknowledged, and no endpoint is called unknown."""
    door = Door(client, make_endpoint())
    if is_known:
        door.post("", "")
    before = rows()

    with no_database():
        assert door.deliver(make_event("lost")).status_code == 503
        assert door.deliver(make_event("lost")).status_code == 503
    assert rows() == before

    assert door.deliver(make_event("found")).status_code == 200
    assert InboundEvent.objects.get().type == "found"
