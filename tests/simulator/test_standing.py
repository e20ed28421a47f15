"""What time, Stripe and its holder do to an account, as the control API plays them."""

import pytest
import stripe

from .conftest import PLATFORM, SHOP, eventually, on

DAY = 24 * 3600


@pytest.fixture
def shop(simulator):
    return simulator.account()


def read(simulator):
    return simulator.v1.accounts.retrieve(SHOP)


def tell(simulator, what, **body):
    return simulator.tell(f"accounts/{SHOP}/{what}", **body)


def test_what_is_asked_for_has_a_deadline_and_then_stops_the_account(simulator, shop):
    tell(simulator, "requirements", fields=["individual.id_number"], deadline_seconds=DAY)
    asked = read(simulator)
    assert asked.requirements.currently_due == ["individual.id_number"]
    assert asked.requirements.past_due == []
    assert asked.requirements.current_deadline > asked.created
    assert asked.charges_enabled
    simulator.tell("clock", advance=DAY + 1)
    late = read(simulator)
    assert late.requirements.past_due == ["individual.id_number"]
    assert late.requirements.disabled_reason == "requirements.past_due"
    assert (late.charges_enabled, late.capabilities.card_payments) == (False, "inactive")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.intent(account=SHOP)
    assert refused.value.code == "capability_not_active"
    event = simulator.v1.events.list({"type": "account.updated"}, on(SHOP)).data[0]
    before = event.data.previous_attributes.to_dict()
    assert (before["charges_enabled"], before["requirements"]["past_due"]) == (True, [])


def test_what_is_provided_in_time_is_no_longer_due(simulator, shop):
    tell(simulator, "requirements", fields=["business_profile.url"], deadline_seconds=DAY)
    simulator.v1.accounts.update(SHOP, {"business_profile": {"url": "https://shop.example"}})
    simulator.tell("clock", advance=2 * DAY)
    shop = read(simulator)
    assert (shop.requirements.currently_due, shop.requirements.current_deadline) == ([], None)
    assert shop.charges_enabled


def test_a_requirement_can_be_told_with_an_error_and_be_taken_back(simulator, shop):
    error = {
        "code": "invalid_address_city_state_postal_code",
        "reason": "The address does not exist.",
        "requirement": "company.address.line1",
    }
    tell(simulator, "requirements", errors=[error], eventually=["company.tax_id"])
    wanted = read(simulator).requirements
    assert wanted.currently_due == ["company.address.line1"]
    assert [each.to_dict() for each in wanted.errors] == [error]
    assert wanted.eventually_due == ["company.address.line1", "company.tax_id"]
    tell(simulator, "requirements")
    assert read(simulator).requirements.to_dict()["eventually_due"] == []
    simulator.tell(f"accounts/{SHOP}/requirements", status=400, fields="all")


def test_a_restricted_account_takes_no_payments_until_it_is_released(simulator, shop):
    tell(simulator, "restrict")
    stopped = read(simulator)
    assert (stopped.charges_enabled, stopped.payouts_enabled) == (False, False)
    assert stopped.capabilities.to_dict() == {"card_payments": "inactive", "transfers": "inactive"}
    assert stopped.requirements.past_due == ["company.verification.document"]
    tell(simulator, "restrict", reason="under_review")
    assert read(simulator).requirements.disabled_reason == "under_review"
    assert read(simulator).requirements.past_due == []
    tell(simulator, "restrict", reason=None)
    assert read(simulator).charges_enabled
    assert simulator.pay(account=SHOP).status == "succeeded"
    told = simulator.events(SHOP)
    assert told.count("account.updated") == 3
    assert told.count("capability.updated") == 6


def test_one_capability_can_be_stopped(simulator, shop):
    tell(simulator, "restrict", capabilities=["card_payments"])
    stopped = read(simulator)
    assert stopped.capabilities.to_dict() == {"card_payments": "inactive", "transfers": "active"}
    assert (stopped.charges_enabled, stopped.payouts_enabled) == (False, True)
    assert simulator.pay(transfer_data={"destination": SHOP}).status == "succeeded"


@pytest.mark.parametrize("body", [{"reason": "boredom"}, {"until": 5}, {"capabilities": "all"}])
def test_a_restriction_that_makes_no_sense_is_refused(simulator, shop, body):
    simulator.tell(f"accounts/{SHOP}/restrict", status=400, **body)
    simulator.tell(f"accounts/{PLATFORM}/restrict", status=400)
    simulator.tell("accounts/acct_none/restrict", status=404)
    assert read(simulator).charges_enabled


def test_an_account_that_left_is_out_of_reach(simulator, shop, listener):
    params = {"url": listener.url, "enabled_events": ["*"], "connect": True}
    simulator.v1.webhook_endpoints.create(params)
    intent = simulator.intent(account=SHOP)
    assert listener.next_event()["type"] == "payment_intent.created"
    tell(simulator, "deauthorize")
    left = listener.next_event()
    assert (left["type"], left["account"]) == ("account.application.deauthorized", SHOP)
    assert left["data"]["object"]["object"] == "application"
    assert left["data"]["object"]["id"].startswith("ca_")
    for act in (
        lambda: read(simulator),
        lambda: simulator.v1.payment_intents.retrieve(intent.id, {}, on(SHOP)),
        lambda: simulator.intent(account=SHOP),
        lambda: simulator.v1.accounts.update(SHOP, {"email": "a@b.c"}),
        lambda: simulator.v1.account_links.create(
            {
                "account": SHOP,
                "type": "account_onboarding",
                "refresh_url": listener.url,
                "return_url": listener.url,
            }
        ),
    ):
        with pytest.raises(
            stripe.PermissionError, match="Application access may have been revoked"
        ):
            act()
    assert simulator.v1.accounts.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such destination"):
        simulator.intent(transfer_data={"destination": SHOP})


def test_what_still_happens_there_is_no_longer_told(simulator, shop, listener):
    reader, intent = simulator.reader(SHOP), simulator.intent(account=SHOP)
    simulator.process(reader, intent, SHOP)
    params = {"url": listener.url, "enabled_events": ["*"], "connect": True}
    simulator.v1.webhook_endpoints.create(params)
    tell(simulator, "deauthorize")
    assert listener.next_event()["type"] == "account.application.deauthorized"
    simulator.present(reader)
    eventually(lambda: simulator.look("health")["deliveries_pending"] == 0)
    assert listener.arrived.empty()
    truth = simulator.look("truth")["accounts"][SHOP]["payment_intents"]
    assert truth[0]["status"] == "succeeded"


def test_an_account_can_come_back(simulator, shop, listener):
    tell(simulator, "deauthorize")
    params = {"url": listener.url, "enabled_events": ["*"], "connect": True}
    simulator.v1.webhook_endpoints.create(params)
    tell(simulator, "reauthorize")
    assert listener.next_event()["type"] == "account.application.authorized"
    assert read(simulator).charges_enabled
    assert simulator.pay(account=SHOP).status == "succeeded"


def test_the_status_of_a_refusal_is_a_switch(simulator, shop):
    tell(simulator, "deauthorize")
    simulator.tell("switches", bad_stripe_account_status=400)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.intent(account=SHOP)
    assert refused.value.code == "account_invalid"


def oauth(simulator, account, client_id=""):
    client = stripe.StripeClient(
        "sk_test_x",
        client_id=client_id or "ca_SimPlatform0000000000000000",
        base_addresses={"api": simulator.url, "connect": simulator.url},
        http_client=simulator.session,
    )
    return client.oauth.deauthorize({"stripe_user_id": account})


def test_a_platform_can_let_go_of_an_account(simulator, shop):
    assert oauth(simulator, SHOP).stripe_user_id == SHOP
    with pytest.raises(stripe.PermissionError):
        read(simulator)
    with pytest.raises(stripe.oauth_error.InvalidClientError) as refused:
        oauth(simulator, SHOP)
    assert refused.value.http_status == 401
    assert "is not connected to stripe account acct_1Shop" in str(refused.value)


def test_only_the_platforms_own_application_can_let_go(simulator, shop):
    with pytest.raises(stripe.oauth_error.InvalidClientError, match="No application matches"):
        oauth(simulator, SHOP, "ca_other")
    assert read(simulator).charges_enabled
