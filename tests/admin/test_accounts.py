"""The accounts' pages and the way to them: who sees what, and who may bring retailers in. It …"""

import re
import uuid
from datetime import timedelta
from typing import ClassVar

import pytest
from django.urls import reverse
from django.utils import timezone

from payments.models import AccountLink, AccountMoney, Dispute, Onboarding, StripeRequest
from payments.services import onboarding, visits
from stores.models import Account, Role
from stores.principals import Principal
from tests import factories, factories_money
from tests.admin.pages import page, url

DUE = {"currently_due": ["individual.verification.document"]}
FORM = {
    "name": "Corner Coffee",
    "email": "jenny@example.com",
    "country": "US",
    "business_type": "company",
    "dashboard": "full",
}


@pytest.fixture
def account(store):
    payment = factories_money.PaidPaymentFactory.create(order__store=store)
    Dispute.objects.create(
        store=store, payment=payment, dispute_id="dp_1", charge_id="ch_1", amount=7_77
    )
    AccountMoney.objects.create(
        account=store.account,
        available={"usd": 123_45},
        payouts=[
            {"id": "po_1", "amount": 50_00, "currency": "usd", "status": "paid", "arrival_date": 1}
        ],
        read_at=timezone.now(),
    )
    Account.objects.filter(pk=store.account_id).update(requirements=DUE)
    store.account.refresh_from_db()
    return store.account


@pytest.fixture
def owner(store, staff):
    staff["owner"] = factories.MembershipFactory.create(store=store, role=Role.OWNER).user


def test_shows_what_it_has_and_owes_to_its_owner_and_the_platform_only(sign_in, account, owner):
    secrets = {"123.45 USD", "po_1", "7.77 USD"}
    sees = {"superuser": secrets, "owner": secrets, "manager": set(), "cashier": set()}
    for name, expected in sees.items():
        text = sign_in(name).get(page(account)).content.decode()
        assert {each for each in secrets if each in text} == expected, name
        assert "Takes cards" in text


def test_says_what_is_due_in_words_to_who_can_see_to_it(sign_in, account, owner):
    for name in ("superuser", "owner", "manager"):
        text = sign_in(name).get(page(account)).content.decode()
        assert "The identity document of the owner." in text
    assert "identity document" not in sign_in("cashier").get(page(account)).content.decode()


@pytest.mark.parametrize("button", ["onboard", "connect-again", "refresh", "terms", "disconnect"])
def test_is_unknown_to_the_owner_of_another(sign_in, account, button):
    client = sign_in("stranger")

    assert client.get(page(account)).status_code == 302
    assert client.get(page(account, "state")).status_code == 404
    assert client.post(page(account, button)).status_code == 404
    assert account.name not in client.get(url(Account, "changelist")).content.decode()
    assert not AccountLink.objects.exists()


@pytest.mark.parametrize(
    ("name", "status"), [("owner", 302), ("superuser", 302), ("manager", 403), ("cashier", 403)]
)
def test_is_onboarded_by_its_owner_and_the_platform(sign_in, account, owner, name, status):
    answer = sign_in(name).post(page(account, "onboard"))

    assert answer.status_code == status
    assert AccountLink.objects.filter(account=account).exists() == (status == 302)
    if status == 302:
        assert answer.url == reverse("onboarding-way")
        assert StripeRequest.objects.get().params["account"] == account.stripe_id


@pytest.mark.parametrize(
    ("submitted", "requirements", "tone"),
    [
        (True, {"eventually_due": ["individual.id_number"]}, ""),
        (True, DUE, "default"),
        (True, {"past_due": ["external_account"]}, "default"),
        (False, {}, "default"),
    ],
)
def test_calls_for_onboarding_only_while_something_is_due(
    sign_in, account, owner, submitted, requirements, tone
):
    Account.objects.update(details_submitted=submitted, requirements=requirements)

    text = sign_in("owner").get(page(account)).content.decode()

    assert f'<button class="press {tone}">Continue onboarding</button>' in text


def test_leads_nobody_to_the_onboarding_of_an_account_that_left(sign_in, account, owner):
    Account.objects.update(deauthorized_at=timezone.now())

    sign_in("owner").post(page(account, "onboard"))

    assert not AccountLink.objects.exists()


class TestDisconnecting:
    REASON: ClassVar = {"stamp": "", "reason": "They move on."}

    @pytest.fixture(autouse=True)
    def connected(self, account, settings):
        settings.STRIPE_CLIENT_ID = "ca_1"
        Account.objects.update(dashboard="full")

    def asked(self):
        return StripeRequest.objects.filter(kind="oauth.deauthorize")

    def test_says_before_what_will_end_and_for_whom(self, sign_in, account, store):
        text = sign_in("superuser").get(page(account, "disconnect")).content.decode()

        assert store.name in text
        assert account.stripe_id in text
        assert "Its stores take no cards from then on." in text
        assert not self.asked().exists()

    def test_says_what_stands_in_the_way_and_asks_stripe_nothing(self, sign_in, account, store):
        held = factories_money.ApprovedPaymentFactory.create(
            order__store=store, stripe_account=account.stripe_id
        )
        client = sign_in("superuser")

        text = client.get(page(account, "disconnect")).content.decode()
        answer = client.post(page(account, "disconnect"), self.REASON, follow=True)

        for shown in (text, answer.content.decode()):
            assert f"The payment of order {held.order.number} in {store.name} is open" in shown
        assert not self.asked().exists()

    def test_needs_a_reason_and_whoever_signed_in(self, sign_in, account):
        client = sign_in("superuser")
        client.post(page(account, "disconnect"), self.REASON | {"reason": " "})
        assert not self.asked().exists()
        session = client.session
        session["confirmed_at"] = 0
        session.save()
        answer = client.post(page(account, "disconnect"), self.REASON)
        assert answer.url.startswith(reverse("admin:confirm"))
        assert not self.asked().exists()

    @pytest.mark.parametrize("name", ["owner", "manager", "cashier"])
    def test_is_the_platforms_alone(self, sign_in, account, owner, name):
        client = sign_in(name)
        assert "/disconnect/" not in client.get(page(account)).content.decode()
        assert client.post(page(account, "disconnect"), self.REASON).status_code == 403
        assert not self.asked().exists()

    def test_shows_on_the_account_that_it_is_on_its_way_and_why_it_failed(self, sign_in, account):
        client = sign_in("superuser")
        text = client.post(page(account, "disconnect"), self.REASON, follow=True).content.decode()
        assert "Disconnect the account: about to be sent to Stripe." in text
        assert "/disconnect/" not in text
        before = client.get(page(account, "state")).json()["stamp"]

        self.asked().update(
            status="refused", error_message="No application matches.", finished_at=timezone.now()
        )
        text = client.get(page(account)).content.decode()
        assert "Stripe did not disconnect it: No application matches." in text
        assert "/disconnect/" in text
        assert client.get(page(account, "state")).json()["stamp"] != before


@pytest.mark.parametrize(("asked", "shows"), [("connected", 1), ("left", 0)])
def test_lists_what_is_connected_or_has_left(sign_in, account, asked, shows):
    left = factories.AccountFactory.create(name="Gone Fishing", deauthorized_at=timezone.now())

    answer = sign_in("superuser").get(url(Account, "changelist"), {"connection": asked})

    shown = {row.pk for row in answer.context["cl"].result_list}
    assert (account.pk in shown, left.pk in shown) == (bool(shows), not shows)


def test_says_on_a_store_that_it_takes_no_cards(sign_in, store):
    Account.objects.update(charges_enabled=False, disabled_reason="under_review")

    client = sign_in("manager")
    assert "Stripe is reviewing the account." in client.get(page(store)).content.decode()
    listed = client.get(url(type(store), "changelist")).content.decode()
    assert '<span class="badge quiet">No</span>' in listed


class TestInviting:
    @pytest.mark.parametrize("name", ["cashier", "manager", "stranger", "newcomer"])
    def test_is_the_platforms_alone(self, sign_in, name):
        client = sign_in(name)
        for view in ("add", "connect"):
            assert client.get(url(Onboarding, view)).status_code == 403
            sent = client.post(url(Onboarding, view), FORM | {"key": uuid.uuid4()})
            assert sent.status_code == 403
        assert not Onboarding.objects.exists()
        assert "Invite" not in client.get(url(Account, "changelist")).content.decode()

    def test_twice_sent_is_one_account(self, sign_in):
        client, form = sign_in("superuser"), FORM | {"key": uuid.uuid4()}

        places = {client.post(url(Onboarding, "add"), form).url for _ in range(2)}

        assert places == {page(Onboarding.objects.get())}
        assert StripeRequest.objects.get().kind == "account.create"

    @pytest.mark.parametrize(
        "wrong", [{"country": "usa"}, {"email": "jenny"}, {"dashboard": "none"}, {"name": ""}]
    )
    def test_sends_nothing_that_stripe_would_refuse(self, sign_in, wrong):
        form = FORM | {"key": uuid.uuid4()} | wrong
        assert sign_in("superuser").post(url(Onboarding, "add"), form).status_code == 200
        assert not Onboarding.objects.exists()

    def test_asks_about_an_id_only_if_it_is_one(self, sign_in):
        client = sign_in("superuser")
        for stripe_id, count in (("cus_1", 0), ("acct_1Shop", 1)):
            form = {"key": uuid.uuid4(), "stripe_id": stripe_id}
            client.post(url(Onboarding, "connect"), form)
            assert Onboarding.objects.count() == count

    @pytest.mark.parametrize("view", ["add", "connect"])
    def test_leads_back_to_the_list_it_is_reached_from(self, sign_in, view):
        text = sign_in("superuser").get(url(Onboarding, view)).content.decode()
        [breadcrumbs] = re.findall(r'<div class="breadcrumbs">(.*?)</div>', text)
        assert re.findall(r'href="([^"]*)"', breadcrumbs) == [url(Account, "changelist")]

    @pytest.mark.parametrize("submitted", [True, False])
    def test_calls_for_an_invitation_while_one_helps(self, sign_in, account, submitted):
        Account.objects.update(details_submitted=submitted)
        row = factories_money.OnboardingFactory.create(account=account)
        tone = "" if submitted else "default"
        text = sign_in("superuser").get(page(row)).content.decode()
        assert f'<button class="press {tone}">Make an invitation</button>' in text

    def test_shows_an_invitation_once(self, sign_in):
        row = factories_money.OnboardingFactory.create()
        client = sign_in("superuser")

        answer = client.post(page(row, "invitation"))

        assert "no-store" in answer["Cache-Control"]
        [token] = re.findall(
            r"/onboarding/invitation/#(rtl_invitation_[\w-]+)\"", answer.content.decode()
        )
        assert onboarding.redeem(token) == row
        assert "rtl_invitation_" not in client.get(page(row)).content.decode()

    @pytest.mark.parametrize("name", ["manager", "stranger"])
    def test_gives_nobody_else_an_invitation(self, sign_in, name):
        row = factories_money.OnboardingFactory.create()
        assert sign_in(name).post(page(row, "invitation")).status_code in (403, 404)
        row.refresh_from_db()
        assert row.token_hash is None


class TestRetailersPages:
    @pytest.fixture
    def invited(self, staff, store):
        row = factories_money.OnboardingFactory.create(account=store.account)
        by = Principal.of_user(staff["superuser"])
        return row, onboarding.offer(row, by=by)

    @pytest.mark.parametrize("name", ["way", "go", "refresh", "return", "standing"])
    def test_know_nobody_without_an_invitation(self, client, db, name):
        answer = client.get(reverse(f"onboarding-{name}"))
        assert answer.status_code == 404
        assert not AccountLink.objects.exists()

    def test_use_nothing_up_by_being_looked_at(self, client, invited):
        row, token = invited
        client.get(reverse("onboarding-invitation"))
        assert onboarding.redeem(token) == row

    def test_refuse_a_wrong_code_in_the_words_for_a_used_one(self, client, invited):
        _, token = invited
        onboarding.redeem(token)
        for code in (token, "wrong", ""):
            answer = client.post(reverse("onboarding-invitation"), {"code": code})
            assert answer.status_code == 422
            assert "This invitation opens nothing" in answer.content.decode()

    def test_wait_for_the_link_and_go_to_it_once(self, client, invited):
        _, token = invited
        client.post(reverse("onboarding-invitation"), {"code": token})
        assert client.get(reverse("onboarding-way"))["Refresh"] == "0; url=/onboarding/go/"
        waiting = client.get(reverse("onboarding-go"))
        assert waiting["Refresh"] == "1"
        assert "no-store" in waiting["Cache-Control"]

        later = timezone.now() + timedelta(minutes=5)
        AccountLink.objects.update(url="https://connect.stripe.com/setup/1", expires_at=later)
        gone = client.get(reverse("onboarding-go"))
        assert gone.url == "https://connect.stripe.com/setup/1"
        again = client.get(reverse("onboarding-go"))
        assert again.status_code == 200
        assert "Continue to Stripe" in again.content.decode()

    def test_make_a_new_link_for_one_that_was_used(self, client, invited):
        _, token = invited
        client.post(reverse("onboarding-invitation"), {"code": token})
        assert client.get(reverse("onboarding-refresh")).url == reverse("onboarding-way")
        assert AccountLink.objects.count() == 2

    def test_show_how_it_stands_only_when_it_was_read_since(self, client, invited, store):
        _, token = invited
        Account.objects.update(read_at=timezone.now(), requirements=DUE, charges_enabled=False)
        client.post(reverse("onboarding-invitation"), {"code": token})
        client.get(reverse("onboarding-return"))
        text = client.get(reverse("onboarding-standing")).content.decode()
        assert "Stripe is being asked" in text
        assert "identity document" not in text

        Account.objects.update(read_at=timezone.now())
        text = client.get(reverse("onboarding-standing")).content.decode()
        assert "The identity document of the owner." in text

    def test_end_after_a_day(self, client, invited):
        _, token = invited
        client.post(reverse("onboarding-invitation"), {"code": token})
        session = client.session
        session[visits.KEY] |= {"until": timezone.now().timestamp() - 1}
        session.save()
        assert client.get(reverse("onboarding-refresh")).status_code == 404
