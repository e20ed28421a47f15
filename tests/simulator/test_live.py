"""What changes, told as it happens: GET /_simulator/live"""

import json
from contextlib import contextmanager

import httpx
import pytest

from .conftest import PLATFORM, SHOP, end, start


@contextmanager
def listening(url):
    """The changes from now on, one after the other."""
    with (
        httpx.Client(base_url=url, trust_env=False, timeout=10) as http,
        http.stream("GET", "/_simulator/live") as stream,
    ):
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        yield (json.loads(line[6:]) for line in lines if line.startswith("data: "))


def until(changes, kind):
    """The next change of a kind."""
    return next(change for change in changes if change["kind"] == kind)


def test_a_saved_record_is_told_with_its_account(simulator):
    simulator.account()
    with listening(simulator.url) as changes:
        intent = simulator.intent(account=SHOP)
        told = until(changes, "payment_intents")
    assert told == {"kind": "payment_intents", "id": intent.id, "account": SHOP}


def test_a_removed_record_is_told(simulator):
    location = simulator.location()
    with listening(simulator.url) as changes:
        simulator.v1.terminal.locations.delete(location)
        assert until(changes, "locations")["id"] == location


@pytest.mark.parametrize("fault", [None, "500", "reset"])
def test_a_finished_exchange_is_told_whether_answered_or_not(simulator, fault):
    if fault:
        simulator.fault("*", fault)
    with listening(simulator.url) as changes:
        try:
            simulator.raw("GET", "/v1/account")
        except httpx.TransportError:
            assert fault == "reset"
        told = until(changes, "exchange")
    request_id = simulator.look("exchanges")["exchanges"][0]["request_id"]
    assert told == {"kind": "exchange", "id": request_id, "account": PLATFORM}


def test_a_delivery_is_told(simulator, endpoint, listener):
    with listening(simulator.url) as changes:
        simulator.intent()
        event = listener.next_event()
        assert any(each["id"] == event["id"] for each in changes if each["kind"] == "delivery")


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("faults", {"operation": "*", "what": "500"}, "fault"),
        ("webhooks", {"drop": 1.0}, "policy"),
        ("switches", {"test_amounts": False}, "switch"),
        ("clock", {"advance": 1}, "clock"),
        ("reset", {}, "reset"),
    ],
)
def test_what_the_control_api_changes_is_told(simulator, path, body, kind):
    with listening(simulator.url) as changes:
        simulator.tell(path, **body)
        assert until(changes, kind)["id"] is None


def test_many_changes_of_one_object_at_once_are_told_once(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    with listening(simulator.url) as changes:
        simulator.present(reader)
        simulator.tell("reset")
        heard = []
        while (change := next(changes))["kind"] != "reset":
            heard.append((change["kind"], change["id"]))
    assert heard.count(("readers", reader)) == 1


def test_a_listener_does_not_keep_the_simulator_from_ending():
    process, url = start()
    with listening(url) as changes:
        assert end(process) == 0
        assert list(changes) == []
