"""Fees, transfers and what goes back: https://docs.stripe.com/connect/charges"""

import pytest
import stripe

from .conftest import PLATFORM, on

REFUSED = stripe.InvalidRequestError
DAY = 24 * 3600


@pytest.fixture
def shop(simulator):
    return simulator.account()


@pytest.fixture
def funded(simulator, shop):
    """The platform has 9725 available."""
    simulator.pay(10_000)
    simulator.tell("clock", advance=2 * DAY)
    return shop


def destination_charge(simulator, shop, amount=10_000, fee=300, **params):
    return simulator.pay(
        amount, transfer_data={"destination": shop}, application_fee_amount=fee, **params
    )


def books(simulator, account=""):
    """Type, amount and fee of each booking, oldest first."""
    listed = simulator.v1.balance_transactions.list({"limit": 100}, on(account)).data
    return [(each.type, each.amount, each.fee) for each in reversed(listed)]


def refund(simulator, paid, account="", **params):
    return simulator.v1.refunds.create({"payment_intent": paid.id, **params}, on(account))


def give_back_all(simulator, paid, **params):
    return refund(simulator, paid, reverse_transfer=True, refund_application_fee=True, **params)


def test_a_destination_gets_a_payment_of_its_own_less_the_fee(simulator, shop):
    charge = destination_charge(simulator, shop).latest_charge
    transfer = simulator.v1.transfers.retrieve(charge.transfer)
    params = {"expand": ["balance_transaction", "application_fee"]}
    payment = simulator.v1.charges.retrieve(transfer.destination_payment, params, on(shop))
    assert payment.id.startswith("py_")
    assert (payment.amount, payment.source_transfer) == (10_000, transfer.id)
    booked = payment.balance_transaction
    assert (booked.type, booked.amount, booked.fee, booked.net) == ("payment", 10_000, 300, 9_700)
    fee = simulator.v1.application_fees.retrieve(charge.application_fee)
    assert (fee.account, fee.charge, fee.originating_transaction) == (shop, payment.id, charge.id)
    assert books(simulator) == [
        ("charge", 10_000, 275),
        ("transfer", -10_000, 0),
        ("application_fee", 300, 0),
    ]


def test_the_money_of_a_destination_is_available_with_the_charge(simulator, shop):
    destination_charge(simulator, shop)
    listed = simulator.v1.balance_transactions.list({}, on(shop)).data
    listed += simulator.v1.balance_transactions.list().data
    assert len({each.available_on for each in listed}) == 1
    assert {each.status for each in listed} == {"pending"}


def test_an_asynchronous_capture_moves_all_the_money_late(simulator, shop):
    paid = destination_charge(simulator, shop, capture_method="automatic_async")
    charge = paid.latest_charge
    assert charge.captured
    assert (charge.balance_transaction, charge.application_fee) == (None, None)
    assert "transfer" not in charge
    assert books(simulator) == []
    simulator.tell("clock", advance=2)
    charge = simulator.read(paid).latest_charge
    assert charge.balance_transaction
    assert charge.application_fee
    assert charge.transfer
    event = simulator.v1.events.list({"type": "charge.updated"}).data[0]
    previous = event.data.previous_attributes.to_dict()
    assert previous == dict.fromkeys(("application_fee", "balance_transaction", "transfer"))


def test_a_refund_leaves_fee_and_transfer_alone_unless_asked(simulator, shop):
    paid = destination_charge(simulator, shop)
    made = refund(simulator, paid)
    assert made.transfer_reversal is None
    assert books(simulator)[3:] == [("refund", -10_000, 0)]
    assert books(simulator, shop) == [("payment", 10_000, 300)]


def test_a_full_refund_can_take_all_of_them_back(simulator, shop):
    paid = destination_charge(simulator, shop)
    made = give_back_all(simulator, paid)
    assert books(simulator)[3:] == [
        ("application_fee_refund", -300, 0),
        ("transfer_refund", 10_000, 0),
        ("refund", -10_000, 0),
    ]
    assert books(simulator, shop)[1:] == [("payment_refund", -10_000, -300)]
    charge = simulator.read(paid).latest_charge
    transfer = simulator.v1.transfers.retrieve(charge.transfer)
    assert (transfer.reversed, transfer.amount_reversed) == (True, 10_000)
    [reversal] = transfer.reversals.data
    assert (made.transfer_reversal, reversal.source_refund) == (reversal.id, made.id)
    theirs = simulator.v1.refunds.retrieve(reversal.destination_payment_refund, {}, on(shop))
    assert theirs.id.startswith("pyr_")
    assert theirs.source_transfer_reversal == reversal.id
    fee = simulator.v1.application_fees.retrieve(charge.application_fee)
    assert (fee.refunded, fee.amount_refunded) == (True, 300)
    assert {"application_fee.refunded", "transfer.reversed"} < set(simulator.events())


def test_parts_go_back_in_proportion_and_the_last_takes_the_rest(simulator, shop):
    paid = destination_charge(simulator, shop, amount=1000, fee=100)
    fees, reversals = [], []
    for part in (333, 333, 334):
        made = give_back_all(simulator, paid, amount=part)
        transfer = simulator.v1.transfers.retrieve(simulator.read(paid).latest_charge.transfer)
        reversals.append(transfer.reversals.data[0].amount)
        fee = simulator.v1.application_fees.retrieve(
            simulator.read(paid).latest_charge.application_fee
        )
        fees.append(fee.refunds.data[0].amount)
        assert made.amount == part
    assert (fees, reversals) == ([33, 33, 34], [333, 333, 334])
    assert simulator.v1.balance.retrieve({}, on(shop)).pending[0].amount == 0


def test_a_reversal_takes_no_more_than_the_account_has(simulator, shop):
    paid = destination_charge(simulator, shop)
    before = simulator.events()
    with pytest.raises(REFUSED) as raised:
        refund(simulator, paid, reverse_transfer=True)
    assert raised.value.code == "balance_insufficient"
    assert (simulator.events(), len(books(simulator))) == (before, 3)
    assert not simulator.read(paid).latest_charge.refunded
    simulator.tell("switches", reversal_over_balance="overdraw")
    refund(simulator, paid, reverse_transfer=True)
    assert simulator.v1.balance.retrieve({}, on(shop)).pending[0].amount == -300


def test_a_platform_that_bears_the_losses_may_overdraw_the_account(simulator):
    controller = {"losses": {"payments": "application"}, "fees": {"payer": "application"}}
    shop = simulator.v1.accounts.create({"country": "US", "controller": controller}).id
    simulator.tell("accounts", id=shop)
    paid = destination_charge(simulator, shop)
    assert refund(simulator, paid, reverse_transfer=True).status == "succeeded"


def test_what_is_not_there_cannot_go_back(simulator, shop):
    paid = simulator.pay()
    for param in ("reverse_transfer", "refund_application_fee"):
        with pytest.raises(REFUSED) as raised:
            refund(simulator, paid, **{param: True})
        assert raised.value.param == param


def test_a_direct_charge_is_refunded_with_its_fee_in_one_booking(simulator, shop):
    paid = simulator.pay(10_000, account=shop, application_fee_amount=300)
    refund(simulator, paid, shop, refund_application_fee=True, amount=5_000)
    assert books(simulator, shop) == [("charge", 10_000, 575), ("refund", -5_000, -150)]
    assert books(simulator) == [("application_fee", 300, 0), ("application_fee_refund", -150, 0)]


def test_a_platform_can_pay_stripe_for_its_accounts(simulator):
    controller = {"fees": {"payer": "application"}}
    shop = simulator.v1.accounts.create({"country": "US", "controller": controller}).id
    simulator.tell("accounts", id=shop)
    simulator.pay(10_000, account=shop, application_fee_amount=300)
    assert books(simulator, shop) == [("charge", 10_000, 300)]
    assert books(simulator) == [("stripe_fee", -275, 0), ("application_fee", 300, 0)]


def test_a_fee_can_be_given_back_on_its_own(simulator, shop):
    simulator.pay(10_000, account=shop, application_fee_amount=300)
    fees = simulator.v1.application_fees
    fee = fees.list().data[0]
    part = fees.refunds.create(fee.id, {"amount": 100, "metadata": {"why": "sorry"}})
    assert (part.amount, part.fee) == (100, fee.id)
    rest = fees.refunds.create(fee.id)
    assert rest.amount == 200
    fee = fees.retrieve(fee.id)
    assert [each.id for each in fee.refunds.data] == [rest.id, part.id]
    assert [each.id for each in fees.refunds.list(fee.id).data] == [rest.id, part.id]
    assert fees.refunds.retrieve(fee.id, part.id).metadata.to_dict() == {"why": "sorry"}
    with pytest.raises(REFUSED):
        fees.refunds.create(fee.id)
    assert books(simulator, shop)[1:] == [("adjustment", 100, 0), ("adjustment", 200, 0)]
    listed = simulator.v1.balance_transactions.list({"type": "adjustment"}, on(shop)).data
    assert {each.reporting_category for each in listed} == {"fee"}
    changed = fees.refunds.update(fee.id, part.id, {"metadata": {"why": "oh well"}})
    assert changed.metadata.to_dict() == {"why": "oh well"}
    assert simulator.events()[-1] == "application_fee.refund.updated"


def test_a_transfer_moves_what_is_available(simulator, funded):
    made = simulator.v1.transfers.create(
        {
            "amount": 9725,
            "currency": "usd",
            "destination": funded,
            "description": "For May",
            "transfer_group": "may",
            "metadata": {"a": "b"},
        }
    )
    assert (made.amount, made.description, made.transfer_group) == (9725, "For May", "may")
    assert made.metadata.to_dict() == {"a": "b"}
    assert simulator.v1.balance.retrieve().available[0].amount == 0
    assert simulator.v1.balance.retrieve({}, on(funded)).available[0].amount == 9725
    told = simulator.v1.events.list().data[0]
    assert told.type == "transfer.created"
    assert told.data.object.to_dict() == made.to_dict()


def test_a_transfer_needs_the_money(simulator, funded):
    params = {"amount": 9726, "currency": "usd", "destination": funded}
    with pytest.raises(REFUSED) as raised:
        simulator.v1.transfers.create(params)
    assert raised.value.code == "balance_insufficient"
    with pytest.raises(REFUSED) as raised:
        simulator.v1.transfers.create(params | {"destination": "acct_none"})
    assert raised.value.param == "destination"
    with pytest.raises(REFUSED) as raised:
        simulator.v1.transfers.create({"currency": "usd", "destination": funded})
    assert raised.value.code == "parameter_missing"


def test_a_charge_can_fund_a_transfer_before_it_is_available(simulator, shop):
    charge = simulator.pay(1000, transfer_group="order 7").latest_charge
    params = {"currency": "usd", "destination": shop, "source_transaction": charge.id}
    made = simulator.v1.transfers.create(params | {"amount": 600})
    assert (made.source_transaction, made.transfer_group) == (charge.id, "order 7")
    booked = simulator.v1.balance_transactions.retrieve(made.balance_transaction)
    charged = simulator.v1.balance_transactions.retrieve(charge.balance_transaction)
    assert booked.available_on == charged.available_on
    with pytest.raises(REFUSED):
        simulator.v1.transfers.create(params | {"amount": 401})
    with pytest.raises(REFUSED) as raised:
        simulator.v1.transfers.create(params | {"amount": 400, "currency": "eur"})
    assert raised.value.param == "currency"
    simulator.v1.transfers.create(params | {"amount": 400})


def test_a_transfer_can_be_reversed_in_parts(simulator, funded):
    transfers = simulator.v1.transfers
    made = transfers.create({"amount": 1000, "currency": "usd", "destination": funded})
    part = transfers.reversals.create(made.id, {"amount": 300, "metadata": {"a": "b"}})
    assert (part.amount, part.transfer, part.source_refund) == (300, made.id, None)
    assert not transfers.retrieve(made.id).reversed
    with pytest.raises(REFUSED):
        transfers.reversals.create(made.id, {"amount": 701})
    rest = transfers.reversals.create(made.id)
    assert rest.amount == 700
    assert transfers.retrieve(made.id).reversed
    with pytest.raises(REFUSED):
        transfers.reversals.create(made.id)
    assert [each.id for each in transfers.reversals.list(made.id).data] == [rest.id, part.id]
    assert transfers.reversals.retrieve(made.id, part.id).metadata.to_dict() == {"a": "b"}
    changed = transfers.reversals.update(made.id, part.id, {"metadata": {"a": "c"}})
    assert changed.metadata.to_dict() == {"a": "c"}
    assert simulator.v1.balance.retrieve().available[0].amount == 9725


def test_a_reversal_can_give_the_fee_back_too(simulator, shop):
    charge = destination_charge(simulator, shop).latest_charge
    params = {"amount": 5_000, "refund_application_fee": True}
    simulator.v1.transfers.reversals.create(charge.transfer, params)
    assert simulator.v1.application_fees.retrieve(charge.application_fee).amount_refunded == 150
    assert books(simulator, shop)[1:] == [("payment_refund", -5_000, -150)]


def test_a_transfers_notes_can_change(simulator, shop):
    transfer = destination_charge(simulator, shop).latest_charge.transfer
    changed = simulator.v1.transfers.update(transfer, {"description": "x", "metadata": {"a": "b"}})
    assert (changed.description, changed.metadata.to_dict()) == ("x", {"a": "b"})
    event = simulator.v1.events.list().data[0]
    assert event.type == "transfer.updated"
    assert event.data.previous_attributes.to_dict() == {
        "description": None,
        "metadata": {"a": None},
    }


def test_transfers_and_fees_are_the_platforms_only(simulator, shop):
    charge = destination_charge(simulator, shop).latest_charge
    paths = [f"transfers/{charge.transfer}", f"application_fees/{charge.application_fee}"]
    for path in paths:
        assert simulator.raw("GET", f"/v1/{path}", Stripe_Account=PLATFORM).status_code == 200
        assert simulator.raw("GET", f"/v1/{path}", Stripe_Account=shop).status_code == 404
    with pytest.raises(REFUSED):
        simulator.v1.transfers.create(
            {"amount": 1, "currency": "usd", "destination": PLATFORM}, on(shop)
        )
