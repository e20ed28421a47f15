"""What a connected account gets of a transfer: a payment of its own, `py_…`.

https://docs.stripe.com/connect/destination-charges: `transfer.destination_payment`
"""

from simulator.balance import application_fees, ledger
from simulator.balance.pricing import fee_detail
from simulator.state.store import Json, Record
from simulator.state.world import APPLICATION, World


def receive(world: World, transfer: Record, *, available_on: int, fee: int, origin: str) -> Record:
    """The payment, less the platform's `fee`; `origin` is the platform's charge behind it."""
    of = transfer.data
    payment = world.new("charges", of["destination"], _payment(world, of))
    fees = [fee_detail(fee, of["currency"], "application_fee", APPLICATION)] if fee else []
    payment.data["balance_transaction"] = ledger.book(
        world,
        payment.account,
        "payment",
        payment.id,
        of["amount"],
        of["currency"],
        fees=fees,
        available_on=available_on,
    ).id
    if fee:
        taken = application_fees.take(world, payment, fee, origin)
        payment.data |= {"application_fee": taken.id, "application_fee_amount": fee}
    world.save(payment)
    return payment


def _payment(world: World, transfer: Json) -> Json:
    """A Charge that no card paid."""
    nobody = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {
        "id": world.ids.new("py_"),
        "object": "charge",
        "amount": transfer["amount"],
        "amount_captured": transfer["amount"],
        "amount_refunded": 0,
        "application": APPLICATION,
        "application_fee": None,
        "application_fee_amount": None,
        "authorization_code": None,
        "balance_transaction": None,
        "billing_details": {
            "address": nobody,
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": None,
        "captured": True,
        "created": world.clock.now(),
        "currency": transfer["currency"],
        "customer": None,
        "description": transfer["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": None,
        "paid": True,
        "payment_intent": None,
        "payment_method": None,
        "payment_method_details": {"stripe_account": {}, "type": "stripe_account"},
        "presentment_details": None,
        "radar_options": {},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": transfer["id"],
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": transfer["transfer_group"],
    }
