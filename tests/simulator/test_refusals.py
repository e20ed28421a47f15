"""Whatever is wrong with a call of the control API is said in a sentence, with 400 or 404."""

import pytest

from .conftest import SHOP, on

WRONG = [
    ("clock", {"advance": 1e300}, "The clock goes to 2200-01-01"),
    ("clock", {"set": "9999-01-01T00:00:00Z"}, "The clock goes to 2200-01-01"),
    ("accounts", {"colour": "red"}, "Unknown: colour. Known: business_name, connected,"),
    ("accounts", {"id": 5}, "id is a text."),
    ("accounts", {"id": "shop"}, "The id of an account begins with acct_."),
    ("accounts", {"country": 5}, "country is a text."),
    ("accounts", {"default_currency": "dollars"}, "dollars"),
    (f"accounts/{SHOP}/restrict", {"capabilities": ["fly"]}, "has no fly; it has: card_payments"),
    (f"accounts/{SHOP}/requirements", {"errors": 5}, "errors are hashes"),
    (f"accounts/{SHOP}/deauthorize", {"x": 1}, "Unknown: x. Known: nothing."),
    ("readers/READER", {"condition": "tired"}, "condition is one of: null, offline, off,"),
    ("readers/READER", {"location": None}, "There is no location"),
    ("readers/READER", {"location": []}, "There is no location"),
    ("readers/READER", {"next": {"delay_ms": -5}}, "next.delay_ms is a whole number, 0 or more."),
    ("readers/READER", {"next": {"outcome": 5}}, "next.outcome is a text."),
    ("readers/READER", {"authorization_ms": True}, "authorization_ms is a whole number"),
    ("readers/READER", {"authorization_ms": 10**30}, "a month at most"),
    ("readers/READER", {"command_timeout": {"count": "x"}}, "command_timeout.count is a whole"),
    (
        "readers/READER",
        {"command_timeout": {"delivered": "x"}},
        "command_timeout.delivered is true",
    ),
    ("readers/READER/present", {"amount_tip": 1.5}, "amount_tip is a whole number"),
    ("readers/READER/present", {"type": "card"}, "type is one of: card_present, interac_present."),
    ("readers/READER/present", {"leave_in": "yes"}, "leave_in is true or false."),
    ("readers/READER/remove_card", {"x": 1}, "Unknown: x."),
    ("faults", {"what": "503", "operation": "payment_intent.create"}, "No operation is called"),
    ("faults", {"what": "503", "operation": "refunds.make"}, "There are: refunds.create,"),
    ("faults", {"what": "503", "count": 0}, "count is how often it strikes: 1 or more"),
    ("faults", {"what": "error", "error": {"code": 5}}, "All in an error is text"),
    ("faults", {"set": ["stripe_down"]}, "set is one of: stripe_down"),
    ("webhooks", {"delay_ms": -1}, "delay_ms is 0 or more."),
    ("webhooks", {"types": [5]}, "types is a list of event types"),
    ("webhooks", {"max_attempts": 0}, "max_attempts is 1 or more."),
    ("webhooks", {"hold": "yes"}, "hold is true or false."),
    ("webhooks/release", {"sequence": "fifo"}, "Unknown: sequence. Known: order."),
    ("keys", {"key": "rk_test_a", "permissions": {"moon": "read"}}, "Unknown: moon. Known: *,"),
    ("switches", {"over_capture_floor": -1}, "over_capture_floor is 0 or more."),
    ("switches", {"minimum_amounts": "x"}, "minimum_amounts is true or false."),
]


@pytest.mark.parametrize(("path", "body", "words"), WRONG)
def test_what_makes_no_sense_is_refused_in_plain_words(simulator, path, body, words):
    simulator.tell("clock", speed=0)
    simulator.account()
    reader = simulator.reader()
    simulator.process(reader, simulator.intent())
    before = simulator.look("truth")["accounts"]
    path = path.replace("READER", reader)
    refused = simulator.tell(path, status=400, **body)
    assert words in refused["error"]["message"]
    assert simulator.look("truth")["accounts"] == before


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("exchanges?status=often", "status is one such as 404, or 4xx, or none."),
        ("deliveries?limit=-5", "limit is a whole number, 0 or more."),
        ("deliveries?after=x", "after is a whole number, 0 or more."),
        ("readers?limit=many", "limit is a whole number, 0 or more."),
        ("readers?colour=red", "Unknown: colour. Known: account, after, find, label,"),
        ("readers?after=tmr_none", "after is the id of a reader that fits"),
        ("accounts/acct_1SimPlatform00000/payments?limit=x", "limit is a whole number, from 1 to"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(simulator, path, words):
    answer = simulator.http.get(f"/_simulator/{path}")
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"{", "The body is no JSON"),
        (b"\xff", "The body is no UTF-8 text."),
        (b"[" * 100_000, "The body is nested too deeply."),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(simulator, sent, words):
    answer = simulator.http.post("/_simulator/clock", content=sent)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


def test_a_scenario_that_holds_itself_is_refused(simulator):
    yaml = {"Content-Type": "application/yaml"}
    answer = simulator.http.post("/_simulator/scenarios", content="a: &a [*a]", headers=yaml)
    assert answer.status_code == 400
    assert "holds itself" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "moon"), ("POST", "dashboard/sing"), ("PUT", "clock"), ("POST", "health")],
)
def test_a_call_that_is_not_there_is_said_to_be_none(simulator, method, path):
    answer = simulator.http.request(method, f"/_simulator/{path}")
    assert answer.status_code == 404
    message = answer.json()["error"]["message"]
    assert message.startswith(f"There is no {method} /_simulator/{path}")


def names(simulator, **query):
    found = simulator.look("readers", **query)
    return [each["label"] for each in found["readers"]], found["count"]


def test_readers_are_listed_by_the_page_and_by_what_they_are_called(simulator):
    simulator.account()
    for account, labels in (("", ("bar-1", "bar-2", "door")), (SHOP, ("till",))):
        location = simulator.location(account)
        for label in labels:
            params = {"registration_code": "simulated-wpe", "label": label, "location": location}
            simulator.v1.terminal.readers.create(params, on(account) if account else None)
    everything = ["bar-1", "bar-2", "door", "till"]
    assert names(simulator) == (everything, 4)
    assert names(simulator, limit=2) == (everything[:2], 4)
    second = simulator.look("readers")["readers"][1]["id"]
    assert names(simulator, limit=1, after=second) == (["door"], 4)
    assert names(simulator, label="bar-*") == (everything[:2], 2)
    assert names(simulator, account=SHOP) == (["till"], 1)
    assert names(simulator, find="SHOP wisepos") == (["till"], 1)
    assert names(simulator, find=second) == (["bar-2"], 1)
    assert names(simulator, find="no such thing") == ([], 0)
