"""Idempotency keys: https://docs.stripe.com/api/idempotent_requests"""

import threading

import pytest
import stripe

from .conftest import PLATFORM, SHOP, eventually

FORM = "amount=1000&currency=usd&payment_method_types[]=card_present"
PATH = "/v1/payment_intents"


def create(simulator, form=FORM, key="k", **headers):
    return simulator.raw("POST", PATH, form, Idempotency_Key=key, **headers)


def count(simulator, account=PLATFORM):
    return len(simulator.look("truth")["accounts"][account]["payment_intents"])


def test_the_same_key_and_parameters_get_the_same_answer_and_one_object(simulator):
    first, second = create(simulator), create(simulator)
    assert second.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    assert second.headers["Request-Id"] != first.headers["Request-Id"]
    assert count(simulator) == 1
    assert simulator.events() == ["payment_intent.created"]


def test_the_encoding_of_the_same_parameters_does_not_matter(simulator):
    other = "currency=usd&payment_method_types[0]=card_present&amount=1000"
    assert create(simulator, other).content == create(simulator).content


def test_an_old_answer_is_replayed_though_the_object_has_changed(simulator):
    first = create(simulator)
    simulator.v1.payment_intents.cancel(first.json()["id"])
    assert create(simulator).json()["status"] == "requires_payment_method"


def test_other_parameters_are_an_idempotency_error(simulator):
    create(simulator)
    response = create(simulator, FORM.replace("1000", "1001"))
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "idempotency_error"
    assert count(simulator) == 1


def test_nested_parameters_are_compared_as_well(simulator):
    create(simulator, f"{FORM}&metadata[a]=1&metadata[b]=2")
    assert create(simulator, f"{FORM}&metadata[b]=2&metadata[a]=1").status_code == 200
    other = create(simulator, f"{FORM}&metadata[a]=1&metadata[b]=3")
    assert other.json()["error"]["type"] == "idempotency_error"
    assert "Idempotent-Replayed" not in other.headers


def test_the_first_answer_names_itself_as_the_original(simulator):
    first = create(simulator)
    assert first.headers["Original-Request"] == first.headers["Request-Id"]
    assert first.headers["Stripe-Should-Retry"] == "false"
    keyless = simulator.raw("POST", PATH, FORM)
    assert "Original-Request" not in keyless.headers


def test_a_delete_ignores_the_key(simulator):
    for location in (simulator.location(), simulator.location()):
        path = f"/v1/terminal/locations/{location}"
        answer = simulator.raw("DELETE", path, Idempotency_Key="d")
        assert answer.json()["deleted"]
        assert "Idempotent-Replayed" not in answer.headers


def test_another_endpoint_is_an_idempotency_error(simulator):
    id = create(simulator).json()["id"]
    response = simulator.raw("POST", f"{PATH}/{id}/cancel", "", Idempotency_Key="k")
    assert response.json()["error"]["type"] == "idempotency_error"
    assert simulator.v1.payment_intents.retrieve(id).status == "requires_payment_method"


def test_keys_of_two_accounts_are_two_keys(simulator):
    simulator.account()
    assert create(simulator).json()["id"] != create(simulator, Stripe_Account=SHOP).json()["id"]


def test_a_business_refusal_is_stored(simulator):
    held = simulator.intent()
    path = f"{PATH}/{held.id}/capture"
    first = simulator.raw("POST", path, "", Idempotency_Key="c")
    second = simulator.raw("POST", path, "", Idempotency_Key="c")
    assert first.status_code == second.status_code == 400
    assert first.json()["error"]["code"] == "payment_intent_unexpected_state"
    assert second.headers["Idempotent-Replayed"] == "true"


def test_a_missing_object_is_stored(simulator):
    simulator.raw("POST", f"{PATH}/pi_none/cancel", "", Idempotency_Key="c")
    again = simulator.raw("POST", f"{PATH}/pi_none/cancel", "", Idempotency_Key="c")
    assert again.status_code == 404
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_validation_failure_is_not_stored(simulator):
    assert create(simulator, "amount=x&currency=usd").status_code == 400
    assert create(simulator).status_code == 200


def test_a_refused_key_and_a_501_are_not_stored(simulator):
    assert create(simulator, Authorization="Bearer nonsense").status_code == 401
    simulator.tell("switches", ignored_parameters="refuse")
    assert create(simulator, f"{FORM}&radar_options[session]=rse_1").status_code == 501
    assert create(simulator).status_code == 200


@pytest.mark.parametrize("what", ["429", "lock_timeout", "409", "401", "403", "500", "502", "503"])
def test_what_goes_wrong_before_is_not_stored(simulator, what):
    simulator.fault("payment_intents.create", what)
    assert create(simulator).status_code >= 400
    assert count(simulator) == 0
    assert create(simulator).status_code == 200
    assert count(simulator) == 1


def test_a_500_after_the_effect_is_stored(simulator):
    simulator.fault("payment_intents.create", "500", "after")
    assert create(simulator).status_code == 500
    assert count(simulator) == 1
    again = create(simulator)
    assert again.status_code == 500
    assert again.headers["Idempotent-Replayed"] == "true"
    assert count(simulator) == 1


@pytest.mark.parametrize("what", ["502", "503", "429"])
def test_behind_a_proxys_answer_the_true_one_is_stored(simulator, what):
    simulator.fault("payment_intents.create", what, "after")
    assert create(simulator).status_code == int(what)
    again = create(simulator)
    assert again.status_code == 200
    assert again.headers["Idempotent-Replayed"] == "true"
    assert count(simulator) == 1


def test_a_key_in_flight_is_a_409_and_later_replays(simulator):
    simulator.fault("payment_intents.create", "latency", "after", seconds=30)
    done = []
    slow = threading.Thread(target=lambda: done.append(_patient(simulator)))
    slow.start()
    eventually(lambda: count(simulator) == 1)
    response = create(simulator)
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "idempotency_key_in_use"
    assert "Idempotent-Replayed" not in response.headers
    simulator.tell("reset")
    slow.join(10)
    assert done == ["no answer"]


def _patient(simulator):
    session = stripe.RequestsClient(timeout=1)
    client = stripe.StripeClient(
        "sk_test_x", base_addresses={"api": simulator.url}, http_client=session
    )
    try:
        return client.v1.payment_intents.create(
            {"amount": 1000, "currency": "usd", "payment_method_types": ["card_present"]},
            {"idempotency_key": "k"},
        ).id
    except stripe.APIConnectionError:
        return "no answer"
    finally:
        session.close()


def test_after_a_short_wait_the_slow_answer_is_there_to_replay(simulator):
    simulator.fault("payment_intents.create", "latency", "before", seconds=0.2)
    first = create(simulator)
    assert create(simulator).content == first.content


def test_after_24_hours_a_key_is_new(simulator):
    first = create(simulator).json()["id"]
    simulator.tell("clock", advance=24 * 3600 - 60)
    assert create(simulator).json()["id"] == first
    simulator.tell("clock", advance=120)
    assert create(simulator).json()["id"] != first


def test_a_key_has_at_most_255_characters(simulator):
    assert create(simulator, key="k" * 255).status_code == 200
    assert create(simulator, key="k" * 256).status_code == 400


def test_a_get_ignores_the_key(simulator):
    first = simulator.raw("GET", "/v1/account", Idempotency_Key="g")
    second = simulator.raw("GET", "/v1/account", Idempotency_Key="g")
    assert "Idempotent-Replayed" not in second.headers
    assert "Idempotency-Key" not in first.headers


def test_a_reader_that_timed_out_says_so_again_under_the_same_key(simulator):
    reader, intent = simulator.reader(), simulator.intent()
    simulator.tell(f"readers/{reader}", command_timeout={"delivered": False})
    path, form = (
        f"/v1/terminal/readers/{reader}/process_payment_intent",
        {"payment_intent": intent.id},
    )
    first = simulator.raw("POST", path, form, Idempotency_Key="a")
    replay = simulator.raw("POST", path, form, Idempotency_Key="a")
    fresh = simulator.raw("POST", path, form, Idempotency_Key="b")
    assert first.json()["error"]["code"] == "terminal_reader_timeout"
    assert replay.json() == first.json()
    assert fresh.status_code == 200
