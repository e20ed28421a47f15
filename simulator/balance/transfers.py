"""From the platform's balance to an account's.

https://docs.stripe.com/api/transfers, /connect/separate-charges-and-transfers
"""

from simulator.api.currencies import require_currency
from simulator.api.lists import equal_to, page
from simulator.api.objects import empty_list, merge_metadata, new_metadata, set_plain
from simulator.api.routes import LIST, Call, operation
from simulator.balance import ledger, payments
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
    metadata: Json | None = None,
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
            "metadata": metadata or {},
            "reversals": empty_list(reversals_of(id)),
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


def reversals_of(id: str) -> str:
    return f"/v1/transfers/{id}/reversals"


def insufficient(message: str) -> StripeError:
    return bad_request(message, "balance_insufficient")


def create(call: Call) -> Record:
    world, params = call.world, call.params
    if call.account != PLATFORM:
        raise missing_object("destination", params["destination"], "destination")
    accounts.require_destination(world, params["destination"], "destination")
    currency = params["currency"].lower()
    require_currency(currency)
    source = None
    if "source_transaction" in params:
        source = call.named("charges", "charge", "source_transaction")
    amount = _amount(world, params, currency, source)
    notes, group = new_metadata(params), params.get("transfer_group")
    if source is not None:
        group = group or source.data["transfer_group"] or f"group_{source.data['payment_intent']}"
        _use(world, source, amount, currency)
    elif ledger.available(world, PLATFORM, currency) < amount:
        raise insufficient(
            "You have insufficient available funds in your Stripe account. Try adding funds "
            "directly to your available balance by creating Charges using the 4000000000000077 "
            "test card. See: https://stripe.com/docs/testing#available-balance"
        )
    return pay(
        world,
        params["destination"],
        amount,
        currency,
        source=source,
        metadata=notes,
        transfer_group=group,
        description=params.get("description"),
    )


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
        raise insufficient(
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
    merge_metadata(transfer.data, call.params)
    set_plain(transfer.data, call.params, "description")
    call.world.save(transfer)
    events.emit(call.world, "transfer.updated", transfer, before)
    return transfer


def list_(call: Call) -> Json:
    return page(call, "transfers", equal_to(call.params, "destination", "transfer_group"))


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
]
