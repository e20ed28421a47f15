"""A cardholder's bank takes money back: the books tell, a person is told, nothing goes twice."""

import pytest

from payments.errors import RefundNotPossible
from payments.services import bells, refunds
from stores.principals import SYSTEM
from tests.money.conftest import broken_promises
from tests.money.test_refunds import give_back, pay


def dispute(shop, payment, **more):
    """The bank decides to; `inquiry` only asks."""
    body = {"account": payment.stripe_account, "id": payment.payment_intent_id, **more}
    return shop.simulator.call("dashboard/dispute", body)


def close(shop, payment, made, status):
    body = {"account": payment.stripe_account, "id": made["id"], "outcome": status}
    shop.simulator.call("dashboard/dispute_close", body)


def hear(shop, payment):
    bells.ring_paid(payment.payment_intent_id, payment.stripe_account)
    return shop.converse(payment)


def test_a_dispute_is_on_the_books_and_tells_a_person_until_when_to_answer(shop):
    payment = pay(shop)
    made = dispute(shop, payment, reason="product_not_received")
    payment = hear(shop, payment)

    [row] = payment.disputes.all()
    assert (row.dispute_id, row.status, row.amount) == (made["id"], "needs_response", 2_500)
    assert (payment.state, payment.amount_disputed) == ("paid", 2_500)
    incident = payment.incidents.get()
    assert incident.kind == "disputed"
    assert "took 25.00 USD back (product not received)" in incident.message
    assert f"before {row.respond_before:%-d %B %Y}" in incident.message
    assert payment.order.log.filter(verb="dispute_needs_response").exists()
    assert not broken_promises(shop.simulator, settled=True)


def test_what_the_bank_took_back_is_not_refunded_as_well(shop):
    payment = pay(shop)
    dispute(shop, payment)
    payment = hear(shop, payment)

    with pytest.raises(RefundNotPossible, match="bank took this money back"):
        refunds.refund(payment, by=SYSTEM)


def test_a_dispute_that_we_have_not_heard_of_refuses_the_refund_and_is_read(shop):
    payment = pay(shop)
    dispute(shop, payment)
    payment = give_back(shop, payment)

    assert payment.refunds.get().status == "refused"
    assert payment.refunds.get().code == "charge_disputed"
    assert payment.amount_disputed == 2_500


def test_an_inquiry_takes_nothing_and_may_be_refunded(shop):
    payment = pay(shop)
    dispute(shop, payment, inquiry=True)
    payment = hear(shop, payment)
    assert payment.amount_disputed == 0
    assert "asks about 25.00 USD" in payment.incidents.get().message

    assert give_back(shop, payment).state == "refunded"


@pytest.mark.parametrize(("status", "left"), [("won", 0), ("lost", 2_500)])
def test_the_banks_decision_is_taken_over(shop, status, left):
    payment = pay(shop)
    made = dispute(shop, payment)
    payment = hear(shop, payment)
    close(shop, payment, made, status)
    payment = hear(shop, payment)

    assert payment.disputes.get().status == status
    assert payment.amount_disputed == left
    incident = payment.incidents.get()
    assert (incident.resolved_at is not None) == (status == "won")
    assert ("The bank decided" in incident.message) == (status == "lost")
    assert not broken_promises(shop.simulator, settled=True)
