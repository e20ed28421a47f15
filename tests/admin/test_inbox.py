"""The inbox of webhooks in the admin: at a glance, and handled again. It …"""

import json
import re
from datetime import timedelta

from django.utils import timezone
from django.utils.html import strip_tags

from payments.models import EventStatus, InboundEvent
from payments.services import inbox
from stores.admin_times import NOTHING
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
    assert "8 tries" in client.get(url(InboundEvent, "changelist")).content.decode()


def cells(html):
    """When each of the list's events rang, and when it was handled."""
    shown = [re.findall(rf"field-{name}[^>]*>(.*?)</td>", html, re.S) for name in ("rung", "took")]
    return [tuple(strip_tags(cell).strip() for cell in row) for row in zip(*shown, strict=True)]


def test_says_when_the_bell_rang_and_when_the_mirror_had_it_too(sign_in):
    now = timezone.now()

    def told(type, rung=None, handled=None, status=EventStatus.HANDLED):
        event = factories_money.InboundEventFactory.create(type=type, received_at=now)
        at = [each and now + timedelta(milliseconds=each) for each in (rung, handled)]
        InboundEvent.objects.filter(pk=event.pk).update(
            rung_at=at[0], handled_at=at[1], status=status
        )
        return event

    told("charge.succeeded", handled=400)  # rings for nobody
    told("payment_intent.created", handled=3, status=EventStatus.IGNORED)  # not ours: rang for none
    told("payment_intent.succeeded", handled=6)  # nothing is left for the mirror
    read = told("terminal.reader.action_succeeded", rung=12, handled=1700)
    client = sign_in("superuser")

    assert cells(client.get(url(InboundEvent, "changelist")).content.decode()) == [
        ("12 ms", "1.7 s"),
        ("6 ms", "6 ms"),
        (NOTHING, "3 ms"),
        (NOTHING, "400 ms"),
    ]
    facts = dict(client.get(page(read)).context["facts"])
    assert (facts["Rung after"], facts["Handled after"]) == ("12 ms", "1.7 s")


def test_tells_an_open_page_that_the_bell_rang(sign_in):
    event = factories_money.InboundEventFactory.create(type="refund.updated")
    client = sign_in("superuser")
    stamp = client.get(page(event, "state")).json()["stamp"]

    InboundEvent.objects.filter(pk=event.pk).update(rung_at=timezone.now())

    assert "Rung after" in client.get(page(event, "state"), {"stamp": stamp}).json()["html"]


def test_shows_no_secret_of_a_payment(sign_in):
    shown = {"data": {"object": {"id": "pi_1", "client_secret": "pi_1_secret_canary"}}}
    event = factories_money.InboundEventFactory.create(body=json.dumps(shown))

    text = sign_in("superuser").get(page(event)).content.decode()

    assert "pi_1" in text
    assert "canary" not in text
