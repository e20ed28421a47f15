"""Whatever is sent to the front door, it answers 4xx or stores one row; it never breaks."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import Client

from payments.models import InboundEvent
from payments.webhooks import LARGEST_BODY
from tests.hooks.conftest import Door, make_endpoint, make_event, rows, sign


@pytest.fixture
def door(either_door: Door, caplog) -> Iterator[Door]:
    """Every test is made of both ways in; nothing of what is sent gets into the logs."""
    yield either_door
    told = [record.getMessage() for record in caplog.get_records("call")]
    assert all(len(line) <= 300 and "evt_" not in line and "padding" not in line for line in told)


def padded(size: int) -> str:
    """An event whose body has so many bytes."""
    body = json.dumps(make_event(padding=""))
    return body.replace('"padding": ""', f'"padding": "{"x" * (size - len(body))}"')


def test_takes_the_largest_body_and_refuses_one_byte_more(door):
    body = padded(LARGEST_BODY)
    assert door.post(body, sign(body)).status_code == 200
    before = rows()

    body = padded(LARGEST_BODY + 1)
    assert door.post(body, sign(body)).status_code == 413
    assert rows() == before


@pytest.mark.parametrize("megabytes", [2, 3])
@pytest.mark.parametrize("signed", [True, False])
def test_refuses_megabytes_without_keeping_or_logging_them(door, caplog, megabytes, signed):
    body = padded(megabytes * 1024 * 1024)
    before = rows()

    answer = door.post(body, sign(body) if signed else "t=1,v1=0")

    assert answer.status_code == 413
    assert rows() == before
    assert sum(map(len, caplog.messages)) < 300


# Bodies that are no event of Stripe's, each well signed.
NO_EVENTS = {
    "empty": "",
    "no JSON": "{",
    "a list": "[]",
    "a string": '"evt_1"',
    "a number": "1",
    "null": "null",
    "no id": json.dumps({"type": "x", "created": 1}),
    "no type": json.dumps({"id": "evt_1", "created": 1}),
    "no time": json.dumps({"id": "evt_1", "type": "x"}),
    "an id that is no text": json.dumps(make_event() | {"id": 7}),
    "an id that is a list": json.dumps(make_event() | {"id": ["evt"]}),
    "an id with a quote": json.dumps(make_event() | {"id": "evt'; DROP TABLE"}),
    "an id with a NUL": json.dumps(make_event() | {"id": "evt_\0"}),
    "an id of half a character": json.dumps(make_event() | {"id": "evt_\ud800"}),
    "an id of 65": json.dumps(make_event() | {"id": "e" * 65}),
    "an account of 65": json.dumps(make_event() | {"account": "a" * 65}),
    "an account that is an object": json.dumps(make_event() | {"account": {"id": "acct_1"}}),
    "a type of 81": json.dumps(make_event() | {"type": "x" * 81}),
    "a type with a line feed": json.dumps(make_event() | {"type": "x\ny"}),
    "a time that is text": json.dumps(make_event() | {"created": "2026-11-22T00:00:00Z"}),
    "a time that is infinite": json.dumps(make_event() | {"created": float("inf")}),
    "a time that is no number": json.dumps(make_event() | {"created": float("nan")}),
    "a time after all time": json.dumps(make_event() | {"created": 10**15}),
    "a time beyond any clock": json.dumps(make_event() | {"created": 10**400}),
    "more digits than Python reads": '{"id": ' + "9" * 5_000 + "}",
    "deeper than Python goes": "[" * 100_000,
    "a thin event": json.dumps(
        {
            "id": "evt_test_1",
            "object": "v2.core.event",
            "type": "v2.core.account.updated",
            "created": "2026-11-22T21:00:00.000Z",
            "related_object": {"id": "acct_1", "type": "v2.core.account", "url": "/v2/"},
        }
    ),
}


@pytest.mark.parametrize("case", NO_EVENTS)
def test_refuses_a_signed_body_that_is_no_event(door, case):
    before = rows()

    assert door.post(NO_EVENTS[case], sign(NO_EVENTS[case])).status_code == 400
    assert rows() == before


@pytest.mark.parametrize("raw", [b"\xff\xfe{}", b'{"id": "\x00"}', b"\x1f\x8b\x08\x00garbage"])
def test_refuses_bytes_that_are_no_text(door, raw):
    before = rows()

    assert door.post(raw, sign(raw.decode("latin-1"))).status_code == 400
    assert rows() == before


@pytest.mark.parametrize(
    "event",
    [
        make_event("a.type.of_next_year"),
        make_event(api_version="2019-05-16"),
        make_event(data=None),
        make_event(data={"object": [1, 2]}),
        make_event(data={"object": {"id": {"id": "pi_1"}}}),
        make_event(thing={"id": "x" * 400}),
        make_event(extra={f"field_{n}": {"nested": [n]} for n in range(1_000)}),
        make_event(note="escaped \0 and \ud800, which jsonb refuses"),
        make_event(created=0),
        make_event(created=-62_135_596_800),
        make_event(account=None),
    ],
    ids=lambda event: str(event.keys() - make_event().keys() or event["type"]),
)
def test_stores_an_event_however_odd_its_content(door, event):
    assert door.deliver(event).status_code == 200
    assert InboundEvent.objects.get().event_id == event["id"]


@pytest.mark.parametrize("address", ["garbage", "'; --", "1.2.3.4, \xff", "x" * 4_000])
def test_a_forged_address_or_host_of_a_proxy_changes_nothing(door, address):
    body = json.dumps(make_event())

    answer = door.post(body, sign(body), headers={"X-Forwarded-For": address})

    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_takes_POST_only(door, method):
    before = rows()
    body = json.dumps(make_event())

    answer = door.send(method, body, headers={"Stripe-Signature": sign(body)})

    assert answer.status_code == 405
    assert rows() == before


@pytest.mark.parametrize(
    "more",
    [
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "multipart/form-data; boundary=x"},
        {"content_type": "application/json; charset=klingon"},
        {"headers": {"Content-Encoding": "gzip"}},
    ],
    ids=str,
)
def test_neither_content_type_nor_encoding_make_a_forgery_better(door, more):
    before = rows()
    assert door.post(json.dumps(make_event()), "t=1,v1=0", **more).status_code == 400
    assert rows() == before


def test_a_body_without_a_length_is_an_empty_body(door):
    """Chunked, that is: WSGI tells no length, and Stripe always sends one."""
    body = json.dumps(make_event())
    before = rows()

    answer = door.post(body, sign(body), CONTENT_LENGTH="")

    assert answer.status_code == 400
    assert rows() == before


def test_a_body_that_breaks_off_is_refused(door, monkeypatch):
    def hang_up(*args: object) -> bytes:
        raise OSError("the client is gone")

    monkeypatch.setattr("django.core.handlers.wsgi.LimitedStream.read", hang_up)
    monkeypatch.setattr("django.test.client.FakePayload.read", hang_up)

    assert door.post("{}", "t=1,v1=0").status_code == 400


def test_an_unknown_endpoint_is_not_found(door):
    body = json.dumps(make_event())
    before = rows()
    for path in (f"/hooks/reader/{uuid.uuid4()}/", f"/hooks/general/{uuid.uuid4()}/"):
        assert door.post(body, sign(body), path=path).status_code == 404
    assert rows() == before


def test_a_disabled_endpoint_is_not_found_even_when_its_secret_is_known(door):
    disabled = replace(door, endpoint=make_endpoint(status="disabled"))
    for _ in range(2):
        assert disabled.deliver(make_event()).status_code == 404
    assert not InboundEvent.objects.exists()


def test_dj_stripes_own_door_is_shut(door):
    """Its view stores unverified bodies and answers 500 to garbage."""
    for path in ("/stripe/webhook/", "/djstripe/webhook/", "/webhook/"):
        answer = door.client.post(f"{path}{door.endpoint.djstripe_uuid}/")
        assert answer.status_code == 404


def test_what_is_like_a_door_is_not_one(client):
    for path in ("7/", "", f"{uuid.uuid4()}", f"{uuid.uuid4()}/x/", str(uuid.uuid4()).upper()):
        assert client.post(f"/hooks/reader/{path}").status_code in (301, 404)


def test_no_cookie_is_asked_for_or_set(door):
    client = Client(enforce_csrf_checks=True)
    answer = Door(client, door.endpoint).deliver(make_event())
    assert answer.status_code == 200
    assert not answer.cookies
