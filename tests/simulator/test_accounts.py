"""Accounts, and what is known of them: https://docs.stripe.com/api/accounts"""

import pytest
import stripe

from .conftest import PLATFORM, SHOP, on
from .people import BANK, COMPANY, CUSTOM, PERSON, SHOP_FACTS, WISHES, company, individual

REFUSED = stripe.InvalidRequestError


def create(simulator, **params):
    return simulator.v1.accounts.create(params)


def types(simulator, account):
    return simulator.events(account)


@pytest.mark.parametrize(
    ("type", "payer", "losses", "collects", "dashboard"),
    [
        ("standard", "account", "stripe", "stripe", "full"),
        ("express", "application_express", "application", "stripe", "express"),
        ("custom", "application_custom", "application", "application", "none"),
    ],
)
def test_a_type_stands_for_properties(simulator, type, payer, losses, collects, dashboard):
    account = create(simulator, type=type, capabilities=WISHES)
    assert account.type == type
    assert account.controller.to_dict() == {
        "is_controller": True,
        "type": "application",
        "fees": {"payer": payer},
        "losses": {"payments": losses},
        "requirement_collection": collects,
        "stripe_dashboard": {"type": dashboard},
    }


def test_without_a_word_an_account_is_a_standard_one(simulator):
    account = create(simulator)
    assert account.type == "standard"
    assert account.controller.stripe_dashboard.type == "full"
    assert account.country == "US"


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        (
            {"type": "express", "controller": {"losses": {"payments": "stripe"}}},
            "parameters_exclusive",
            "controller",
        ),
        (
            {"controller": {"requirement_collection": "application"}},
            None,
            "controller[requirement_collection]",
        ),
        ({"type": "custom"}, "parameter_missing", "capabilities"),
        ({"country": "Germany"}, "country_unsupported", "country"),
        ({"tos_acceptance": {"date": 1, "ip": "::1"}}, None, "tos_acceptance"),
        ({"type": "private"}, None, "type"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(simulator, params, code, param):
    with pytest.raises(REFUSED) as refused:
        create(simulator, **params)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_a_fresh_american_account_is_asked_what_stripe_asks(simulator):
    account = create(simulator, country="US", type="express", capabilities=WISHES)
    wanted = account.requirements
    assert wanted.currently_due == [
        "business_profile.mcc",
        "business_profile.url",
        "business_type",
        "external_account",
        "representative.dob.day",
        "representative.dob.month",
        "representative.dob.year",
        "representative.email",
        "representative.first_name",
        "representative.last_name",
        "settings.payments.statement_descriptor",
        "tos_acceptance.date",
        "tos_acceptance.ip",
    ]
    assert wanted.past_due == wanted.eventually_due == wanted.currently_due
    assert (wanted.disabled_reason, wanted.current_deadline) == ("requirements.past_due", None)
    [alternative] = wanted.alternatives
    assert alternative.alternative_fields_due == ["business_profile.product_description"]


def test_a_fresh_german_account_is_asked_for_an_address_but_no_state(simulator):
    due = create(simulator, country="DE", type="express").requirements.currently_due
    assert "representative.address.postal_code" in due
    assert "representative.address.state" not in due
    assert "representative.ssn_last_4" not in due
    assert "settings.payments.statement_descriptor" not in due


def test_everything_in_one_request_is_verified_a_moment_later(simulator):
    account = create(simulator, **individual())
    assert account.requirements.currently_due == []
    assert account.requirements.pending_verification == ["individual.verification.document"]
    assert account.requirements.disabled_reason == "requirements.pending_verification"
    assert account.capabilities.to_dict() == {"card_payments": "pending", "transfers": "pending"}
    assert (account.charges_enabled, account.details_submitted) == (False, True)
    simulator.tell("clock", advance=2)
    account = simulator.v1.accounts.retrieve(account.id)
    assert account.capabilities.to_dict() == {"card_payments": "active", "transfers": "active"}
    assert (account.charges_enabled, account.payouts_enabled) == (True, True)
    assert account.requirements.disabled_reason is None
    assert types(simulator, account.id)[-3:] == [
        "capability.updated",
        "capability.updated",
        "account.updated",
    ]


@pytest.mark.parametrize(
    "person", [{"dob": {"day": 1, "month": 1, "year": 1902}}, {"id_number": "222222222"}]
)
def test_some_test_values_are_judged_at_once(simulator, person):
    assert create(simulator, **individual(**person)).charges_enabled


def test_verification_can_be_made_to_take_no_time(simulator):
    simulator.tell("switches", verification_ms=0)
    account = create(simulator, **individual())
    assert account.charges_enabled
    assert simulator.pay(account=account.id).status == "succeeded"


@pytest.mark.parametrize(
    ("person", "requirement"),
    [
        ({"dob": {"day": 2, "month": 2, "year": 1990}}, "individual.verification.document"),
        ({"id_number": "111111111"}, "individual.verification.document"),
        (
            {"address": PERSON["address"] | {"line1": "address_no_match"}},
            "individual.verification.additional_document",
        ),
    ],
)
def test_who_is_not_confirmed_has_to_show_a_document(simulator, person, requirement):
    simulator.tell("switches", verification_ms=0)
    account = create(simulator, **individual(**person))
    assert account.requirements.currently_due == [requirement]
    [error] = account.requirements.errors
    assert (error.requirement, error.code[:19]) == (requirement, "verification_failed")
    assert not account.charges_enabled
    name = requirement.split(".")[-1]
    shown = {"individual": {"verification": {name: {"front": "file_identity_document_success"}}}}
    account = simulator.v1.accounts.update(account.id, shown)
    assert account.charges_enabled
    assert account.requirements.errors == []


def test_a_company_needs_its_representative_and_its_owners(simulator):
    simulator.tell("switches", verification_ms=0)
    facts = company()
    del facts["company"]["owners_provided"]
    account = create(simulator, **facts)
    due = account.requirements.currently_due
    assert {"representative.first_name", "representative.relationship.title"} < set(due)
    assert {"owners.first_name", "owners.last_name", "owners.email"} < set(due)
    persons = simulator.v1.accounts.persons
    relationship = {"representative": True, "owner": True, "percent_ownership": 25.5}
    person = persons.create(account.id, {"relationship": relationship, "first_name": "Jenny"})
    due = simulator.v1.accounts.retrieve(account.id).requirements.currently_due
    assert f"{person.id}.last_name" in due
    assert f"{person.id}.first_name" not in due
    assert "company.owners_provided" in due
    mine = persons.retrieve(account.id, person.id).requirements.currently_due
    assert "dob.day" in mine
    persons.update(account.id, person.id, PERSON | {"relationship": {"title": "CEO"}})
    account = simulator.v1.accounts.update(account.id, {"company": {"owners_provided": True}})
    assert account.requirements.currently_due == []
    assert account.charges_enabled
    assert account.company.name == COMPANY["name"]
    assert account.company.tax_id_provided
    assert "000000000" not in str(account.to_dict())


def test_a_company_with_a_wrong_tax_id_has_to_prove_it(simulator):
    simulator.tell("switches", verification_ms=0)
    account = create(simulator, **company(tax_id="111111111"))
    relationship = {"representative": True, "title": "CEO"}
    simulator.v1.accounts.persons.create(account.id, PERSON | {"relationship": relationship})
    account = simulator.v1.accounts.retrieve(account.id)
    assert account.requirements.currently_due == ["company.verification.document"]
    assert account.requirements.errors[0].code == "verification_failed_tax_id_match"


def test_an_update_tells_what_was_before(simulator):
    account = create(simulator, **CUSTOM, business_profile={"name": "Old"}, metadata={"a": "1"})
    simulator.v1.accounts.update(
        account.id, {"business_profile": {"name": "New"}, "metadata": {"b": "2"}, "email": "a@b.c"}
    )
    [event] = simulator.v1.events.list({"type": "account.updated"}, on(account.id)).data
    assert event.data.previous_attributes.to_dict() == {
        "business_profile": {"name": "Old"},
        "email": None,
        "metadata": {"b": None},
        "settings": {"dashboard": {"display_name": "Old"}},
    }
    simulator.v1.accounts.update(account.id, {"email": "a@b.c"})
    assert len(simulator.v1.events.list({"type": "account.updated"}, on(account.id)).data) == 1


def test_the_platform_cannot_accept_stripes_terms_for_others(simulator):
    account = create(simulator, type="express")
    with pytest.raises(REFUSED, match="cannot accept the Terms of Service on behalf"):
        simulator.v1.accounts.update(account.id, {"tos_acceptance": {"date": 1, "ip": "::1"}})


def test_an_account_that_collects_itself_is_the_platforms_until_it_was_linked(simulator):
    account = create(simulator, type="express", business_type="individual", individual=PERSON)
    assert account.individual.first_name == "Jenny"
    assert account.individual.ssn_last_4_provided
    changed = simulator.v1.accounts.update(account.id, {"individual": {"first_name": "Jen"}})
    assert changed.individual.first_name == "Jen"
    assert "person.updated" in types(simulator, account.id)


def test_payout_and_other_settings_are_kept(simulator):
    account = create(
        simulator,
        **CUSTOM,
        settings={
            "payouts": {"schedule": {"interval": "manual"}, "statement_descriptor": "PAYOUT"},
            "branding": {"primary_color": "#336699"},
            "card_payments": {"decline_on": {"cvc_failure": True}},
        },
        default_currency="USD",
    )
    settings = account.settings
    assert settings.payouts.schedule.interval == "manual"
    assert settings.payouts.schedule.delay_days == 2
    assert settings.payouts.statement_descriptor == "PAYOUT"
    assert settings.branding.primary_color == "#336699"
    assert settings.card_payments.decline_on.to_dict() == {
        "avs_failure": False,
        "cvc_failure": True,
    }
    assert account.default_currency == "usd"


def test_a_deleted_account_is_out_of_reach(simulator):
    account = create(simulator, **individual()).id
    assert simulator.v1.accounts.delete(account).to_dict() == {
        "id": account,
        "object": "account",
        "deleted": True,
    }
    assert simulator.v1.accounts.list().data == []
    with pytest.raises(stripe.PermissionError):
        simulator.v1.accounts.retrieve(account)
    with pytest.raises(stripe.PermissionError):
        simulator.v1.payment_intents.list({}, on(account))
    simulator.tell("clock", advance=60)


def test_the_platform_cannot_change_itself(simulator):
    for act in (simulator.v1.accounts.delete, simulator.v1.accounts.update):
        with pytest.raises(stripe.PermissionError):
            act(PLATFORM)


def test_a_rejected_account_charges_no_more(simulator):
    simulator.tell("switches", verification_ms=0)
    account = create(simulator, **individual()).id
    rejected = simulator.v1.accounts.reject(account, {"reason": "fraud"})
    assert rejected.requirements.disabled_reason == "rejected.fraud"
    assert (rejected.charges_enabled, rejected.payouts_enabled) == (False, False)
    spared = simulator.v1.accounts.reject(account, {"reason": "other", "payouts_action": "none"})
    assert spared.payouts_enabled
    back = simulator.v1.accounts.unreject(account)
    assert (back.charges_enabled, back.requirements.disabled_reason) == (True, None)
    with pytest.raises(REFUSED):
        simulator.v1.accounts.unreject(account)
    with pytest.raises(REFUSED):
        simulator.v1.accounts.reject(account, {"reason": "boredom"})


def test_only_accounts_the_platform_is_liable_for_can_be_rejected(simulator):
    simulator.account()
    with pytest.raises(REFUSED, match="liable"):
        simulator.v1.accounts.reject(SHOP, {"reason": "fraud"})


def test_a_rejection_may_name_the_platform(simulator):
    simulator.tell("switches", rejections_name_the_platform=True)
    account = create(simulator, **CUSTOM).id
    rejected = simulator.v1.accounts.reject(account, {"reason": "terms_of_service"})
    assert rejected.requirements.disabled_reason == "rejected.platform_terms_of_service"


def test_capabilities_are_asked_for_one_by_one(simulator):
    simulator.tell("switches", verification_ms=0)
    facts = individual() | {"capabilities": {"transfers": {"requested": True}}}
    account = create(simulator, **facts)
    capabilities = simulator.v1.accounts.capabilities
    assert [each.id for each in capabilities.list(account.id).data] == ["transfers"]
    unasked = capabilities.retrieve(account.id, "card_payments")
    assert (unasked.status, unasked.requested) == ("unrequested", False)
    assert not simulator.v1.accounts.retrieve(account.id).charges_enabled
    asked = capabilities.update(account.id, "card_payments", {"requested": True})
    assert (asked.status, asked.requested) == ("active", True)
    assert asked.requested_at
    assert simulator.v1.accounts.retrieve(account.id).charges_enabled
    event = simulator.v1.events.list({"type": "capability.updated"}, on(account.id)).data[0]
    assert event.data.object.id == "card_payments"
    capabilities.update(account.id, "card_payments", {"requested": False})
    left = simulator.v1.accounts.retrieve(account.id)
    assert left.capabilities.to_dict() == {"transfers": "active"}


def test_a_capability_that_lacks_something_says_what(simulator):
    account = create(simulator, **CUSTOM, **SHOP_FACTS)
    capability = simulator.v1.accounts.capabilities.retrieve(account.id, "card_payments")
    assert capability.status == "inactive"
    assert capability.requirements.disabled_reason == "requirements.fields_needed"
    assert "business_type" in capability.requirements.currently_due
    with pytest.raises(REFUSED) as refused:
        simulator.v1.accounts.capabilities.retrieve(account.id, "flying")
    assert refused.value.http_status == 404


def test_bank_accounts_come_and_go(simulator):
    account = create(simulator, **CUSTOM, external_account=BANK)
    [first] = account.external_accounts.data
    assert (first.last4, first.default_for_currency, first.status) == ("6789", True, "new")
    banks = simulator.v1.accounts.external_accounts
    second = banks.create(account.id, {"external_account": "btok_us_noAccount"})
    assert (second.last4, second.default_for_currency) == ("1116", False)
    assert [each.id for each in banks.list(account.id).data] == [second.id, first.id]
    with pytest.raises(REFUSED, match="cannot delete the default external account"):
        banks.delete(account.id, first.id)
    changed = banks.update(
        account.id, second.id, {"default_for_currency": True, "metadata": {"a": "b"}}
    )
    assert (changed.default_for_currency, changed.metadata["a"]) == (True, "b")
    assert banks.retrieve(account.id, first.id).default_for_currency is False
    assert banks.delete(account.id, first.id).to_dict()["deleted"]
    assert types(simulator, account.id) == [
        "account.external_account.created",
        "account.external_account.created",
        "account.updated",
        "account.external_account.updated",
        "account.updated",
        "account.external_account.deleted",
        "account.updated",
    ]


def test_a_bank_account_given_with_the_account_replaces_the_default(simulator):
    account = create(simulator, **CUSTOM, external_account=BANK)
    other = BANK | {"account_number": "000111111113"}
    updated = simulator.v1.accounts.update(account.id, {"external_account": other})
    assert [each.last4 for each in updated.external_accounts.data] == ["1113"]
    assert "account.external_account.deleted" in types(simulator, account.id)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"routing_number": "12"}, "external_account[routing_number]"),
        ({"account_number": "12/34"}, "external_account[account_number]"),
    ],
)
def test_a_bank_account_has_sensible_numbers(simulator, changes, param):
    with pytest.raises(REFUSED) as refused:
        create(simulator, **CUSTOM, external_account=BANK | changes)
    assert refused.value.param == param
    with pytest.raises(REFUSED, match="No such token"):
        create(simulator, **CUSTOM, external_account="btok_moon")


def test_persons_come_and_go(simulator):
    account = create(simulator, **company()).id
    persons = simulator.v1.accounts.persons
    owner = persons.create(account, {"first_name": "O", "relationship": {"owner": True}})
    other = persons.create(account, {"first_name": "R", "relationship": {"representative": True}})
    found = persons.list(account, {"relationship": {"owner": True}}).data
    assert [each.id for each in found] == [owner.id]
    assert [each.id for each in persons.list(account).data] == [other.id, owner.id]
    persons.update(account, owner.id, {"last_name": "X", "metadata": {"a": "b"}})
    assert persons.delete(account, owner.id).to_dict() == {
        "id": owner.id,
        "object": "person",
        "deleted": True,
    }
    with pytest.raises(REFUSED) as refused:
        persons.retrieve(account, owner.id)
    assert refused.value.http_status == 404
    told = [type for type in types(simulator, account) if type.startswith("person.")]
    assert told == ["person.created", "person.created", "person.updated", "person.deleted"]


def test_the_person_of_a_natural_persons_account_stays(simulator):
    account = create(simulator, **individual())
    with pytest.raises(REFUSED, match="cannot delete"):
        simulator.v1.accounts.persons.delete(account.id, account.individual.id)
