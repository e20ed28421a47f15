"""A retailer connects an account that exists: a button, a login at Stripe, and back with a code."""

import uuid
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from payments.errors import (
    NotTheirReturn,
    NotThePlatform,
    OnboardingNotPossible,
    TooManyLinks,
)
from payments.models import AccountGrant, Circuit, Incident, Onboarding, StripeRequest
from payments.services import account_links, accounts, connecting, errands, onboarding
from payments.services.bells import WORK
from stores.models import Account, LogEntry
from stores.principals import Principal
from stores.transitions import standing
from tests.factories import AccountFactory, MembershipFactory, StoreFactory, UserFactory
from tests.stripe_double import CLIENT_ID

BACK = "https://shop.example/onboarding/connected/"
OLDER = "acct_1Older"


@pytest.fixture
def owner(db):
    return Principal.of_user(UserFactory.create(is_superuser=True))


@pytest.fixture
def older(simulator):
    """An account at Stripe that has not let the platform in."""
    told = {"id": OLDER, "business_name": "An older shop", "connected": False}
    simulator.call("accounts", told)
    return OLDER


@pytest.fixture
def row(owner, simulator):
    return connecting.invite(key=uuid.uuid4(), name="Corner", email="jenny@example.com", by=owner)


def returned(simulator, login=OLDER, **whose):
    """Somebody who left for Stripe, agreed and is back; no worker has come yet."""
    grant, url = connecting.leave(redirect_uri=BACK, **whose)
    return connecting.come_back(simulator.agree(url, login), left_with=grant.pk)


def work(grant):
    """What workers make of it."""
    StripeRequest.objects.filter(pk=grant.request_id).update(next_try_at=timezone.now())
    errands.carry_out(grant.request_id)
    if grant.onboarding_id:
        onboarding.look_up(grant.onboarding_id)
    grant.refresh_from_db()
    return grant


def connected(simulator, row, account=OLDER):
    grant = work(returned(simulator, account, row=row))
    row.refresh_from_db()
    return grant


class TestLeaving:
    def test_leads_to_stripe_with_a_state_of_which_only_the_hash_is_kept(self, row):
        grant, url = connecting.leave(redirect_uri=BACK, row=row)
        sent = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
        state = sent.pop("state")
        assert sent == {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "scope": "read_write",
            "stripe_landing": "login",
            "redirect_uri": BACK,
        }
        assert len(state) >= 32
        assert state not in str(AccountGrant.objects.values().get(pk=grant.pk))

    def test_goes_to_the_host_on_which_stripe_has_oauth(self, row, settings):
        settings.STRIPE_API_BASE = "https://api.stripe.com"
        _, url = connecting.leave(redirect_uri=BACK, row=row)
        assert url.startswith("https://connect.stripe.com/oauth/authorize?")

    def test_needs_the_client_id_of_the_platform(self, row, owner, settings):
        settings.STRIPE_CLIENT_ID = ""
        with pytest.raises(OnboardingNotPossible, match="STRIPE_CLIENT_ID"):
            connecting.leave(redirect_uri=BACK, row=row)
        with pytest.raises(OnboardingNotPossible):
            connecting.invite(key=uuid.uuid4(), name="Other", email="", by=owner)

    def test_is_not_for_an_account_that_is_connected(self, simulator, row, older):
        connected(simulator, row)
        with pytest.raises(OnboardingNotPossible):
            connecting.leave(redirect_uri=BACK, row=row)
        with pytest.raises(OnboardingNotPossible):
            connecting.leave(redirect_uri=BACK, account=row.account)

    def test_is_not_done_without_end(self, row):
        for _ in range(account_links.LINKS_AN_HOUR):
            connecting.leave(redirect_uri=BACK, row=row)
        with pytest.raises(TooManyLinks):
            connecting.leave(redirect_uri=BACK, row=row)

    def test_is_the_platforms_to_offer(self, db):
        stranger = Principal.of_user(MembershipFactory.create(role="owner").user)
        with pytest.raises(NotThePlatform):
            connecting.invite(key=uuid.uuid4(), name="Mine", email="", by=stranger)

    def test_is_offered_once_however_often_the_form_is_sent(self, owner, simulator):
        key = uuid.uuid4()
        for _ in range(2):
            connecting.invite(key=key, name="Corner", email="", by=owner)
        assert Onboarding.objects.count() == 1
        assert not StripeRequest.objects.exists()


class TestComingBack:
    def test_connects_the_account(self, simulator, row, older):
        grant = connected(simulator, row)

        assert grant.end == "connected"
        assert (row.account.stripe_id, row.name) == (older, "An older shop")
        assert standing(row.account).takes_cards

    def test_keeps_the_code_until_it_was_exchanged_and_no_longer(
        self, simulator, row, older, caplog
    ):
        grant = returned(simulator, row=row)
        code = grant.code
        assert code.startswith("ac_")
        assert code not in str(list(StripeRequest.objects.values()))
        grant = work(grant)

        assert grant.code == ""
        rows = [AccountGrant.objects, StripeRequest.objects, LogEntry.objects, Onboarding.objects]
        kept = str([list(each.values()) for each in rows]) + caplog.text
        assert code not in kept
        [answer] = simulator.exchanges("POST", "/oauth/token")
        for secret in ("access_token", "refresh_token"):
            assert answer["response"][secret] not in kept

    def test_has_its_balance_read(self, simulator, row, older, monkeypatch):
        rung = []
        monkeypatch.setattr(accounts, "notify", lambda *parts: rung.append(parts))
        connected(simulator, row)
        assert (WORK, "account", row.account_id) in rung

    def test_is_written_down(self, simulator, row, older, owner):
        connected(simulator, row)
        told = LogEntry.objects.filter(subject="onboarding", subject_id=row.pk).order_by("pk")
        assert [entry.verb for entry in told] == ["invited", "connect_began", "connect_connected"]

    def test_is_taken_once(self, simulator, row, older):
        grant, url = connecting.leave(redirect_uri=BACK, row=row)
        told = simulator.agree(url, older)
        connecting.come_back(told, left_with=grant.pk)
        for again in (told, told | {"code": "ac_another"}):
            with pytest.raises(NotTheirReturn):
                connecting.come_back(again, left_with=grant.pk)
        assert StripeRequest.objects.count() == 1

    def test_is_taken_of_whoever_left_and_of_nobody_else(self, simulator, row, older, owner):
        grant, url = connecting.leave(redirect_uri=BACK, row=row)
        other, _ = connecting.leave(redirect_uri=BACK, row=row)
        told = simulator.agree(url, older)
        for left_with in (None, other.pk):
            with pytest.raises(NotTheirReturn):
                connecting.come_back(told, left_with=left_with)
        with pytest.raises(NotTheirReturn):
            connecting.come_back(told, left_with=grant.pk, by=owner)
        assert not StripeRequest.objects.exists()

    @pytest.mark.parametrize(
        "forged",
        [{"state": "forged"}, {"state": ""}, {"code": ""}, {"code": "ac 1"}, {"code": "x" * 256}],
    )
    def test_is_not_taken_with_anything_forged(self, simulator, row, older, forged):
        grant, url = connecting.leave(redirect_uri=BACK, row=row)
        told = simulator.agree(url, older)
        with pytest.raises(NotTheirReturn):
            connecting.come_back(told | forged, left_with=grant.pk)
        assert not StripeRequest.objects.exists()

    def test_is_not_taken_after_an_hour(self, simulator, row, older):
        grant, url = connecting.leave(redirect_uri=BACK, row=row)
        AccountGrant.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(NotTheirReturn):
            connecting.come_back(simulator.agree(url, older), left_with=grant.pk)

    def test_with_a_refusal_connects_nothing_and_says_so(self, simulator, row, older):
        grant, url = connecting.leave(redirect_uri=BACK, row=row)
        told = simulator.agree(url, older, act="deny")
        grant = connecting.come_back(told, left_with=grant.pk)

        assert grant.end == "denied"
        assert "did not agree" in connecting.stage(grant).message
        assert not StripeRequest.objects.exists()
        assert LogEntry.objects.filter(verb="connect_denied").exists()
        assert connected(simulator, row).end == "connected"  # on second thoughts

    def test_with_words_no_database_takes_is_no_fault_of_ours(self, simulator, row):
        grant, url = connecting.leave(redirect_uri=BACK, row=row)
        [state] = parse_qs(urlsplit(url).query)["state"]
        told = {"state": state, "error": "server_error", "error_description": "a\x00b"}
        assert connecting.come_back(told, left_with=grant.pk).problem == "ab"


class TestWhatStripeSays:
    def test_a_code_that_is_too_old_is_told_with_what_to_do(self, simulator, row, older):
        grant = returned(simulator, row=row)
        code = grant.code
        simulator.call("clock", {"advance": 301})
        grant = work(grant)

        assert (grant.end, grant.code) == ("spent", "")
        stage = connecting.stage(grant)
        assert "five minutes" in stage.message
        assert "Connect once more" in str(stage.next_action)
        assert code not in str(list(StripeRequest.objects.values()))  # Stripe's refusal repeats it
        assert "Authorization code expired: …" in grant.problem
        assert not Incident.objects.exists()
        assert connected(simulator, row).end == "connected"

    def test_leave_to_look_only_is_not_enough(self, simulator, row, older):
        grant, url = connecting.leave(redirect_uri=BACK, row=row)
        told = simulator.agree(url.replace("read_write", "read_only"), older)
        grant = work(connecting.come_back(told, left_with=grant.pk))

        row.refresh_from_db()
        assert (grant.end, row.account) == ("read_only", None)
        assert older in connecting.stage(grant).message

    def test_an_account_of_the_other_mode_is_not_taken(self, simulator, row, older):
        simulator.fault("oauth.token", "after", "livemode", count=1)
        grant = connected(simulator, row)
        assert (grant.end, row.account) == ("other_mode", None)

    def test_a_key_it_does_not_take_is_the_platforms_to_mend(self, simulator, row, older):
        simulator.fault("oauth.token", "before", "401", count=1)
        grant = connected(simulator, row)

        assert grant.end == "refused"
        assert "STRIPE_CLIENT_ID" in Incident.objects.get(kind="connect_refused").message
        assert not Circuit.objects.filter(name="key").exists()  # selling goes on
        assert connected(simulator, row).end == "connected"
        assert not Incident.objects.filter(resolved_at=None).exists()

    def test_an_account_that_another_retailer_has_here_is_refused(self, simulator, row, owner):
        simulator.call("accounts", {"id": OLDER})
        AccountFactory.create(stripe_id=OLDER, name="Theirs")
        grant = connected(simulator, row)

        assert row.account is None
        assert "on the platform already" in connecting.stage(grant).message

    def test_after_a_refusal_another_account_may_be_connected(self, simulator, row, older):
        simulator.call("accounts", {"id": "acct_1Theirs"})
        AccountFactory.create(stripe_id="acct_1Theirs")
        connected(simulator, row, "acct_1Theirs")
        assert row.problem
        connected(simulator, row, older)
        assert (row.account.stripe_id, row.problem) == (older, "")

    def test_two_who_connect_the_same_account_do_not_both_get_it(
        self, simulator, row, older, owner
    ):
        other = connecting.invite(key=uuid.uuid4(), name="Other", email="", by=owner)
        grants = [returned(simulator, row=each) for each in (row, other)]
        for grant in grants:
            work(grant)
        assert Onboarding.objects.filter(account__stripe_id=older).count() == 1
        other.refresh_from_db()
        assert "already" in other.problem


class TestALostAnswer:
    def lose(self, simulator, row, what="reset", **more):
        simulator.fault("oauth.token", "after", what, count=1, **more)
        return connected(simulator, row)

    @pytest.mark.parametrize("what", ["reset", "500"])
    def test_is_not_asked_for_again_for_that_would_revoke_it(self, simulator, row, older, what):
        grant = self.lose(simulator, row, what)
        work(grant)

        assert len(simulator.exchanges("POST", "/oauth/token")) == 1
        assert (grant.end, grant.code, row.account) == ("lost", "", None)
        assert "Connect once more" in str(connecting.stage(grant).next_action)

    def test_names_the_accounts_it_may_have_been_and_takes_none(self, simulator, row, older):
        simulator.call("accounts", {"id": "acct_1Known"})
        AccountFactory.create(stripe_id="acct_1Known")
        self.lose(simulator, row)

        told = Incident.objects.get(kind="grant_lost")
        assert told.data["accounts"] == [older]
        assert older in told.message

    def test_is_made_up_for_by_pressing_again(self, simulator, row, older):
        self.lose(simulator, row)
        assert connected(simulator, row).end == "connected"
        assert row.account.stripe_id == older
        assert not Incident.objects.filter(resolved_at=None).exists()

    def test_is_made_up_for_by_naming_the_account(self, simulator, row, older, owner):
        self.lose(simulator, row)
        named = onboarding.connect(key=uuid.uuid4(), stripe_id=older, by=owner)
        onboarding.look_up(named.pk)
        assert Account.objects.get(onboardings=named).stripe_id == older

    def test_is_looked_up_when_stripe_can_be_read_again(self, simulator, row, older):
        simulator.fault("accounts.list", "before", "503", count=1)
        grant = self.lose(simulator, row)
        assert connecting.stage(grant).waits
        assert work(grant).end == "lost"
        assert len(simulator.exchanges("POST", "/oauth/token")) == 1

    def test_that_never_came_to_stripe_is_sent_again(self, simulator, row, older):
        simulator.fault("oauth.token", "before", "503", count=1)
        grant = connected(simulator, row)
        assert (grant.end, connecting.stage(grant).waits) == ("", True)
        assert work(grant).end == "connected"


class TestAnAccountThatHadLeft:
    @pytest.fixture
    def left(self, simulator, shop):
        """It was disconnected while a customer stood at the reader."""
        payment = shop.sell()
        simulator.call(f"accounts/{shop.store.account.stripe_id}/deauthorize", {})
        accounts.look(shop.store.account_id)
        payment.refresh_from_db()
        assert payment.state == "needs_attention"
        return payment

    def test_comes_back_with_its_old_payments(self, simulator, shop, left):
        account = Account.objects.get()
        grant = work(returned(simulator, account.stripe_id, account=account))
        assert grant.end == "connected"
        accounts.look(account.pk)
        shop.converse(left)
        assert left.state == "waiting_for_card"
        shop.tap()
        shop.ring(left)
        assert left.state == "paid"
        assert not Incident.objects.filter(resolved_at=None).exists()

    def test_is_known_to_be_back_though_the_answer_was_lost(self, simulator, shop, left):
        account = Account.objects.get()
        simulator.fault("oauth.token", "after", "reset", count=1)
        assert work(returned(simulator, account.stripe_id, account=account)).end == "connected"
        accounts.look(account.pk)
        shop.converse(left)
        assert left.state == "waiting_for_card"
        shop.tap()
        shop.ring(left)

    def test_is_not_exchanged_for_another(self, simulator, shop, left, older):
        account = Account.objects.get()
        grant = work(returned(simulator, older, account=account))
        account.refresh_from_db()
        assert (grant.end, account.has_left) == ("other_account", True)
        assert older in connecting.stage(grant).message
        work(returned(simulator, account.stripe_id, account=account))
        accounts.look(account.pk)
        shop.converse(left)
        shop.tap()
        shop.ring(left)

    def test_comes_back_by_a_new_invitation_too(self, simulator, owner, row, older):
        connected(simulator, row)
        simulator.call(f"accounts/{older}/deauthorize", {})
        accounts.look(row.account_id)
        second = connecting.invite(key=uuid.uuid4(), name="Corner", email="", by=owner)
        connected(simulator, second)

        assert second.account == row.account
        assert not Account.objects.get().has_left


class TestThePages:
    @pytest.fixture
    def browser(self, row, owner):
        """The retailer's, with the invitation opened."""
        browser = Client()
        token = onboarding.offer(row, by=owner)
        answer = browser.post("/onboarding/invitation/", {"code": token})
        assert answer["Location"] == "/onboarding/connect/"
        return browser

    def leave(self, browser):
        """Press the button; Stripe's address."""
        assert browser.post("/onboarding/connect/")["Location"] == "/onboarding/"
        assert "url=/onboarding/go/" in browser.get("/onboarding/")["Refresh"]
        return browser.get("/onboarding/go/")["Location"]

    def test_lead_to_stripe_and_back_and_follow_until_it_is_known(self, simulator, browser, older):
        url = self.leave(browser)
        [back] = parse_qs(urlsplit(url).query)["redirect_uri"]
        assert back == "http://testserver/onboarding/connected/"
        answer = browser.get("/onboarding/connected/", simulator.agree(url, older))
        assert (answer.status_code, answer["Location"]) == (302, "/onboarding/connect/")
        assert "no-store" in answer["Cache-Control"]

        waiting = browser.get("/onboarding/connect/")
        assert (waiting["Refresh"], b"Stripe is being asked" in waiting.content) == ("1", True)
        work(AccountGrant.objects.get())
        done = browser.get("/onboarding/connect/", follow=True)
        assert done.request["PATH_INFO"] == "/onboarding/standing/"
        assert b"You can take cards" in done.content

    def test_send_nobody_off_who_did_not_press(self, browser):
        assert browser.get("/onboarding/go/")["Location"] == "/onboarding/connect/"
        self.leave(browser)
        assert browser.get("/onboarding/go/")["Location"] == "/onboarding/connect/"
        assert AccountGrant.objects.count() == 1

    def test_take_nothing_of_another_browser(self, simulator, browser, older):
        told = simulator.agree(self.leave(browser), older)
        assert Client().get("/onboarding/connected/", told).status_code == 404
        assert not StripeRequest.objects.exists()

    def test_take_nothing_that_another_left_with(self, simulator, browser, older, owner):
        other = connecting.invite(key=uuid.uuid4(), name="Foe", email="", by=owner)
        _, url = connecting.leave(redirect_uri=BACK, row=other)
        told = simulator.agree(url, older)
        self.leave(browser)
        refused = browser.get("/onboarding/connected/", told)
        assert refused.status_code == 403
        assert b"is not what it left with" in refused.content
        assert not StripeRequest.objects.exists()

    def test_may_be_loaded_again(self, simulator, browser, older):
        told = simulator.agree(self.leave(browser), older)
        for _ in range(2):
            again = browser.get("/onboarding/connected/", told)
            assert again["Location"] == "/onboarding/connect/"
        assert StripeRequest.objects.count() == 1

    def test_tell_a_refusal_and_have_the_button_there(self, simulator, browser, older):
        told = simulator.agree(self.leave(browser), older, act="deny")
        page = browser.get("/onboarding/connected/", told, follow=True).content.decode()
        assert "You did not agree at Stripe" in page
        assert "Connect with Stripe" in page
        assert self.leave(browser)

    def test_say_why_there_is_no_button(self, browser, settings):
        settings.STRIPE_CLIENT_ID = ""
        page = browser.get("/onboarding/connect/").content.decode()
        assert "Connect with Stripe" not in page
        assert "has not set that up" in page

    def test_are_of_a_visit(self, db):
        for path in ("connect", "connected"):
            assert Client().get(f"/onboarding/{path}/").status_code == 404
        assert Client().post("/onboarding/connected/").status_code == 405

    def test_an_owner_of_its_store_connects_an_account_again(self, simulator, older, db):
        account = AccountFactory.create(stripe_id=older, deauthorized_at=timezone.now())
        member = MembershipFactory.create(role="owner", store=StoreFactory.create(account=account))
        browser = Client()
        browser.force_login(member.user)
        press = f"/admin/stores/account/{account.pk}/connect-again/"
        assert browser.post(press)["Location"] == "/onboarding/connect/"
        told = simulator.agree(self.leave(browser), older)
        browser.get("/onboarding/connected/", told)
        work(AccountGrant.objects.get())
        assert AccountGrant.objects.get().begun_by == member.user
        accounts.look(account.pk)
        page = browser.get("/onboarding/connect/", follow=True)
        assert page.request["PATH_INFO"] == "/onboarding/standing/"


def test_grants_are_forgotten_after_a_day(simulator, row, older):
    connected(simulator, row)
    account_links.forget_links(timezone.now() + timedelta(days=2))
    assert not AccountGrant.objects.exists()
    assert Onboarding.objects.get(pk=row.pk).account is not None
