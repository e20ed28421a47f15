"""What Stripe takes in each currency. It …"""

import pytest

from stores import currencies


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (12_34, "usd", "12.34 USD"),
        (5, "usd", "0.05 USD"),
        (0, "eur", "0.00 EUR"),
        (-50, "eur", "-0.50 EUR"),
        (105, "jpy", "105 JPY"),
        (-105, "jpy", "-105 JPY"),
        (5_120, "kwd", "5.120 KWD"),
        (999_999_99, "gbp", "999999.99 GBP"),
    ],
)
def test_writes_amounts_for_people(amount, currency, text):
    assert currencies.format_amount(amount, currency) == text


@pytest.mark.parametrize(
    ("currency", "smallest", "largest"),
    [
        ("usd", 50, 99_999_999),
        ("gbp", 30, 99_999_999),
        ("huf", 175_00, 9_999_999_999),
        ("jpy", 50, 9_999_999_999),
        ("idr", 1, 999_999_999_999),
        ("inr", 50, 999_999_999),
        ("isk", 100, 99_999_900),
        ("kwd", 10, 99_999_990),
    ],
)
def test_knows_the_smallest_and_the_largest_charge(currency, smallest, largest):
    assert currencies.minimum(currency) == smallest
    assert currencies.maximum(currency) == largest


def test_holds_limits_that_are_charges_themselves():
    for currency in {*currencies.MINIMUM, *currencies.MORE_DIGITS, *currencies.ZERO_DECIMAL}:
        assert currencies.minimum(currency) % currencies.step(currency) == 0
        assert currencies.minimum(currency) < currencies.maximum(currency)
