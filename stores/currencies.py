"""What Stripe takes in each currency: decimals, steps, smallest and largest charge.

Amounts are integers in the smallest unit as Stripe counts it. Where Stripe's documentation names
a currency without a number of digits, the shorter reading is taken.
"""

from __future__ import annotations

import re

from django.utils.formats import get_format
from django.utils.translation import gettext

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

# What columns, and the log, call an amount of money. Other whole numbers count something.
AMOUNTS = frozenset(
    {
        *("amount", "unit_amount", "net_amount", "tax_amount", "total_amount", "paid_amount"),
        *("held_amount", "refunded_amount", "intent_amount", "tip_amount", "reader_tip_amount"),
        *("amount_authorized", "amount_capturable", "amount_received", "amount_refunded"),
        *("amount_disputed", "application_fee_amount", "fee_at_stripe", "fixed_amount"),
        *("minimum_amount", "cap_amount", "smart_tip_threshold", "tip_limit_amount"),
        *("cashier_refund_limit", "cashier_refund_day_limit", "cashier_tip_day_limit"),
        *("manager_refund_limit", "manager_refund_day_limit", "manager_tip_day_limit"),
        *("cashier_discount_limit", "cashier_discount_day_limit", "manager_discount_limit"),
        *("manager_discount_day_limit", "discount_amount", "amount_off"),
        *("counted", "counted_cash", "expected", "expected_cash", "difference"),  # closed days
        *("charged", "received", "refunded", "fee", "fees", "others", "net"),  # and payouts
        *("taken", "returned", "due", "foreign", "missing"),  # days of fees
    }
)
LONGEST = 40  # characters of what was written, said again
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


class Amount(str):
    """In English, as it is stored; and what it is of, to be said in other languages."""

    amount: int
    currency: str

    def __new__(cls, amount: int, currency: str) -> Amount:
        text = super().__new__(cls, _with_currency(amount, currency, ",", "."))
        text.amount, text.currency = amount, currency
        return text


def format_amount(amount: int, currency: str) -> str:
    """For what is stored, whoever asked: 1,234.50 USD, 105 JPY, -0.50 EUR."""
    return Amount(amount, currency)


def spoken_amount(amount: int, currency: str) -> str:
    """For a person, as their language writes it: 1,234.50 USD, 1 234,50 USD."""
    return _with_currency(amount, currency, *signs())


def typed_amount(amount: int, currency: str) -> str:
    """As a field shows what may be typed over: without groups and currency."""
    return _written(amount, currency, "", signs()[1])


def _with_currency(amount: int, currency: str, group: str, point: str) -> str:
    return f"{_written(amount, currency, group, point)} {currency.upper()}"


def _written(amount: int, currency: str, group: str, point: str) -> str:
    places = decimals(currency)
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 10**places)
    fraction = f"{point}{rest:0{places}}" if places else ""
    return f"{sign}{whole:,}".replace(",", group) + fraction


def signs() -> tuple[str, str]:
    """What the reader's language has between groups of three, and before the decimals."""
    return get_format("THOUSAND_SEPARATOR"), get_format("DECIMAL_SEPARATOR")


def spoken_number(number: str) -> str:
    """With the decimals behind what the reader's language has there: 2.5 is 2,5."""
    return number.replace(".", signs()[1])


class Percent(str):
    """As Amount is, of parts per million."""

    ppm: int

    def __new__(cls, ppm: int) -> Percent:
        text = super().__new__(cls, f"{ppm / 10_000:.4f}".rstrip("0").rstrip(".") + " %")
        text.ppm = ppm
        return text


def percent(ppm: int) -> str:
    """Parts per million, as it is stored: 88750 is 8.875 %."""
    return Percent(ppm)


def spoken_percent(ppm: int) -> str:
    """Parts per million, as the reader's language writes them: 8.875 %, 8,875 %."""
    return spoken_number(percent(ppm))


class NotAnAmount(ValueError):
    """Says to whoever wrote it what is wrong, and how to write it."""


# Digits, in groups of three if one likes, and a point or a comma before the decimals. The script of
# the admin's pages reads the same.
WRITTEN = re.compile(
    r"(?P<whole>[0-9]{1,12}"
    r"|[1-9][0-9]{0,2}(?P<group>[ \u00a0\u202f.,])[0-9]{3}(?:(?P=group)[0-9]{3}){0,2})"
    r"(?:(?P<point>(?!(?P=group))[.,])(?P<rest>[0-9]+))?"
)


def read_amount(text: str, currency: str) -> int:
    """What a person wrote, in the smallest unit. Raises NotAnAmount.

    1,234 is a thousand where the reader's language writes it so and the currency has other than
    three decimals; where it has three, it is refused instead of guessing.
    """
    written, places = WRITTEN.fullmatch(text.strip()), decimals(currency)
    if written is None:
        raise _no_amount(text, currency)
    whole, rest = re.sub("[^0-9]", "", written["whole"]), written["rest"] or ""
    if _is_like_a_thousand(written):
        if places == len(rest):
            raise _two_amounts(text, whole, rest)
        whole, rest = whole + rest, ""
    if len(rest) > places:
        raise _no_amount(text, currency)
    return int(whole + rest.ljust(places, "0"))


def _is_like_a_thousand(written: re.Match[str]) -> bool:
    return (
        written["point"] == signs()[0]
        and written["group"] is None
        and re.fullmatch("[1-9][0-9]{0,2}", written["whole"]) is not None
        and len(written["rest"]) == 3
    )


def _no_amount(text: str, currency: str) -> NotAnAmount:
    return NotAnAmount(
        gettext("“{text}” is not an amount in {currency}. Write it like {example}.").format(
            text=text[:LONGEST], currency=currency.upper(), example=example(currency)
        )
    )


def _two_amounts(text: str, whole: str, rest: str) -> NotAnAmount:
    return NotAnAmount(
        gettext("“{text}” can be read in two ways. Write {large} or {small}.").format(
            text=text, large=whole + rest, small=f"{whole}{signs()[1]}{rest}"
        )
    )


def example(currency: str) -> str:
    """How an amount in it is written."""
    places = decimals(currency)
    return typed_amount(int("123456"[: 2 + places]), currency) if places else "1234"
