"""Transfers taken back from an account: https://docs.stripe.com/api/transfer_reversals."""

from simulator.api.lists import embedded, page
from simulator.api.objects import merge_metadata, new_metadata
from simulator.api.routes import LIST, Call, operation
from simulator.balance import application_fees, ledger, refunding, transfers
from simulator.balance.transfers import insufficient, reversals_of
from simulator.errors import bad_request, missing_object
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM, World
from simulator.webhooks import events


def require_funds(world: World, transfer: Record, amount: int, fee_returned: int) -> None:
    """The account must still have the money, be it on its way, or a platform that vouches for it.

    https://docs.stripe.com/connect/separate-charges-and-transfers#reverse-transfers
    """
    of = transfer.data
    if world.switches["reversal_over_balance"] == "overdraw" or _vouched_for(world, transfer):
        return
    if ledger.total(world, of["destination"], of["currency"]) + fee_returned < amount:
        raise insufficient("The connected account has insufficient funds to cover the reversal.")


def _vouched_for(world: World, transfer: Record) -> bool:
    """Where the platform bears the losses, Stripe reserves funds of it for negative balances."""
    controller = world.get(transfer.data["destination"]).data["controller"]
    return bool(controller["losses"]["payments"] == "application")


def reverse(
    world: World,
    transfer: Record,
    amount: int,
    *,
    refund: Record | None = None,
    fee_returned: int = 0,
    metadata: Json | None = None,
) -> Record:
    """Takes it out of the account's balance again, as a refund of the payment it got.

    `refund` is the refund of the platform's charge that this belongs to, and `fee_returned` what
    the platform gives back of its fee.
    """
    of, id = transfer.data, world.ids.new("trr_")
    payment = world.get(of["destination_payment"])
    payment_refund = refunding.new_refund(world, payment, amount)
    payment_refund.data["source_transfer_reversal"] = id
    refunding.book_refund(world, payment_refund, payment, fee_returned=fee_returned)
    reversal = world.new(
        "transfer_reversals",
        PLATFORM,
        {
            "id": id,
            "object": "transfer_reversal",
            "amount": amount,
            "balance_transaction": ledger.book(
                world,
                PLATFORM,
                "transfer_refund",
                id,
                amount,
                of["currency"],
                available_on=ledger.available_with(world, of["balance_transaction"]),
            ).id,
            "created": world.clock.now(),
            "currency": of["currency"],
            "destination_payment_refund": payment_refund.id,
            "metadata": metadata or {},
            "source_refund": None if refund is None else refund.id,
            "transfer": transfer.id,
        },
    )
    of["amount_reversed"] += amount
    of["reversed"] = of["amount_reversed"] == of["amount"]
    transfer.hidden["reversals"].append(id)
    _show_reversals(world, transfer)
    events.emit(world, "transfer.reversed", transfer)
    return reversal


def _show_reversals(world: World, transfer: Record) -> None:
    url = reversals_of(transfer.id)
    transfer.data["reversals"] = embedded(world, transfer.hidden["reversals"], url)
    world.save(transfer)


def _require_amount(transfer: Record, amount: int) -> None:
    left = transfer.data["amount"] - transfer.data["amount_reversed"]
    if not left:
        raise bad_request(f"Transfer {transfer.id} is already fully reversed.")
    if not 0 < amount <= left:
        message = f"Reversal amount ({amount}) is greater than unreversed amount ({left})"
        raise bad_request(message, None, "amount")


def create(call: Call) -> Record:
    """All that is left, or `amount` of it; with its part of the platform's fee if asked for."""
    world, params, transfer = call.world, call.params, transfers.retrieve(call)
    of = transfer.data
    left = of["amount"] - of["amount_reversed"]
    amount = params.get("amount", left)
    _require_amount(transfer, amount)
    metadata = new_metadata(params)
    payment, fee_returned = world.get(of["destination_payment"]), 0
    if params.get("refund_application_fee") and payment.data["application_fee"]:
        fee = world.get(payment.data["application_fee"])
        whole, gone = fee.data["amount"], fee.data["amount_refunded"]
        fee_returned = application_fees.share(
            whole, gone, amount, of["amount"], last=amount == left
        )
    require_funds(world, transfer, amount, fee_returned)
    if fee_returned:
        application_fees.give_back(world, world.get(payment.data["application_fee"]), fee_returned)
    return reverse(world, transfer, amount, fee_returned=fee_returned, metadata=metadata)


def retrieve(call: Call) -> Record:
    transfer = transfers.retrieve(call)
    found = call.world.store.find("transfer_reversals", PLATFORM, call.sub_id)
    if found is None or found.data["transfer"] != transfer.id:
        raise missing_object("transfer reversal", call.sub_id, in_path=True)
    return found


def update(call: Call) -> Record:
    reversal, transfer = retrieve(call), transfers.retrieve(call)
    merge_metadata(reversal.data, call.params)
    call.world.save(reversal)
    _show_reversals(call.world, transfer)
    return reversal


def list_(call: Call) -> Json:
    transfer = transfers.retrieve(call)
    return page(call, "transfer_reversals", lambda each: each.data["transfer"] == transfer.id)


_PATH = "/v1/transfers/{id}/reversals"
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "transfers.reversals.create",
        create,
        "TransferCreateReversalParams",
        "transfer_reversal",
        takes="amount metadata refund_application_fee",
    ),
    operation(
        "GET",
        _PATH,
        "transfers.reversals.list",
        list_,
        "TransferListReversalsParams",
        "transfer_reversal",
        takes=LIST,
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}",
        "transfers.reversals.retrieve",
        retrieve,
        "TransferRetrieveReversalParams",
        "transfer_reversal",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "transfers.reversals.update",
        update,
        "TransferModifyReversalParams",
        "transfer_reversal",
        takes="metadata",
    ),
]
