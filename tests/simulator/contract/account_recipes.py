"""Accounts, whom they tell and what, and who hears of it."""

from typing import Any

from .. import people
from ..holder import Holder, authorize
from .recipes import HOOK, onboarding_link, recipe


@recipe
def accounts(simulator):
    simulator.account()
    made = simulator.v1.accounts.create({"country": "CA", "email": "owner@example.com"})
    simulator.v1.accounts.retrieve(made.id)
    simulator.v1.accounts.list()
    simulator.v1.accounts.retrieve_current()


@recipe
def every_kind_of_account(simulator):
    of_accounts = simulator.v1.accounts
    wanted: Any = {"card_payments": {"requested": True}, "transfers": {"requested": True}}
    none: Any = {
        "stripe_dashboard": {"type": "none"},
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
    }
    for controller in (
        {"stripe_dashboard": {"type": "full"}},
        none | {"stripe_dashboard": {"type": "express"}},
        none | {"requirement_collection": "application"},
        none,
    ):
        of_accounts.create({"controller": controller, "capabilities": wanted})
    for reason in ("fraud", "terms_of_service", "other"):
        ours = none | {"requirement_collection": "application"}
        made = of_accounts.create({"controller": ours, "capabilities": wanted})
        of_accounts.reject(made.id, {"reason": reason})


@recipe
def an_account_that_is_told_everything(simulator):
    of_accounts = simulator.v1.accounts
    made = of_accounts.create(people.individual(dob={"day": 2, "month": 2, "year": 1990}))
    simulator.tell("clock", advance=2)
    shown = {"verification": {"document": {"front": "file_identity_document_success"}}}
    of_accounts.update(made.id, {"individual": shown})
    simulator.tell("clock", advance=2)
    capabilities = of_accounts.capabilities
    capabilities.list(made.id)
    capabilities.update(made.id, "card_payments", {"requested": False})
    capabilities.retrieve(made.id, "card_payments")
    of_accounts.reject(made.id, {"reason": "other"})
    of_accounts.unreject(made.id)
    of_accounts.delete(made.id)


@recipe
def the_people_and_banks_of_an_account(simulator):
    made = simulator.v1.accounts.create(people.company()).id
    persons = simulator.v1.accounts.persons
    person = persons.create(made, {"relationship": {"representative": True}}).id
    persons.retrieve(made, person)
    persons.update(made, person, {**people.PERSON, "metadata": {"a": "b"}})
    persons.list(made)
    persons.delete(made, person)
    banks = simulator.v1.accounts.external_accounts
    bank = banks.create(made, {"external_account": "btok_us"}).id
    banks.retrieve(made, bank)
    banks.update(made, bank, {"metadata": {"a": "b"}})
    banks.list(made)
    banks.delete(made, bank)


@recipe
def an_onboarding(simulator):
    of_accounts = simulator.v1.accounts
    made = of_accounts.create({"type": "express", "capabilities": people.WISHES}).id
    holder = Holder(simulator.http, onboarding_link(simulator, made))
    holder.press("next")
    holder.press("submit")
    simulator.tell("clock", advance=2)
    of_accounts.login_links.create(made)
    body = f"client_id=ca_SimPlatform0000000000000000&stripe_user_id={made}"
    simulator.raw("POST", "/oauth/deauthorize", body)
    simulator.tell(f"accounts/{made}/reauthorize")


@recipe
def an_owner_who_lets_the_platform_in(simulator):
    owner = simulator.tell("accounts", id="acct_1Older", connected=False)
    code = authorize(simulator.http, account=owner["id"])["code"]
    simulator.raw("POST", "/oauth/token", f"grant_type=authorization_code&code={code}")


@recipe
def webhook_endpoints(simulator):
    endpoints = simulator.v1.webhook_endpoints
    made = endpoints.create({**HOOK, "connect": True})
    endpoints.retrieve(made.id)
    endpoints.update(made.id, {"disabled": True})
    endpoints.list()
    endpoints.delete(made.id)


@recipe
def events(simulator):
    simulator.pay(1000)
    latest = simulator.v1.events.list().data[0]
    simulator.v1.events.retrieve(latest.id)
