"""Under an ASGI server webhooks take a short cut past Django; it is the same door."""

import json
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from payments.models import InboundEvent
from payments.webhooks import LARGEST_BODY
from tests.hooks.conftest import make_endpoint, make_event, sign

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def door(server) -> str:
    parts = urlsplit(server.url)
    return f"{parts.scheme}://{parts.netloc}/hooks/reader/{make_endpoint().djstripe_uuid}/"


def deliver(door: str, body: str, **more) -> httpx.Response:
    headers = {"Stripe-Signature": sign(body)} | more
    return httpx.post(door, content=body, headers=headers, trust_env=False)


def test_a_delivery_is_stored_once_and_acknowledged(door):
    body = json.dumps(make_event())
    answers = [deliver(door, body) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200]
    assert InboundEvent.objects.count() == 1


@pytest.mark.parametrize("signature", ["", "t=1,v1=0", "garbage"])
def test_what_stripe_did_not_sign_leaves_no_trace(door, signature):
    answer = deliver(door, json.dumps(make_event()), **{"Stripe-Signature": signature})

    assert answer.status_code == 400
    assert InboundEvent.objects.count() == 0


def test_an_endpoint_that_is_none_is_not_found(door):
    other = door[:-2] + ("0" if door[-2] != "0" else "1") + "/"
    assert deliver(other, json.dumps(make_event())).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
def test_only_a_post_is_taken(door, method):
    answer = httpx.request(method, door, trust_env=False)

    assert answer.status_code == 405
    assert bool(answer.content) == (method != "HEAD")


def test_no_more_of_a_body_is_read_than_is_looked_at(door):
    assert deliver(door, " " * (LARGEST_BODY + 1)).status_code == 413


def test_who_goes_away_in_the_middle_of_a_body_stops_nobody_else(door):
    parts = urlsplit(door)
    with socket.create_connection((parts.hostname, parts.port)) as line:
        head = f"POST {parts.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
        line.sendall(head.encode() + b"{")

    assert deliver(door, json.dumps(make_event())).status_code == 200
    assert InboundEvent.objects.count() == 1
