"""The button that refunds, and what a payment's page says of its refunds. It …"""

from typing import Any

import pytest

from payments.models import Payment, Refund, StripeRequest
from tests import factories, factories_money
from tests.admin.pages import page, url
from tests.admin.test_buttons import press, said


@pytest.fixture
def paid(store):
    order = factories.OrderFactory.create(store=store, total_amount=30_00, net_amount=30_00)
    return factories_money.PaidPaymentFactory.create(order=order)


@pytest.fixture
def interac(paid):
    paid.card = {"type": "interac_present", "brand": "interac", "last4": "0003"}
    paid.save()
    return paid


@pytest.mark.parametrize("name", ["manager", "superuser"])
def test_refunds_what_a_manager_types(sign_in, staff, paid, name):
    client = sign_in(name)

    answer = press(client, paid, "refund", amount="12.50", reason="duplicate")

    refund = Refund.objects.get()
    assert (refund.amount, refund.reason, refund.user) == (12_50, "duplicate", staff[name])
    assert StripeRequest.objects.get().kind == "refund.create"
    assert "Refund of 12.50 USD requested." in said(answer, client)


def test_proposes_all_that_is_left(sign_in, paid):
    factories_money.RefundFactory.create(payment=paid, amount=10_00)
    Payment.objects.filter(pk=paid.pk).update(amount_refunded=10_00)

    text = sign_in("manager").get(page(paid, "refund")).content.decode()

    assert 'value="20.00"' in text
    assert "Refunded so far" in text


@pytest.mark.parametrize("amount", ["", "0", "30.01", "-1", "ten"])
def test_refuses_what_is_no_amount_of_it(sign_in, paid, amount):
    answer = press(sign_in("manager"), paid, "refund", amount=amount, reason="duplicate")

    assert answer.context["form"].errors["amount"]
    assert not Refund.objects.exists()


def test_leaves_refunds_to_managers(sign_in, paid):
    client = sign_in("cashier")

    assert client.post(page(paid, "refund"), {"amount": "1.00"}).status_code == 403
    assert page(paid, "refund") not in client.get(page(paid)).content.decode()
    assert not Refund.objects.exists()


def test_finds_at_the_second_press_that_it_is_on_its_way(sign_in, paid):
    client = sign_in("manager")
    question = client.get(page(paid, "refund")).context["question"].stamp
    data = {"stamp": question, "amount": "30.00", "reason": "duplicate"}
    client.post(page(paid, "refund"), data)

    answer = client.post(page(paid, "refund"), data)

    assert "already on its way" in said(answer, client)
    assert Refund.objects.count() == 1


def test_asks_anew_when_somebody_refunded_meanwhile(sign_in, paid):
    client = sign_in("manager")
    question = client.get(page(paid, "refund")).context["question"].stamp
    factories_money.RefundFactory.create(payment=paid, amount=10_00)

    answer = client.post(
        page(paid, "refund"), {"stamp": question, "amount": "20.00", "reason": "duplicate"}
    )

    assert answer.status_code == 200
    assert "This has changed meanwhile" in answer.content.decode()
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("refunded", [True, False])
def test_offers_nothing_where_nothing_is_left(sign_in, store, paid, refunded):
    payment = paid if refunded else factories_money.PaymentFactory.create(order__store=store)
    if refunded:
        factories_money.RefundFactory.create(payment=paid, amount=30_00)
    client = sign_in("manager")

    assert page(payment, "refund") not in client.get(page(payment)).content.decode()
    answer = press(client, payment, "refund", amount="1.00", reason="duplicate")
    assert "Nothing was changed" in said(answer, client)
    assert not StripeRequest.objects.exists()


def test_refunds_interac_on_the_reader_that_was_chosen(sign_in, store, interac):
    reader = factories_money.ReaderFactory.create(location__store=store, label="Till 7")
    factories_money.ReaderFactory.create(label="Stranger's till")
    client = sign_in("manager")
    text = client.get(page(interac, "refund")).content.decode()
    assert "Till 7" in text
    assert "Stranger" not in text

    press(client, interac, "refund", amount="30.00", reason="duplicate", reader=reader.pk)

    assert StripeRequest.objects.get().path.endswith(f"{reader.stripe_id}/refund_payment")
    assert Refund.objects.get().in_person


def test_takes_no_reader_of_another_store(sign_in, interac):
    other = factories_money.ReaderFactory.create()

    answer = press(
        sign_in("manager"), interac, "refund", amount="1.00", reason="duplicate", reader=other.pk
    )

    assert answer.context["form"].errors["reader"]
    assert not Refund.objects.exists()


def test_lists_who_refunded_what(sign_in, staff, paid):
    factories_money.RefundFactory.create(payment=paid, amount=4_00, user=staff["manager"])
    factories_money.RefundFactory.create(payment=paid, amount=5_00, external=True)

    text = sign_in("cashier").get(page(paid)).content.decode()

    assert "4.00 USD" in text
    assert staff["manager"].username in text
    assert "Elsewhere" in text


def test_follows_a_refund_that_is_on_its_way(sign_in, paid):
    client = sign_in("manager")
    press(client, paid, "refund", amount="30.00", reason="duplicate")

    assert client.get(page(paid, "state")).json()["seconds"] == 1.0
    text = client.get(page(paid)).content.decode()
    assert "Refunding 30.00 USD." in text
    assert "Refund: about to be sent to Stripe." in text


def test_says_why_not_only_of_a_refund_that_was_not_made(sign_in, paid):
    made = factories_money.RefundFactory.create(payment=paid, amount=4_00)
    refused = factories_money.RefundFactory.create(
        payment=paid,
        amount=5_00,
        status="refused",
        refund_id=None,
        code="charge_disputed",
        message="The bank has it.",
    )
    client = sign_in("manager")

    text = client.get(page(made)).content.decode()
    told = client.get(page(refused)).content.decode()

    assert "Why not" not in text
    assert "To the card" in text
    assert "Why not" in told
    assert "The bank has it. <code>charge_disputed</code>" in told


def test_narrows_by_what_the_list_says(sign_in, paid):
    made: dict[str, dict[str, Any]] = {
        "pending": {"status": "pending", "ended_at": None},
        "requires_action": {"status": "requires_action", "ended_at": None},
        "succeeded": {"external": True},
    }
    rows = {
        status: factories_money.RefundFactory.create(payment=paid, amount=1_00, **fields)
        for status, fields in made.items()
    }
    client, listed = sign_in("manager"), url(Refund, "changelist")

    def shown(**query):
        return {*client.get(listed, query).context["cl"].queryset}

    assert shown(status="pending") == {rows["pending"], rows["requires_action"]}
    assert shown(status="succeeded") == shown(external="True") == {rows["succeeded"]}
    assert shown(in_person="True") == set()
    text = client.get(listed).content.decode()
    assert "Elsewhere, as in Stripe&#x27;s Dashboard" in text
    assert "Requires action" not in text
