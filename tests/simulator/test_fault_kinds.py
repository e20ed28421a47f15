"""Every kind of fault, and how it is aimed: POST /_simulator/faults"""

import email.utils
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import stripe

from .conftest import SHOP, stripe_error

FORM = "amount=1000&currency=usd&payment_method_types[]=card_present"
PATH = "/v1/payment_intents"


def plan(simulator, what, **more):
    body = {"what": what, **more}
    simulator.http.post("/_simulator/faults", json=body).raise_for_status()


def create(simulator, **headers):
    return simulator.raw("POST", PATH, FORM, **headers)


def statuses(simulator, times):
    return [create(simulator).status_code for _ in range(times)]


def count(simulator):
    return len(simulator.v1.payment_intents.list({"limit": 100}).data)


# Aiming


def test_a_method_is_aimed_at(simulator):
    simulator.fault("*", "503", method="POST", count=-1)
    assert create(simulator).status_code == 503
    assert simulator.raw("GET", PATH).status_code == 200


def test_accounts_are_aimed_at_by_a_pattern(simulator):
    simulator.account()
    simulator.fault("*", "503", account="acct_1Sh*", count=-1)
    assert create(simulator, Stripe_Account=SHOP).status_code == 503
    assert create(simulator).status_code == 200


def test_an_object_is_aimed_at_in_the_path_and_among_the_parameters(simulator):
    reader, intent, other = simulator.reader(), simulator.intent(), simulator.intent()
    simulator.fault("*", "503", object=intent.id, count=-1)
    with pytest.raises(stripe.APIError):
        simulator.process(reader, intent)
    with pytest.raises(stripe.APIError):
        simulator.read(intent)
    simulator.process(reader, other)


def test_idempotency_keys_are_aimed_at_by_a_pattern(simulator):
    simulator.fault("*", "503", key="sale-*-1", count=-1)
    assert create(simulator, Idempotency_Key="sale-7-1").status_code == 503
    assert create(simulator, Idempotency_Key="sale-7-2").status_code == 200
    assert create(simulator).status_code == 200


def test_every_third_request_is_struck(simulator):
    simulator.fault("*", "503", every=3, count=2)
    assert statuses(simulator, 9) == [200, 200, 503, 200, 200, 503, 200, 200, 200]
    (listed,) = simulator.look("faults")["faults"]
    assert (listed["seen"], listed["hits"], listed["remaining"]) == (6, 2, 0)


def test_chance_is_fixed_by_the_seed(simulator):
    def throws():
        simulator.fault("*", "503", probability=0.5, count=-1)
        return statuses(simulator, 20)

    first = throws()
    simulator.tell("reset")
    assert throws() == first
    assert 4 <= first.count(503) <= 16


def test_a_fault_strikes_between_two_times_of_the_clock(simulator):
    now = simulator.look("clock")["now"] / 1000
    simulator.fault("*", "503", since=now + 100, until=now + 200, count=-1)
    assert create(simulator).status_code == 200
    simulator.tell("clock", advance=120)
    assert create(simulator).status_code == 503
    simulator.tell("clock", advance=100)
    assert create(simulator).status_code == 200


def test_times_are_told_as_iso_dates_as_well(simulator):
    simulator.fault("*", "503", since="2020-01-01T00:00:00Z", until="2020-01-02", count=-1)
    assert create(simulator).status_code == 200
    (listed,) = simulator.look("faults")["faults"]
    assert (listed["since"], listed["until"]) == (1577836800000, 1577923200000)


def test_slowness_and_a_refusal_strike_the_same_request(simulator):
    simulator.fault("*", "latency", seconds=0.1, count=-1)
    simulator.fault("*", "503")
    began = time.monotonic()
    assert create(simulator).status_code == 503
    assert time.monotonic() - began >= 0.09
    exchange = simulator.look("exchanges")["exchanges"][0]
    assert exchange["fault"] == "before latency, before 503"
    assert exchange["duration_ms"] >= 90


# Names and sets


def test_faults_of_a_name_are_cleared_together(simulator):
    simulator.tell(
        "faults",
        name="lunch",
        faults=[{"what": "503", "method": "POST"}, {"what": "hang", "method": "GET"}],
    )
    simulator.fault("*", "401", count=-1)
    left = simulator.http.delete("/_simulator/faults/lunch").json()["faults"]
    assert [each["what"] for each in left] == ["401"]
    assert simulator.http.delete("/_simulator/faults/lunch").status_code == 404


def test_one_fault_is_cleared_by_its_id(simulator):
    simulator.fault("*", "500")
    simulator.fault("*", "503")
    first = simulator.look("faults")["faults"][0]["id"]
    left = simulator.http.delete(f"/_simulator/faults/{first}").json()["faults"]
    assert [each["what"] for each in left] == ["503"]


def test_every_ready_made_set_can_be_planned_for_one_account(simulator):
    for name, faults in simulator.look("faults/sets")["sets"].items():
        planned = simulator.tell("faults", set=name, account=SHOP)["faults"]
        assert [each["what"] for each in planned] == [each["what"] for each in faults]
        assert {each["account"] for each in planned} == {SHOP}
        assert create(simulator).status_code == 200
        simulator.http.delete(f"/_simulator/faults/{name}").raise_for_status()


def test_stripe_can_be_down(simulator):
    simulator.tell("faults", set="stripe_down")
    assert statuses(simulator, 3) == [503] * 3


# Answers


@pytest.mark.parametrize(
    "reason",
    [
        "global-rate",
        "global-concurrency",
        "endpoint-rate",
        "endpoint-concurrency",
        "resource-specific",
        None,
    ],
)
@pytest.mark.parametrize("should_retry", [True, False, None])
def test_a_429_tells_its_reason_and_whether_to_retry(simulator, reason, should_retry):
    simulator.fault("*", "429", reason=reason, should_retry=should_retry)
    answer = create(simulator)
    assert answer.status_code == 429
    assert answer.headers.get("Stripe-Rate-Limited-Reason") == reason
    told = {True: "true", False: "false", None: None}[should_retry]
    assert answer.headers.get("Stripe-Should-Retry") == told


@pytest.mark.parametrize(("what", "type"), [("424", "api_error"), ("504", "api_error")])
def test_what_lies_behind_stripe_can_fail(simulator, what, type):
    simulator.fault("*", what)
    answer = create(simulator)
    assert (answer.status_code, answer.json()["error"]["type"]) == (int(what), type)


def test_a_refusal_of_ones_own_is_answered_in_stripes_shape(simulator):
    error = {"code": "card_declined", "decline_code": "fraudulent", "message": "No."}
    plan(simulator, "error", status=402, error=error)
    with pytest.raises(stripe.CardError) as refused:
        simulator.intent()
    shown = stripe_error(refused.value)
    assert shown | error | {"type": "card_error"} == shown
    assert shown["doc_url"].endswith("#card-declined")
    assert count(simulator) == 0


@pytest.mark.parametrize(
    ("status", "type"),
    [(400, "invalid_request_error"), (402, "card_error"), (500, "api_error")],
)
def test_a_refusal_of_ones_own_has_the_type_of_its_status(simulator, status, type):
    plan(simulator, "error", status=status)
    answer = create(simulator)
    assert (answer.status_code, answer.json()["error"]["type"]) == (status, type)


@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
def test_a_refusal_of_ones_own_is_replayed(simulator, when, created):
    error = {"code": "terminal_reader_hardware_fault"}
    plan(simulator, "error", when=when, status=400, error=error)
    first = create(simulator, Idempotency_Key="k")
    again = create(simulator, Idempotency_Key="k")
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert count(simulator) == created


@pytest.mark.parametrize("stored", [True, False])
def test_whether_a_500_is_replayed_can_be_told(simulator, stored):
    simulator.fault("*", "500", "before", stored=stored)
    create(simulator, Idempotency_Key="k")
    assert create(simulator, Idempotency_Key="k").status_code == (500 if stored else 200)


# The connection


def test_an_answer_breaks_off_in_the_middle_of_its_body(simulator):
    simulator.fault("payment_intents.create", "truncate", "after")
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
        create(simulator, Idempotency_Key="k")
    again = create(simulator, Idempotency_Key="k")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert count(simulator) == 1


@pytest.mark.parametrize(("when", "created"), [("before", 0), ("after", 1)])
def test_an_answer_is_garbage(simulator, when, created):
    plan(simulator, "garbage", operation="payment_intents.create", when=when, status=200)
    answer = create(simulator)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html"
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert count(simulator) == created
    exchange = simulator.look("exchanges")["exchanges"][0]
    assert exchange["response"] == answer.text


def test_the_sdk_calls_garbage_an_api_error(simulator):
    simulator.fault("*", "garbage", body="<<<")
    with pytest.raises(stripe.APIError, match="Invalid response body"):
        simulator.intent()


def test_an_answer_drips(simulator):
    simulator.fault("payment_intents.create", "drip", "after", seconds=0.3)
    with simulator.http.stream(
        "POST",
        PATH,
        content=FORM,
        headers={
            "Authorization": "Bearer sk_test_x",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    ) as answer:
        began = time.monotonic()
        pieces = list(answer.iter_raw())
    assert time.monotonic() - began >= 0.25
    assert len(pieces) > 5
    assert b"".join(pieces).startswith(b'{"id":"pi_')


def test_slowness_is_drawn_from_a_range(simulator):
    simulator.fault("*", "latency", seconds=[0.05, 0.1], count=-1)
    for _ in range(5):
        create(simulator)
    took = [each["duration_ms"] for each in simulator.look("exchanges")["exchanges"]]
    assert all(each >= 45 for each in took)
    assert len(set(took)) == 5


# What Stripe tells


def test_the_time_of_every_answer_is_told_and_can_be_skewed(simulator):
    def date(answer):
        return email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()

    assert date(create(simulator)) == pytest.approx(time.time(), abs=2)
    for skew in (400, -400):
        simulator.fault("*", "skew", "after", seconds=skew)
        assert date(create(simulator)) == pytest.approx(time.time() + skew, abs=2)
    simulator.fault("*", "skew", "after", seconds=400)
    refused = simulator.raw("GET", PATH, Authorization="Bearer nonsense")
    assert date(refused) == pytest.approx(time.time() + 400, abs=2)


def test_the_told_time_can_follow_the_simulators_clock(simulator):
    simulator.tell("switches", webhook_signature_clock="simulator")
    simulator.tell("clock", advance=5000)
    told = email.utils.parsedate_to_datetime(create(simulator).headers["Date"]).timestamp()
    assert told == pytest.approx(time.time() + 5000, abs=2)


def test_an_object_can_claim_to_be_live(simulator):
    simulator.fault("payment_intents.retrieve", "livemode", "after")
    intent = simulator.intent()
    assert intent.livemode is False
    assert simulator.read(intent).livemode is True
    assert simulator.read(intent).livemode is False


def test_a_stale_read_answers_what_was_so_before(simulator):
    intent, other = simulator.intent(), simulator.intent()
    simulator.fault("payment_intents.*", "stale_read", object=intent.id, seconds=5, count=-1)
    for each in (intent, other):
        simulator.v1.payment_intents.cancel(each.id)
    assert simulator.read(other).status == "canceled"
    assert simulator.read(intent).status == "requires_payment_method"
    simulator.tell("clock", advance=4)
    assert simulator.read(intent).status == "requires_payment_method"
    simulator.tell("clock", advance=2)
    assert simulator.read(intent).status == "canceled"


def test_what_is_new_is_not_there_yet_for_a_stale_read(simulator):
    simulator.fault("*", "stale_read", seconds=60, count=-1)
    intent = simulator.intent()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.read(intent)
    assert refused.value.http_status == 404
    assert count(simulator) == 0
    simulator.tell("clock", advance=61)
    assert simulator.read(intent).id == intent.id
    assert count(simulator) == 1


def test_what_is_deleted_is_still_there_for_a_stale_read(simulator):
    location = simulator.location()
    simulator.fault("*", "stale_read", seconds=60, count=2)
    simulator.v1.terminal.locations.delete(location)
    assert simulator.v1.terminal.locations.retrieve(location).display_name == "Main Street"
    assert len(simulator.v1.terminal.locations.list().data) == 1
    assert simulator.v1.terminal.locations.list().data == []


def test_a_stale_read_leaves_the_present_alone(simulator):
    intent = simulator.intent()
    simulator.fault("*", "stale_read", seconds=60, count=1)
    simulator.v1.payment_intents.cancel(intent.id)
    before = simulator.look("clock")["offset_ms"]
    assert simulator.read(intent).status == "requires_payment_method"
    assert abs(simulator.look("clock")["offset_ms"] - before) < 5
    assert simulator.read(intent).status == "canceled"


# Nonsense


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"what": "fire"}, "what is one of: reset, hang"),
        ({"what": "500", "colour": "red"}, "Unknown: colour"),
        ({"what": "500", "reason": "global-rate"}, "reason is for 429 only, not for 500"),
        ({"what": "hang", "status": 500}, "status is for garbage, error only"),
        ({"what": "truncate", "when": "before"}, "truncate strikes after the effect only"),
        ({"what": "stale_read", "when": "after"}, "stale_read strikes before the effect only"),
        ({"what": "latency", "seconds": [3, 1]}, "seconds is a number, or a range"),
        ({"what": "latency", "seconds": -1}, "seconds is 0 or more"),
        ({"what": "500", "probability": 2}, "probability is a number, 0 to 1"),
        ({"what": "500", "every": 0}, "every is a whole number, 1 or more"),
        ({"what": "500", "count": 1.5}, "count is a whole number, -1 or more"),
        ({"what": "500", "since": "tomorrow"}, "since is a time"),
        ({"what": "500", "method": "PUT"}, "method is GET, POST or DELETE"),
        ({"what": "429", "reason": "mood"}, "reason is global-rate"),
        ({"what": "error", "status": 200}, "The status of an error is 400 or more"),
        ({"what": "error", "error": {"colour": "red"}}, "error has any of: type, code"),
        ({"what": "500", "account": 7}, "account is a text"),
        ({"set": "apocalypse"}, "set is one of: stripe_down"),
        ({"faults": {"what": "500"}}, "faults is a list of faults"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_in_plain_words(simulator, wanted, words):
    refused = simulator.http.post("/_simulator/faults", json=wanted)
    assert refused.status_code == 400
    assert words in refused.json()["error"]["message"]
    assert simulator.look("faults") == {"faults": []}


# Rate limits


def slow_clock(simulator):
    simulator.tell("clock", speed=0)


def test_there_are_no_rate_limits_unless_asked_for(simulator):
    slow_clock(simulator)
    assert set(statuses(simulator, 30)) == {200}


def test_a_sandbox_takes_25_requests_a_second(simulator):
    slow_clock(simulator)
    simulator.tell("switches", rate_limits="sandbox")
    paths = ["/v1/account", PATH]
    answers = [simulator.raw("GET", paths[turn % 2]) for turn in range(27)]
    assert [answer.status_code for answer in answers] == [200] * 25 + [429] * 2
    refused = answers[-1]
    assert refused.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    assert "Stripe-Should-Retry" not in refused.headers
    assert refused.json()["error"]["code"] == "rate_limit"
    simulator.tell("clock", advance=0.2)
    again = [simulator.raw("GET", PATH).status_code for _ in range(6)]
    assert again == [200] * 5 + [429]


def test_live_mode_takes_25_of_one_operation_and_100_in_all(simulator):
    slow_clock(simulator)
    simulator.tell("switches", rate_limits="live")
    paths = ["/v1/account", PATH, "/v1/charges", "/v1/events", "/v1/terminal/readers"]
    seen = [simulator.raw("GET", path) for path in paths for _ in range(26)]
    reasons = [each.headers.get("Stripe-Rate-Limited-Reason") for each in seen]
    assert [each.status_code for each in seen] == [429 if reason else 200 for reason in reasons]
    # A request refused by one limit has been counted by the other.
    most = ([None] * 25 + ["endpoint-rate"]) * 3 + [None] * 22 + ["global-rate"] * 4
    assert reasons[:104] == most
    assert set(reasons[104:]) == {"global-rate"}


def test_each_account_has_limits_of_its_own(simulator):
    simulator.account()
    slow_clock(simulator)
    simulator.tell("switches", rate_limits="sandbox")
    assert statuses(simulator, 26)[-1] == 429
    assert create(simulator, Stripe_Account=SHOP).status_code == 200


def test_a_payment_intent_takes_a_thousand_updates_an_hour(simulator):
    intent = simulator.intent()
    slow_clock(simulator)
    simulator.tell("switches", rate_limits="live")

    def update(_turn):
        answer = simulator.raw("POST", f"{PATH}/{intent.id}", "description=x")
        return answer.status_code, answer.headers.get("Stripe-Rate-Limited-Reason")

    seen: list[tuple[int, str | None]] = []
    with ThreadPoolExecutor(4) as pool:
        for _second in range(41):
            seen += pool.map(update, range(25))
            simulator.tell("clock", advance=1)
    assert seen.count((200, None)) in range(1000, 1013)  # it fills while it is used
    assert {each for each in seen if each[0] != 200} == {(429, "resource-specific")}


def test_the_rate_limiter_stands_before_the_idempotency_layer(simulator):
    slow_clock(simulator)
    simulator.tell("switches", rate_limits="sandbox")
    statuses(simulator, 25)
    assert create(simulator, Idempotency_Key="k").status_code == 429
    simulator.tell("clock", advance=1)
    fresh = create(simulator, Idempotency_Key="k")
    assert fresh.status_code == 200
    assert "Idempotent-Replayed" not in fresh.headers
