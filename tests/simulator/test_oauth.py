"""An owner lets the platform in, or not: https://docs.stripe.com/connect/oauth-reference"""

from typing import Any

import httpx
import pytest
import stripe

from .conftest import PLATFORM
from .holder import WISH, Holder, authorize

OLDER = "acct_1Older"
GRANT = stripe.oauth_error.InvalidGrantError


@pytest.fixture
def older(simulator):
    """An account that is not the platform's yet."""
    simulator.tell("accounts", id=OLDER, business_name="An older shop", connected=False)
    return OLDER


def exchange(simulator, code, key="sk_test_x", **options):
    client = stripe.StripeClient(
        key,
        base_addresses={"api": simulator.url, "connect": simulator.url},
        http_client=simulator.session,
    )
    params: Any = {"grant_type": "authorization_code"} | ({"code": code} if code else {})
    of_request: Any = options
    return client.oauth.token(params, of_request)


def test_an_account_that_did_not_agree_is_out_of_reach(simulator, older):
    with pytest.raises(stripe.PermissionError):
        simulator.v1.accounts.retrieve(older)


def test_whoever_agrees_is_the_platforms_once_the_code_was_exchanged(simulator, older, listener):
    params = {"url": listener.url, "enabled_events": ["*"], "connect": True}
    simulator.v1.webhook_endpoints.create(params)
    told = authorize(simulator.http, account=older)
    assert (told["state"], told["scope"]) == ("st", "read_write")
    with pytest.raises(stripe.PermissionError):
        simulator.v1.accounts.retrieve(older)

    answer = exchange(simulator, told["code"])
    assert (answer.stripe_user_id, answer.scope, answer.livemode) == (older, "read_write", False)
    assert answer.token_type == "bearer"
    assert simulator.v1.accounts.retrieve(older).charges_enabled
    assert listener.next_event()["type"] == "account.application.authorized"
    assert simulator.pay(account=older).status == "succeeded"


def test_it_is_listed_as_created_when_it_was_connected(simulator, older):
    simulator.tell("clock", advance=86_400)
    now = simulator.look("health")["now"] // 1000
    exchange(simulator, authorize(simulator.http, account=older)["code"])
    listed = simulator.v1.accounts.list({"created": {"gte": now}}).data
    assert [each.id for each in listed] == [older]


def test_a_code_is_good_once(simulator, older):
    code = authorize(simulator.http, account=older)["code"]
    exchange(simulator, code)
    with pytest.raises(GRANT, match="already been used"):
        exchange(simulator, code)


@pytest.mark.parametrize("keeps", [True, False])
def test_whether_a_key_brings_the_answer_back_is_a_switch(simulator, older, keeps):
    simulator.tell("switches", oauth_keeps_idempotency_keys=keeps)
    code = authorize(simulator.http, account=older)["code"]
    exchange(simulator, code, idempotency_key="k")
    if keeps:
        assert exchange(simulator, code, idempotency_key="k").stripe_user_id == older
    else:
        with pytest.raises(GRANT):
            exchange(simulator, code, idempotency_key="k")


def test_a_code_is_good_for_five_minutes(simulator, older):
    code = authorize(simulator.http, account=older)["code"]
    simulator.tell("clock", advance=301)
    with pytest.raises(GRANT, match="expired"):
        exchange(simulator, code)
    with pytest.raises(stripe.PermissionError):
        simulator.v1.accounts.retrieve(older)


def test_a_code_that_nobody_gave_is_repeated_in_the_refusal(simulator):
    with pytest.raises(GRANT, match="does not exist: ac_forged"):
        exchange(simulator, "ac_forged")


def test_what_else_is_wrong_has_oauths_own_shape(simulator):
    with pytest.raises(stripe.oauth_error.InvalidRequestError, match="No authorization code"):
        exchange(simulator, "")
    with pytest.raises(stripe.oauth_error.InvalidClientError):
        exchange(simulator, "ac_1", key="sk_live_x")
    answer = simulator.raw("POST", "/oauth/token", "grant_type=password")
    assert answer.status_code == 400
    assert answer.json()["error"] == "unsupported_grant_type"
    answer = simulator.raw("POST", "/oauth/token", "grant_type=refresh_token&refresh_token=rt_1")
    assert answer.status_code == 501


def test_whoever_refuses_is_sent_back_with_that(simulator, older):
    told = authorize(simulator.http, "deny", account=older)
    assert told == {
        "error": "access_denied",
        "error_description": "The user denied your request",
        "state": "st",
    }


def test_somebody_whose_account_is_not_here_yet_may_log_in(simulator):
    code = authorize(simulator.http, account="new", business_name="Fish & Co", country="GB")["code"]
    account = simulator.v1.accounts.retrieve(exchange(simulator, code).stripe_user_id)
    assert (account.business_profile.name, account.country) == ("Fish & Co", "GB")


def test_an_account_that_is_connected_already_may_agree_again(simulator):
    simulator.account("acct_1Shop")
    code = authorize(simulator.http, account="acct_1Shop")["code"]
    assert exchange(simulator, code).stripe_user_id == "acct_1Shop"


@pytest.mark.parametrize("is_here", [True, False])
def test_the_page_proposes_an_account_that_is_not_connected_yet(simulator, is_here):
    simulator.account("acct_1Shop")
    if is_here:
        simulator.tell("accounts", id=OLDER, connected=False)
    holder = Holder(simulator.http, f"/oauth/authorize?{httpx.QueryParams(WISH)}")
    assert holder.form.fields["account"] == (OLDER if is_here else "new")


def test_nobody_can_log_in_to_the_platform_itself(simulator, older):
    holder = Holder(simulator.http, f"/oauth/authorize?{httpx.QueryParams(WISH)}")
    assert PLATFORM not in holder.page
    holder.press("connect", account=PLATFORM)
    assert "Nobody can log in" in holder.page


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "ca_other"}, "invalid_request"),
        ({"redirect_uri": "shop.example"}, "invalid_redirect_uri"),
        ({"redirect_uri": "javascript://shop.example"}, "invalid_redirect_uri"),
    ],
)
def test_nobody_is_sent_where_the_platform_did_not_say(simulator, changes, error):
    answer = simulator.http.get("/oauth/authorize", params=WISH | changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
    ],
)
def test_a_wish_that_makes_no_sense_is_sent_back(simulator, changes, error):
    answer = simulator.http.get("/oauth/authorize", params=WISH | changes)
    assert f"error={error}" in answer.headers["Location"]


def test_without_a_scope_only_looking_is_allowed(simulator, older):
    wish = {name: value for name, value in WISH.items() if name != "scope"}
    told = authorize(simulator.http, wish=wish, account=older)
    assert exchange(simulator, told["code"]).scope == "read_only"
