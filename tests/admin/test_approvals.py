"""Four eyes in the admin and for tablets. It …"""

import pytest

from payments.models import Approval, Refund
from stores.models import Role
from stores.principals import Principal
from stores.services import cashiers, pair_device
from tests import factories, factories_money
from tests.api.conftest import Tablet, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def store():
    return factories.StoreFactory.create()


@pytest.fixture
def asked(store):
    order = factories.OrderFactory.create(store=store)
    payment = factories_money.PaidPaymentFactory.create(order=order)
    return factories_money.ApprovalFactory.create(payment=payment, amount=5_00)


def manager(store, role=Role.MANAGER):
    return factories.MembershipFactory.create(store=store, role=role)


def address(approval, button):
    return f"/admin/payments/approval/{approval.pk}/{button}/"


def test_is_approved_by_a_manager_and_not_by_a_cashier(client, store, asked):
    client.force_login(manager(store, Role.CASHIER).user)
    assert client.post(address(asked, "approve"), {"answer": ""}).status_code == 403
    client.force_login(manager(store).user)
    assert "Approve this refund?" in client.get(address(asked, "approve")).content.decode()

    client.post(address(asked, "approve"), {"answer": "Seen it", "stamp": ""})

    asked.refresh_from_db()
    assert (asked.status, asked.answer) == ("approved", "Seen it")
    assert Refund.objects.get().amount == 5_00


def test_is_asked_for_and_decided_on_a_tablet_with_a_managers_pin(store, asked, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    Approval.objects.all().delete()
    tablet = Tablet(pair_device(store, "Till")[1])
    boss = manager(store)
    cashiers.set_pin(boss, "4711", by=Principal.of_user(manager(store, Role.OWNER).user))
    path = f"payments/{asked.payment_id}/refund_requests/"

    made = post(tablet, path, {"amount": 5_00, "note": "Broken"})
    assert (made.status_code, made.json()["status"]) == (201, "waiting")
    approve = f"approvals/{made.json()['id']}/approve/"
    assert post(tablet, approve).json()["code"] == "confirmation_needed"
    post(tablet, "cashier/", {"cashier": boss.pk, "pin": "4711"})
    done = post(tablet, approve)

    assert (done.status_code, done.json()["status"]) == (200, "approved")
    assert done.json()["decided_by"] == boss.user_id


def test_waits_on_the_first_page_of_who_may_decide_and_of_nobody_else(client, store, asked):
    cashier = manager(store, Role.CASHIER).user
    cashier.first_name, cashier.last_name = "Maya", "Torres"
    cashier.save()
    Approval.objects.filter(pk=asked.pk).update(user=cashier)

    def shows(user) -> bool:
        client.force_login(user)
        page = client.get("/admin/").content.decode()
        return "5.00 USD, asked for by Maya Torres, " in page and asked.note in page

    assert shows(manager(store).user)
    assert not shows(cashier)
    assert not shows(manager(factories.StoreFactory.create()).user)
    client.force_login(manager(store).user)
    assert "Maya Torres, " in client.get("/admin/payments/approval/").content.decode()
    Approval.objects.filter(pk=asked.pk).update(status="declined", decided_at=asked.created_at)
    assert not shows(manager(store).user)
