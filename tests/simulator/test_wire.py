"""How a request is read and refused: keys, parameters, errors, headers."""

import base64

import pytest
import stripe

from .conftest import PLATFORM, SHOP, stripe_error

AMOUNT = "amount=1000&currency=usd&payment_method_types[]=card_present"


def error(response):
    return response.json()["error"]


def test_a_bearer_key_and_a_basic_key_are_the_same(simulator):
    basic = "Basic " + base64.b64encode(b"sk_test_x:").decode()
    by_bearer = simulator.raw("GET", "/v1/account")
    by_basic = simulator.raw("GET", "/v1/account", Authorization=basic)
    assert by_bearer.json() == by_basic.json()
    assert by_basic.json()["id"] == PLATFORM


@pytest.mark.parametrize(
    ("authorization", "words"),
    [
        ("", "You did not provide an API key"),
        ("Bearer", "You did not provide an API key"),
        ("Basic !!", "You did not provide an API key"),
        ("Bearer nonsense", "Invalid API Key provided"),
        ("Bearer sk_live_51abc", "refuses live keys"),
        ("Bearer rk_live_51abc", "refuses live keys"),
    ],
)
def test_it_refuses_a_key_that_is_no_test_key(simulator, authorization, words):
    response = simulator.raw("GET", "/v1/account", Authorization=authorization)
    assert response.status_code == 401
    assert words in error(response)["message"]
    assert error(response)["type"] == "invalid_request_error"


def test_a_refused_key_is_not_repeated_in_full(simulator):
    response = simulator.raw("GET", "/v1/account", Authorization="Bearer sk_wrong_1234567890abcdef")
    assert "1234567890" not in response.text


def test_a_restricted_key_reads_but_does_not_write(simulator):
    restricted = "Bearer rk_test_abc"
    assert simulator.raw("GET", "/v1/account", Authorization=restricted).status_code == 200
    refused = simulator.raw("POST", "/v1/payment_intents", AMOUNT, Authorization=restricted)
    assert refused.status_code == 403
    assert "rak_payment_intent_write" in error(refused)["message"]
    deleted = simulator.raw("DELETE", "/v1/terminal/readers/tmr_1", Authorization=restricted)
    assert deleted.status_code == 403
    assert simulator.look("truth")["accounts"][PLATFORM]["payment_intents"] == []


def test_an_unknown_account_is_refused(simulator):
    with pytest.raises(stripe.PermissionError) as refused:
        simulator.v1.accounts.retrieve_current({}, {"stripe_account": "acct_nobody"})
    assert stripe_error(refused.value)["code"] == "account_invalid"
    assert refused.value.http_status == 403


def test_the_platforms_own_id_as_account_is_the_platform(simulator):
    intent = simulator.intent(account=PLATFORM)
    assert simulator.read(intent).id == intent.id


@pytest.mark.parametrize("path", ["/v1/products", "/v1/issuing/cards/ic_1", "/v2/core/events"])
def test_what_it_does_not_do_is_501_in_stripes_shape(simulator, path):
    response = simulator.raw("GET", path)
    assert response.status_code == 501
    assert error(response)["type"] == "api_error"
    assert path in error(response)["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nonsense"),
        ("POST", "/v1/payment_intents/pi_1/explode"),
        ("PUT", "/v1/payment_intents/pi_1"),
        ("DELETE", "/v1/payment_intents/pi_1"),
        ("PATCH", "/v1/account"),
    ],
)
def test_what_stripe_does_not_have_either_is_404(simulator, method, path):
    response = simulator.raw(method, path)
    assert response.status_code == 404
    assert error(response)["type"] == "invalid_request_error"
    assert error(response)["message"] == (
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we "
        "can help at https://support.stripe.com/."
    )


def test_a_missing_id_is_no_list(simulator):
    response = simulator.raw("GET", "/v1/payment_intents/")
    assert response.status_code == 404
    assert "remove the trailing slash" in error(response)["message"]


def test_a_body_is_a_form(simulator):
    for content_type, status in (("application/json", 400), ("multipart/form-data", 501)):
        response = simulator.http.post(
            "/v1/payment_intents",
            content='{"amount": 1000}',
            headers={"Authorization": "Bearer sk_test_x", "Content-Type": content_type},
        )
        assert response.status_code == status
    refused = simulator.raw(
        "POST", "/v1/payment_intents", {"amount": 1}, Content_Type="application/json"
    )
    assert (
        "check that your POST content type is application/x-www-form" in error(refused)["message"]
    )


def test_a_huge_body_is_refused(simulator):
    response = simulator.raw("POST", "/v1/payment_intents", "description=" + "x" * (1 << 21))
    assert response.status_code == 413
    assert error(response)["type"] == "invalid_request_error"
    assert simulator.raw("GET", "/v1/account").status_code == 200


def test_an_error_tells_where_its_log_is(simulator):
    simulator.account()
    for account, middle in (("", ""), (SHOP, f"/{SHOP}")):
        headers = {"Stripe_Account": account} if account else {}
        refused = simulator.raw("GET", "/v1/charges/ch_none", **headers)
        id = refused.headers["Request-Id"]
        url = f"https://dashboard.stripe.com{middle}/test/logs/{id}?t="
        assert error(refused)["request_log_url"].startswith(url)
        assert error(refused)["doc_url"].endswith("/error-codes#resource-missing")


def test_a_name_that_is_nearly_right_is_guessed(simulator):
    response = simulator.raw("POST", "/v1/payment_intents", f"{AMOUNT}&payment_method_type=card")
    assert error(response)["message"] == (
        "Received unknown parameter: payment_method_type. Did you mean payment_method_types?"
    )


WITHOUT_EFFECT = "radar_options[session]=rse_1"


def test_a_parameter_without_effect_is_accepted_and_named_in_the_answer(simulator):
    response = simulator.raw("POST", "/v1/payment_intents", f"{AMOUNT}&{WITHOUT_EFFECT}")
    assert response.status_code == 200
    assert response.headers["Simulator-Ignored"] == "radar_options"


def test_a_parameter_without_effect_is_501_when_the_switch_says_so(simulator):
    simulator.tell("switches", ignored_parameters="refuse")
    response = simulator.raw("POST", "/v1/payment_intents", f"{AMOUNT}&{WITHOUT_EFFECT}")
    assert response.status_code == 501
    assert "radar_options" in error(response)["message"]


def test_a_payment_method_type_it_does_not_know_is_501(simulator):
    form = "amount=1000&currency=usd&payment_method_types[]=sepa_debit"
    assert simulator.raw("POST", "/v1/payment_intents", form).status_code == 501


@pytest.mark.parametrize(
    ("form", "code", "param", "message"),
    [
        ("currency=usd", "parameter_missing", "amount", "Missing required param: amount."),
        (f"{AMOUNT}&foo=1", "parameter_unknown", "foo", "Received unknown parameter: foo"),
        (
            f"{AMOUNT}&foo=1&bar[a]=2",
            "parameter_unknown",
            "foo",
            "Received unknown parameters: foo, bar",
        ),
        (
            f"{AMOUNT}&transfer_data[foo]=1",
            "parameter_unknown",
            "transfer_data[foo]",
            "Received unknown parameter: transfer_data[foo]",
        ),
        (
            f"{AMOUNT}&transfer_data[amount]=1",
            "parameter_missing",
            "transfer_data[destination]",
            "Missing required param: transfer_data[destination].",
        ),
        ("amount=ten&currency=usd", "parameter_invalid_integer", "amount", "Invalid integer: ten"),
        ("amount=1.5&currency=usd", "parameter_invalid_integer", "amount", "Invalid integer: 1.5"),
        (
            f"{AMOUNT}&capture_method=later",
            None,
            "capture_method",
            "Invalid capture_method: must be one of automatic, automatic_async, or manual",
        ),
        (f"{AMOUNT}&metadata=x", "parameter_invalid_object", "metadata", "Invalid object"),
        (f"{AMOUNT}&expand=x", "parameter_invalid_array", "expand", "Invalid array"),
        (
            f"{AMOUNT}&amount[a]=1",
            None,
            "amount[a]",
            "Invalid parameter: amount[a] is both a value and a hash.",
        ),
    ],
)
def test_a_wrong_parameter_is_named(simulator, form, code, param, message):
    response = simulator.raw("POST", "/v1/payment_intents", form)
    assert response.status_code == 400
    assert error(response)["message"] == message
    assert error(response)["param"] == param
    assert error(response).get("code") == code
    assert error(response)["type"] == "invalid_request_error"


def test_an_amount_cannot_be_unset(simulator):
    response = simulator.raw("POST", "/v1/payment_intents", "amount=&currency=usd")
    assert error(response)["code"] == "parameter_invalid_empty"


def test_a_boolean_is_true_or_false(simulator):
    form = "url=http://localhost/&enabled_events[]=*&connect=yes"
    response = simulator.raw("POST", "/v1/webhook_endpoints", form)
    assert error(response)["message"] == "Invalid boolean: yes"


def test_a_get_is_checked_as_well(simulator):
    response = simulator.raw("GET", "/v1/terminal/readers?status=asleep")
    assert error(response)["param"] == "status"
    response = simulator.raw("GET", "/v1/events?foo=1")
    assert error(response)["code"] == "parameter_unknown"


@pytest.mark.parametrize("index", ["[]", "[0]"])
def test_arrays_come_with_and_without_indexes(simulator, index):
    form = f"amount=1000&currency=usd&payment_method_types{index}=card_present"
    response = simulator.raw("POST", "/v1/payment_intents", form)
    assert response.json()["payment_method_types"] == ["card_present"]


def test_indexes_give_the_order_not_the_sequence(simulator):
    url = simulator.look("health") and "http://localhost/"
    events = ["charge.failed", "charge.captured", "charge.expired"]
    form = f"url={url}&" + "&".join(
        f"enabled_events[{place}]={events[place]}" for place in (2, 0, 1)
    )
    response = simulator.raw("POST", "/v1/webhook_endpoints", form)
    assert response.json()["enabled_events"] == events


def test_metadata_keys_may_be_numbers(simulator):
    response = simulator.raw("POST", "/v1/payment_intents", f"{AMOUNT}&metadata[0]=a&metadata[7]=b")
    assert response.json()["metadata"] == {"0": "a", "7": "b"}


def test_text_outside_ascii_survives(simulator):
    intent = simulator.intent(description="Crème brûlée 🍮", metadata={"Größe": "übermäßig"})
    read = simulator.read(intent)
    assert read.description == "Crème brûlée 🍮"
    assert read.metadata["Größe"] == "übermäßig"


def test_headers_are_echoed_and_every_request_has_an_id_of_its_own(simulator):
    simulator.account()
    answers = [
        simulator.raw(
            "POST",
            "/v1/payment_intents",
            AMOUNT,
            Stripe_Account=SHOP,
            Stripe_Version="2026-05-27.dahlia",
            Idempotency_Key=key,
        )
        for key in "ab"
    ]
    assert {answer.headers["Idempotency-Key"] for answer in answers} == {"a", "b"}
    assert len({answer.headers["Request-Id"] for answer in answers}) == 2
    assert all(answer.headers["Request-Id"].startswith("req_") for answer in answers)
    assert all(answer.headers["Stripe-Version"] == "2026-05-27.dahlia" for answer in answers)
    assert all(answer.headers["Stripe-Account"] == SHOP for answer in answers)


def test_a_version_that_is_none_is_refused(simulator):
    response = simulator.raw("GET", "/v1/account", Stripe_Version="yesterday")
    assert response.status_code == 400
    assert error(response)["message"] == "Invalid Stripe API version: yesterday"


def test_a_version_of_another_shape_is_501(simulator):
    response = simulator.raw("GET", "/v1/account", Stripe_Version="2024-06-20")
    assert response.status_code == 501


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("/v1/payment_intents/pi_1", "intent"),
        ("/v1/charges/ch_1", "id"),
        ("/v1/terminal/readers/tmr_1", "reader"),
        ("/v1/terminal/locations/tml_1", "location"),
        ("/v1/events/evt_1", "id"),
        ("/v1/balance_transactions/txn_1", "id"),
        ("/v1/application_fees/fee_1", "id"),
        ("/v1/transfers/tr_1", "id"),
        ("/v1/payment_methods/pm_1", "payment_method"),
        ("/v1/webhook_endpoints/we_1", "id"),
    ],
)
def test_an_unknown_id_in_the_path_is_404(simulator, path, param):
    response = simulator.raw("GET", path)
    assert response.status_code == 404
    assert error(response)["code"] == "resource_missing"
    assert error(response)["param"] == param
    assert path.rpartition("/")[2] in error(response)["message"]


def test_an_id_of_another_kind_is_404(simulator):
    intent = simulator.intent()
    assert simulator.raw("GET", f"/v1/charges/{intent.id}").status_code == 404
