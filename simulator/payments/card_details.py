"""What PaymentMethods, Charges and SetupAttempts say about a card.

https://docs.stripe.com/api/charges/object, /terminal/features/receipts
"""

from typing import Any

from simulator.payments.cards import CHIP, Card, Reading
from simulator.state.store import Json
from simulator.state.world import World

EXPIRY = {"exp_month": 12, "exp_year": 2034}
APPLICATIONS: dict[str, tuple[str, str]] = {
    "visa": ("A0000000031010", "Stripe Credit"),
    "mastercard": ("A0000000041010", "Mastercard"),
    "amex": ("A000000025010801", "American Express"),
    "discover": ("A0000001523010", "Discover"),
    "diners": ("A0000001523010", "Diners Club"),
    "jcb": ("A0000000651010", "JCB"),
    "unionpay": ("A000000333010102", "UnionPay"),
    "interac": ("A0000002771010", "Interac"),
    "eftpos_au": ("A00000038410", "eftpos"),
    "cartes_bancaires": ("A0000000421010", "CB"),
    "girocard": ("A0000000591", "girocard"),
}
LOCALES = {"CA": ["en", "fr"], "FR": ["fr"], "DE": ["de"], "JP": ["ja"], "CN": ["zh"]}


def fingerprint(world: World, card: Card) -> str:
    return world.ids.text(f"fingerprint {card.number}", 16)


def present(world: World, reading: Reading) -> Json:
    """What the PaymentMethod and the Charge of a card that was read both say."""
    card = reading.card
    shared: Json = _card(world, card) | {
        "brand": "unknown" if card.brand == "girocard" else card.brand,
        "cardholder_name": "CARDHOLDER/TEST" if reading.read_method == CHIP else None,
        "preferred_locales": LOCALES.get(card.country, ["en"]),
        "read_method": reading.read_method,
    }
    if card.type == "card_present":
        wallet = {"type": reading.wallet} if reading.wallet else None
        shared |= {"brand_product": None, "wallet": wallet}
    return shared


def online(world: World, card: Card, expiry: Json = EXPIRY) -> Json:
    """What is said of a card that is charged without being there."""
    return _card(world, card) | {"brand": card.online_brand or card.brand, **expiry}


def _card(world: World, card: Card) -> dict[str, Any]:
    return {
        "country": card.country,
        "description": None,
        **EXPIRY,
        "fingerprint": fingerprint(world, card),
        "funding": card.funding,
        "iin": card.number[:6],
        "issuer": "STRIPE TEST BANK",
        "last4": card.number[-4:],
    }


def receipt(world: World, charge: Json, reading: Reading) -> Json:
    """The fields a printed receipt must or may show."""
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
