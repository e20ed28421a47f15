"""Refunds: https://docs.stripe.com/refunds, /terminal/features/refunds"""

import pytest
import stripe

from .conftest import SHOP, on

REFUSED = stripe.InvalidRequestError
DAY = 24 * 3600
CANADIAN = {"currency": "cad", "payment_method_types": ["card_present", "interac_present"]}


def refund(simulator, paid, account="", **params):
    return simulator.v1.refunds.create({"payment_intent": paid.id, **params}, on(account))


def refused(simulator, **params):
    with pytest.raises(REFUSED) as raised:
        simulator.v1.refunds.create(params)
    return raised.value


def test_a_refund_gives_back_all_of_it(simulator):
    paid = simulator.pay(1000)
    made = refund(simulator, paid, reason="requested_by_customer", metadata={"by": "Ann"})
    assert (made.amount, made.currency, made.status) == (1000, "usd", "succeeded")
    assert (made.charge, made.payment_intent) == (paid.latest_charge.id, paid.id)
    assert (made.reason, made.metadata.to_dict()) == ("requested_by_customer", {"by": "Ann"})
    assert made.destination_details.to_dict()["card"]["type"] == "refund"
    charge = simulator.read(paid).latest_charge
    assert (charge.amount_refunded, charge.refunded) == (1000, True)
    booked = simulator.v1.balance_transactions.retrieve(made.balance_transaction)
    assert (booked.type, booked.amount, booked.fee, booked.source) == ("refund", -1000, 0, made.id)
    assert simulator.events()[-2:] == ["refund.created", "charge.refunded"]


def test_parts_of_a_charge_can_be_refunded_until_nothing_is_left(simulator):
    paid = simulator.pay(1000)
    assert refund(simulator, paid, amount=300).amount == 300
    charge = simulator.read(paid).latest_charge
    assert (charge.amount_refunded, charge.refunded) == (300, False)
    error = refused(simulator, charge=charge.id, amount=701)
    assert error.param == "amount"
    assert "Refund amount ($7.01) is greater than unrefunded amount on charge ($7.00)" in str(error)
    assert refund(simulator, paid).amount == 700
    assert simulator.read(paid).latest_charge.refunded
    assert refused(simulator, charge=charge.id).code == "charge_already_refunded"


def test_a_refund_has_to_name_one_payment(simulator):
    paid = simulator.pay()
    charge = paid.latest_charge.id
    assert refused(simulator).code == "parameter_missing"
    both = refused(simulator, charge=charge, payment_intent=paid.id)
    assert both.code == "parameters_exclusive"
    assert refused(simulator, charge="ch_none").code == "resource_missing"
    assert refused(simulator, charge=charge, amount=0).code == "parameter_invalid_integer"
    assert refused(simulator, charge=charge, reason="bored").param == "reason"


def test_what_was_not_paid_cannot_be_refunded(simulator):
    open_intent = simulator.intent()
    assert refused(simulator, payment_intent=open_intent.id).code == "charge_not_refundable"
    declined = simulator.pay(1000, "insufficient_funds")
    assert refused(simulator, payment_intent=declined.id).code == "charge_not_refundable"
    assert refused(simulator, charge=declined.latest_charge.id).code == "charge_not_refundable"
    held = simulator.pay(capture_method="manual")
    assert "must cancel the PaymentIntent" in str(refused(simulator, payment_intent=held.id))


def test_a_refund_in_zero_decimals_tells_whole_yen(simulator):
    simulator.account(SHOP, country="JP")
    paid = simulator.pay(1000, account=SHOP, currency="jpy")
    with pytest.raises(REFUSED) as raised:
        refund(simulator, paid, SHOP, amount=1001)
    assert "(1001) is greater than unrefunded amount on charge (1000)" in str(raised.value)


def test_a_refund_overtakes_an_asynchronous_capture(simulator):
    paid = simulator.pay(1000, capture_method="automatic_async")
    assert paid.latest_charge.balance_transaction is None
    refund(simulator, paid)
    assert simulator.read(paid).latest_charge.balance_transaction is not None
    simulator.tell("clock", advance=10)
    assert simulator.events().count("charge.updated") == 1


def test_the_refunds_of_a_charge_are_listed_and_expanded(simulator):
    first, second = simulator.pay(1000), simulator.pay(1000)
    parts = [refund(simulator, first, amount=part).id for part in (100, 200)]
    other = refund(simulator, second).id
    charge = first.latest_charge.id
    listing = simulator.v1.refunds.list
    assert [each.id for each in listing().data] == [other, *reversed(parts)]
    assert [each.id for each in listing({"charge": charge}).data] == parts[::-1]
    assert [each.id for each in listing({"payment_intent": second.id}).data] == [other]
    params = {"expand": ["refunds.data.balance_transaction"]}
    shown = simulator.v1.charges.retrieve(charge, params).refunds
    assert [each.balance_transaction.amount for each in shown.data] == [-200, -100]
    nested = simulator.raw("GET", f"/v1/charges/{charge}/refunds").json()
    assert [each["id"] for each in nested["data"]] == parts[::-1]
    assert simulator.raw("GET", f"/v1/charges/{charge}/refunds/{parts[0]}").json()["amount"] == 100
    assert simulator.raw("GET", f"/v1/charges/{charge}/refunds/{other}").status_code == 404


def test_a_charge_can_be_refunded_by_its_own_address(simulator):
    charge = simulator.pay(1000).latest_charge.id
    made = simulator.raw("POST", f"/v1/charges/{charge}/refunds", "amount=400").json()
    assert (made["charge"], made["amount"]) == (charge, 400)
    path = f"/v1/charges/{charge}/refunds/{made['id']}"
    assert simulator.raw("POST", path, "metadata[a]=b").json()["metadata"] == {"a": "b"}


def test_only_metadata_of_a_refund_can_change(simulator):
    made = refund(simulator, simulator.pay(), metadata={"a": "1"})
    changed = simulator.v1.refunds.update(made.id, {"metadata": {"a": "", "b": "2"}})
    assert changed.metadata.to_dict() == {"b": "2"}
    event = simulator.v1.events.list({"type": "refund.updated"}).data[0]
    assert event.data.previous_attributes.to_dict() == {"metadata": {"a": "1", "b": None}}


def test_a_cards_refund_cannot_be_canceled(simulator):
    made = refund(simulator, simulator.pay())
    with pytest.raises(REFUSED):
        simulator.v1.refunds.cancel(made.id)
    with pytest.raises(REFUSED):
        simulator.v1.test_helpers.refunds.expire(made.id)
    assert simulator.v1.refunds.retrieve(made.id).status == "succeeded"


def test_a_refund_can_fail_when_everybody_believes_in_it(simulator):
    paid = simulator.pay(1000, "refund_fail")
    made = refund(simulator, paid)
    assert made.status == "succeeded"
    simulator.tell("clock", advance=61)
    failed = simulator.v1.refunds.retrieve(made.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    back = failed.failure_balance_transaction
    assert (back.type, back.amount) == ("refund_failure", 1000)
    charge = simulator.read(paid).latest_charge
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert simulator.events()[-3:] == ["refund.failed", "refund.updated", "charge.refund.updated"]
    event = simulator.v1.events.list({"type": "refund.updated"}).data[0]
    assert event["request"]["id"] is None
    assert event.data.previous_attributes.to_dict() == {
        "failure_balance_transaction": None,
        "failure_reason": None,
        "status": "succeeded",
    }
    assert refund(simulator, paid).amount == 1000


def test_when_a_refund_fails_is_a_switch(simulator):
    simulator.tell("switches", refund_failure_delay_ms=5000)
    made = refund(simulator, simulator.pay(1000, "refund_fail"))
    simulator.tell("clock", advance=4)
    assert simulator.v1.refunds.retrieve(made.id).status == "succeeded"
    simulator.tell("clock", advance=2)
    assert simulator.v1.refunds.retrieve(made.id).status == "failed"


def test_a_refund_beyond_the_balance_makes_it_negative(simulator):
    assert refund(simulator, simulator.pay(1000)).status == "succeeded"
    assert simulator.v1.balance.retrieve().pending[0].amount == -32


def test_a_refund_beyond_the_balance_can_have_to_wait(simulator):
    simulator.tell("switches", refund_over_balance="wait")
    paid = simulator.pay(1000)
    made = refund(simulator, paid)
    assert (made.status, made.pending_reason) == ("pending", "insufficient_funds")
    assert made.balance_transaction is None
    assert simulator.read(paid).latest_charge.refunded
    simulator.tell("clock", advance=DAY)
    assert simulator.v1.refunds.retrieve(made.id).status == "pending"
    simulator.pay(1000)
    simulator.tell("clock", advance=DAY)
    carried_out = simulator.v1.refunds.retrieve(made.id)
    assert (carried_out.status, carried_out.pending_reason) == ("succeeded", None)
    assert carried_out.balance_transaction is not None
    assert "refund.updated" in simulator.events()


def test_an_interac_payment_is_refunded_on_a_reader_only(simulator):
    simulator.account(SHOP, country="CA")
    paid = simulator.pay(1000, "interac", SHOP, **CANADIAN)
    with pytest.raises(REFUSED) as raised:
        refund(simulator, paid, SHOP)
    assert raised.value.code == "charge_not_refundable"
    assert "in person" in str(raised.value)


def test_one_account_cannot_refund_the_payments_of_another(simulator):
    simulator.account()
    paid = simulator.pay(account=SHOP)
    assert refused(simulator, payment_intent=paid.id).code == "resource_missing"
    made = refund(simulator, paid, SHOP)
    assert simulator.raw("GET", f"/v1/refunds/{made.id}").status_code == 404


def test_a_canceled_hold_is_a_refund_no_balance_knows_of(simulator):
    held = simulator.pay(4000, capture_method="manual")
    simulator.v1.payment_intents.cancel(held.id)
    made = simulator.v1.refunds.list({"payment_intent": held.id}).data[0]
    assert (made.amount, made.status, made.balance_transaction) == (4000, "succeeded", None)
    assert made.destination_details.to_dict()["card"]["type"] == "reversal"
    last = simulator.events()[-3:]
    assert last == ["refund.created", "charge.refunded", "payment_intent.canceled"]
    assert simulator.v1.balance_transactions.list().data == []


def test_an_expired_hold_is_a_refund_for_that_reason(simulator):
    held = simulator.pay(4000, "mastercard", capture_method="manual")
    simulator.tell("clock", advance=2 * DAY + 1)
    made = simulator.v1.refunds.list({"payment_intent": held.id}).data
    assert [each.reason for each in made] == ["expired_uncaptured_charge"]
    assert simulator.events()[-3:] == [
        "refund.created",
        "charge.expired",
        "payment_intent.canceled",
    ]


@pytest.mark.parametrize("cancel", [True, False])
def test_whether_a_released_hold_is_a_refund_is_a_switch(simulator, cancel):
    simulator.tell("switches", released_hold_refund=False)
    held = simulator.pay(4000, "mastercard", capture_method="manual")
    if cancel:
        simulator.v1.payment_intents.cancel(held.id)
    else:
        simulator.tell("clock", advance=2 * DAY + 1)
    assert simulator.v1.refunds.list().data == []
    charge = simulator.read(held).latest_charge
    assert (charge.refunded, charge.amount_refunded) == (True, 4000)
    assert not {"refund.created", "charge.refunded"} & set(simulator.events())


def test_a_partial_capture_is_booked_in_full_and_in_reverse(simulator):
    held = simulator.pay(4000, capture_method="manual")
    simulator.v1.payment_intents.capture(held.id, {"amount_to_capture": 3000})
    rest, full = simulator.v1.balance_transactions.list().data
    assert (full.type, full.amount, full.fee) == ("charge", 4000, 113)
    assert (rest.type, rest.reporting_category) == ("refund", "partial_capture_reversal")
    assert (rest.amount, rest.fee) == (-1000, -27)
    assert full.net + rest.net == 3000 - 86
    charge = simulator.read(held).latest_charge
    assert (charge.amount_refunded, charge.refunded) == (1000, False)
    assert refund(simulator, held).amount == 3000
