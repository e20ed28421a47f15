"""Money once it was captured: refunds, fees, transfers, payouts, disputes."""

from ..conftest import SHOP, on
from .recipes import recipe


@recipe
def direct_charges(simulator):
    simulator.account()
    held = simulator.pay(4000, account=SHOP, capture_method="manual", application_fee_amount=9)
    simulator.v1.payment_intents.capture(held.id, {"application_fee_amount": 7}, on(SHOP))
    simulator.v1.application_fees.list()


@recipe
def destination_charges(simulator):
    simulator.account()
    simulator.pay(
        *(2000, "visa", ""),
        on_behalf_of=SHOP,
        transfer_data={"destination": SHOP},
        application_fee_amount=50,
    )
    simulator.pay(2000, transfer_data={"destination": SHOP, "amount": 1500})
    simulator.v1.transfers.list()


@recipe
def refunds(simulator):
    of_refunds = simulator.v1.refunds
    paid, fails = simulator.pay(4000), simulator.pay(4000, "refund_fail")
    made = of_refunds.create({"payment_intent": paid.id, "amount": 1000, "reason": "duplicate"})
    of_refunds.create({"payment_intent": fails.id})
    of_refunds.retrieve(made.id)
    of_refunds.update(made.id, {"metadata": {"a": "b"}})
    of_refunds.list({"charge": made.charge})
    simulator.v1.charges.retrieve(made.charge, {"expand": ["refunds"]})
    nested = f"/v1/charges/{made.charge}/refunds"
    simulator.raw("POST", nested, "amount=100")
    simulator.raw("GET", nested)
    simulator.raw("GET", f"{nested}/{made.id}")
    simulator.raw("POST", f"{nested}/{made.id}", "metadata[a]=c")
    simulator.raw("POST", f"/v1/refunds/{made.id}/cancel")
    simulator.raw("POST", f"/v1/test_helpers/refunds/{made.id}/expire")
    simulator.tell("clock", advance=61)
    simulator.tell("switches", refund_over_balance="wait")
    unpaid = simulator.pay(account=simulator.account())
    waits = of_refunds.create({"payment_intent": unpaid.id}, on(SHOP))
    simulator.tell("dashboard/refund_cancel", account=SHOP, id=waits.id)


@recipe
def money_between_accounts(simulator):
    shop, v1 = simulator.account(), simulator.v1
    charge = simulator.pay(
        8000, transfer_data={"destination": shop}, application_fee_amount=80
    ).latest_charge
    both = {"reverse_transfer": True, "refund_application_fee": True}
    v1.refunds.create({"charge": charge.id, "amount": 1000, **both})
    reversal = v1.transfers.reversals.create(charge.transfer, {"amount": 100})
    v1.transfers.reversals.retrieve(charge.transfer, reversal.id)
    v1.transfers.reversals.update(charge.transfer, reversal.id, {"metadata": {"a": "b"}})
    v1.transfers.reversals.list(charge.transfer)
    v1.transfers.update(charge.transfer, {"description": "x"})
    fee = charge.application_fee
    given = v1.application_fees.refunds.create(fee, {"amount": 10})
    v1.application_fees.refunds.retrieve(fee, given.id)
    v1.application_fees.refunds.update(fee, given.id, {"metadata": {"a": "b"}})
    v1.application_fees.refunds.list(fee)
    source = simulator.pay(1000).latest_charge.id
    params = {"amount": 100, "currency": "usd", "destination": shop, "source_transaction": source}
    v1.transfers.create(params)


@recipe
def balances_and_payouts(simulator):
    shop, v1 = simulator.account(), simulator.v1
    simulator.pay(10_000, account=shop, application_fee_amount=100)
    v1.balance.retrieve({}, on(shop))
    simulator.tell("clock", advance=2 * 24 * 3600)
    v1.balance.retrieve()
    v1.balance_transactions.list({"type": "charge"}, on(shop))
    first, second, third = (
        v1.payouts.create({"amount": 100, "currency": "usd"}, on(shop)) for _ in range(3)
    )
    v1.payouts.update(first.id, {"metadata": {"a": "b"}}, on(shop))
    v1.payouts.cancel(second.id, {}, on(shop))
    v1.payouts.list({"status": "pending"}, on(shop))
    simulator.tell("clock", advance=2 * 24 * 3600)
    v1.payouts.retrieve(first.id, {}, on(shop))
    v1.payouts.reverse(first.id, {}, on(shop))
    simulator.tell("dashboard/payout_fail", account=shop, id=third.id)
    simulator.tell("switches", automatic_payouts=True)
    simulator.pay(10_000, account=shop)
    simulator.tell("clock", advance=4 * 24 * 3600)


@recipe
def disputes(simulator):
    of_disputes = simulator.v1.disputes
    for card in ("visa", "mastercard"):
        made = simulator.tell("dashboard/dispute", id=simulator.pay(5000, card).id)["id"]
        of_disputes.retrieve(made)
        of_disputes.update(made, {"evidence": {"customer_name": "Ann"}})
        simulator.tell("dashboard/dispute_close", id=made, outcome="won")
    asked = simulator.tell("dashboard/dispute", id=simulator.pay().id, inquiry=True)["id"]
    of_disputes.close(asked)
    of_disputes.list()
