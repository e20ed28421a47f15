"""The button that detaches a payment in doubt from its order. It …"""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Payment, State
from payments.services.cash import take_cash
from stores.models import LogEntry
from stores.principals import Principal
from tests import factories_money
from tests.admin.pages import make, page
from tests.admin.test_buttons import press, said

WHY = "Stripe is away, the customer pays in cash."


@pytest.fixture
def doubtful(store):
    """Its cancel has no answer, and the reader may still show it."""
    payment = make(Payment, store)
    Payment.objects.filter(pk=payment.pk).update(
        state=State.CHECKING, cancel_requested_at=timezone.now() - timedelta(minutes=1)
    )
    factories_money.ReaderActionFactory.create(payment=payment)
    payment.refresh_from_db()
    return payment


def test_says_what_will_happen_and_what_is_not_known(sign_in, doubtful):
    client = sign_in("manager")

    assert page(doubtful, "detach") in client.get(page(doubtful)).content.decode()
    text = client.get(page(doubtful, "detach")).content.decode()

    assert f"Detach this payment from {doubtful.order}?" in text
    assert "can then be paid in another way, and the reader is free" in text
    assert "canceled as soon as Stripe can be reached" in text
    assert "an incident asks you to refund it" in text
    assert "may have been charged 10.00 USD already" in text


@pytest.mark.parametrize("name", ["manager", "superuser"])
def test_detaches_by_name_and_with_a_reason(sign_in, staff, doubtful, name):
    client = sign_in(name)

    answer = press(client, doubtful, "detach", reason=WHY)

    assert answer.url == page(doubtful)
    assert "Detached." in said(answer, client)
    doubtful.refresh_from_db()
    assert (doubtful.state, doubtful.detach_reason) == ("detached", WHY)
    assert doubtful.detached_by == staff[name]
    assert LogEntry.objects.get(verb="detached").user == staff[name]
    shown = client.get(page(doubtful)).content.decode()
    assert WHY in shown
    assert page(doubtful, "detach") not in shown
    assert not doubtful.reader_actions.filter(ended_at=None).exists()
    assert take_cash(doubtful.order, by=Principal.of_user(staff["manager"])).state == "paid"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_wants_a_reason(sign_in, doubtful, reason):
    answer = press(sign_in("manager"), doubtful, "detach", reason=reason)

    assert answer.status_code == 200
    assert answer.context["form"].errors["reason"]
    doubtful.refresh_from_db()
    assert doubtful.detached_at is None


def test_is_left_to_managers(sign_in, doubtful):
    client = sign_in("cashier")

    assert client.get(page(doubtful, "detach")).status_code == 403
    assert client.post(page(doubtful, "detach"), {"reason": WHY}).status_code == 403
    assert page(doubtful, "detach") not in client.get(page(doubtful)).content.decode()
    doubtful.refresh_from_db()
    assert doubtful.detached_at is None


def test_detaches_nothing_that_is_not_in_doubt(sign_in, store):
    payment = make(Payment, store)
    client = sign_in("manager")

    answer = press(client, payment, "detach", reason=WHY)

    assert "Nothing was changed. Nothing is in doubt" in said(answer, client)
    payment.refresh_from_db()
    assert payment.detached_at is None


def test_detaches_once(sign_in, doubtful):
    client = sign_in("manager")
    stamp = client.get(page(doubtful, "detach")).context["question"].stamp
    data = {"stamp": stamp, "reason": WHY}

    client.post(page(doubtful, "detach"), data)
    second = client.post(page(doubtful, "detach"), data)

    assert "It is detached already" in said(second, client)
    assert LogEntry.objects.filter(verb="detached").count() == 1


def test_is_not_offered_in_the_second_that_a_cancel_takes(sign_in, doubtful):
    Payment.objects.filter(pk=doubtful.pk).update(cancel_requested_at=timezone.now())
    client = sign_in("manager")

    assert page(doubtful, "detach") not in client.get(page(doubtful)).content.decode()
    answer = press(client, doubtful, "detach", reason=WHY)
    assert "Look again in half a minute." in said(answer, client)
    doubtful.refresh_from_db()
    assert doubtful.detached_at is None
