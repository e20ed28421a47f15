"""Charges, one per attempt to pay, and the card that was read for them.

https://docs.stripe.com/api/charges, /terminal/features/receipts
"""

from dataclasses import dataclass
from typing import Any

from simulator.api.lists import equal_to, page
from simulator.api.routes import LIST, Call, operation
from simulator.payments.cards import APPLICATIONS, Card, Verdict, details
from simulator.state.store import Json, Record, clone
from simulator.state.world import APPLICATION, PLATFORM, World

DAY = 24 * 3600
VISA_HOLD = 4 * DAY + 18 * 3600
OTHER_HOLD = 2 * DAY
OVERCAPTURE_MCC = frozenset(("5812", "5813", "5814", "7230", "7298", "4121"))
OVERCAPTURE_BRANDS = frozenset(("visa", "mastercard", "amex", "discover"))
CONTACTLESS = "contactless_emv"
CHIP = "contact_emv"


@dataclass(frozen=True, slots=True)
class Reading:
    """One card read by one reader, and the bank's answer to it."""

    card: Card
    reader: Record
    verdict: Verdict
    tip: int | None = None
    read_method: str = CONTACTLESS


def new_payment_method(world: World, account: str, reading: Reading) -> Record:
    """What the reader read; never reusable."""
    card = reading.card
    shared = details(card, fingerprint(world, card), reading.read_method)
    networks = {"available": [card.brand], "preferred": None}
    return world.new(
        "payment_methods",
        account,
        {
            "id": world.ids.new("pm_"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": _billing_details() | {"tax_id": None},
            card.type: shared
            | {"networks": networks}
            | ({"offline": None} if card.type == "card_present" else {}),
            "created": world.clock.now(),
            "customer": None,
            "livemode": False,
            "metadata": {},
            "type": card.type,
        },
    )


def fingerprint(world: World, card: Card) -> str:
    return world.ids.text(f"fingerprint {card.number}", 16)


def new_charge(
    world: World, intent: Record, reading: Reading, payment_method: Record, *, manual: bool
) -> Record:
    """A charge of the PaymentIntent's amount and the tip, with the metadata of this moment."""
    of = intent.data
    verdict = reading.verdict
    charge: Json = {
        "id": world.ids.new("ch_"),
        "object": "charge",
        "amount": of["amount"] + (reading.tip or 0),
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": of["application"],
        "application_fee": None,
        "application_fee_amount": of["application_fee_amount"],
        "authorization_code": None,
        "balance_transaction": None,
        "billing_details": _billing_details() | {"tax_id": None},
        "calculated_statement_descriptor": _descriptor(world, intent),
        "captured": False,
        "created": world.clock.now(),
        "currency": of["currency"],
        "customer": None,
        "description": of["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": verdict.code,
        "failure_message": None if verdict.approved else verdict.message,
        "fraud_details": {},
        "livemode": False,
        "metadata": clone(of["metadata"]),
        "on_behalf_of": of["on_behalf_of"],
        "outcome": _outcome(verdict),
        "paid": verdict.approved,
        "payment_intent": intent.id,
        "payment_method": payment_method.id,
        "payment_method_details": {},
        "presentment_details": None,
        "radar_options": {},
        "receipt_email": of["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": of["statement_descriptor"],
        "statement_descriptor_suffix": of["statement_descriptor_suffix"],
        "status": "succeeded" if verdict.approved else "failed",
        "transfer_data": clone(of["transfer_data"]),
        "transfer_group": of["transfer_group"],
    }
    if verdict.approved:
        charge["authorization_code"] = world.ids.digits(charge["id"], 6)
        charge["receipt_url"] = f"https://pay.stripe.com/receipts/payment/{charge['id']}"
    charge["payment_method_details"] = _card_details(world, intent, charge, reading, manual)
    return world.new("charges", intent.account, charge)


def _card_details(
    world: World, intent: Record, charge: Json, reading: Reading, manual: bool
) -> Json:
    card, approved = reading.card, reading.verdict.approved
    found = details(card, fingerprint(world, card), reading.read_method) | {
        "emv_auth_data": None,
        "generated_card": None,
        "location": reading.reader.data["location"],
        "network": card.brand,
        "network_transaction_id": world.ids.digits(f"network {charge['id']}", 15),
        "reader": reading.reader.id,
        "receipt": _receipt(world, charge, reading),
    }
    if card.type == "card_present":
        found |= {
            "amount_authorized": charge["amount"] if approved else None,
            "capture_before": _capture_before(world, card) if approved and manual else None,
            "incremental_authorization_supported": False,
            "offline": None,
            "overcapture_supported": approved and manual and _can_overcapture(world, intent, card),
        }
    return {card.type: dict(sorted(found.items())), "type": card.type}


def _capture_before(world: World, card: Card) -> int:
    """https://docs.stripe.com/terminal/features/extended-authorizations"""
    return world.clock.now() + (VISA_HOLD if card.brand == "visa" else OTHER_HOLD)


def _can_overcapture(world: World, intent: Record, card: Card) -> bool:
    """https://docs.stripe.com/terminal/features/collecting-tips/on-receipt"""
    merchant = world.get(intent.data["on_behalf_of"] or intent.account).data
    return (
        merchant["country"] == "US"
        and merchant["business_profile"]["mcc"] in OVERCAPTURE_MCC
        and card.brand in OVERCAPTURE_BRANDS
    )


def _receipt(world: World, charge: Json, reading: Reading) -> Json:
    card, verdict = reading.card, reading.verdict
    aid, application = APPLICATIONS[card.brand]
    account = {"credit": "credit", "debit": "checking", "prepaid": "prepaid"}[card.funding]
    return {
        "account_type": account,
        "application_cryptogram": world.ids.hex(f"cryptogram {charge['id']}", 16).upper(),
        "application_preferred_name": application,
        "authorization_code": charge["authorization_code"],
        "authorization_response_code": "3030" if verdict.approved else "3035",
        "cardholder_verification_method": verdict.cvm if verdict.approved else "failure",
        "dedicated_file_name": aid,
        "terminal_verification_results": "8000008000",
        "transaction_status_information": "6800",
    }


def _outcome(verdict: Verdict) -> Json:
    approved = verdict.approved
    return {
        "advice_code": None if approved else "try_again_later",
        "network_advice_code": None,
        "network_decline_code": None if approved else "05",
        "network_status": "approved_by_network" if approved else "declined_by_network",
        "reason": None if approved else verdict.decline_code or verdict.code,
        "risk_level": "not_assessed",
        "seller_message": "Payment complete."
        if approved
        else "The bank did not return any further details with this decline.",
        "type": "authorized" if approved else "issuer_declined",
    }


def _descriptor(world: World, intent: Record) -> str:
    merchant = world.get(intent.data["on_behalf_of"] or intent.account).data
    prefix = str(merchant["settings"]["payments"]["statement_descriptor"])
    suffix = intent.data["statement_descriptor_suffix"]
    return f"{prefix}* {suffix}"[:22] if suffix else prefix


def _billing_details() -> Json:
    parts = ("city", "country", "line1", "line2", "postal_code", "state")
    address = dict.fromkeys(parts)
    return {"address": address, "email": None, "name": None, "phone": None}


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
    return page(call, "charges", equal_to(call.params, "payment_intent", "transfer_group"))


def retrieve_payment_method(call: Call) -> Record:
    return call.find("payment_methods", "PaymentMethod", "payment_method")


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
        takes=f"{LIST} created payment_intent transfer_group",
    ),
    operation(
        "GET",
        "/v1/payment_methods/{id}",
        "payment_methods.retrieve",
        retrieve_payment_method,
        "PaymentMethodRetrieveParams",
        "payment_method",
    ),
]
