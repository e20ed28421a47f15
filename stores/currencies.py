"""What Stripe takes in each currency: decimals, steps, smallest and largest charge.

Amounts are integers in the smallest unit as Stripe counts it. Where Stripe's documentation names
a currency without a number of digits, the shorter reading is taken.
"""

import re

ZERO_DECIMAL = frozenset(
    [
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    ]
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
# Stripe counts two decimals, yet the last two digits must be 00.
WHOLE_ONLY = frozenset({"isk", "ugx"})

# Per settlement currency; Stripe refuses less with `amount_too_small`.
MINIMUM = {
    "aed": 2_00,
    "aud": 50,
    "bgn": 1_00,
    "brl": 50,
    "cad": 50,
    "chf": 50,
    "czk": 15_00,
    "dkk": 2_50,
    "eur": 50,
    "gbp": 30,
    "hkd": 4_00,
    "huf": 175_00,
    "inr": 50,
    "jpy": 50,
    "mxn": 10_00,
    "myr": 2_00,
    "nok": 3_00,
    "nzd": 50,
    "pln": 2_00,
    "ron": 2_00,
    "sek": 3_00,
    "sgd": 50,
    "thb": 10_00,
    "usd": 50,
}

DIGITS = 8
MORE_DIGITS = {"cop": 10, "huf": 10, "idr": 12, "inr": 9, "jpy": 10, "lbp": 10}


def decimals(currency: str) -> int:
    """How many digits stand after the point when an amount is written for a person."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def step(currency: str) -> int:
    """Every amount must be a multiple of this: 1, or 10 or 100 where Stripe wants zeros."""
    if currency in WHOLE_ONLY:
        return 100
    return 10 if currency in THREE_DECIMAL else 1


def minimum(currency: str) -> int:
    """The smallest card charge; one step where Stripe names none."""
    return MINIMUM.get(currency, step(currency))


def maximum(currency: str) -> int:
    """The largest amount: so many nines, down to a whole step."""
    largest: int = 10 ** MORE_DIGITS.get(currency, DIGITS) - 1
    return largest - largest % step(currency)


def format_amount(amount: int, currency: str) -> str:
    """For a person, in any language: 12.34 USD, 105 JPY, -0.50 EUR."""
    places = decimals(currency)
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 10**places)
    fraction = f".{rest:0{places}}" if places else ""
    return f"{sign}{whole}{fraction} {currency.upper()}"


# Digits, in groups of three if one likes, and a point or a comma before the decimals.
WRITTEN = re.compile(r"([0-9]{1,12}|[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){1,3})(?:[.,]([0-9]+))?")


def read_amount(text: str, currency: str) -> int | None:
    """What a person wrote, in the smallest unit; None if it is no amount in this currency.

    A comma is for decimals: 1,234 is refused where there are two, instead of guessing.
    """
    written, places = WRITTEN.fullmatch(text.strip()), decimals(currency)
    if written is None:
        return None
    whole, rest = re.sub("[^0-9]", "", written[1]), written[2] or ""
    return int(whole + rest.ljust(places, "0")) if len(rest) <= places else None


def example(currency: str) -> str:
    """How an amount in it is written."""
    places = decimals(currency)
    return "1234" if places == 0 else f"12.{'3456'[:places]}"
