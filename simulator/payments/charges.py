"""Charges, one per attempt to pay, and the card that was read for them.

https://docs.stripe.com/api/charges, /terminal/features/receipts
"""

from collections.abc import Callable
from typing import Any

from simulator.api.lists import equal_to, page
from simulator.api.objects import merge_metadata, set_plain, shipping
from simulator.api.routes import LIST, Call, operation
from simulator.errors import bad_request
from simulator.payments import card_details, holds
from simulator.payments.cards import Reading, Verdict
from simulator.payments.holds import merchant_of
from simulator.state.store import Json, Record, clone
from simulator.state.world import APPLICATION, PLATFORM, World
from simulator.webhooks import events

CARD_TYPES = frozenset(("card", "card_present", "interac_present"))
SELLER_MESSAGES = {
    "expired_card": "The card has expired.",
    "incorrect_cvc": "The bank returned the decline code `incorrect_cvc`.",
    "insufficient_funds": "The bank returned the decline code `insufficient_funds`.",
    "processing_error": "The bank returned the decline code `processing_error`.",
}
NO_DETAILS = "The bank did not return any further details with this decline."


def new_charge(
    world: World,
    intent: Record,
    method: Record,
    verdict: Verdict,
    amount: int,
    details: Callable[[Json], Json],
) -> Record:
    """An attempt to pay, with the metadata of this moment.

    `details` tells what the charge says of its method, given the charge as it is so far.
    """
    of = intent.data
    type = method.data["type"]
    charge: Json = {
        "id": world.ids.new("ch_" if type in CARD_TYPES else "py_"),
        "object": "charge",
        "amount": amount,
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": of["application"],
        "application_fee": None,
        "application_fee_amount": of["application_fee_amount"],
        "authorization_code": None,
        "balance_transaction": None,
        "billing_details": clone(method.data["billing_details"]),
        "calculated_statement_descriptor": _descriptor(world, intent),
        "captured": False,
        "created": world.clock.now(),
        "currency": of["currency"],
        "customer": of["customer"],
        "description": of["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": verdict.code,
        "failure_message": None if verdict.approved else verdict.message,
        "fraud_details": {},
        "livemode": False,
        "metadata": clone(of["metadata"]),
        "on_behalf_of": of["on_behalf_of"],
        "outcome": _outcome(verdict, type),
        "paid": verdict.approved,
        "payment_intent": intent.id,
        "payment_method": method.id,
        "payment_method_details": {},
        "presentment_details": None,
        "radar_options": {},
        "receipt_email": of["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": clone(of["shipping"]),
        "source": None,
        "source_transfer": None,
        "statement_descriptor": of["statement_descriptor"],
        "statement_descriptor_suffix": of["statement_descriptor_suffix"],
        "status": "succeeded" if verdict.approved else "failed",
        "transfer_data": transfer_data(of),
        "transfer_group": of["transfer_group"],
    }
    if verdict.approved:
        charge["authorization_code"] = world.ids.digits(charge["id"], 6)
        charge["receipt_url"] = f"https://pay.stripe.com/receipts/payment/{charge['id']}"
    found = dict(sorted(details(charge).items()))
    charge["payment_method_details"] = {type: found, "type": type}
    return world.new("charges", intent.account, charge, {"card": method.hidden.get("card")})


def transfer_data(intent: Json) -> Json | None:
    """Of what the PaymentIntent says about its transfer, the part that a charge repeats."""
    sent = intent["transfer_data"]
    return sent and {"amount": sent.get("amount"), "destination": sent["destination"]}


def details_of_reading(
    world: World, intent: Record, reading: Reading, charge: Json, *, manual: bool
) -> Json:
    """What the charge says of a card that was there."""
    card, approved = reading.card, reading.verdict.approved
    found = card_details.present(world, reading) | {
        "emv_auth_data": None,
        "generated_card": None,
        "location": reading.reader.data["location"],
        "network": card.brand,
        "network_transaction_id": world.ids.digits(f"network {charge['id']}", 15),
        "reader": reading.reader.id,
        "receipt": card_details.receipt(world, charge, reading),
    }
    if card.type == "interac_present":
        return found
    options = intent.data["payment_method_options"].get("card_present", {})
    held = approved and manual
    extended = options.get("request_extended_authorization", False)
    before = holds.capture_before(world, intent, card, extended=extended) if held else None
    incremental = options.get("request_incremental_authorization_support", False)
    return found | {
        "amount_authorized": charge["amount"] if approved else None,
        "capture_before": before,
        "incremental_authorization_supported": held
        and incremental
        and holds.can_be_incremented(world, intent, card),
        "offline": None,
        "overcapture_supported": held and holds.can_be_overcaptured(world, intent, card),
    }


def _outcome(verdict: Verdict, type: str) -> Json:
    """https://docs.stripe.com/api/charges/object: Radar looks at online cards only."""
    approved = verdict.approved
    refusal = SELLER_MESSAGES.get(verdict.reason or "", NO_DETAILS)
    return {
        "advice_code": None if approved else verdict.advice_code,
        "network_advice_code": None,
        "network_decline_code": None if approved else verdict.network_decline_code,
        "network_status": "approved_by_network" if approved else "declined_by_network",
        "reason": None if approved else verdict.reason,
        "risk_level": "normal" if type == "card" else "not_assessed",
        "seller_message": "Payment complete." if approved else refusal,
        "type": "authorized" if approved else "issuer_declined",
    }


def _descriptor(world: World, intent: Record) -> str:
    merchant = merchant_of(world, intent)
    prefix = str(merchant["settings"]["payments"]["statement_descriptor"])
    suffix = intent.data["statement_descriptor_suffix"]
    return f"{prefix}* {suffix}"[:22] if suffix else prefix


def application_of(account: str) -> str | None:
    """On a connected account the platform's application made the object."""
    return None if account == PLATFORM else APPLICATION


def card_present(charge: Record) -> dict[str, Any]:
    """The details of the card, empty for Interac."""
    found: dict[str, Any] = charge.data["payment_method_details"].get("card_present", {})
    return found


def retrieve(call: Call) -> Record:
    return call.find("charges", "charge")


def list_(call: Call) -> Json:
    keep = equal_to(call.params, "customer", "payment_intent", "transfer_group")
    return page(call, "charges", keep)


def update(call: Call) -> Record:
    """https://docs.stripe.com/api/charges/update: notes, and what one thinks of the customer."""
    charge, params = retrieve(call), call.params
    before = dict(charge.data)
    if charge.data["transfer_group"] is not None and "transfer_group" in params:
        message = "The transfer_group of a charge cannot be changed once it is set."
        raise bad_request(message, None, "transfer_group")
    if "customer" in params:
        call.named("customers", "customer", "customer")
    merge_metadata(charge.data, params)
    set_plain(charge.data, params, "description", "receipt_email", "transfer_group")
    if "customer" in params:
        charge.data["customer"] = params["customer"]
    if "shipping" in params:
        charge.data["shipping"] = shipping(params["shipping"])
    report = (params.get("fraud_details") or {}).get("user_report")
    if report is not None:
        charge.data["fraud_details"] = {"user_report": report} if report else {}
    changed = {k: v for k, v in before.items() if charge.data[k] != v}
    call.world.save(charge)
    if changed:
        events.emit(call.world, "charge.updated", charge, changed)
    return charge


OPERATIONS = [
    operation(
        "GET", "/v1/charges/{id}", "charges.retrieve", retrieve, "ChargeRetrieveParams", "charge"
    ),
    operation(
        "GET",
        "/v1/charges",
        "charges.list",
        list_,
        "ChargeListParams",
        "charge",
        takes=f"{LIST} created customer payment_intent transfer_group",
    ),
    operation(
        "POST",
        "/v1/charges/{id}",
        "charges.update",
        update,
        "ChargeUpdateParams",
        "charge",
        "customer description fraud_details metadata receipt_email shipping transfer_group",
    ),
]
