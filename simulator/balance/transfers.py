"""From the platform's balance to an account's, and back.

https://docs.stripe.com/api/transfers, /api/transfer_reversals
"""

from simulator.api.currencies import require_currency
from simulator.api.lists import embedded, equal_to, page
from simulator.api.objects import empty_list, merge_metadata, set_plain
from simulator.api.routes import LIST, Call, operation
from simulator.balance import application_fees, ledger, payments, refunding
from simulator.connect import accounts
from simulator.errors import StripeError, bad_request, missing_object, missing_param
from simulator.state.store import Json, Record
from simulator.state.world import PLATFORM, World
from simulator.webhooks import events


def pay(
    world: World,
    destination: str,
    amount: int,
    currency: str,
    *,
    source: Record | None,
    fee: int = 0,
    **fields: str | None,
) -> Record:
    """A transfer, and the payment that the destination gets for it.

    With `source`, a charge of the platform, the money is available when the charge's is.
    """
    available_on = 0
    if source is not None:
        available_on = ledger.available_with(world, source.data["balance_transaction"])
    id = world.ids.new("tr_")
    transfer = world.new(
        "transfers",
        PLATFORM,
        {
            "id": id,
            "object": "transfer",
            "amount": amount,
            "amount_reversed": 0,
            "balance_transaction": ledger.book(
                world, PLATFORM, "transfer", id, -amount, currency, available_on=available_on
            ).id,
            "created": world.clock.now(),
            "currency": currency,
            "description": fields.get("description"),
            "destination": destination,
            "destination_payment": None,
            "livemode": False,
            "metadata": {},
            "reversals": empty_list(_reversals_of(id)),
            "reversed": False,
            "source_transaction": None if source is None else source.id,
            "source_type": "card",
            "transfer_group": fields.get("transfer_group"),
        },
        {"reversals": []},
    )
    origin = id if source is None else source.id
    payment = payments.receive(world, transfer, available_on=available_on, fee=fee, origin=origin)
    transfer.data["destination_payment"] = payment.id
    world.save(transfer)
    events.emit(world, "transfer.created", transfer)
    return transfer


def require_reversible(world: World, transfer: Record, amount: int) -> None:
    """The account must still have the money, be it on its way."""
    of = transfer.data
    left = of["amount"] - of["amount_reversed"]
    if not left:
        raise bad_request(f"Transfer {transfer.id} is already fully reversed.")
    if not 0 < amount <= left:
        message = f"Reversal amount ({amount}) is greater than unreversed amount ({left})"
        raise bad_request(message, None, "amount")
    if ledger.total(world, of["destination"], of["currency"]) < amount:
        raise _insufficient("The connected account has insufficient funds to cover the reversal.")


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
    url = _reversals_of(transfer.id)
    transfer.data["reversals"] = embedded(world, transfer.hidden["reversals"], url)
    world.save(transfer)


def _reversals_of(id: str) -> str:
    return f"/v1/transfers/{id}/reversals"


def _insufficient(message: str) -> StripeError:
    return bad_request(message, "balance_insufficient")


def create(call: Call) -> Record:
    """Separate charges and transfers: https://docs.stripe.com/connect/separate-charges-and-transfers"""
    world, params = call.world, call.params
    if call.account != PLATFORM:
        raise missing_object("destination", params["destination"], "destination")
    accounts.require_destination(world, params["destination"], "destination")
    currency = params["currency"].lower()
    require_currency(currency)
    source = call.named("charges", "charge", "source_transaction") if _has_source(params) else None
    amount = _amount(world, params, currency, source)
    group = params.get("transfer_group")
    if source is not None:
        group = group or source.data["transfer_group"] or f"group_{source.data['payment_intent']}"
        _use(world, source, amount, currency)
    elif ledger.available(world, PLATFORM, currency) < amount:
        raise _insufficient(
            "You have insufficient available funds in your Stripe account. Try adding funds "
            "directly to your available balance by creating Charges using the 4000000000000077 "
            "test card. See: https://stripe.com/docs/testing#available-balance"
        )
    description = params.get("description")
    transfer = pay(
        world,
        params["destination"],
        amount,
        currency,
        source=source,
        transfer_group=group,
        description=description,
    )
    merge_metadata(transfer.data, params)
    world.save(transfer)
    return transfer


def _has_source(params: Json) -> bool:
    return "source_transaction" in params


def _amount(world: World, params: Json, currency: str, source: Record | None) -> int:
    if "amount" not in params:
        if source is None:
            raise missing_param("amount")
        return int(source.data["amount_captured"])
    amount: int = params["amount"]
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise bad_request(message, "parameter_invalid_integer", "amount")
    return amount


def _use(world: World, source: Record, amount: int, currency: str) -> None:
    """A charge pays for transfers up to its own amount, in its own currency."""
    of, used = source.data, source.hidden.get("transferred", 0)
    if of["balance_transaction"] is None:
        message = f"Charge {source.id} is not captured yet, so it cannot fund a transfer."
        raise bad_request(message, None, "source_transaction")
    if of["currency"] != currency:
        raise bad_request(
            f"The currency of source_transaction's balance transaction ({of['currency']}) must be "
            f"the same as the transfer currency ({currency})",
            None,
            "currency",
        )
    if used + amount > of["amount_captured"]:
        raise _insufficient(
            f"The transfers of charge {source.id} would exceed its amount: {used} of "
            f"{of['amount_captured']} are transferred."
        )
    source.hidden["transferred"] = used + amount
    world.save(source)


def retrieve(call: Call) -> Record:
    return call.find("transfers", "transfer")


def update(call: Call) -> Record:
    transfer = retrieve(call)
    before = {each: transfer.data[each] for each in call.params if each in transfer.data}
    set_plain(transfer.data, call.params, "description")
    merge_metadata(transfer.data, call.params)
    call.world.save(transfer)
    events.emit(call.world, "transfer.updated", transfer, before)
    return transfer


def list_(call: Call) -> Json:
    return page(call, "transfers", equal_to(call.params, "destination", "transfer_group"))


def create_reversal(call: Call) -> Record:
    """All that is left, or `amount` of it; with its part of the platform's fee if asked for."""
    world, params, transfer = call.world, call.params, retrieve(call)
    of = transfer.data
    left = of["amount"] - of["amount_reversed"]
    amount = params.get("amount", left)
    require_reversible(world, transfer, amount)
    metadata: Json = {"metadata": {}}
    merge_metadata(metadata, params)
    payment, fee_returned = world.get(of["destination_payment"]), 0
    if params.get("refund_application_fee") and payment.data["application_fee"]:
        fee = world.get(payment.data["application_fee"])
        whole, gone = fee.data["amount"], fee.data["amount_refunded"]
        fee_returned = application_fees.share(
            whole, gone, amount, of["amount"], last=amount == left
        )
        if fee_returned:
            application_fees.give_back(world, fee, fee_returned)
    return reverse(
        world, transfer, amount, fee_returned=fee_returned, metadata=metadata["metadata"]
    )


def retrieve_reversal(call: Call) -> Record:
    transfer = retrieve(call)
    found = call.world.store.find("transfer_reversals", PLATFORM, call.sub_id)
    if found is None or found.data["transfer"] != transfer.id:
        raise missing_object("transfer reversal", call.sub_id, in_path=True)
    return found


def update_reversal(call: Call) -> Record:
    reversal, transfer = retrieve_reversal(call), retrieve(call)
    merge_metadata(reversal.data, call.params)
    call.world.save(reversal)
    _show_reversals(call.world, transfer)
    return reversal


def list_reversals(call: Call) -> Json:
    transfer = retrieve(call)
    return page(call, "transfer_reversals", lambda each: each.data["transfer"] == transfer.id)


_PATH = "/v1/transfers"
OPERATIONS = [
    operation(
        "POST",
        _PATH,
        "transfers.create",
        create,
        "TransferCreateParams",
        "transfer",
        takes="amount currency description destination metadata source_transaction transfer_group",
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}",
        "transfers.retrieve",
        retrieve,
        "TransferRetrieveParams",
        "transfer",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}",
        "transfers.update",
        update,
        "TransferUpdateParams",
        "transfer",
        takes="description metadata",
    ),
    operation(
        "GET",
        _PATH,
        "transfers.list",
        list_,
        "TransferListParams",
        "transfer",
        takes=f"{LIST} created destination transfer_group",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}/reversals",
        "transfers.reversals.create",
        create_reversal,
        "TransferCreateReversalParams",
        "transfer_reversal",
        takes="amount metadata refund_application_fee",
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}/reversals",
        "transfers.reversals.list",
        list_reversals,
        "TransferListReversalsParams",
        "transfer_reversal",
        takes=LIST,
    ),
    operation(
        "GET",
        f"{_PATH}/{{id}}/reversals/{{id}}",
        "transfers.reversals.retrieve",
        retrieve_reversal,
        "TransferRetrieveReversalParams",
        "transfer_reversal",
    ),
    operation(
        "POST",
        f"{_PATH}/{{id}}/reversals/{{id}}",
        "transfers.reversals.update",
        update_reversal,
        "TransferModifyReversalParams",
        "transfer_reversal",
        takes="metadata",
    ),
]
