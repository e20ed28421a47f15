"""What Stripe itself no longer keeps is no longer kept here."""

from datetime import timedelta

import pytest
from django.utils import timezone
from djstripe.models import Event

from payments.models import EventStatus, InboundEvent
from payments.tasks import prune
from tests.factories_money import InboundEventFactory

pytestmark = pytest.mark.django_db


def event(days: float, status: str = EventStatus.HANDLED, **more: object) -> None:
    then = timezone.now() - timedelta(days=days)
    InboundEventFactory.create(status=status, received_at=then, handled_at=then, **more)


def test_deletes_what_was_done_with_more_than_35_days_ago():
    event(36)
    event(36, EventStatus.IGNORED)
    event(34, event_id="evt_recent")

    prune()

    assert list(InboundEvent.objects.values_list("event_id", flat=True)) == ["evt_recent"]


def test_keeps_what_nobody_has_done_with():
    event(400, EventStatus.FAILED)
    event(400, EventStatus.RECEIVED)
    InboundEvent.objects.filter(status=EventStatus.RECEIVED).update(handled_at=None)

    prune()

    assert InboundEvent.objects.count() == 2


def test_deletes_what_the_mirror_was_told_too():
    """Customers' names are in there, and what they answered on readers."""
    now = timezone.now()
    for id, type, days in (
        ("evt_old", "terminal.reader.action_succeeded", 36),
        ("evt_charge", "charge.captured", 36),
        ("evt_recent", "charge.captured", 34),
    ):
        then = now - timedelta(days=days)
        Event.objects.create(id=id, type=type, created=then, livemode=False, data={})

    prune()

    assert set(Event.objects.values_list("id", flat=True)) == {"evt_recent"}


def test_costs_a_constant_number_of_statements(django_assert_max_num_queries):
    for _ in range(30):
        event(40)
    with django_assert_max_num_queries(4):
        prune()
    assert not InboundEvent.objects.exists()
