"""What somebody tells Stripe about a shop, with Stripe's own test values."""

from typing import Any

PERSON: Any = {
    "first_name": "Jenny",
    "last_name": "Rosen",
    "email": "jenny@example.com",
    "phone": "+12015550123",
    "dob": {"day": 1, "month": 1, "year": 1901},
    "address": {
        "line1": "address_full_match",
        "city": "Columbus",
        "state": "OH",
        "postal_code": "43214",
    },
    "ssn_last_4": "0000",
}
BANK: Any = {
    "object": "bank_account",
    "country": "US",
    "currency": "usd",
    "routing_number": "110000000",
    "account_number": "000123456789",
}
WISHES: Any = {"card_payments": {"requested": True}, "transfers": {"requested": True}}
SHOP_FACTS: Any = {
    "business_profile": {"mcc": "5812", "url": "https://shop.example", "name": "Shop"},
    "settings": {"payments": {"statement_descriptor": "SHOP"}},
    "external_account": BANK,
    "tos_acceptance": {"date": 1_790_000_000, "ip": "127.0.0.1"},
}
CUSTOM: Any = {"type": "custom", "country": "US", "capabilities": WISHES}
COMPANY: Any = {
    "name": "Shop Inc.",
    "phone": "+12015550123",
    "tax_id": "000000000",
    "address": PERSON["address"],
    "owners_provided": True,
}


def individual(**changes: Any) -> Any:
    """All of an account of a natural person, in one request."""
    person = PERSON | changes
    return CUSTOM | SHOP_FACTS | {"business_type": "individual", "individual": person}


def company(**changes: Any) -> Any:
    """All but the people of a company's account."""
    return CUSTOM | SHOP_FACTS | {"business_type": "company", "company": COMPANY | changes}
