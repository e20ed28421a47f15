"""Disputes: https://docs.stripe.com/api/disputes, /disputes"""

import pytest
import stripe

from .conftest import SHOP, on

REFUSED = stripe.InvalidRequestError
DAY = 24 * 3600


def dispute(simulator, paid, account="", **body):
    body = {"account": account} | body if account else body
    made = simulator.tell("dashboard/dispute", id=paid.id, **body)
    return simulator.v1.disputes.retrieve(made["id"], {}, on(account))


def told(simulator, account=""):
    prefix = "charge.dispute."
    found = simulator.events(account)
    return [each.removeprefix(prefix) for each in found if each.startswith(prefix)]


def booked(simulator):
    listed = simulator.v1.balance_transactions.list({"type": "adjustment"}).data
    return [(each.reporting_category, each.amount, each.fee) for each in reversed(listed)]


def test_a_dispute_takes_the_money_and_a_fee(simulator):
    paid = simulator.pay(10_000)
    made = dispute(simulator, paid)
    assert (made.amount, made.reason, made.status) == (10_000, "fraudulent", "needs_response")
    assert (made.charge, made.payment_intent) == (paid.latest_charge.id, paid.id)
    assert (made.is_charge_refundable, made.network_reason_code) == (False, "10.3")
    assert made.payment_method_details.card.case_type == "chargeback"
    assert made.evidence_details.due_by - made.created > 9 * DAY
    assert simulator.read(paid).latest_charge.disputed
    assert booked(simulator) == [("dispute", -10_000, 1500)]
    assert [each.net for each in made.balance_transactions] == [-11_500]
    assert told(simulator) == ["created", "funds_withdrawn"]
    event = simulator.v1.events.list({"type": "charge.dispute.created"}).data[0]
    assert event["request"]["id"] is None


def test_a_disputed_payment_cannot_be_refunded(simulator):
    paid = simulator.pay(10_000)
    dispute(simulator, paid, amount=4_000, reason="duplicate")
    with pytest.raises(REFUSED) as raised:
        simulator.v1.refunds.create({"payment_intent": paid.id})
    assert raised.value.code == "charge_disputed"


def test_a_dispute_that_is_won_brings_the_money_back(simulator):
    paid = simulator.pay(10_000)
    made = dispute(simulator, paid)
    simulator.tell("dashboard/dispute_close", id=made.id, outcome="won")
    made = simulator.v1.disputes.retrieve(made.id)
    assert made.status == "won"
    assert booked(simulator)[1:] == [("dispute_reversal", 10_000, -1500)]
    assert sum(each.net for each in made.balance_transactions) == 0
    assert told(simulator)[2:] == ["closed", "funds_reinstated"]
    assert simulator.v1.refunds.create({"payment_intent": paid.id}).status == "succeeded"


def test_a_dispute_that_is_lost_stays_lost(simulator):
    made = dispute(simulator, simulator.pay())
    simulator.tell("dashboard/dispute_close", id=made.id, outcome="lost")
    assert simulator.v1.disputes.retrieve(made.id).status == "lost"
    assert len(booked(simulator)) == 1
    simulator.tell("dashboard/dispute_close", status=400, id=made.id)
    with pytest.raises(REFUSED):
        simulator.v1.disputes.close(made.id)


def test_accepting_a_dispute_loses_it(simulator):
    made = dispute(simulator, simulator.pay())
    assert simulator.v1.disputes.close(made.id).status == "lost"
    assert told(simulator)[-1] == "closed"


def test_evidence_is_staged_and_then_submitted_once(simulator):
    made = dispute(simulator, simulator.pay())
    staged = simulator.v1.disputes.update(
        made.id, {"evidence": {"customer_name": "Ann"}, "submit": False, "metadata": {"a": "b"}}
    )
    assert staged.status == "needs_response"
    assert (staged.evidence.customer_name, staged.metadata.to_dict()) == ("Ann", {"a": "b"})
    assert (staged.evidence_details.has_evidence, staged.evidence_details.submission_count) == (
        *(True, 0),
    )
    sent = simulator.v1.disputes.update(made.id, {"evidence": {"product_description": "Tea"}})
    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    assert sent.evidence.customer_name == "Ann"
    with pytest.raises(REFUSED):
        simulator.v1.disputes.update(made.id, {"evidence": {"product_description": "Tee"}})
    event = simulator.v1.events.list({"type": "charge.dispute.updated"}).data[0]
    assert event.data.previous_attributes.to_dict() == {"status": "needs_response"}


@pytest.mark.parametrize("status", ["won", "lost"])
def test_stripes_magic_words_decide_a_dispute(simulator, status):
    made = dispute(simulator, simulator.pay())
    words = {"won": "winning_evidence", "lost": "losing_evidence"}[status]
    sent = simulator.v1.disputes.update(made.id, {"evidence": {"uncategorized_text": words}})
    assert sent.status == "under_review"
    simulator.tell("clock", advance=2)
    assert simulator.v1.disputes.retrieve(made.id).status == status


def test_who_says_nothing_in_time_has_lost(simulator):
    made = dispute(simulator, simulator.pay())
    simulator.tell("clock", advance=11 * DAY)
    made = simulator.v1.disputes.retrieve(made.id)
    assert (made.status, made.evidence_details.past_due) == ("lost", True)


def test_an_inquiry_that_nobody_answers_just_ends(simulator):
    made = dispute(simulator, simulator.pay(), inquiry=True)
    simulator.tell("clock", advance=11 * DAY)
    assert simulator.v1.disputes.retrieve(made.id).status == "warning_closed"
    assert booked(simulator) == []


def test_an_inquiry_takes_no_money(simulator):
    paid = simulator.pay()
    made = dispute(simulator, paid, inquiry=True, reason="unrecognized")
    assert (made.status, made.is_charge_refundable) == ("warning_needs_response", True)
    assert booked(simulator) == []
    assert told(simulator) == ["created"]
    simulator.v1.refunds.create({"payment_intent": paid.id})
    sent = simulator.v1.disputes.update(made.id, {"evidence": {"customer_name": "Ann"}})
    assert sent.status == "warning_under_review"
    simulator.tell("dashboard/dispute_close", status=400, id=made.id, outcome="won")
    simulator.tell("dashboard/dispute_close", id=made.id)
    assert simulator.v1.disputes.retrieve(made.id).status == "warning_closed"


def test_a_refund_that_waits_fails_when_its_payment_is_disputed(simulator):
    simulator.tell("switches", refund_over_balance="wait")
    paid = simulator.pay()
    made = simulator.v1.refunds.create({"payment_intent": paid.id})
    dispute(simulator, paid)
    failed = simulator.v1.refunds.retrieve(made.id)
    assert failed.status == "failed"
    assert failed.failure_reason == "charge_for_pending_refund_disputed"


def test_disputes_are_listed_by_what_they_are_about(simulator):
    first, second = simulator.pay(), simulator.pay()
    one, two = dispute(simulator, first), dispute(simulator, second)

    def listed(**params):
        return [each.id for each in simulator.v1.disputes.list(params).data]

    assert listed() == [two.id, one.id]
    assert listed(payment_intent=first.id) == [one.id]
    assert listed(charge=second.latest_charge.id) == [two.id]


def test_a_dispute_belongs_to_the_account_that_was_paid(simulator):
    simulator.account()
    paid = simulator.pay(account=SHOP)
    made = dispute(simulator, paid, SHOP)
    assert told(simulator, SHOP) == ["created", "funds_withdrawn"]
    assert simulator.raw("GET", f"/v1/disputes/{made.id}").status_code == 404
    simulator.tell("dashboard/dispute", status=404, id=paid.id)


def test_what_no_bank_would_do_is_refused(simulator):
    paid, held = simulator.pay(1000), simulator.pay(capture_method="manual")
    simulator.tell("dashboard/dispute", status=400, id=paid.id, amount=1001)
    simulator.tell("dashboard/dispute", status=400, id=paid.id, amount="all")
    simulator.tell("dashboard/dispute", status=400, id=paid.id, reason="bored")
    simulator.tell("dashboard/dispute", status=400, id=paid.id, nonsense=1)
    simulator.tell("dashboard/dispute", status=400, id=held.id)
    simulator.tell("dashboard/dispute", status=404, id="ch_none")
    simulator.tell("dashboard/dispute", id=paid.id)
    simulator.tell("dashboard/dispute", status=400, id=paid.id)
    unpaid = simulator.intent()
    simulator.tell("dashboard/dispute", status=404, id=unpaid.id)


def test_evidence_names_files_that_exist(simulator):
    made = dispute(simulator, simulator.pay())
    with pytest.raises(REFUSED) as raised:
        simulator.v1.disputes.update(made.id, {"evidence": {"receipt": "file_none"}})
    assert raised.value.param == "evidence[receipt]"
