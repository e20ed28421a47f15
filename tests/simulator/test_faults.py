"""Faults on the way, and readers that misbehave: the control API of simulator/README.md"""

import socket
import time

import httpx
import pytest
import stripe

from .conftest import PATIENCE, PLATFORM, SHOP, eventually

FORM = "amount=1000&currency=usd&payment_method_types[]=card_present"


def create(simulator, **headers):
    return simulator.raw("POST", "/v1/payment_intents", FORM, **headers)


def count(simulator):
    return len(simulator.look("truth")["accounts"][PLATFORM]["payment_intents"])


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("500", 500, None),
        ("502", 502, None),
        ("503", 503, None),
        ("429", 429, "rate_limit"),
        ("409", 409, "idempotency_key_in_use"),
        ("lock_timeout", 429, "lock_timeout"),
        ("401", 401, None),
        ("403", 403, "account_invalid"),
    ],
)
@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
def test_an_answer_in_place_of_the_true_one(simulator, what, status, code, when, created):
    simulator.fault("payment_intents.create", what, when)
    spoiled = create(simulator)
    assert spoiled.status_code == status
    assert spoiled.json()["error"].get("code") == code
    assert count(simulator) == created
    assert create(simulator).status_code == 200
    exchange = simulator.look("exchanges")["exchanges"][0]
    assert exchange["fault"] == f"{when} {what}"


@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
def test_a_reset_closes_the_connection_without_a_word(simulator, when, created):
    simulator.fault("payment_intents.create", "reset", when)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        create(simulator)
    assert count(simulator) == created
    assert simulator.look("exchanges")["exchanges"][0]["status"] is None


def test_a_reset_is_a_reset_of_the_connection(simulator):
    simulator.fault("*", "reset")
    host, _, port = simulator.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), PATIENCE) as connection:
        connection.sendall(
            b"GET /v1/account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk_test_x\r\n\r\n"
        )
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
def test_a_hang_says_nothing_for_a_while_and_then_closes(simulator, when, created):
    simulator.fault("payment_intents.create", "hang", when, seconds=0.2)
    began = time.monotonic()
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        create(simulator)
    assert time.monotonic() - began >= 0.2
    assert count(simulator) == created


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_there_for_the_next_try_with_the_same_key(simulator, when):
    simulator.fault("payment_intents.create", "reset", when)
    with pytest.raises(httpx.TransportError):
        create(simulator, Idempotency_Key="k")
    again = create(simulator, Idempotency_Key="k")
    assert again.status_code == 200
    assert ("Idempotent-Replayed" in again.headers) == (when == "after")
    assert count(simulator) == 1


def test_while_an_answer_hangs_after_the_effect_a_retry_replays(simulator):
    simulator.fault("payment_intents.create", "hang", "after", seconds=3)
    with pytest.raises(httpx.TimeoutException):
        create(simulator, Idempotency_Key="k", timeout=0.3)
    assert create(simulator, Idempotency_Key="k").headers["Idempotent-Replayed"] == "true"
    assert count(simulator) == 1


def test_a_request_that_was_lost_on_the_way_is_an_exchange_all_the_same(simulator):
    simulator.fault("payment_intents.create", "reset")
    with pytest.raises(httpx.TransportError):
        create(simulator, Idempotency_Key="k")
    exchange = simulator.look("exchanges")["exchanges"][0]
    assert (exchange["idempotency_key"], exchange["params"]["amount"]) == ("k", 1000)
    assert (exchange["status"], exchange["response"]) == (None, None)


@pytest.mark.parametrize("when", ["before", "after"])
def test_latency_delays_a_good_answer(simulator, when):
    simulator.fault("payment_intents.create", "latency", when, seconds=0.2)
    began = time.monotonic()
    assert create(simulator).status_code == 200
    assert time.monotonic() - began >= 0.2


def test_the_sdk_retries_a_reset_to_one_payment(simulator):
    simulator.fault("payment_intents.create", "reset", "after")
    client = simulator.client(max_network_retries=2)
    params = {"amount": 1000, "currency": "usd", "payment_method_types": ["card_present"]}
    intent = client.v1.payment_intents.create(params)
    assert intent.status == "requires_payment_method"
    assert count(simulator) == 1


def test_a_fault_strikes_as_often_as_told(simulator):
    simulator.fault("*", "503", count=2)
    assert [create(simulator).status_code for _ in range(3)] == [503, 503, 200]
    listed = simulator.look("faults")["faults"][0]
    assert (listed["remaining"], listed["hits"]) == (0, 2)


def test_a_fault_can_strike_for_ever_until_it_is_cleared(simulator):
    simulator.fault("payment_intents.*", "503", count=-1)
    assert {create(simulator).status_code for _ in range(5)} == {503}
    assert simulator.look("faults")["faults"][0]["remaining"] == -1
    assert simulator.http.delete("/_simulator/faults").json() == {"faults": []}
    assert create(simulator).status_code == 200


def test_a_fault_strikes_its_operation_only(simulator):
    simulator.fault("payment_intents.retrieve", "500", count=-1)
    intent = create(simulator).json()["id"]
    assert simulator.raw("GET", f"/v1/payment_intents/{intent}").status_code == 500
    assert simulator.raw("GET", "/v1/payment_intents").status_code == 200


def test_a_fault_can_be_for_one_account(simulator):
    simulator.account()
    simulator.fault("*", "500", account=SHOP, count=-1)
    assert create(simulator).status_code == 200
    assert create(simulator, Stripe_Account=SHOP).status_code == 500


def test_a_fault_can_be_for_one_object(simulator):
    first, second = create(simulator).json()["id"], create(simulator).json()["id"]
    simulator.fault("*", "500", object=second, count=-1)
    assert simulator.raw("GET", f"/v1/payment_intents/{first}").status_code == 200
    assert simulator.raw("GET", f"/v1/payment_intents/{second}").status_code == 500


def test_a_fault_can_advise_on_retrying(simulator):
    simulator.fault("*", "429", retry_after=1.5, should_retry=False)
    headers = create(simulator).headers
    assert headers["Retry-After"] == "1.5"
    assert headers["Stripe-Should-Retry"] == "false"
    assert headers["Stripe-Rate-Limited-Reason"] == "global-rate"


def test_a_lock_timeout_has_no_request_id(simulator):
    simulator.fault("*", "lock_timeout")
    headers = create(simulator).headers
    assert "Request-Id" not in headers
    assert headers["Stripe-Should-Retry"] == "true"


@pytest.mark.parametrize(
    "plan",
    [
        {"what": "fire"},
        {},
        {"what": "500", "when": "later"},
        {"what": "500", "color": "red"},
        {"what": "hang", "seconds": "long"},
        {"what": "500", "count": -2},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(simulator, plan):
    simulator.tell("faults", status=400, **plan)
    assert simulator.look("faults") == {"faults": []}


# Readers


@pytest.fixture
def waiting(simulator):
    """A reader that waits for a card, and the payment it waits for."""
    reader, intent = simulator.reader(), simulator.intent()
    simulator.process(reader, intent)
    return reader, intent


def plan(simulator, reader, outcome, **more):
    simulator.tell(f"readers/{reader}", next={"outcome": outcome, **more})


def test_the_next_card_can_be_approved_or_declined_whatever_it_is(simulator, waiting):
    reader, intent = waiting
    plan(simulator, reader, "decline", decline_code="lost_card")
    simulator.present(reader, "visa")
    assert simulator.read(intent).last_payment_error.decline_code == "lost_card"
    simulator.process(reader, intent)
    plan(simulator, reader, "approve")
    simulator.present(reader, "stolen_card")
    assert simulator.read(intent).status == "succeeded"


def test_a_plan_is_for_one_card(simulator, waiting):
    reader, intent = waiting
    plan(simulator, reader, "decline")
    simulator.present(reader)
    simulator.process(reader, intent)
    simulator.present(reader)
    assert simulator.read(intent).status == "succeeded"


def test_a_read_error_is_retried_on_the_device_without_a_word(simulator, waiting):
    reader, _intent = waiting
    plan(simulator, reader, "read_error")
    assert simulator.present(reader)["action"]["status"] == "in_progress"
    assert simulator.events() == ["payment_intent.created"]
    assert simulator.present(reader)["action"]["status"] == "succeeded"


def test_the_customer_can_cancel_instead(simulator, waiting):
    reader, intent = waiting
    simulator.process(reader, intent, enable_customer_cancellation=True)
    plan(simulator, reader, "cancel")
    simulator.present(reader)
    assert simulator.action(reader).failure_code == "customer_canceled"


@pytest.mark.parametrize(
    ("truth", "status"), [("approved", "succeeded"), ("none", "requires_payment_method")]
)
def test_a_lost_connection_hides_what_the_bank_said(simulator, waiting, truth, status):
    reader, intent = waiting
    plan(simulator, reader, "connection_error", truth=truth)
    simulator.present(reader)
    failed = simulator.action(reader)
    assert (failed.status, failed.failure_code) == ("failed", "connection_error")
    assert failed.failure_message == "Could not connect to Stripe."
    assert failed.api_error is None
    assert simulator.read(intent).status == status
    assert simulator.events().count("terminal.reader.action_failed") == 1
    assert simulator.events().count("charge.succeeded") == (truth == "approved")


def test_the_bank_can_approve_late(simulator, waiting):
    reader, intent = waiting
    plan(simulator, reader, "connection_error", truth="late", delay_ms=30_000)
    simulator.present(reader)
    assert simulator.read(intent).status == "requires_payment_method"
    simulator.tell("clock", advance=31)
    eventually(lambda: simulator.read(intent).status == "succeeded")
    assert simulator.action(reader).status == "failed"


def test_a_late_approval_of_a_canceled_payment_charges_nothing(simulator, waiting):
    reader, intent = waiting
    plan(simulator, reader, "connection_error", truth="late", delay_ms=30_000)
    simulator.present(reader)
    simulator.v1.payment_intents.cancel(intent.id)
    simulator.tell("clock", advance=31)
    assert simulator.read(intent).status == "canceled"
    assert simulator.v1.charges.list().data == []


def test_a_late_approval_after_a_second_try_charges_once(simulator, waiting):
    reader, intent = waiting
    plan(simulator, reader, "connection_error", truth="late", delay_ms=30_000)
    simulator.present(reader)
    simulator.process(reader, intent)
    simulator.present(reader)
    simulator.tell("clock", advance=31)
    assert len(simulator.v1.charges.list().data) == 1


def test_a_vanished_reader_stays_in_progress_until_it_is_canceled(simulator, waiting):
    reader, intent = waiting
    plan(simulator, reader, "vanish")
    simulator.present(reader)
    simulator.tell("clock", advance=3600)
    assert simulator.action(reader).status == "in_progress"
    assert simulator.events() == ["payment_intent.created"]
    assert simulator.read(intent).status == "requires_payment_method"
    simulator.tell(f"readers/{reader}/present", status=400)
    assert simulator.v1.terminal.readers.cancel_action(reader).action is None
    simulator.process(reader, intent)
    simulator.present(reader)
    assert simulator.read(intent).status == "succeeded"


def test_settings_merge(simulator):
    reader = simulator.reader()
    simulator.tell(f"readers/{reader}", next={"outcome": "vanish"}, software="2.41.0")
    shown = simulator.tell(f"readers/{reader}", authorization_ms=5)
    assert shown["next"] == {"outcome": "vanish"}
    assert (shown["software"], shown["authorization_ms"]) == ("2.41.0", 5)
    assert simulator.tell(f"readers/{reader}", next=None)["next"] is None


@pytest.mark.parametrize(
    "settings",
    [
        {"next": {"outcome": "explode"}},
        {"next": {"truth": "maybe"}},
        {"next": {"colour": "red"}},
        {"next": "approve"},
        {"condition": "tired"},
        {"authorization_ms": -1},
        {"authorization_ms": "long"},
        {"command_timeout": {"often": 1}},
        {"software": 2},
        {"volume": 11},
    ],
)
def test_settings_that_make_no_sense_are_refused(simulator, settings):
    reader = simulator.reader()
    before = simulator.look("readers")["readers"][0]
    simulator.tell(f"readers/{reader}", status=400, **settings)
    after = simulator.look("readers")["readers"][0]
    assert before | {"reader": None} == after | {"reader": None}


def test_an_unknown_reader_is_404(simulator):
    simulator.tell("readers/tmr_none", status=404, condition=None)
    simulator.tell("readers/tmr_none/present", status=404)
    simulator.tell("readers/tmr_none/cancel_by_customer", status=404)


def test_nothing_to_present_to_is_a_clear_refusal(simulator):
    reader = simulator.reader()
    told = simulator.tell(f"readers/{reader}/present", status=400)
    assert "is not waiting for a card" in told["error"]["message"]
    with pytest.raises(stripe.InvalidRequestError):
        simulator.v1.test_helpers.terminal.readers.present_payment_method(reader)
