"""A retailer is invited, an account is made or looked up, and its owner is led to Stripe."""

import re
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from payments import gateway
from payments.errors import InvitationRefused, NotThePlatform, TooManyLinks
from payments.models import AccountLink, Incident, Onboarding, StripeRequest
from payments.services import account_links, accounts, errands, onboarding
from stores.models import Account, LogEntry
from stores.principals import Principal
from stores.services import set_terms
from stores.transitions import standing
from tests.factories import AccountFactory, MembershipFactory, StoreFactory, UserFactory

BASE = "https://shop.example"


@pytest.fixture
def owner(db):
    return Principal.of_user(UserFactory.create(is_superuser=True))


def ask(owner, **more):
    told: Any = {
        "key": uuid.uuid4(),
        "name": "Corner Coffee",
        "email": "jenny@example.com",
        "country": "US",
        "business_type": "company",
        "dashboard": "full",
    }
    return onboarding.invite(by=owner, **told | more)


def carry_out(row):
    errands.carry_out(row.request_id)
    row.refresh_from_db()
    return row


def invited(owner, **more):
    return carry_out(ask(owner, **more))


def link_to(row):
    link = account_links.ask_for_link(base_url=BASE, onboarding=row)
    return carry_out(link)


class TestInviting:
    def test_makes_an_account_that_asks_for_cards_and_transfers(self, simulator, owner):
        row = invited(owner)

        assert (row.account.name, row.account.country) == ("Corner Coffee", "US")
        assert row.account.dashboard == "full"
        assert not row.account.charges_enabled
        [sent] = simulator.exchanges("POST", "/v1/accounts")
        assert sent["account"] in ("", "acct_1SimPlatform00000")
        assert sent["params"]["capabilities"] == {
            "card_payments": {"requested": True},
            "transfers": {"requested": True},
        }

    @pytest.mark.parametrize("dashboard", ["full", "express"])
    def test_makes_it_of_the_kind_that_was_chosen(self, simulator, owner, dashboard):
        assert invited(owner, dashboard=dashboard).account.dashboard == dashboard

    def test_twice_sent_is_one_account(self, simulator, owner):
        key = uuid.uuid4()
        first, second = ask(owner, key=key), ask(owner, key=key)
        carry_out(first)
        carry_out(second)

        assert first == second
        assert Account.objects.count() == StripeRequest.objects.count() == 1

    def test_is_the_platforms_alone(self, simulator, store_owner):
        with pytest.raises(NotThePlatform):
            ask(store_owner)
        with pytest.raises(NotThePlatform):
            onboarding.connect(key=uuid.uuid4(), stripe_id="acct_1", by=store_owner)
        assert not StripeRequest.objects.exists()

    def test_a_refused_one_may_be_asked_for_again(self, simulator, owner):
        simulator.fault("accounts.create", "before", "error", error={"message": "No."}, count=1)
        row = invited(owner)
        assert row.account is None
        assert row.problem.startswith("Stripe made no account:")

        onboarding.try_again(row, by=owner)
        row.refresh_from_db()
        assert carry_out(row).account is not None

    def test_a_lost_answer_makes_no_second_account(self, simulator, owner):
        simulator.fault("accounts.create", "after", "reset", count=1)
        row = invited(owner)
        assert row.account is None
        assert not row.problem
        StripeRequest.objects.update(next_try_at=timezone.now())
        row = carry_out(row)

        assert row.account is not None
        assert len(simulator.stripe_get("accounts")["data"]) == 1

    def test_what_became_of_one_without_a_clear_answer_is_looked_up(self, simulator, owner):
        simulator.fault("accounts.create", "after", "500", count=2)
        row = invited(owner)
        StripeRequest.objects.update(next_try_at=timezone.now())
        row = carry_out(row)

        assert row.account is not None
        assert not Incident.objects.exists()

    def test_what_never_arrived_is_known_after_a_look(self, simulator, owner):
        simulator.fault("accounts.create", "before", "500", count=2)
        row = invited(owner)
        StripeRequest.objects.update(next_try_at=timezone.now())
        row = carry_out(row)

        assert row.account is None
        assert "Stripe knows nothing of it" in row.problem
        assert not Incident.objects.exists()

    def test_a_key_that_is_too_old_is_never_sent_again_but_looked_up(self, simulator, owner):
        simulator.fault("accounts.create", "after", "reset", count=1)
        row = invited(owner)
        StripeRequest.objects.update(
            next_try_at=timezone.now(), first_sent_at=timezone.now() - timedelta(hours=24)
        )
        simulator.fault("accounts.list", "before", "503", count=1)
        carry_out(row)
        assert not row.problem
        StripeRequest.objects.update(next_try_at=timezone.now())
        row = carry_out(row)

        assert row.account is not None
        assert len(simulator.exchanges("POST", "/v1/accounts")) == 1


@pytest.fixture
def store_owner(db):
    return Principal.of_user(MembershipFactory.create(role="owner").user)


class TestConnecting:
    def connect(self, owner, stripe_id):
        row = onboarding.connect(key=uuid.uuid4(), stripe_id=stripe_id, by=owner)
        onboarding.look_up(row.pk)
        row.refresh_from_db()
        return row

    def test_takes_an_account_of_the_platform_in(self, simulator, owner):
        simulator.call("accounts", {"id": "acct_1Known", "business_name": "Known Shop"})
        row = self.connect(owner, "acct_1Known")

        assert (row.account.stripe_id, row.name) == ("acct_1Known", "Known Shop")
        assert standing(row.account).takes_cards

    def test_says_plainly_that_an_account_is_not_ours(self, simulator, owner):
        row = self.connect(owner, "acct_1Stranger")

        assert row.account is None
        assert "no account acct_1Stranger" in row.problem
        assert "test mode" in row.problem

    def test_does_not_take_the_platform_itself_for_a_retailer(self, simulator, owner):
        row = self.connect(owner, "acct_1SimPlatform00000")
        assert "platform's own" in row.problem

    def test_waits_while_stripe_is_away(self, simulator, owner):
        simulator.fault("accounts.current", "before", "503", count=1)
        with pytest.raises(gateway.NoAnswer):
            self.connect(owner, "acct_1Known")
        row = Onboarding.objects.get()
        assert row.waits
        assert onboarding.due(timezone.now() + timedelta(minutes=1)) == [row.pk]

    def test_brings_one_back_that_had_left(self, simulator, owner):
        simulator.call("accounts", {"id": "acct_1Back"})
        account = AccountFactory.create(stripe_id="acct_1Back", deauthorized_at=timezone.now())
        self.connect(owner, "acct_1Back")

        account.refresh_from_db()
        assert account.deauthorized_at is None


class TestTheLog:
    def test_tells_who_invited_and_what_became_of_it(self, simulator, owner):
        row = invited(owner)
        onboarding.redeem(onboarding.offer(row, by=owner))
        verbs = LogEntry.objects.filter(subject="onboarding").order_by("pk")
        told = list(verbs.values_list("verb", "user"))
        assert told[0] == ("invited", owner.user_id)
        assert told[-2:] == [("invitation_made", owner.user_id), ("invitation_opened", None)]

    def test_tells_each_store_of_an_account_what_was_changed_of_it(self, db, owner):
        account = AccountFactory.create(name="Corner")
        stores = StoreFactory.create_batch(2, account=account)
        set_terms(account, name="Corner Coffee", refund_application_fee=False, by=owner)
        set_terms(account, name="Corner Coffee", refund_application_fee=False, by=owner)
        rows = LogEntry.objects.filter(subject="account", verb="terms").order_by("pk")
        assert [row.store for row in rows] == stores
        assert "called Corner," in rows[0].old
        assert "keeps its fee" in rows[0].new
        assert {row.user_id for row in rows} == {owner.user_id}


class TestInvitations:
    def test_open_once(self, simulator, owner):
        row = invited(owner)
        token = onboarding.offer(row, by=owner)
        assert token not in str(Onboarding.objects.values().get())

        assert onboarding.redeem(token) == row
        with pytest.raises(InvitationRefused):
            onboarding.redeem(token)

    def test_end(self, simulator, owner):
        row = invited(owner)
        token = onboarding.offer(row, by=owner)
        Onboarding.objects.update(expires_at=timezone.now())
        with pytest.raises(InvitationRefused):
            onboarding.redeem(token)

    def test_a_new_one_ends_the_old(self, simulator, owner):
        row = invited(owner)
        old, new = onboarding.offer(row, by=owner), onboarding.offer(row, by=owner)
        with pytest.raises(InvitationRefused):
            onboarding.redeem(old)
        assert onboarding.redeem(new) == row

    def test_are_the_platforms_to_make(self, simulator, owner, store_owner):
        row = invited(owner)
        with pytest.raises(NotThePlatform):
            onboarding.offer(row, by=store_owner)


class TestLinks:
    def test_lead_to_stripes_page_once_and_are_forgotten(self, simulator, owner, caplog):
        link = link_to(invited(owner))
        url = account_links.take(link.pk)

        assert url.startswith(simulator.base)
        assert account_links.take(link.pk) == ""
        link.refresh_from_db()
        assert link.url == ""
        assert url not in str(list(StripeRequest.objects.values()))
        assert url not in caplog.text
        assert httpx.get(url, trust_env=False, follow_redirects=True).status_code == 200

    def test_wait_for_the_account(self, simulator, owner):
        row = ask(owner)
        link = account_links.ask_for_link(base_url=BASE, onboarding=row)
        assert link.request_id is None
        carry_out(row)
        link.refresh_from_db()
        carry_out(link)

        assert account_links.take(link.pk)

    def test_come_back_to_us(self, simulator, owner):
        link_to(invited(owner))
        [sent] = simulator.exchanges("POST", "/v1/account_links")
        assert sent["params"]["refresh_url"] == f"{BASE}/onboarding/refresh/"
        assert sent["params"]["return_url"] == f"{BASE}/onboarding/return/"

    def test_that_nobody_takes_are_forgotten(self, simulator, owner):
        link = link_to(invited(owner))
        account_links.forget_links(timezone.now() + timedelta(minutes=10))
        link.refresh_from_db()
        assert link.url == ""
        account_links.forget_links(timezone.now() + timedelta(days=2))
        assert not AccountLink.objects.exists()

    def test_that_stripe_refuses_are_told_to_whoever_waits_and_to_nobody_else(
        self, simulator, owner
    ):
        row = invited(owner)
        simulator.call(f"accounts/{row.account.stripe_id}/deauthorize", {})
        link = link_to(row)
        assert link.problem
        assert not Incident.objects.exists()

    def test_are_not_made_without_end(self, simulator, owner):
        row = invited(owner)
        for _ in range(account_links.LINKS_AN_HOUR):
            account_links.ask_for_link(base_url=BASE, onboarding=row)
        with pytest.raises(TooManyLinks):
            account_links.ask_for_link(base_url=BASE, account=row.account)


class TestStanding:
    @pytest.fixture
    def account(self, simulator, db):
        account = AccountFactory.create(stripe_id="acct_1Shop")
        simulator.call("accounts", {"id": account.stripe_id, "business_name": "Shop"})
        StoreFactory.create(account=account)
        return account

    def look(self, account):
        accounts.look(account.pk)
        account.refresh_from_db()
        return account

    def test_what_is_due_is_kept_with_its_deadline_and_told_the_stores(self, simulator, account):
        simulator.call(
            f"accounts/{account.stripe_id}/requirements",
            {"fields": ["individual.verification.document"], "deadline_seconds": 86_400},
        )
        account = self.look(account)

        assert account.due("currently_due") == ["individual.verification.document"]
        assert account.current_deadline > timezone.now()
        assert standing(account).takes_cards
        told = Incident.objects.get(kind="account_due")
        assert "The identity document of the owner." in told.message

        simulator.call(f"accounts/{account.stripe_id}/requirements", {})
        self.look(account)
        told.refresh_from_db()
        assert told.resolved_at is not None

    def test_a_stop_is_told_the_stores_and_so_is_its_end(self, simulator, account):
        simulator.call(f"accounts/{account.stripe_id}/restrict", {})
        account = self.look(account)
        assert standing(account).code == "account_cannot_charge"
        assert Incident.objects.filter(kind="account_stopped", resolved_at=None).count() == 1

        simulator.call(f"accounts/{account.stripe_id}/restrict", {"reason": None})
        account = self.look(account)
        assert standing(account).takes_cards
        assert not Incident.objects.filter(resolved_at=None).exists()
        verbs = LogEntry.objects.filter(subject="account").order_by("pk")
        assert [each.verb for each in verbs] == ["cards_stopped", "cards_started"]

    def test_a_key_that_stripe_refuses_makes_no_account_leave(self, simulator, account, settings):
        simulator.fault("accounts.retrieve", "before", "401", count=1)
        with pytest.raises(gateway.NoAnswer):
            self.look(account)
        account.refresh_from_db()
        assert account.deauthorized_at is None

    def test_the_balance_and_payouts_are_read_for_looking(self, simulator, account):
        self.look(account)
        assert account.money.read_at
        assert account.money.available == {"usd": 0}

    def test_is_read_again_after_half_a_day_and_sooner_while_something_is_wrong(self, account):
        now = timezone.now()
        assert accounts.due(now + timedelta(hours=11)) == []
        assert accounts.due(now + timedelta(hours=13)) == [account.pk]
        account.charges_enabled = False
        account.save()
        assert accounts.due(now + timedelta(hours=2)) == [account.pk]


def test_the_log_of_a_stripe_request_holds_no_link(simulator, owner):
    link = link_to(invited(owner))
    link.refresh_from_db()
    secret = re.search(r"link_\w+", link.url)
    assert secret is not None
    for row in StripeRequest.objects.values():
        assert secret.group() not in str(row)
