"""What the platform takes of a payment, and gives back: /api/application_fees, /api/fee_refunds."""

from simulator.api.lists import embedded, equal_to, page
from simulator.api.objects import empty_list, merge_metadata, new_metadata
from simulator.api.routes import LIST, Call, operation
from simulator.balance import ledger
from simulator.errors import bad_request, missing_object
from simulator.state.store import Json, Record, clone
from simulator.state.world import APPLICATION, PLATFORM, World
from simulator.webhooks import events


def take(world: World, charge: Record, amount: int, originating: str | None) -> Record:
    """The fee is the platform's object; `account` is who paid it.

    `originating` is the platform's charge when the account was paid by transfer.
    """
    id = world.ids.new("fee_")
    currency = charge.data["currency"]
    fee = world.new(
        "application_fees",
        PLATFORM,
        {
            "id": id,
            "object": "application_fee",
            "account": charge.account,
            "amount": amount,
            "amount_refunded": 0,
            "application": APPLICATION,
            "balance_transaction": ledger.book(
                world,
                PLATFORM,
                "application_fee",
                id,
                amount,
                currency,
                available_on=ledger.available_with(world, charge.data["balance_transaction"]),
            ).id,
            "charge": charge.id,
            "created": world.clock.now(),
            "currency": currency,
            "fee_source": {"charge": charge.id, "type": "charge"},
            "livemode": False,
            "originating_transaction": originating,
            "refunded": False,
            "refunds": empty_list(_refunds_of(id)),
        },
        {"refunds": []},
    )
    events.emit(world, "application_fee.created", fee)
    return fee


def give_back(world: World, fee: Record, amount: int, metadata: Json | None = None) -> Record:
    """Out of the platform's balance; the caller books it where it goes to."""
    of, id = fee.data, world.ids.new("fr_")
    refund = world.new(
        "fee_refunds",
        PLATFORM,
        {
            "id": id,
            "object": "fee_refund",
            "amount": amount,
            "balance_transaction": ledger.book(
                world,
                PLATFORM,
                "application_fee_refund",
                id,
                -amount,
                of["currency"],
                available_on=ledger.available_with(world, of["balance_transaction"]),
            ).id,
            "created": world.clock.now(),
            "currency": of["currency"],
            "fee": fee.id,
            "metadata": metadata or {},
        },
    )
    of["amount_refunded"] += amount
    of["refunded"] = of["amount_refunded"] == of["amount"]
    fee.hidden["refunds"].append(id)
    _show_refunds(world, fee)
    events.emit(world, "application_fee.refunded", fee)
    return refund


def book_alone(world: World, fee: Record, refund: Record) -> None:
    """A fee given back without a refund of the payment: a correction in the account's book."""
    amount, charge = refund.data["amount"], world.get(fee.data["charge"])
    ledger.book(
        world,
        fee.data["account"],
        "adjustment",
        charge.id,
        amount,
        fee.data["currency"],
        available_on=ledger.available_with(world, charge.data["balance_transaction"]),
        category="fee",
        description=f"Application fee refund for {charge.id}",
    )


def share(whole: int, gone: int, part: int, of: int, *, last: bool) -> int:
    """What of a fee or transfer goes back with `part` `of` a charge; with the last, the rest."""
    return whole - gone if last else min(whole * part // of, whole - gone)


def _show_refunds(world: World, fee: Record) -> None:
    fee.data["refunds"] = embedded(world, fee.hidden["refunds"], _refunds_of(fee.id))
    world.save(fee)


def _refunds_of(id: str) -> str:
    return f"/v1/application_fees/{id}/refunds"


def retrieve(call: Call) -> Record:
    return call.find("application_fees", "application fee")


def list_(call: Call) -> Json:
    return page(call, "application_fees", equal_to(call.params, "charge"))


def create_refund(call: Call) -> Record:
    """https://docs.stripe.com/api/fee_refunds/create: all that is left, or `amount` of it."""
    fee, world = retrieve(call), call.world
    left = fee.data["amount"] - fee.data["amount_refunded"]
    amount = call.params.get("amount", left)
    if not left:
        raise bad_request(f"Application fee {fee.id} has already been refunded.")
    if not 0 < amount <= left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on fee ({left})"
        raise bad_request(message, None, "amount")
    refund = give_back(world, fee, amount, new_metadata(call.params))
    book_alone(world, fee, refund)
    return refund


def retrieve_refund(call: Call) -> Record:
    fee = retrieve(call)
    found = call.world.store.find("fee_refunds", PLATFORM, call.sub_id)
    if found is None or found.data["fee"] != fee.id:
        raise missing_object("application fee refund", call.sub_id, in_path=True)
    return found


def update_refund(call: Call) -> Record:
    refund, fee = retrieve_refund(call), retrieve(call)
    before = clone(refund.data)
    merge_metadata(refund.data, call.params)
    call.world.save(refund)
    _show_refunds(call.world, fee)
    events.emit_changes(call.world, "application_fee.refund.updated", refund, before)
    return refund


def list_refunds(call: Call) -> Json:
    fee = retrieve(call)
    return page(call, "fee_refunds", lambda record: record.data["fee"] == fee.id)


_PATH = "/v1/application_fees"
OPERATIONS = [
    operation(
        "GET",
        f"{_PATH}/{{id}}",
        "application_fees.retrieve",
        retrieve,
        "ApplicationFeeRetrieveParams",
        "application_fee",
    ),
    operation(
        "GET",
        _PATH,
        "application_fees.list",
        list_,
        "ApplicationFeeListParams",
        "application_fee",
        takes=f"{LIST} created charge",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}/refunds",
        "application_fees.refunds.create",
        create_refund,
        "ApplicationFeeCreateRefundParams",
        "fee_refund",
        takes="amount metadata",
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}/refunds",
        "application_fees.refunds.list",
        list_refunds,
        "ApplicationFeeListRefundsParams",
        "fee_refund",
        takes=LIST,
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}/refunds/{{id}}",
        "application_fees.refunds.retrieve",
        retrieve_refund,
        "ApplicationFeeRetrieveRefundParams",
        "fee_refund",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}/refunds/{{id}}",
        "application_fees.refunds.update",
        update_refund,
        "ApplicationFeeModifyRefundParams",
        "fee_refund",
        takes="metadata",
    ),
]
