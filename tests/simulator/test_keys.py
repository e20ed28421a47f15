"""API keys: https://docs.stripe.com/keys, /keys/restricted-api-keys"""

import pytest
import stripe

from .conftest import stripe_error


def refusal(simulator, key, path="terminal/readers"):
    response = simulator.raw("GET", f"/v1/{path}", Authorization=f"Bearer {key}")
    return response.status_code, response.json().get("error")


def test_a_revoked_key_has_expired_until_it_is_restored(simulator):
    assert refusal(simulator, "sk_test_rolled0000000000")[0] == 200
    simulator.tell("keys/revoke", key="sk_test_rolled0000000000")
    status, error = refusal(simulator, "sk_test_rolled0000000000")
    assert (status, error["code"]) == (401, "api_key_expired")
    assert error["message"] == "Expired API Key provided: sk_test_********0000"
    assert refusal(simulator, "sk_test_another000000000")[0] == 200
    simulator.tell("keys/restore", key="sk_test_rolled0000000000")
    assert refusal(simulator, "sk_test_rolled0000000000")[0] == 200


def test_a_publishable_key_is_no_secret_key(simulator):
    status, error = refusal(simulator, "pk_test_1234567890")
    assert (status, error["code"]) == (403, "secret_key_required")
    with pytest.raises(stripe.PermissionError):
        simulator.client("pk_test_1234567890").v1.accounts.retrieve_current()


@pytest.mark.parametrize("kind", ["sk", "rk", "pk"])
def test_a_live_key_is_refused_whatever_it_may_do(simulator, kind):
    status, error = refusal(simulator, f"{kind}_live_1234567890")
    assert status == 401
    assert "live keys" in error["message"]


def test_a_restricted_key_may_do_what_it_was_permitted(simulator):
    key = "rk_test_12345678901234"
    v1 = simulator.client(key).v1
    params = {"amount": 500, "currency": "usd", "payment_method_types": ["card_present"]}
    with pytest.raises(stripe.PermissionError) as refused:
        v1.payment_intents.create(params)
    assert "rak_payment_intent_write" in str(refused.value)
    permissions = {"payment_intent": "write", "reader": "none", "*": "read"}
    simulator.tell("keys", key=key, permissions=permissions)
    assert v1.payment_intents.create(params).amount == 500
    assert v1.terminal.locations.list().data == []
    with pytest.raises(stripe.PermissionError) as refused:
        v1.terminal.readers.list()
    assert "rak_reader_read" in stripe_error(refused.value)["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"key": "sk_test_x", "permissions": {"*": "write"}},
        {"key": "rk_test_x", "permissions": {"*": "admin"}},
        {"key": "rk_test_x", "permissions": "all"},
        {"key": "pk_test_x"},
        {},
    ],
)
def test_permissions_that_make_no_sense_are_refused(simulator, body):
    simulator.tell("keys", status=400, **body)
    assert simulator.look("keys") == {"keys": {}}
