"""The platform lets go of an account: Stripe is asked once, and the account is read."""

import pytest

from payments.errors import DisconnectRefused, NotThePlatform
from payments.models import Incident, Refund
from payments.services import accounts, disconnecting, errands, refunds
from payments.services.disconnecting import DEAUTHORIZE
from stores.models import Account, LogEntry
from stores.principals import Principal
from tests.factories import AccountFactory, MembershipFactory, StoreFactory, UserFactory
from tests.factories_money import ApprovedPaymentFactory
from tests.money.test_reports import paid
from tests.stripe_double import CLIENT_ID


@pytest.fixture
def owner(db):
    return Principal.of_user(UserFactory.create(is_superuser=True))


@pytest.fixture
def account(shop):
    shop.store.account.dashboard = "full"
    shop.store.account.save()
    return shop.store.account


def let_go(account, owner):
    """The promise, and what workers make of it."""
    request = disconnecting.disconnect(account, reason="They move on.", by=owner)
    return work(account, request)


def work(account, request):
    request = errands.carry_out(request.pk)
    accounts.look(account.pk)
    account.refresh_from_db()
    return request


def told(account):
    rows = LogEntry.objects.filter(subject="account", subject_id=account.pk).order_by("pk")
    return [row.verb for row in rows]


def test_stripe_takes_the_platforms_access_away(simulator, account, owner):
    request = let_go(account, owner)

    assert request.status == "succeeded"
    [asked] = simulator.exchanges("POST", "/oauth/deauthorize")
    assert asked["params"] == {"client_id": CLIENT_ID, "stripe_user_id": account.stripe_id}
    assert "stripe-account" not in asked["request_headers"]
    assert account.has_left


def test_who_did_it_and_why_is_written_down(account, owner, shop):
    request = let_go(account, owner)

    assert told(account) == ["disconnect_asked", "deauthorized", "disconnected"]
    asked, done, _ = LogEntry.objects.filter(subject="account").order_by("pk")
    assert (asked.user_id, asked.store) == (owner.user_id, shop.store)
    assert "They move on." in asked.message
    assert request.stripe_request_id
    assert done.data["stripe_request"] == request.stripe_request_id


def test_nothing_is_said_of_the_account_before_stripe_has_answered(account, owner):
    disconnecting.disconnect(account, reason="They move on.", by=owner)
    account.refresh_from_db()
    assert not account.has_left
    with pytest.raises(DisconnectRefused, match="being asked"):
        disconnecting.disconnect(account, reason="Again.", by=owner)


def test_its_old_payments_stay(account, owner, shop):
    payment = paid(shop, 10_000)
    let_go(account, owner)
    payment.refresh_from_db()
    assert (payment.state, payment.attention) == ("paid", "")
    assert not Incident.objects.filter(payment__isnull=False).exists()


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_is_not_for_people_of_a_store(account, shop, role):
    user = MembershipFactory.create(store=shop.store, role=role).user
    with pytest.raises(NotThePlatform):
        disconnecting.disconnect(account, reason="Mine.", by=Principal.of_user(user))
    assert told(account) == []


class TestRefusesWhat:
    def test_would_strand_an_open_payment(self, account, owner, shop):
        payment = shop.sell()
        with pytest.raises(DisconnectRefused, match=f"order {payment.order.number} "):
            disconnecting.disconnect(account, reason="Now.", by=owner)
        assert told(account) == []

    def test_would_strand_what_is_held_for_capture(self, account, owner, shop):
        payment = shop.sell(capture_method="manual")
        shop.tap()
        assert shop.ring(payment).state == "approved"
        assert disconnecting.obstacles(account)

    def test_would_strand_a_charge_of_the_platform_for_it(self, simulator, owner, db):
        account = AccountFactory.create(dashboard="full")
        store = StoreFactory.create(account=account, charge_model="destination")
        held = ApprovedPaymentFactory.create(
            order__store=store, stripe_account="", destination=account.stripe_id
        )
        with pytest.raises(DisconnectRefused, match=f"order {held.order.number} "):
            disconnecting.disconnect(account, reason="Now.", by=owner)

    def test_would_strand_a_refund(self, account, owner, shop):
        payment = paid(shop, 10_000)
        refunds.refund(payment, by=owner, amount=1_000)
        assert Refund.objects.get().status == "requested"
        with pytest.raises(DisconnectRefused, match="refund is on its way"):
            disconnecting.disconnect(account, reason="Now.", by=owner)
        shop.converse(payment)

    def test_has_left(self, account, owner):
        let_go(account, owner)
        with pytest.raises(DisconnectRefused, match="is disconnected"):
            disconnecting.disconnect(account, reason="Again.", by=owner)

    @pytest.mark.parametrize("dashboard", ["express", "none", ""])
    def test_could_not_go_on_alone(self, account, owner, dashboard):
        Account.objects.update(dashboard=dashboard)
        with pytest.raises(DisconnectRefused, match="Dashboard of its own"):
            disconnecting.disconnect(account, reason="Now.", by=owner)

    def test_the_platform_has_no_client_id_for(self, account, owner, settings):
        settings.STRIPE_CLIENT_ID = ""
        with pytest.raises(DisconnectRefused, match="STRIPE_CLIENT_ID"):
            disconnecting.disconnect(account, reason="Now.", by=owner)


class TestWithoutAClearAnswer:
    def test_what_was_done_is_known_by_reading(self, simulator, account, owner):
        simulator.fault(DEAUTHORIZE, "after", "reset", count=1)
        request = let_go(account, owner)
        assert (request.status, account.has_left) == ("succeeded", True)
        assert len(simulator.exchanges("POST", "/oauth/deauthorize")) == 1
        assert told(account) == ["disconnect_asked", "deauthorized", "disconnected"]

    def test_what_was_not_done_is_told_and_can_be_asked_again(self, simulator, account, owner):
        simulator.fault(DEAUTHORIZE, "before", "reset", count=1)
        request = let_go(account, owner)
        assert (request.status, account.has_left) == ("refused", False)
        incident = Incident.objects.get(kind="account_not_disconnected")
        assert account.stripe_id in incident.message
        assert "Stripe knows nothing of it" in disconnecting.trouble(account, request)

        let_go(account, owner)
        assert account.has_left
        assert not Incident.objects.filter(kind=incident.kind, resolved_at=None).exists()
        assert disconnecting.trouble(account, disconnecting.last(account)) == ""

    def test_nothing_is_concluded_while_stripe_is_away(self, simulator, account, owner):
        simulator.fault(DEAUTHORIZE, "before", "reset", count=1)
        simulator.fault("accounts.retrieve", "before", "503", count=1)
        request = disconnecting.disconnect(account, reason="Now.", by=owner)
        assert errands.carry_out(request.pk).status == "sent"
        assert not Incident.objects.exists()


def test_an_owner_who_was_faster_leaves_no_incident(simulator, account, owner):
    request = disconnecting.disconnect(account, reason="Now.", by=owner)
    simulator.call(f"accounts/{account.stripe_id}/deauthorize", {})
    assert work(account, request).status == "abandoned"
    assert account.has_left
    assert not Incident.objects.filter(kind="account_not_disconnected", resolved_at=None).exists()


def test_a_wrong_client_id_is_told(simulator, account, owner, settings):
    settings.STRIPE_CLIENT_ID = "ca_other"
    request = let_go(account, owner)
    assert not account.has_left
    assert "STRIPE_CLIENT_ID" in Incident.objects.get().message
    assert "No application matches" in disconnecting.trouble(account, request)
