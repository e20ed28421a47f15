"""The rest of the control API: truth, exchanges, reset, clock, switches."""

from datetime import UTC, datetime

import httpx
import pytest

from .conftest import PLATFORM, SHOP, eventually, on


def shown(ms):
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


FORM = "amount=1000&currency=usd&payment_method_types[]=card_present"


def test_truth_has_every_object_of_every_account(simulator):
    simulator.account()
    paid = simulator.pay(account=SHOP, application_fee_amount=50)
    truth = simulator.look("truth")
    assert set(truth["accounts"]) == {PLATFORM, SHOP}
    shop = truth["accounts"][SHOP]
    assert [each["id"] for each in shop["payment_intents"]] == [paid.id]
    assert [each["id"] for each in shop["charges"]] == [paid.latest_charge.id]
    assert shop["account"]["id"] == SHOP
    for kind in ("readers", "locations", "payment_methods", "balance_transactions"):
        assert len(shop[kind]) == 1
    fees = truth["accounts"][PLATFORM]["application_fees"]
    assert [fee["amount"] for fee in fees] == [50]
    listed = [event.id for event in simulator.v1.events.list({}, on(SHOP)).data]
    assert [e["id"] for e in truth["events"] if e.get("account") == SHOP] == listed[::-1]


def test_some_kinds_alone_are_told_without_events_and_requests(simulator):
    simulator.account()
    paid = simulator.pay(account=SHOP)
    truth = simulator.look("truth", kinds="payment_intents,refunds")
    assert set(truth) == {"now", "platform", "accounts"}
    shop = truth["accounts"][SHOP]
    assert set(shop) == {"account", "payment_intents", "refunds"}
    assert [each["id"] for each in shop["payment_intents"]] == [paid.id]


def test_truth_tells_the_secrets_of_endpoints(simulator):
    created = simulator.v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1:9/", "enabled_events": ["*"]}
    )
    known = simulator.look("truth")["accounts"][PLATFORM]["webhook_endpoints"]
    assert [each["secret"] for each in known] == [created.secret]


def test_exchanges_tell_what_was_sent_and_answered(simulator):
    simulator.account()
    response = simulator.raw(
        "POST", "/v1/payment_intents", FORM, Stripe_Account=SHOP, Idempotency_Key="k"
    )
    simulator.raw("POST", "/v1/payment_intents", FORM, Stripe_Account=SHOP, Idempotency_Key="k")
    first, second = simulator.look("exchanges")["exchanges"]
    assert first["seq"] < second["seq"]
    assert (first["method"], first["path"]) == ("POST", "/v1/payment_intents")
    assert first["operation"] == "payment_intents.create"
    assert first["params"] == {
        "amount": 1000,
        "currency": "usd",
        "payment_method_types": ["card_present"],
    }
    assert (first["account"], first["idempotency_key"]) == (SHOP, "k")
    assert first["request_id"] == response.headers["Request-Id"]
    assert (first["status"], first["replayed"], first["fault"]) == (200, False, None)
    assert first["response"] == response.json()
    assert second["replayed"]
    assert first["connection"] == second["connection"]
    assert abs(first["at"] - simulator.look("clock")["now"]) < 60_000


def test_refused_requests_are_exchanges_too(simulator):
    simulator.raw("GET", "/v1/account", Authorization="Bearer nonsense")
    simulator.raw("POST", "/v1/payment_intents", "amount=x&currency=usd")
    refused, invalid = simulator.look("exchanges")["exchanges"]
    assert refused["status"] == 401
    assert invalid["status"] == 400
    assert invalid["params"] == {"amount": "x", "currency": "usd"}


def test_exchanges_can_be_narrowed(simulator):
    simulator.raw("GET", "/v1/account")
    simulator.raw("GET", "/v1/events")
    simulator.raw("GET", "/v1/account")
    everything = simulator.look("exchanges")["exchanges"]
    assert len(everything) == 3
    after = simulator.look("exchanges", after=everything[0]["seq"])["exchanges"]
    assert after == everything[1:]
    by_path = simulator.look("exchanges", path="/v1/events")["exchanges"]
    assert by_path == everything[1:2]
    assert simulator.look("exchanges", limit=2)["exchanges"] == everything[1:]
    before = everything[2]["seq"]
    assert simulator.look("exchanges", before=before, limit=1)["exchanges"] == everything[1:2]
    assert simulator.look(f"exchanges/{everything[1]['request_id']}") == everything[1]
    assert simulator.look(f"exchanges/{everything[2]['seq']}") == everything[2]
    assert simulator.http.get("/_simulator/exchanges/req_none").status_code == 404


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"operation": "payment_intents.*"}, [0, 1, 2]),
        ({"path": "/v1/payment_*"}, [0, 1, 2]),
        ({"account": "acct_1Sh*"}, [1]),
        ({"method": "GET"}, [3]),
        ({"status": "200"}, [0, 1]),
        ({"status": "4xx"}, [3]),
        ({"status": "503"}, [2]),
        ({"fault": "*503"}, [2]),
        ({"fault": "none"}, [0, 1, 3]),
        ({"key": "k*"}, [0]),
        ({"status": "2xx", "account": SHOP}, [1]),
    ],
)
def test_exchanges_are_filtered_by_what_they_were(simulator, filters, expected):
    simulator.account()
    simulator.raw("POST", "/v1/payment_intents", FORM, Idempotency_Key="k1")
    simulator.raw("POST", "/v1/payment_intents", FORM, Stripe_Account=SHOP)
    simulator.fault("*", "503")
    simulator.raw("POST", "/v1/payment_intents", FORM)
    simulator.raw("GET", "/v1/charges/ch_none")
    everything = simulator.look("exchanges")["exchanges"]
    found = simulator.look("exchanges", **filters)["exchanges"]
    assert found == [everything[place] for place in expected]


@pytest.mark.parametrize("filters", [{"colour": "red"}, {"after": "noon"}, {"limit": "-1"}])
def test_a_filter_that_makes_no_sense_is_refused(simulator, filters):
    assert simulator.http.get("/_simulator/exchanges", params=filters).status_code == 400


def test_an_exchange_has_headers_and_bodies_but_no_key(simulator):
    answer = simulator.raw("POST", "/v1/payment_intents", FORM, Idempotency_Key="k")
    (exchange,) = simulator.look("exchanges")["exchanges"]
    assert exchange["form"] == FORM
    assert exchange["request_headers"]["idempotency-key"] == "k"
    assert exchange["request_headers"]["authorization"] == "Bearer sk_test_********"
    sent = {name.lower(): value for name, value in exchange["response_headers"].items()}
    assert sent == dict(answer.headers)
    assert exchange["duration_ms"] > 0


def test_health_counts_connections_to_stripes_api_only(simulator):
    assert simulator.look("health")["connections"] == 0
    simulator.raw("GET", "/v1/account")
    simulator.raw("GET", "/v1/account")
    assert simulator.look("health")["connections"] == 1
    simulator.fault("*", "reset")
    with pytest.raises(httpx.TransportError):
        simulator.raw("GET", "/v1/account")
    simulator.raw("GET", "/v1/account")
    assert simulator.look("health")["connections"] == 2


def test_reset_goes_back_to_the_seed(simulator):
    first = simulator.pay()
    simulator.tell("switches", test_amounts=False)
    simulator.tell("clock", advance=1000)
    simulator.fault("*", "500", count=-1)
    simulator.tell("webhooks", drop=1.0)
    simulator.tell("reset")
    truth = simulator.look("truth")
    assert list(truth["accounts"]) == [PLATFORM]
    assert (truth["events"], truth["exchanges"], truth["deliveries"]) == ([], [], [])
    assert simulator.look("switches")["test_amounts"] is True
    assert simulator.look("clock")["offset_ms"] == 0
    assert simulator.look("webhooks")["drop"] == 0
    assert simulator.pay().id == first.id


def test_the_clock_goes_forward_only(simulator):
    before = simulator.look("clock")["now"]
    after = simulator.tell("clock", advance=3600)["now"]
    assert 3_600_000 <= after - before < 3_660_000
    assert simulator.intent().created == pytest.approx(after / 1000, abs=60)
    for advance in (-1, "soon", None, True):
        simulator.tell("clock", status=400, advance=advance)


def test_the_clock_can_be_set_to_a_moment(simulator):
    tomorrow = simulator.look("clock")["now"] + 86_400_000
    for moment in (tomorrow / 1000, shown(tomorrow + 5000)):
        simulator.tell("clock", set=moment)
    assert simulator.look("clock")["now"] == pytest.approx(tomorrow + 5000, abs=60_000)
    assert simulator.look("clock")["at"].startswith(shown(tomorrow)[:10])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"set": "2020-01-01T00:00:00Z"},
        {"set": "noon"},
        {"speed": -1},
        {"speed": "fast"},
        {"advance": 1, "set": "2099-01-01"},
        {"turn": "back"},
    ],
)
def test_a_clock_that_makes_no_sense_is_refused(simulator, body):
    before = simulator.look("clock")["offset_ms"]
    simulator.tell("clock", status=400, **body)
    assert simulator.look("clock")["offset_ms"] == before


def test_the_clock_can_stand_still(simulator):
    stopped = simulator.tell("clock", speed=0)["now"]
    assert [simulator.intent().created for _ in range(3)] == [stopped // 1000] * 3
    assert simulator.look("clock")["now"] == stopped
    assert simulator.tell("clock", advance=1)["now"] == stopped + 1000


def test_the_clock_can_run_fast_and_what_is_due_happens_in_time(simulator):
    paid = simulator.pay(capture_method="manual")
    simulator.tell("clock", speed=100_000)
    eventually(lambda: simulator.read(paid).status == "canceled")
    lasted = simulator.read(paid).canceled_at - paid.created
    assert 2 * 24 * 3600 - 60 <= lasted < 8 * 24 * 3600


def test_jobs_run_in_the_order_in_which_they_are_due(simulator):
    for card in ("visa", "mastercard", "visa"):
        simulator.pay(capture_method="manual", card=card)
    simulator.tell("clock", advance=30 * 24 * 3600)
    canceled = simulator.v1.events.list({"type": "payment_intent.canceled"}).data
    times = [event.created for event in canceled]
    assert times == sorted(times, reverse=True)
    assert len(times) == 3


def test_what_falls_due_on_the_way_happens_at_its_own_time(simulator):
    simulator.pay(capture_method="manual", card="mastercard")
    simulator.pay(capture_method="manual", card="visa")
    simulator.tell("clock", advance=30 * 24 * 3600 - 3600)
    visa, mastercard = simulator.v1.events.list({"type": "payment_intent.canceled"}).data
    assert visa.created - mastercard.created == pytest.approx((4 * 24 + 18 - 48) * 3600, abs=5)


@pytest.mark.parametrize(
    "switches",
    [
        {"nonsense": True},
        {"test_amounts": "yes"},
        {"expired_hold_reason": "late"},
        {"bad_stripe_account_status": True},
    ],
)
def test_a_switch_that_makes_no_sense_is_refused(simulator, switches):
    before = simulator.look("switches")
    simulator.tell("switches", status=400, **switches)
    assert simulator.look("switches") == before


def test_the_status_for_a_bad_account_is_a_switch(simulator):
    simulator.tell("switches", bad_stripe_account_status=400)
    assert simulator.raw("GET", "/v1/account", Stripe_Account="acct_none").status_code == 400


@pytest.mark.parametrize("body", ["[]", "{", "1"])
def test_a_body_that_is_no_object_is_refused(simulator, body):
    response = simulator.http.post("/_simulator/clock", content=body)
    assert response.status_code == 400


def test_what_is_not_there_is_404(simulator):
    assert simulator.http.get("/_simulator/nothing").status_code == 404
    assert simulator.http.get("/nothing").status_code == 404
    assert simulator.look("exchanges")["exchanges"] == []


@pytest.mark.parametrize("path", ["/", "/_simulator/"])
def test_the_address_in_a_browser_says_what_it_is(simulator, path):
    answer = simulator.http.get(path)

    assert answer.status_code == 200
    assert "A local Stripe" in answer.text
    assert "/_simulator/truth" in answer.text
