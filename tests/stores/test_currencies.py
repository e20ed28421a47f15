"""What Stripe takes in each currency. It …"""

import pytest
from django.utils.translation import override

from stores import currencies
from stores.sentences import said


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
        (1_000_000, "jpy", "1,000,000 JPY"),
        (-1_234_567_89, "usd", "-1,234,567.89 USD"),
        (999_999_99, "gbp", "999,999.99 GBP"),
    ],
)
def test_writes_amounts_for_people(amount, currency, text):
    assert currencies.format_amount(amount, currency) == text
    assert currencies.spoken_amount(amount, currency) == text


@pytest.mark.parametrize(
    ("language", "spoken", "typed"),
    [
        ("en", "1,234,567.89 USD", "1234567.89"),
        ("es", "1,234,567.89 USD", "1234567.89"),
        ("fr", "1\u00a0234\u00a0567,89 USD", "1234567,89"),
        ("fr-ca", "1\u00a0234\u00a0567,89 USD", "1234567,89"),
    ],
)
def test_writes_amounts_as_the_reader_does_and_stores_them_in_english(language, spoken, typed):
    stored = said("{amount} of it was refunded.", amount=currencies.format_amount(1_50, "usd"))
    with override(language):
        assert currencies.spoken_amount(1_234_567_89, "usd") == spoken
        assert currencies.typed_amount(1_234_567_89, "usd") == typed
        assert currencies.format_amount(1_234_567_89, "usd") == "1,234,567.89 USD"
        again = said("{amount}", amount=currencies.format_amount(1_234_567_89, "usd"))
        assert (again, again.spoken) == ("1,234,567.89 USD", spoken)
        assert currencies.read_amount(typed, "usd") == 1_234_567_89
        assert currencies.read_amount(spoken.removesuffix(" USD"), "usd") == 1_234_567_89
    assert stored == "1.50 USD of it was refunded."


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "8.875 %"), ("es", "8.875 %"), ("fr", "8,875 %"), ("fr-ca", "8,875 %")],
)
def test_writes_percentages_as_the_reader_does_and_stores_them_in_english(language, shown):
    with override(language):
        assert currencies.spoken_percent(88_750) == shown
        assert currencies.percent(88_750) == "8.875 %"


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
