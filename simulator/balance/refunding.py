"""The Refund object, whoever makes it: a refund, a released hold, a reversed transfer.

https://docs.stripe.com/api/refunds/object
"""

from simulator.balance import ledger
from simulator.balance.pricing import fee_detail
from simulator.state.store import Json, Record
from simulator.state.world import APPLICATION, World
from simulator.webhooks import events


def new_refund(
    world: World,
    charge: Record,
    amount: int,
    *,
    reason: str | None = None,
    metadata: Json | None = None,
    reversal: bool = False,
) -> Record:
    """A succeeded refund of the charge, which counts it; what it does to the books comes after.

    A `reversal` never shows on the cardholder's statement.
    """
    of = charge.data
    destination: Json | None = None
    if charge.id.startswith("ch_"):
        destination = _to_card("reversal" if reversal else "refund")
    record = world.new(
        "refunds",
        charge.account,
        {
            "id": world.ids.new("re_" if charge.id.startswith("ch_") else "pyr_"),
            "object": "refund",
            "amount": amount,
            "balance_transaction": None,
            "charge": charge.id,
            "created": world.clock.now(),
            "currency": of["currency"],
            "customer": of["customer"],
            "customer_account": None,
            "destination_details": destination,
            "failure_balance_transaction": None,
            "failure_reason": None,
            "metadata": metadata or {},
            "payment_intent": of["payment_intent"],
            "payment_method": of["payment_method"],
            "pending_reason": None,
            "reason": reason,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        },
    )
    charge.hidden.setdefault("refunds", []).append(record.id)
    count(world, charge, amount)
    return record


def count(world: World, charge: Record, amount: int) -> None:
    """So much more of the charge is refunded; less, when it is negative."""
    charge.data["amount_refunded"] += amount
    charge.data["refunded"] = charge.data["amount_refunded"] >= charge.data["amount"]
    world.save(charge)


def _to_card(type: str) -> Json:
    """The bank's reference number comes days later."""
    card = {
        "reference": None,
        "reference_status": "pending",
        "reference_type": "acquirer_reference_number",
        "type": type,
    }
    return {"card": card, "type": "card"}


def book_refund(world: World, refund: Record, charge: Record, *, fee_returned: int = 0) -> None:
    """Out of the balance of the account that was charged.

    `fee_returned` is the part of the application fee that the platform gives back to it.
    """
    of, currency = refund.data, refund.data["currency"]
    fees = []
    if fee_returned:
        fees.append(fee_detail(-fee_returned, currency, "application_fee", APPLICATION))
    refund.data["balance_transaction"] = ledger.book(
        world,
        refund.account,
        "refund" if charge.id.startswith("ch_") else "payment_refund",
        refund.id,
        -of["amount"],
        currency,
        fees=fees,
        available_on=ledger.available_with(world, charge.data["balance_transaction"]),
    ).id
    world.save(refund)


def release_rest(world: World, charge: Record, fees: list[Json]) -> None:
    """What was held but not captured goes back, and `fees`, what Stripe took for it, too.

    https://docs.stripe.com/reports/reporting-categories: a partial capture is booked in full,
    and the rest in reverse.
    """
    data = charge.data
    held, captured, currency = data["amount"], data["amount_captured"], data["currency"]
    refund = new_refund(world, charge, held - captured, reversal=True)
    refund.data["balance_transaction"] = ledger.book(
        world,
        charge.account,
        "refund",
        refund.id,
        captured - held,
        currency,
        fees=fees,
        available_on=ledger.available_with(world, data["balance_transaction"]),
        category="partial_capture_reversal",
    ).id
    world.save(refund)
    events.emit(world, "refund.created", refund)
