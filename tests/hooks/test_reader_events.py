"""Reader events ring when they are received; dj-stripe has them afterwards, and its signals ring
for events that came to it by another way.
"""

import json

import pytest
import stripe
from django.db import connection
from django.test.utils import CaptureQueriesContext
from djstripe.models import Account as MirroredAccount
from djstripe.models import Event

from payments import mirror
from payments.models import EventStatus, InboundEvent, Payment
from payments.services import inbox
from terminal.models import ActionStatus, ReaderAction
from tests.factories import AccountFactory
from tests.factories_money import ReaderActionFactory
from tests.hooks.conftest import JSON, Door, make_event
from tests.hooks.test_payment_events import arrive, facts, handle, is_rung
from tests.stripe_double import MIRROR_KEY

TYPES = [
    "terminal.reader.action_succeeded",
    "terminal.reader.action_failed",
    "terminal.reader.action_updated",
]
PLATFORM = "acct_1Platform"


@pytest.fixture(autouse=True)
def prepared(db, settings, monkeypatch) -> None:
    """As `register_webhook_endpoints` leaves the mirror; and nothing listens where Stripe is."""
    settings.STRIPE_MIRROR_KEY = settings.STRIPE_TEST_SECRET_KEY = MIRROR_KEY
    mirror.prepare({"id": PLATFORM, "object": "account"}, [])
    monkeypatch.setattr(stripe, "max_network_retries", 0)


@pytest.fixture
def action(db) -> ReaderAction:
    return ReaderActionFactory.create()


def on_reader(action: ReaderAction, type: str = TYPES[0], **more: object) -> JSON:
    reader = action.reader
    thing = {
        "id": reader.stripe_id,
        "object": "terminal.reader",
        "livemode": False,
        "action": {
            "type": "process_payment_intent",
            "status": "failed",
            "failure_code": "card_declined",
            "process_payment_intent": {"payment_intent": action.sale.payment_intent_id},
        },
    }
    return make_event(type, thing, account=reader.stripe_account or None) | more


@pytest.mark.parametrize("type", TYPES)
def test_rings_the_payment_on_the_reader_and_changes_nothing_else(door, action, type):
    payment_before = facts(action.payment)
    action_before = ReaderAction.objects.values().get()

    row = arrive(door, on_reader(action, type))

    assert row.status == EventStatus.HANDLED
    assert is_rung(action.payment)
    after = facts(action.payment)
    assert {k for k in after if after[k] != payment_before[k]} == {"rung_at"}
    assert ReaderAction.objects.values().get() == action_before


def test_dj_stripe_keeps_the_event_for_the_account_it_is_of(door, action):
    row = arrive(door, on_reader(action))

    kept = Event.objects.get()
    assert kept.id == row.event_id
    assert kept.djstripe_owner_account_id == action.reader.stripe_account


def test_rings_once(door, action):
    """A second bell, rung after the first was answered, would cost one more read."""
    door.deliver(on_reader(action))
    with CaptureQueriesContext(connection) as statements:
        handle(InboundEvent.objects.get().pk)
    bells = [s["sql"] for s in statements if "pg_notify" in s["sql"]]
    assert len([bell for bell in bells if f"payment:{action.payment_id}" in bell]) == 1


def test_rings_before_dj_stripe_has_it_and_leaves_the_rest_to_the_mirror(door, action):
    door.deliver(on_reader(action))
    row = InboundEvent.objects.get()

    inbox.handle(row.pk)

    assert is_rung(action.payment)
    assert not Event.objects.exists()
    row.refresh_from_db()
    assert (row.status, row.rung_at is None) == (EventStatus.RECEIVED, False)


def test_dj_stripes_signals_do_not_ring_again_for_what_the_inbox_rang(door, action):
    """The first bell was answered meanwhile; a second would cost one more read."""
    door.deliver(on_reader(action))
    row = InboundEvent.objects.get()
    inbox.handle(row.pk)
    Payment.objects.update(rung_at=None)

    inbox.handle(row.pk)

    assert Event.objects.get().id == row.event_id
    assert not is_rung(action.payment)


def test_dj_stripes_signals_ring_for_an_event_that_came_by_another_way(action):
    event = on_reader(action)
    mirror.process(json.dumps(event))
    assert is_rung(action.payment)


@pytest.mark.parametrize("broken", ["process", "signal"])
def test_the_bell_rings_even_when_dj_stripe_raises(door, action, monkeypatch, broken):
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("dj-stripe is broken")

    monkeypatch.setattr(Event, broken if broken == "process" else "invoke_webhook_handlers", fail)

    row = arrive(door, on_reader(action))

    assert is_rung(action.payment)
    assert (row.status, row.reason) == (EventStatus.RECEIVED, "RuntimeError: dj-stripe is broken")
    assert row.rung_at is not None
    assert row.next_try_at > row.rung_at


def test_an_event_dj_stripe_has_already_is_no_reason_to_read_again(door, action):
    """A worker died after dj-stripe's commit."""
    event = on_reader(action)
    row = arrive(door, event)
    assert is_rung(action.payment)
    Payment.objects.update(rung_at=None)
    InboundEvent.objects.filter(pk=row.pk).update(status=EventStatus.RECEIVED)
    InboundEvent.objects.update(claimed_until=row.received_at)

    inbox.handle(row.pk)

    assert Event.objects.count() == 1
    row.refresh_from_db()
    assert row.status == EventStatus.HANDLED


def test_an_account_that_came_after_the_endpoints_costs_no_call(door, action):
    assert not MirroredAccount.objects.filter(id=action.reader.stripe_account).exists()

    arrive(door, on_reader(action))

    assert Event.objects.exists()
    assert MirroredAccount.objects.filter(id=action.reader.stripe_account).exists()


def test_a_reader_of_another_account_rings_nothing(door, action):
    AccountFactory.create(stripe_id="acct_neighbour")

    row = arrive(door, on_reader(action, account="acct_neighbour"))

    assert row.status == EventStatus.HANDLED
    assert not is_rung(action.payment)


def test_an_account_we_do_not_serve_is_ignored(door, action):
    row = arrive(door, on_reader(action, account="acct_unknown"))

    assert (row.status, row.reason) == (EventStatus.IGNORED, "an account we do not serve")
    assert not is_rung(action.payment)
    assert not Event.objects.exists()


def test_a_reader_nobody_waits_at_rings_nothing(door, action):
    ReaderAction.objects.update(status=ActionStatus.SUCCEEDED, ended_at=action.accepted_at)

    assert arrive(door, on_reader(action)).status == EventStatus.HANDLED
    assert not is_rung(action.payment)


def test_an_authorised_payment_is_not_read_again(door, action):
    Payment.objects.update(status="requires_capture")
    arrive(door, on_reader(action))
    assert not is_rung(action.payment)


def test_types_nobody_uses_are_ignored(door, db):
    row = arrive(door, make_event("customer.created", {"id": "cus_1"}, account=None))
    assert (row.status, row.reason) == (EventStatus.IGNORED, "a type we do not use")


def test_twins_and_repeats_of_an_event_keep_one_row_each(door: Door, action):
    event = on_reader(action)
    twin = event | {"id": "evt_twin"}
    for each in (event, twin, event, twin, twin):
        arrive(door, each)

    assert InboundEvent.objects.count() == Event.objects.count() == 2
