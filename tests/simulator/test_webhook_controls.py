"""What one may do to webhooks: roll secrets, send again, send what no sandbox sends."""

import json
import time

import pytest
import stripe

from .conftest import SHOP, eventually, on

VERIFY = stripe.Webhook.construct_event
HOUR = 3600


def hook(simulator, listener, **params):
    defaults = {"url": listener.url, "enabled_events": ["*"]}
    return simulator.v1.webhook_endpoints.create(defaults | params)


def log(simulator, **query):
    return simulator.look("deliveries", **query)["deliveries"]


def codes(headers):
    return headers["Stripe-Signature"].count("v1=")


def test_while_a_secret_is_rolled_both_sign(simulator, endpoint, listener):
    rolled = simulator.tell(f"webhook_endpoints/{endpoint.id}/roll_secret", overlap_seconds=HOUR)
    assert rolled["secret"] != endpoint.secret
    simulator.intent()
    headers, body = listener.next()
    assert codes(headers) == 2
    for secret in (endpoint.secret, rolled["secret"]):
        assert VERIFY(body, headers["Stripe-Signature"], secret)
    simulator.tell("clock", advance=HOUR + 1)
    simulator.intent()
    headers, body = listener.next()
    assert codes(headers) == 1
    assert VERIFY(body, headers["Stripe-Signature"], rolled["secret"])


def test_a_secret_can_be_rolled_at_once(simulator, endpoint, listener):
    secret = simulator.tell(f"webhook_endpoints/{endpoint.id}/roll_secret")["secret"]
    simulator.intent()
    headers, body = listener.next()
    assert VERIFY(body, headers["Stripe-Signature"], secret)
    with pytest.raises(stripe.SignatureVerificationError):
        VERIFY(body, headers["Stripe-Signature"], endpoint.secret)


@pytest.mark.parametrize("overlap", [-1, 24 * HOUR + 1, "1h", True])
def test_an_overlap_is_at_most_a_day(simulator, endpoint, overlap):
    path = f"webhook_endpoints/{endpoint.id}/roll_secret"
    simulator.tell(path, status=400, overlap_seconds=overlap)
    simulator.tell("webhook_endpoints/we_none/roll_secret", status=404)


def test_an_endpoint_gets_the_version_it_was_made_for(simulator, listener):
    hook(simulator, listener, api_version="2026-05-27.dahlia")
    simulator.intent()
    told = listener.next_event()
    assert told["api_version"] == "2026-05-27.dahlia"
    assert simulator.v1.events.retrieve(told["id"]).api_version == "2026-08-26.dahlia"


def test_an_account_has_room_for_sixteen_endpoints(simulator, listener):
    for _ in range(16):
        hook(simulator, listener)
    with pytest.raises(stripe.InvalidRequestError, match="maximum of 16 test webhook endpoints"):
        hook(simulator, listener)
    simulator.account()
    params = {"url": listener.url, "enabled_events": ["*"]}
    simulator.v1.webhook_endpoints.create(params, on(SHOP))
    simulator.tell("switches", webhook_endpoint_limit=17)
    hook(simulator, listener)


def test_the_log_keeps_what_was_sent_and_answered(simulator, endpoint, listener):
    intent = simulator.intent()
    headers, body = listener.next()
    [row] = eventually(lambda: log(simulator))
    assert (row["status"], row["outcome"], row["attempt"]) == (200, "delivered", 1)
    assert row["duration_ms"] >= 0
    assert row["request"]["body"] == body.decode()
    assert row["request"]["headers"]["Stripe-Signature"] == headers["Stripe-Signature"]
    assert row["response"] == {"body": ""}
    assert json.loads(row["request"]["body"])["data"]["object"]["id"] == intent.id
    assert log(simulator, after=row["seq"]) == []
    simulator.intent()
    [second] = eventually(lambda: log(simulator, after=row["seq"]))
    assert second["seq"] == row["seq"] + 1


def test_an_event_can_be_sent_again_and_is_then_tried_once(simulator, endpoint, listener):
    simulator.intent()
    event = listener.next_event()["id"]
    listener.status = 500
    eventually(lambda: log(simulator))
    simulator.tell("deliveries/resend", event=event, endpoint=endpoint.id)
    assert listener.next_event()["id"] == event
    row = eventually(lambda: log(simulator, after=1))[0]
    assert (row["manual"], row["outcome"]) == (True, "refused")
    assert simulator.look("deliveries")["pending"] == []


def test_sending_a_failed_event_again_delivers_it_and_leaves_its_retry(
    simulator, endpoint, listener
):
    simulator.tell("webhooks", retry_base_ms=60_000)
    listener.status = 500
    simulator.intent()
    event = listener.next_event()["id"]
    eventually(lambda: log(simulator))
    listener.status = 200
    simulator.tell("deliveries/resend", event=event, endpoint=endpoint.id)
    listener.next()
    eventually(lambda: simulator.v1.events.retrieve(event).pending_webhooks == 0)
    simulator.tell("clock", advance=61)
    assert listener.next_event()["id"] == event


def test_what_does_not_exist_cannot_be_sent_again(simulator, endpoint):
    simulator.tell("deliveries/resend", status=404, event="evt_none", endpoint=endpoint.id)
    simulator.intent()
    event = simulator.v1.events.list().data[0].id
    simulator.tell("deliveries/resend", status=404, event=event, endpoint="we_none")


def test_a_test_endpoint_can_get_a_live_event(simulator, endpoint, listener):
    simulator.intent()
    event = listener.next_event()
    simulator.tell(
        "webhooks/send", endpoint=endpoint.id, event=event["id"], **{"with": {"livemode": True}}
    )
    headers, body = listener.next()
    live = VERIFY(body, headers["Stripe-Signature"], endpoint.secret)
    assert (live.id, live.livemode) == (event["id"], True)
    assert simulator.v1.events.retrieve(event["id"]).livemode is False


def test_a_thin_event_can_be_sent(simulator, endpoint, listener):
    thin = {
        "id": "evt_test_65thin",
        "object": "v2.core.event",
        "type": "v1.payment_intent.succeeded",
        "created": "2026-11-23T00:00:00.000Z",
        "livemode": False,
        "related_object": {
            "id": "pi_1",
            "type": "payment_intent",
            "url": "/v1/payment_intents/pi_1",
        },
    }
    simulator.tell("webhooks/send", endpoint=endpoint.id, event=thin)
    headers, body = listener.next()
    stripe.WebhookSignature.verify_header(
        body.decode(), headers["Stripe-Signature"], endpoint.secret, 300
    )
    assert json.loads(body) == thin
    simulator.tell("webhooks/send", status=400, endpoint=endpoint.id)


FORGERIES = [
    {"secret": "whsec_of_somebody_else"},
    {"secret": ""},
    {"scheme": "v0"},
    {"age_seconds": 301},
    {"header": "t=1,v1=00"},
]


@pytest.mark.parametrize("forged", FORGERIES)
def test_a_forged_or_old_delivery_can_be_sent(simulator, endpoint, listener, forged):
    simulator.intent()
    event = listener.next_event()
    simulator.tell("webhooks/send", endpoint=endpoint.id, event=event["id"], forged=forged)
    headers, body = listener.next()
    assert json.loads(body)["id"] == event["id"]
    with pytest.raises(stripe.SignatureVerificationError):
        VERIFY(body, headers["Stripe-Signature"], endpoint.secret)


def test_a_delivery_can_be_without_signature_or_from_the_future(simulator, endpoint, listener):
    simulator.intent()
    event = listener.next_event()["id"]
    simulator.tell("webhooks/send", endpoint=endpoint.id, event=event, forged={"header": None})
    headers, body = listener.next()
    assert "Stripe-Signature" not in headers
    future = {"age_seconds": -HOUR}
    simulator.tell("webhooks/send", endpoint=endpoint.id, event=event, forged=future)
    headers, body = listener.next()
    told = headers["Stripe-Signature"].partition("t=")[2].partition(",")[0]
    assert int(told) > time.time() + HOUR - 60
    assert VERIFY(body, headers["Stripe-Signature"], endpoint.secret)


@pytest.mark.parametrize(
    "forged",
    [{}, "x", {"bogus": 1}, {"scheme": "v2"}, {"age_seconds": "1h"}, {"secret": 5}, {"header": 5}],
)
def test_a_forgery_must_make_sense(simulator, endpoint, forged):
    refused = simulator.tell(
        "webhooks/send", status=400, endpoint=endpoint.id, event={"id": "evt_1"}, forged=forged
    )
    assert refused["error"]["message"].startswith("forged")


def wait_for(simulator, attempts):
    eventually(lambda: len(log(simulator)) == attempts)


@pytest.mark.parametrize(("schedule", "tries", "longest"), [("sandbox", 3, 6), ("live", 15, 73)])
def test_stripes_own_schedules_end(simulator, endpoint, listener, schedule, tries, longest):
    simulator.tell("webhooks", schedule=schedule)
    listener.status = 500
    simulator.intent()
    began = time.time()
    for attempt in range(1, tries + 1):
        listener.next()
        wait_for(simulator, attempt)
        pending = simulator.look("deliveries")["pending"]
        if pending:
            now = simulator.look("clock")["now"]
            simulator.tell("clock", advance=(pending[0]["at"] - now) / 1000 + 0.01)
    assert simulator.look("deliveries")["pending"] == []
    assert log(simulator)[-1]["at"] / 1000 - began < longest * HOUR
    simulator.tell("webhooks", status=400, schedule="never")


def test_the_log_shows_when_nobody_answered(simulator, listener):
    hook(simulator, listener, url="http://127.0.0.1:9/hook")
    simulator.intent()
    [row] = eventually(lambda: log(simulator))
    assert (row["status"], row["outcome"]) == (None, "failed")
    assert row["response"]["body"] != ""
