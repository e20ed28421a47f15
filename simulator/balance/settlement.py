"""What happens to the money of a captured charge: balance, application fee, transfer.

https://docs.stripe.com/api/balance_transactions, /connect/direct-charges,
/connect/destination-charges
"""

from simulator.api.lists import equal_to, page
from simulator.api.objects import empty_list
from simulator.api.routes import LIST, Call, operation
from simulator.state.store import Json, Record
from simulator.state.world import APPLICATION, PLATFORM, World
from simulator.webhooks import events

AVAILABLE_AFTER = 2 * 24 * 3600
# Stripe's price for a US card present: 2.7 % and 5 cents. One price does for all here.
PERCENT_TIMES_TEN = 27
FIXED = 5


def settle(world: World, intent: Record, charge: Record, amount: int) -> None:
    """The charge is captured: book it, take the fee, pay the destination."""
    data = charge.data
    data["captured"] = True
    data["amount_captured"] = amount
    data["amount_refunded"] = data["amount"] - amount
    fee = data["application_fee_amount"]
    if fee:
        data["application_fee"] = _take_fee(world, charge, fee)
    if data["transfer_data"]:
        data["transfer"] = _pay_destination(world, charge, amount)
    if intent.data["capture_method"] == "automatic_async":
        delay = world.switches["async_capture_delay_ms"]
        world.agenda.schedule(delay, "book_charge", charge=charge.id)
    else:
        _book(world, charge)
    world.save(charge)


def book_late(world: World, charge: str) -> None:
    """Asynchronous capture: the balance transaction comes later, with `charge.updated`."""
    record = world.get(charge)
    _book(world, record)
    world.save(record)
    events.emit(world, "charge.updated", record, {"balance_transaction": None})


def _book(world: World, charge: Record) -> None:
    data = charge.data
    amount = data["amount_captured"]
    price = (amount * PERCENT_TIMES_TEN + 500) // 1000 + FIXED
    fees = [_fee_detail(price, data["currency"], "stripe_fee", "Stripe processing fees")]
    if data["application_fee"] and not data["transfer_data"]:
        fees.append(
            _fee_detail(
                data["application_fee_amount"],
                data["currency"],
                "application_fee",
                "Simulated platform application fee",
            )
        )
    data["balance_transaction"] = _balance_transaction(
        world, charge.account, "charge", charge.id, amount, data["currency"], fees
    )


def _fee_detail(amount: int, currency: str, type: str, description: str) -> Json:
    return {
        "amount": amount,
        "application": None,
        "currency": currency,
        "description": description,
        "type": type,
    }


def _balance_transaction(
    world: World,
    account: str,
    type: str,
    source: str,
    amount: int,
    currency: str,
    fees: list[Json],
) -> str:
    fee = sum(each["amount"] for each in fees)
    now = world.clock.now()
    record = world.new(
        "balance_transactions",
        account,
        {
            "id": world.ids.new("txn_"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": now + AVAILABLE_AFTER,
            "balance_type": "payments",
            "created": now,
            "currency": currency,
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": fees,
            "net": amount - fee,
            "reporting_category": "fee" if type == "application_fee" else type,
            "source": source,
            "status": "pending",
            "type": type,
        },
    )
    return record.id


def _take_fee(world: World, charge: Record, amount: int) -> str:
    """The fee is the platform's object; `account` is who paid it."""
    data = charge.data
    destination = (data["transfer_data"] or {}).get("destination")
    id = world.ids.new("fee_")
    fee = world.new(
        "application_fees",
        PLATFORM,
        {
            "id": id,
            "object": "application_fee",
            "account": destination or charge.account,
            "amount": amount,
            "amount_refunded": 0,
            "application": APPLICATION,
            "balance_transaction": _balance_transaction(
                world, PLATFORM, "application_fee", id, amount, data["currency"], []
            ),
            "charge": charge.id,
            "created": world.clock.now(),
            "currency": data["currency"],
            "fee_source": {"charge": charge.id, "type": "charge"},
            "livemode": False,
            "originating_transaction": charge.id if destination else None,
            "refunded": False,
            "refunds": empty_list(f"/v1/application_fees/{id}/refunds"),
        },
    )
    events.emit(world, "application_fee.created", fee)
    return fee.id


def _pay_destination(world: World, charge: Record, amount: int) -> str:
    """A destination charge sends all of it, or `transfer_data[amount]`, to the account."""
    data = charge.data
    wanted = data["transfer_data"].get("amount")
    sent = amount if wanted is None else min(wanted, amount)
    id = world.ids.new("tr_")
    transfer = world.new(
        "transfers",
        PLATFORM,
        {
            "id": id,
            "object": "transfer",
            "amount": sent,
            "amount_reversed": 0,
            "balance_transaction": _balance_transaction(
                world, PLATFORM, "transfer", id, -sent, data["currency"], []
            ),
            "created": world.clock.now(),
            "currency": data["currency"],
            "description": None,
            "destination": data["transfer_data"]["destination"],
            "destination_payment": None,
            "livemode": False,
            "metadata": {},
            "reversals": empty_list(f"/v1/transfers/{id}/reversals"),
            "reversed": False,
            "source_transaction": charge.id,
            "source_type": "card",
            "transfer_group": data["transfer_group"],
        },
    )
    events.emit(world, "transfer.created", transfer)
    return transfer.id


def retrieve_balance_transaction(call: Call) -> Record:
    return call.find("balance_transactions", "balance transaction")


def retrieve_fee(call: Call) -> Record:
    return call.find("application_fees", "application fee")


def list_fees(call: Call) -> Json:
    return page(call, "application_fees", equal_to(call.params, "charge"))


def retrieve_transfer(call: Call) -> Record:
    return call.find("transfers", "transfer")


def list_transfers(call: Call) -> Json:
    return page(call, "transfers", equal_to(call.params, "destination", "transfer_group"))


OPERATIONS = [
    operation(
        "GET",
        "/v1/balance_transactions/{id}",
        "balance_transactions.retrieve",
        retrieve_balance_transaction,
        "BalanceTransactionRetrieveParams",
        "balance_transaction",
    ),
    operation(
        "GET",
        "/v1/application_fees/{id}",
        "application_fees.retrieve",
        retrieve_fee,
        "ApplicationFeeRetrieveParams",
        "application_fee",
    ),
    operation(
        "GET",
        "/v1/application_fees",
        "application_fees.list",
        list_fees,
        "ApplicationFeeListParams",
        "application_fee",
        takes=f"{LIST} created charge",
    ),
    operation(
        "GET",
        "/v1/transfers/{id}",
        "transfers.retrieve",
        retrieve_transfer,
        "TransferRetrieveParams",
        "transfer",
    ),
    operation(
        "GET",
        "/v1/transfers",
        "transfers.list",
        list_transfers,
        "TransferListParams",
        "transfer",
        takes=f"{LIST} created destination transfer_group",
    ),
]
JOBS = {"book_charge": book_late}
