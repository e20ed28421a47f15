"""Account links and the hosted onboarding: https://docs.stripe.com/connect/hosted-onboarding

The page is used as a browser without JavaScript uses it: a form is read and sent.
"""

import pytest
import stripe

from .conftest import PLATFORM, on
from .holder import Holder
from .people import CUSTOM, PERSON, SHOP_FACTS, WISHES

REFUSED = stripe.InvalidRequestError
RETURN, REFRESH = "http://shop.example/return", "http://shop.example/refresh"


@pytest.fixture
def link(simulator):
    def make(account: str, **params: str) -> str:
        params = {
            "type": "account_onboarding",
            "return_url": RETURN,
            "refresh_url": REFRESH,
        } | params
        made = simulator.v1.account_links.create({"account": account, **params})
        return str(made.url)

    return make


def read(simulator, account):
    return simulator.v1.accounts.retrieve(account)


def create(simulator, **params):
    return simulator.v1.accounts.create(params).id


@pytest.mark.parametrize("type", ["standard", "express", "custom"])
def test_a_person_is_onboarded_with_what_the_page_filled_in(simulator, link, type):
    account = create(simulator, type=type, capabilities=WISHES, business_profile={"name": "Bo's"})
    holder = Holder(simulator.http, link(account))
    assert "Bo&#39;s" in holder.page
    assert holder.form.fields["business_type"] == "individual"
    holder.press("next")
    assert holder.form.fields["individual.first_name"] == "Jenny"
    assert holder.form.fields["settings.payments.statement_descriptor"] == "BO'S"
    holder.press("submit")
    assert holder.sent_to == RETURN
    simulator.tell("clock", advance=2)
    shop = read(simulator, account)
    assert (shop.charges_enabled, shop.payouts_enabled, shop.details_submitted) == (True,) * 3
    assert shop.requirements.currently_due == []
    assert shop.tos_acceptance.date is not None
    assert shop.external_accounts.data[0].last4 == "6789"
    assert simulator.pay(account=account).status == "succeeded"
    told = simulator.events(account)
    assert {"person.created", "account.external_account.created"} < set(told)
    assert "account.updated" in told
    event = simulator.v1.events.list({"type": "account.updated"}, on(account)).data[0]
    assert event.to_dict()["request"] == {"id": None, "idempotency_key": None}


def test_a_standard_account_gets_its_capabilities_by_being_onboarded(simulator, link):
    account = create(simulator)
    holder = Holder(simulator.http, link(account))
    holder.press("next")
    holder.press("submit")
    simulator.tell("clock", advance=2)
    shop = read(simulator, account)
    assert shop.capabilities.to_dict() == {"card_payments": "active", "transfers": "active"}


def test_a_company_is_asked_for_its_own_answers(simulator, link):
    account = create(simulator, type="express", capabilities=WISHES)
    holder = Holder(simulator.http, link(account))
    holder.press("next", business_type="company")
    assert {"company.name", "company.tax_id", "representative.relationship.title"} < set(
        holder.form.fields
    )
    holder.press("submit")
    assert holder.sent_to == RETURN
    simulator.tell("clock", advance=2)
    assert read(simulator, account).charges_enabled
    [person] = simulator.v1.accounts.persons.list(account).data
    assert person.relationship.representative
    assert person.relationship.title == "Owner"


def test_other_countries_are_asked_other_things(simulator, link):
    account = create(simulator, type="express", country="DE", capabilities=WISHES)
    holder = Holder(simulator.http, link(account))
    holder.press("next")
    asked = set(holder.form.fields)
    assert not {"individual.ssn_last_4", "individual.address.state"} & asked
    assert "external_account.routing_number" not in asked
    holder.press("submit", **{"external_account.account_number": "DE89370400440532013000"})
    simulator.tell("clock", advance=2)
    shop = read(simulator, account)
    assert shop.charges_enabled
    assert (shop.external_accounts.data[0].currency) == "eur"


def test_only_what_is_missing_is_asked(simulator, link):
    account = create(simulator, **CUSTOM, **SHOP_FACTS, business_type="individual")
    asked = set(Holder(simulator.http, link(account)).form.fields)
    assert "individual.first_name" in asked
    assert not {"business_type", "business_profile.mcc", "external_account.account_number"} & asked


def test_saving_for_later_keeps_the_answers_and_submits_nothing(simulator, link):
    account = create(simulator, type="express", capabilities=WISHES)
    holder = Holder(simulator.http, link(account))
    holder.press("next")
    holder.press("later", **{"individual.first_name": "Ada", "individual.last_name": ""})
    assert holder.sent_to == RETURN
    shop = read(simulator, account)
    assert (shop.details_submitted, shop.charges_enabled) == (False, False)
    assert "individual.first_name" not in shop.requirements.currently_due
    assert "individual.last_name" in shop.requirements.currently_due
    again = Holder(simulator.http, link(account))
    assert "individual.first_name" not in again.form.fields
    assert "business_type" not in again.form.fields


def test_answers_that_are_missing_keep_the_holder_there(simulator, link):
    account = create(simulator, type="express", capabilities=WISHES)
    holder = Holder(simulator.http, link(account))
    holder.press("next")
    holder.press("submit", **{"individual.email": ""})
    assert holder.sent_to == ""
    assert "still missing" in holder.page
    assert "individual.email" in holder.form.fields
    holder.press("submit")
    assert holder.sent_to == RETURN


def test_an_answer_that_makes_no_sense_is_told(simulator, link):
    account = create(simulator, type="express", capabilities=WISHES)
    holder = Holder(simulator.http, link(account))
    holder.press("next")
    holder.press("submit", **{"external_account.routing_number": "1"})
    assert "Invalid routing number" in holder.page
    holder.press("submit", **{"individual.dob.day": "first"})
    assert holder.sent_to == ""


def test_verification_can_be_made_to_fail_and_then_asks_for_a_document(simulator, link):
    account = create(simulator, type="express", capabilities=WISHES)
    holder = Holder(simulator.http, link(account))
    holder.press("next")
    holder.press("submit", verification="fail")
    assert holder.sent_to == RETURN
    simulator.tell("clock", advance=2)
    shop = read(simulator, account)
    assert (shop.details_submitted, shop.charges_enabled) == (True, False)
    assert shop.requirements.currently_due == ["individual.verification.document"]
    assert shop.requirements.errors[0].code == "verification_failed_keyed_identity"
    second = Holder(simulator.http, link(account))
    assert "cannot be verified" in second.page
    second.press("submit")
    simulator.tell("clock", advance=2)
    assert read(simulator, account).charges_enabled


def test_a_link_is_good_for_one_visit(simulator, link):
    url = link(create(simulator))
    assert Holder(simulator.http, url).sent_to == ""
    assert Holder(simulator.http, url).sent_to == REFRESH


def test_a_link_is_good_for_minutes(simulator, link):
    made = simulator.v1.account_links.create(
        {
            "account": create(simulator),
            "type": "account_onboarding",
            "return_url": RETURN,
            "refresh_url": REFRESH,
        }
    )
    assert made.object == "account_link"
    assert 60 <= made.expires_at - made.created <= 600
    assert made.url.startswith(simulator.url)
    simulator.tell("clock", advance=601)
    assert Holder(simulator.http, made.url).sent_to == REFRESH


def test_the_page_is_over_once_it_was_left(simulator, link):
    account = create(simulator, type="express")
    holder = Holder(simulator.http, link(account))
    holder.press("next")
    page = holder.url
    holder.press("later")
    assert simulator.http.get(page).headers["Location"] == REFRESH
    assert simulator.http.get("/_simulator/onboarding/link_none/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"refresh_url": None}, "refresh_url"),
        ({"return_url": None}, "return_url"),
        ({"return_url": "shop.example"}, "return_url"),
        ({"type": "account_update"}, "type"),
        ({"account": PLATFORM}, None),
    ],
)
def test_a_link_that_makes_no_sense_is_refused(simulator, changes, param):
    params = {
        "account": create(simulator),
        "type": "account_onboarding",
        "return_url": RETURN,
        "refresh_url": REFRESH,
    } | changes
    with pytest.raises(REFUSED) as refused:
        simulator.v1.account_links.create({k: v for k, v in params.items() if v is not None})
    assert refused.value.param == param


def test_what_stripe_collects_is_stripes_once_the_holder_was_linked(simulator, link):
    account = create(simulator, type="express", business_type="individual", individual=PERSON)
    link(account)
    assert "individual" not in read(simulator, account).to_dict()
    for params in (
        {"individual": {"first_name": "Eve"}},
        {"business_type": "company"},
        {"external_account": "btok_us"},
        {"company": {"name": "Eve's"}},
    ):
        with pytest.raises(stripe.PermissionError, match="required permissions for the parameter"):
            simulator.v1.accounts.update(account, params)
    with pytest.raises(stripe.PermissionError):
        simulator.v1.accounts.persons.create(account, {"first_name": "Eve"})
    changed = simulator.v1.accounts.update(account, {"metadata": {"a": "b"}, "email": "a@b.c"})
    assert (changed.metadata["a"], changed.email) == ("b", "a@b.c")


def test_what_the_platform_collects_stays_the_platforms(simulator, link):
    account = create(simulator, **CUSTOM, business_type="individual", individual=PERSON)
    holder = Holder(simulator.http, link(account, type="account_update"))
    assert holder.form.fields["individual.email"] == PERSON["email"]
    holder.press("submit", **{"individual.email": "new@example.com"})
    assert holder.sent_to == RETURN
    assert read(simulator, account).individual.email == "new@example.com"
    changed = simulator.v1.accounts.update(account, {"individual": {"first_name": "Jen"}})
    assert changed.individual.first_name == "Jen"


def test_what_stripe_asked_for_later_is_asked_on_the_page(simulator, link):
    account = simulator.account()
    fields = ["individual.verification.document", "interv_abc.form"]
    simulator.tell(f"accounts/{account}/requirements", fields=fields)
    holder = Holder(simulator.http, link(account))
    assert set(fields) < set(holder.form.fields)
    holder.press("submit")
    assert holder.sent_to == RETURN
    assert read(simulator, account).requirements.currently_due == []


def test_login_links_are_for_onboarded_express_accounts(simulator, link):
    standard, express = create(simulator), create(simulator, type="express", capabilities=WISHES)
    with pytest.raises(REFUSED, match="not an Express account"):
        simulator.v1.accounts.login_links.create(standard)
    with pytest.raises(REFUSED, match="not completed onboarding"):
        simulator.v1.accounts.login_links.create(express)
    holder = Holder(simulator.http, link(express))
    holder.press("next")
    holder.press("submit")
    assert simulator.v1.accounts.login_links.create(express).url.startswith("http")


def test_the_page_says_nothing_a_browser_should_run(simulator, link):
    account = create(simulator, business_profile={"name": "<script>alert(1)</script>"})
    holder = Holder(simulator.http, link(account))
    assert "<script>" not in holder.page
    policy = simulator.http.get(holder.url).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http://shop.example" in policy
