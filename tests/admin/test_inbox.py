"""The inbox of webhooks in the admin: at a glance, and handled again. It …"""

import json
from datetime import timedelta

from django.utils import timezone

from payments.models import EventStatus, InboundEvent
from payments.services import inbox
from tests import factories_money
from tests.admin.pages import page, url


def done(**more):
    event = factories_money.InboundEventFactory.create(**more)
    InboundEvent.objects.filter(pk=event.pk).update(
        status=EventStatus.FAILED, handled_at=timezone.now(), tries=8
    )
    return event


def test_handles_an_event_again_once_however_often_it_is_pressed(sign_in):
    event = done()
    client = sign_in("superuser")
    stamp = client.get(page(event, "replay")).context["question"].stamp

    for _ in range(2):
        assert client.post(page(event, "replay"), {"stamp": stamp}).url == page(event)
    event.refresh_from_db()

    assert (event.status, event.tries, event.handled_at) == (EventStatus.RECEIVED, 0, None)
    inbox.handle(event.pk)
    event.refresh_from_db()
    assert event.status != EventStatus.RECEIVED


def test_is_for_the_owner_of_the_platform(sign_in):
    event = done()

    assert sign_in("manager").post(page(event, "replay")).status_code == 404
    event.refresh_from_db()
    assert event.status == EventStatus.FAILED


def test_says_what_is_late(sign_in):
    late = factories_money.InboundEventFactory.create(
        received_at=timezone.now() - timedelta(minutes=5)
    )
    done()
    client = sign_in("superuser")

    listed = client.get(url(InboundEvent, "changelist"), {"status": "late"})

    assert list(listed.context["cl"].queryset) == [late]
    assert "Late" in listed.content.decode()


def test_shows_no_secret_of_a_payment(sign_in):
    shown = {"data": {"object": {"id": "pi_1", "client_secret": "pi_1_secret_canary"}}}
    event = factories_money.InboundEventFactory.create(body=json.dumps(shown))

    text = sign_in("superuser").get(page(event)).content.decode()

    assert "pi_1" in text
    assert "canary" not in text
