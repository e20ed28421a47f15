"""What happens to the money of a captured charge: it is booked, shared with the platform, sent on.

https://docs.stripe.com/connect/direct-charges, /connect/destination-charges,
/payments/payment-intents/asynchronous-capture
"""

from simulator.balance import application_fees, ledger, refunding, transfers
from simulator.balance.pricing import fee_detail, price
from simulator.state.store import Json, Record
from simulator.state.world import APPLICATION, PLATFORM, World
from simulator.webhooks import events


def settle(world: World, intent: Record, charge: Record, amount: int) -> None:
    """The charge is captured. With asynchronous capture the money follows a moment later."""
    charge.data["captured"] = True
    charge.data["amount_captured"] = amount
    world.save(charge)
    if intent.data["capture_method"] == "automatic_async":
        delay = world.switches["async_capture_delay_ms"]
        world.agenda.schedule(delay, "book_charge", charge=charge.id)
    else:
        _book(world, charge)


def settle_now(world: World, charge: Record) -> None:
    """Whoever moves the money of a charge cannot wait for its capture to end."""
    data = charge.data
    if data["captured"] and data["balance_transaction"] is None:
        book_late(world, charge.id)


def book_late(world: World, charge: str) -> None:
    """The end of an asynchronous capture, told by `charge.updated`."""
    record = world.get(charge)
    data = record.data
    if data["balance_transaction"] is not None:
        return
    _book(world, record)
    followed = ("application_fee", "balance_transaction", "transfer")
    events.emit(
        world, "charge.updated", record, {each: None for each in followed if data.get(each)}
    )


def _book(world: World, charge: Record) -> None:
    """The account is credited with the payment, less Stripe's price and the platform's fee.

    What was held beyond the captured amount is booked too and taken back at once.
    """
    data = charge.data
    fee, destination = data["application_fee_amount"] or 0, data["transfer_data"]
    held = max(data["amount"], data["amount_captured"])
    fees = _stripe_fees(world, charge, price(held))
    if fee and not destination:
        fees.append(fee_detail(fee, data["currency"], "application_fee", APPLICATION))
    data["balance_transaction"] = ledger.book(
        world,
        charge.account,
        "charge",
        charge.id,
        held,
        data["currency"],
        fees=fees,
        available_on=ledger.settles_on(world, charge.account),
    ).id
    if held > data["amount_captured"]:
        less = price(data["amount_captured"]) - price(held)
        refunding.release_rest(world, charge, _stripe_fees(world, charge, less))
    if destination:
        _pay_destination(world, charge, fee)
    elif fee:
        data["application_fee"] = application_fees.take(world, charge, fee, None).id
    world.save(charge)


def _stripe_fees(world: World, charge: Record, amount: int) -> list[Json]:
    """The account pays Stripe, unless its platform does.

    https://docs.stripe.com/connect/direct-charges-fee-payer-behavior
    """
    currency = charge.data["currency"]
    controller = world.get(charge.account).data["controller"]
    if controller.get("fees", {}).get("payer") != "application":
        return [fee_detail(amount, currency, "stripe_fee")]
    ledger.book(
        world,
        PLATFORM,
        "stripe_fee",
        None,
        -amount,
        currency,
        description=f"Stripe processing fees of {charge.account}",
    )
    return []


def _pay_destination(world: World, charge: Record, fee: int) -> None:
    """A destination charge sends all of it, or `transfer_data[amount]`; the fee comes back."""
    data = charge.data
    captured, wanted = data["amount_captured"], data["transfer_data"].get("amount")
    sent = captured if wanted is None else min(wanted, captured)
    transfer = transfers.pay(
        world,
        data["transfer_data"]["destination"],
        sent,
        data["currency"],
        source=charge,
        fee=fee,
        transfer_group=data["transfer_group"] or f"group_{data['payment_intent']}",
    )
    data["transfer"] = transfer.id
    data["transfer_group"] = transfer.data["transfer_group"]
    if fee:
        payment = world.get(transfer.data["destination_payment"])
        data["application_fee"] = payment.data["application_fee"]


JOBS = {"book_charge": book_late}
