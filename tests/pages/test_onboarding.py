"""A retailer is invited by the platform's owner and walks through Stripe's onboarding."""

import re

import pytest
from playwright.sync_api import Page, expect

from payments.models import AccountLink, StripeRequest
from stores.models import Account
from tests.factories import UserFactory
from tests.processes import eventually

pytestmark = pytest.mark.processes
AT_STRIPE = re.compile(r"/_simulator/onboarding/link_\w+/session_\w+/")


@pytest.fixture
def owner(stack):
    stack.register_webhooks()
    return UserFactory.create(is_superuser=True)


def invite(page: Page, name: str = "Corner Coffee") -> str:
    """What the platform's owner does; the invitation."""
    page.goto("/admin/stores/account/")
    page.get_by_role("link", name="Invite a retailer").click()
    page.get_by_label("Business name").fill(name)
    page.get_by_label("E-mail of its owner").fill("jenny@example.com")
    page.get_by_label("Country, two letters").fill("US")
    page.get_by_role("button", name="Invite").click()
    expect(page.locator(".message")).to_contain_text("has an account at Stripe")
    page.get_by_role("button", name="Make an invitation").click()
    return page.get_by_label("Invitation", exact=True).input_value()


def answer(page: Page, kind: str = "A person, without a company") -> None:
    """What a retailer does on Stripe's page, whose answers are filled in."""
    expect(page).to_have_url(AT_STRIPE)
    page.get_by_label(kind, exact=True).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Agree and submit").click()


def test_from_the_invitation_to_taking_cards(stack, people, owner):
    invitation = invite(people.page(owner))
    assert invitation.startswith(f"{stack.url}/onboarding/invitation/#")

    retailer = people.page()
    retailer.goto(invitation)
    assert "#" not in retailer.url
    retailer.get_by_role("button", name="Continue to Stripe").click()
    answer(retailer)
    expect(retailer).to_have_url(re.compile("/onboarding/standing/"))
    stack.simulator.call("clock", {"advance": 2})  # the registers have answered
    retailer.get_by_role("button", name="Ask Stripe again").click()
    expect(retailer.get_by_role("heading", name="You can take cards")).to_be_visible()

    account = Account.objects.get()
    assert (account.charges_enabled, account.card_payments) == (True, "active")
    assert AccountLink.objects.get().url == ""
    ours = {name: log for name, log in stack.logs(10**6).items() if "simulator" not in name}
    assert invitation.partition("#")[2] not in str(ours)
    assert "/_simulator/onboarding/link_" not in str(ours)
    assert "link_" not in str(list(StripeRequest.objects.values()))


def test_a_link_that_was_used_leads_to_a_new_one(stack, people, owner):
    retailer = people.page()
    retailer.goto(invite(people.page(owner)))
    retailer.get_by_role("button", name="Continue to Stripe").click()
    expect(retailer).to_have_url(AT_STRIPE)
    used = retailer.url.partition("session_")[0]

    retailer.goto(used)
    expect(retailer).to_have_url(AT_STRIPE)
    assert not retailer.url.startswith(used)


def test_an_invitation_opens_nothing_the_second_time(stack, people, owner):
    invitation = invite(people.page(owner))
    first, second = people.page(), people.page()
    for page in (first, second):
        page.goto(invitation)
        page.get_by_role("button", name="Continue to Stripe").click()

    expect(first).to_have_url(AT_STRIPE)
    expect(second.get_by_role("alert")).to_contain_text("opens nothing")
    assert AccountLink.objects.count() == 1


def test_who_comes_back_without_having_finished_reads_what_is_missing(stack, people, owner):
    retailer = people.page()
    retailer.goto(invite(people.page(owner)))
    retailer.get_by_role("button", name="Continue to Stripe").click()
    expect(retailer).to_have_url(AT_STRIPE)
    retailer.get_by_role("button", name="Save for later").click()

    expect(retailer.get_by_role("heading", name="Something is missing")).to_be_visible()
    expect(retailer.get_by_text("A bank account to pay out to.")).to_be_visible()
    retailer.get_by_role("button", name="Continue at Stripe").click()
    expect(retailer).to_have_url(AT_STRIPE)


def test_the_address_to_come_back_to_proves_nothing(stack, people, owner):
    retailer = people.page()
    retailer.goto(invite(people.page(owner)))
    retailer.get_by_role("button", name="Continue to Stripe").click()
    expect(retailer).to_have_url(AT_STRIPE)

    retailer.goto(f"{stack.url}/onboarding/return/")
    expect(retailer.get_by_role("heading", name="Something is missing")).to_be_visible()
    assert not Account.objects.get().charges_enabled
    stranger = people.page()
    stranger.goto(f"{stack.url}/onboarding/return/")
    expect(stranger.get_by_role("heading")).to_have_text("We do not know who you are here")


def test_the_platforms_owner_continues_in_the_admin_and_sees_the_end_by_events(
    stack, people, owner
):
    stack.start("mirror")
    page = people.page(owner)
    invite(page)
    account = Account.objects.get()
    page.goto(f"/admin/stores/account/{account.pk}/change/")
    page.get_by_role("button", name="Continue onboarding").click()
    answer(page, kind="A company")
    stack.simulator.call("clock", {"advance": 2})
    eventually(lambda: Account.objects.get().charges_enabled, "events tell that cards work")

    page.get_by_role("link", name="To the account in the admin").click()
    expect(page.locator(".badge").first).to_have_text("Takes cards")


# Connecting an account that exists

AT_LOGIN = re.compile(r"/oauth/authorize\?")


def invite_to_connect(page: Page, name: str = "Older Shop") -> str:
    """What the platform's owner does; the invitation."""
    page.goto("/admin/stores/account/")
    page.get_by_role("link", name="Connect an existing account").click()
    page.get_by_label("Business name").fill(name)
    page.get_by_label("E-mail of its owner").fill("jenny@example.com")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator(".message")).to_contain_text("which its owner is to connect")
    page.get_by_role("button", name="Make an invitation").click()
    return page.get_by_label("Invitation", exact=True).input_value()


def test_a_retailer_connects_the_account_they_have(stack, people, owner):
    older = {"id": "acct_1Older", "business_name": "Older Shop", "connected": False}
    stack.simulator.call("accounts", older)
    admin = people.page(owner)
    invitation = invite_to_connect(admin)

    retailer = people.page()
    retailer.goto(invitation)
    retailer.get_by_role("button", name="Continue to Stripe").click()
    expect(retailer.get_by_role("heading", name="Connect your Stripe account")).to_be_visible()
    retailer.get_by_role("button", name="Connect with Stripe").click()
    expect(retailer).to_have_url(AT_LOGIN)
    retailer.get_by_role("button", name="Cancel, and go back").click()
    expect(retailer.get_by_role("alert")).to_contain_text("You did not agree at Stripe")
    assert retailer.url == f"{stack.url}/onboarding/connect/"

    retailer.get_by_role("button", name="Connect with Stripe").click()
    expect(retailer).to_have_url(AT_LOGIN)
    retailer.get_by_label("Older Shop (acct_1Older)").check()
    retailer.get_by_role("button", name="Connect my Stripe account").click()
    expect(retailer.get_by_role("heading", name="You can take cards")).to_be_visible()

    assert Account.objects.get().stripe_id == "acct_1Older"
    [exchanged] = stack.simulator.exchanges("POST", "/oauth/token")
    code = exchanged["params"]["code"]
    ours = {name: log for name, log in stack.logs(10**6).items() if "simulator" not in name}
    assert code not in str(ours)
    assert code not in str(list(StripeRequest.objects.values()))
    admin.get_by_role("link", name="Back to the onboarding").click()
    expect(admin.locator(".badge").first).to_have_text("Takes cards")


def test_whoever_was_let_go_is_connected_again_beside_the_platforms_owner(stack, people, owner):
    stack.simulator.call("accounts", {"id": "acct_1Older", "connected": False})
    page = people.page(owner)
    invite_to_connect(page)
    page.get_by_role("link", name="Back to the onboarding").click()
    page.get_by_role("button", name="Connect in this browser").click()
    connect_here(page)
    account = Account.objects.get()
    page.goto(f"/admin/stores/account/{account.pk}/change/")
    page.get_by_role("link", name="Disconnect").click()
    page.get_by_label("Why, for the log").fill("They move to another platform.")
    page.get_by_role("button", name="Disconnect").click()
    expect(page.locator(".badge").first).to_have_text("Disconnected")
    assert [each["path"] for each in stack.simulator.exchanges("POST", "/oauth/")] == [
        "/oauth/token",
        "/oauth/deauthorize",
    ]

    page.get_by_role("button", name="Connect again").click()
    expect(page.get_by_role("heading", name="Connect your Stripe account again")).to_be_visible()
    connect_here(page)
    page.get_by_role("link", name="To the account in the admin").click()
    expect(page.locator(".badge").first).to_have_text("Takes cards")


def connect_here(page: Page) -> None:
    page.get_by_role("button", name="Connect with Stripe").click()
    page.get_by_role("button", name="Connect my Stripe account").click()
    expect(page.get_by_role("heading", name="You can take cards")).to_be_visible()
