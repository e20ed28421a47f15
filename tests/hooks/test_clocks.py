"""Clocks that differ: Stripe's answers tell, and so do webhooks that only their time makes bad."""

import time

import pytest
from django.test import Client

from payments.gateway import Exchange
from payments.models import InboundEvent, Incident
from payments.services import watching
from tests.hooks.conftest import Door, make_endpoint, sign


def answered(date: str, at: float, seconds: float = 0.5) -> Exchange:
    return Exchange("get", "/v1/charges", "", 200, "", seconds, date, at)


@pytest.mark.parametrize(
    ("at", "off"), [(1000.2, 0), (1001.4, 0), (1003.0, 1.5), (1071.5, 70), (997, -3)]
)
def test_only_what_is_certain_counts(at, off):
    """The answer is of 00:16:40 to :41, and the call took half a second."""
    exchange = answered("Thu, 01 Jan 1970 00:16:40 GMT", at)
    assert watching.skew(exchange) == pytest.approx(off, abs=0.01)


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_an_answer_without_a_date_says_nothing(date):
    assert watching.skew(answered(date, 1000.0)) == 0


@pytest.mark.parametrize(("seconds", "urgent"), [(10, False), (-400, True)])
def test_a_wrong_clock_is_told_and_over_when_it_is_set(shop, client, seconds, urgent):
    shop.simulator.fault("*", "after", "skew", seconds=seconds, count=-1)
    shop.sell()
    told = Incident.objects.get()
    assert (told.kind, told.data["urgent"]) == ("clock_differs", urgent)
    assert "clock" in client.get("/readyz").content.decode()
    assert client.get("/readyz").status_code == 200

    watching.forget()
    watching.hear(answered(time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()), time.time()))
    told.refresh_from_db()
    assert told.resolved_at is not None
    assert client.get("/readyz").content == b"ok\n"


@pytest.mark.parametrize("old", [400, -400])
def test_several_webhooks_refused_by_their_time_alone_are_told(db, old):
    door = Door(Client(), make_endpoint())
    body = '{"id": "evt_1"}'
    for number in range(watching.SEVERAL):
        assert not Incident.objects.exists(), number
        answer = door.post(body, sign(body, at=time.time() - old))
        assert answer.status_code == 400
    told = Incident.objects.get()
    assert told.kind == "webhooks_refused_by_time"
    assert not InboundEvent.objects.exists()


def test_a_forgery_of_the_wrong_time_is_no_alarm(db):
    door = Door(Client(), make_endpoint())
    for _ in range(watching.SEVERAL * 2):
        door.post("{}", sign("{}", "whsec_wrong", at=time.time() - 400))
    assert not Incident.objects.exists()
