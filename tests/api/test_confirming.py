"""What must not be done on a screen that somebody left open asks for PIN or password again. It …"""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from payments.models import Refund, State
from stores.models import CashierSession
from stores.principals import Principal, Role
from stores.services import cashiers
from tests import factories, factories_money
from tests.api.conftest import post

PIN = "4711"


def refund(store):
    """Above what a cashier may give back: nothing."""
    paid = factories_money.PaidPaymentFactory.create(order__store=store)
    return f"payments/{paid.pk}/refunds/", {"reason": "duplicate"}


def detach(store):
    doubtful = factories_money.PaymentFactory.create(
        order__store=store,
        state=State.CHECKING,
        cancel_requested_at=timezone.now() - timedelta(minutes=1),
    )
    factories_money.ReaderActionFactory.create(payment=doubtful, reader__location__store=store)
    return f"payments/{doubtful.pk}/detach/", {"reason": "The customer pays in cash."}


def approve(store):
    paid = factories_money.PaidPaymentFactory.create(order__store=store)
    asked = factories_money.ApprovalFactory.create(payment=paid)
    return f"approvals/{asked.pk}/approve/", {}


sensitive = pytest.mark.parametrize("call", [refund, detach, approve])


@pytest.fixture
def manager(store, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    made = factories.MembershipFactory.create(store=store, role=Role.MANAGER)
    owner = factories.MembershipFactory.create(store=store, role=Role.OWNER).user
    cashiers.set_pin(made, PIN, by=Principal.of_user(owner))
    return made


def is_refused(answer):
    return (answer.status_code, answer.json().get("code")) == (403, "confirmation_needed")


@sensitive
def test_asks_for_the_pin_again_though_the_tablet_was_used_all_the_time(
    tablet, store, manager, call
):
    path, body = call(store)
    post(tablet, "cashier/", {"cashier": manager.pk, "pin": PIN})
    long_ago = timezone.now() - timedelta(seconds=settings.CONFIRMATION_SECONDS + 1)
    CashierSession.objects.update(confirmed_at=long_ago)
    assert is_refused(post(tablet, path, body))
    assert not Refund.objects.exists()

    post(tablet, "cashier/", {"cashier": manager.pk, "pin": PIN})
    assert post(tablet, path, body).status_code in (200, 202)


@sensitive
def test_asks_for_the_password_again_in_a_session(store, manager, call):
    path, body = call(store)
    browser = Client()
    browser.force_login(manager.user)

    def ask(confirmed_at):
        session = browser.session
        session["confirmed_at"] = confirmed_at.timestamp()
        session.save()
        return browser.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")

    now = timezone.now()
    assert is_refused(ask(now - timedelta(seconds=settings.CONFIRMATION_SECONDS + 1)))
    assert not Refund.objects.exists()
    assert ask(now).status_code in (200, 202)
