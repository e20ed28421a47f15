"""Webhook deliveries, and what the network does to them: https://docs.stripe.com/webhooks"""

import json
import time

import pytest
import stripe

from .conftest import PATIENCE, SHOP, eventually

FOUR = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "terminal.reader.action_succeeded",
]


def deliveries(simulator):
    return simulator.look("truth")["deliveries"]


def wait_until_quiet(simulator):
    eventually(lambda: simulator.look("health")["deliveries_pending"] == 0)


def hook(simulator, listener, **params):
    defaults = {"url": listener.url, "enabled_events": ["*"]}
    return simulator.v1.webhook_endpoints.create(defaults | params)


def test_a_delivery_is_signed_and_looks_like_stripes(simulator, endpoint, listener):
    intent = simulator.intent(description="Crème")
    headers, body = listener.next()
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], endpoint.secret)
    assert event.type == "payment_intent.created"
    assert event.data.object.id == intent.id
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["User-Agent"].startswith("Stripe/1.0")
    listed = simulator.v1.events.retrieve(event.id).to_dict()
    assert json.loads(body) == listed | {"pending_webhooks": 1}
    assert body.decode() == json.dumps(json.loads(body), indent=2, ensure_ascii=False)


def test_another_secret_does_not_fit(simulator, endpoint, listener):
    simulator.intent()
    headers, body = listener.next()
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_other")


def test_signatures_carry_true_time_though_the_clock_was_moved(simulator, endpoint, listener):
    simulator.tell("clock", advance=10 * 24 * 3600)
    simulator.intent()
    headers, body = listener.next()
    stamp = int(headers["Stripe-Signature"].partition(",")[0].removeprefix("t="))
    assert abs(stamp - time.time()) < PATIENCE
    assert json.loads(body)["created"] > time.time() + 9 * 24 * 3600


def test_signatures_can_carry_the_simulators_time(simulator, endpoint, listener):
    simulator.tell("switches", webhook_signature_clock="simulator")
    simulator.tell("clock", advance=10 * 24 * 3600)
    simulator.intent()
    stamp = listener.next()[0]["Stripe-Signature"].partition(",")[0].removeprefix("t=")
    assert int(stamp) > time.time() + 9 * 24 * 3600


def test_an_endpoint_gets_only_what_it_asked_for(simulator, listener):
    hook(simulator, listener, enabled_events=["charge.succeeded"])
    simulator.pay()
    assert listener.types(1) == ["charge.succeeded"]
    wait_until_quiet(simulator)
    assert listener.arrived.empty()


def test_connect_endpoints_get_the_accounts_events_and_others_do_not(simulator, listener):
    simulator.account()
    connect = hook(simulator, listener, connect=True)
    own = hook(simulator, listener)
    simulator.intent(account=SHOP)
    simulator.intent()
    events = [listener.next_event() for _ in range(2)]
    assert sorted(event.get("account", "") for event in events) == ["", SHOP]
    wait_until_quiet(simulator)
    by_account = {each["account"]: each["endpoint"] for each in deliveries(simulator)}
    assert by_account[SHOP] == connect.id
    assert set(by_account.values()) == {connect.id, own.id}


def test_an_accounts_own_endpoint_gets_its_events(simulator, listener):
    simulator.account()
    params = {"url": listener.url, "enabled_events": ["*"]}
    simulator.v1.webhook_endpoints.create(params, {"stripe_account": SHOP})
    simulator.intent()
    intent = simulator.intent(account=SHOP)
    assert listener.next_event()["data"]["object"]["id"] == intent.id


def test_a_disabled_endpoint_gets_nothing(simulator, listener):
    endpoint = hook(simulator, listener)
    simulator.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    simulator.intent()
    assert simulator.look("health")["deliveries_pending"] == 0
    assert simulator.v1.events.list().data[0].pending_webhooks == 0
    simulator.v1.webhook_endpoints.update(endpoint.id, {"disabled": False})
    second = simulator.intent(2000)
    assert listener.next_event()["data"]["object"]["id"] == second.id


def test_connections_to_an_endpoint_are_kept(simulator, endpoint, listener):
    for _ in range(5):
        simulator.intent()
        listener.next()
    wait_until_quiet(simulator)
    assert [each["outcome"] for each in deliveries(simulator)] == ["delivered"] * 5


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_is_not_answered_2xx_is_sent_again_freshly_signed(
    simulator, endpoint, listener, status
):
    simulator.tell("webhooks", retry_base_ms=1000)
    listener.status = status
    simulator.intent()
    first = listener.next()
    eventually(lambda: deliveries(simulator))
    listener.status = 200
    simulator.tell("clock", advance=2)
    second = listener.next()
    assert second[1] == first[1]
    stripe.Webhook.construct_event(second[1], second[0]["Stripe-Signature"], endpoint.secret)
    wait_until_quiet(simulator)
    told = [(each["attempt"], each["status"], each["outcome"]) for each in deliveries(simulator)]
    assert told == [(1, status, "refused"), (2, 200, "delivered")]
    assert simulator.v1.events.list({"delivery_success": True}).data != []


def test_retries_come_at_doubling_distances_until_the_last(simulator, endpoint, listener):
    simulator.tell("webhooks", retry_base_ms=10_000, retry_longest_ms=30_000, max_attempts=4)
    listener.status = 500
    simulator.intent()
    for attempt, distance in ((1, 10), (2, 20), (3, 30)):
        listener.next()
        wait_for_attempts(simulator, attempt)
        truth = simulator.look("truth")
        due = truth["pending_deliveries"][0]["at"] - truth["deliveries"][-1]["at"]
        assert due == pytest.approx(distance * 1000, abs=1000)
        simulator.tell("clock", advance=distance)
    wait_for_attempts(simulator, 4)
    wait_until_quiet(simulator)
    assert [each["attempt"] for each in deliveries(simulator)] == [1, 2, 3, 4]


def wait_for_attempts(simulator, count):
    eventually(lambda: len(deliveries(simulator)) == count)


def test_an_endpoint_that_is_not_there_is_tried_again(simulator, listener):
    simulator.tell("webhooks", retry_base_ms=1000)
    endpoint = hook(simulator, listener, url="http://127.0.0.1:9/hook")
    simulator.intent()
    eventually(lambda: deliveries(simulator))
    assert deliveries(simulator)[0]["outcome"] == "failed"
    simulator.v1.webhook_endpoints.update(endpoint.id, {"url": listener.url})
    simulator.tell("clock", advance=2)
    assert listener.next_event()["type"] == "payment_intent.created"


def test_retries_come_by_themselves(simulator, endpoint, listener):
    simulator.tell("webhooks", retry_base_ms=10)
    listener.status = 500
    simulator.intent()
    listener.next()
    listener.next()
    listener.status = 200
    wait_until_quiet(simulator)


def test_dropped_ones_never_come_but_are_listed(simulator, endpoint, listener):
    simulator.tell("webhooks", drop=1.0, types=["charge.*"])
    simulator.pay()
    wait_until_quiet(simulator)
    assert sorted(listener.types(3)) == sorted(set(FOUR) - {"charge.succeeded"})
    assert listener.arrived.empty()
    assert "charge.succeeded" in simulator.events()
    dropped = [each for each in deliveries(simulator) if each["outcome"] == "dropped"]
    assert [each["type"] for each in dropped] == ["charge.succeeded"]


def test_some_are_dropped_and_the_same_ones_every_time(simulator, listener):
    def dropped():
        simulator.tell("reset")
        hook(simulator, listener)
        simulator.tell("webhooks", drop=0.5)
        for _ in range(20):
            simulator.intent()
        wait_until_quiet(simulator)
        return sorted(e["event"] for e in deliveries(simulator) if e["outcome"] == "dropped")

    first = dropped()
    assert 0 < len(first) < 20
    assert dropped() == first


def test_delayed_ones_come_later(simulator, endpoint, listener):
    simulator.tell("webhooks", delay_ms=60_000)
    simulator.intent()
    assert simulator.look("health")["deliveries_pending"] == 1
    assert listener.arrived.empty()
    simulator.tell("clock", advance=61)
    listener.next()


def test_duplicates_are_the_same_event_again(simulator, endpoint, listener):
    simulator.tell("webhooks", duplicate=2)
    simulator.intent()
    assert len({listener.next_event()["id"] for _ in range(3)}) == 1
    wait_until_quiet(simulator)
    assert sorted(each["duplicate"] for each in deliveries(simulator)) == [False, True, True]
    assert len(simulator.v1.events.list().data) == 1


def test_twins_are_two_events_for_one_change(simulator, endpoint, listener):
    simulator.tell("webhooks", twin=True, types=["payment_intent.created"])
    simulator.intent()
    one, other = listener.next_event(), listener.next_event()
    assert one["id"] != other["id"]
    assert one["data"] == other["data"]
    assert len(simulator.v1.events.list().data) == 2


@pytest.mark.parametrize(("order", "expected"), [("fifo", FOUR), ("lifo", FOUR[::-1])])
def test_held_ones_come_when_they_are_released_in_order(
    simulator, endpoint, listener, order, expected
):
    simulator.tell("webhooks", hold=True)
    simulator.pay()
    assert simulator.look("health")["deliveries_held"] == 4
    assert listener.arrived.empty()
    assert simulator.tell("webhooks/release", order=order) == {"released": 4}
    assert listener.types(4) == expected


def test_held_ones_can_come_in_any_order(simulator, endpoint, listener):
    simulator.tell("webhooks", hold=True)
    created = [simulator.intent().id for _ in range(12)]
    simulator.tell("webhooks/release", order="random")
    arrived = [listener.next_event()["data"]["object"]["id"] for _ in range(12)]
    assert arrived != created
    assert sorted(arrived) == sorted(created)


def test_hold_may_apply_to_some_types_only(simulator, endpoint, listener):
    simulator.tell("webhooks", hold=True, types=["terminal.reader.*"])
    simulator.pay()
    assert sorted(listener.types(3)) == sorted(FOUR[:3])
    simulator.tell("webhooks/release")
    assert listener.types(1) == FOUR[3:]


def test_reordered_ones_arrive_in_another_order(simulator, endpoint, listener):
    simulator.tell("webhooks", reorder=True, reorder_window_ms=60_000)
    created = [simulator.intent().id for _ in range(10)]
    arrived: list[str] = []
    for _ in range(60):
        simulator.tell("clock", advance=1)
        wait_until_due_ones_are_here(simulator, listener, len(arrived))
        while not listener.arrived.empty():
            arrived.append(listener.next_event()["data"]["object"]["id"])
    assert arrived != created
    assert sorted(arrived) == sorted(created)


def wait_until_due_ones_are_here(simulator, listener, already):
    """Whatever is due by the simulator's clock was sent, and is in the listener's queue."""

    def here():
        now = simulator.look("clock")["now"]
        rows = simulator.look("truth")["pending_deliveries"]
        late = [row for row in rows if row["at"] <= now]
        return not late and listener.arrived.qsize() + already == 10 - len(rows)

    eventually(here)


@pytest.mark.parametrize(
    "policy", [{"drop": 2}, {"drop": "all"}, {"hold": 1}, {"types": "*"}, {"lose": 0.5}]
)
def test_a_policy_that_makes_no_sense_is_refused(simulator, policy):
    before = simulator.look("webhooks")
    simulator.tell("webhooks", status=400, **policy)
    assert simulator.look("webhooks") == before


def test_a_policy_replaces_the_last_one_whole(simulator):
    simulator.tell("webhooks", drop=0.5)
    simulator.tell("webhooks", delay_ms=5)
    assert simulator.look("webhooks")["drop"] == 0
    simulator.tell("webhooks/release", status=400, order="sorted")
