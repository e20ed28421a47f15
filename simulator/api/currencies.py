"""Currencies and the amounts they allow: https://docs.stripe.com/currencies."""

from simulator.errors import bad_request
from simulator.state.world import World

ZERO_DECIMAL = frozenset(("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga")) | frozenset(
    ("pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
)
# In the currency's smallest unit. Where the table names none, Stripe converts; we take one unit.
MINIMUM = {
    **dict.fromkeys(["usd", "aud", "cad", "nzd", "sgd", "eur", "chf", "brl", "inr", "jpy"], 50),
    **dict.fromkeys(["aed", "myr", "pln", "ron"], 200),
    **dict.fromkeys(["nok", "sek"], 300),
    **dict.fromkeys(["mxn", "thb"], 1000),
    "gbp": 30,
    "bgn": 100,
    "czk": 1500,
    "dkk": 250,
    "hkd": 400,
    "huf": 17500,
}
DIGITS = {"idr": 12, "inr": 9, "huf": 10, "jpy": 10, "cop": 10, "lbp": 10}
# What a country's cards are charged in; accounts elsewhere name their currency themselves.
OF_COUNTRY = {
    "US": "usd",
    "CA": "cad",
    "GB": "gbp",
    "AU": "aud",
    "NZ": "nzd",
    "SG": "sgd",
    "JP": "jpy",
    "CH": "chf",
    "CZ": "czk",
    "DK": "dkk",
    "NO": "nok",
    "SE": "sek",
    "PL": "pln",
    "HK": "hkd",
    "MX": "mxn",
    "MY": "myr",
    "HU": "huf",
    "RO": "ron",
    "BG": "bgn",
    "TH": "thb",
}


def require_chargeable(world: World, amount: int, currency: str, param: str = "amount") -> None:
    """Refuse amounts a card in this currency cannot be charged."""
    least = MINIMUM.get(currency, 1) if world.switches["minimum_amounts"] else 1
    if amount < least:
        raise bad_request(
            f"Amount must be at least {shown(least, currency)}", "amount_too_small", param
        )
    if amount >= 10 ** DIGITS.get(currency, 8):
        most = shown(10 ** DIGITS.get(currency, 8) - 1, currency)
        raise bad_request(f"Amount must be no more than {most}", "amount_too_large", param)
    if currency in ("isk", "ugx") and amount % 100:
        message = f"Invalid amount: {currency} amounts must end in 00."
        raise bad_request(message, "invalid_charge_amount", param)


def require_currency(currency: str) -> None:
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise bad_request(f"Invalid currency: {currency}.", None, "currency")


def shown(amount: int, currency: str) -> str:
    """As Stripe writes amounts in messages: `$0.50 usd`, `50 jpy`."""
    if currency in ZERO_DECIMAL:
        return f"{amount} {currency}"
    sign = {"usd": "$", "cad": "$", "aud": "$", "eur": "€", "gbp": "£"}.get(currency, "")
    return f"{sign}{amount // 100}.{amount % 100:02} {currency}"
