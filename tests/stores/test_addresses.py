"""Addresses of locations, by each country's rules."""

import pytest

from stores.models.addresses import problems

GOOD = {
    "US": {"line1": "1 Main", "city": "New York", "state": "NY", "postal_code": "10001"},
    "CA": {"line1": "1 Main", "city": "Toronto", "state": "ON", "postal_code": "M5V 2T6"},
    "AU": {"line1": "1 Main", "city": "Sydney", "state": "NSW", "postal_code": "2000"},
    "GB": {"line1": "1 High Street", "city": "London", "postal_code": "SW1A 1AA"},
    "IE": {"line1": "1 Main", "city": "Dublin", "postal_code": "D02 X285"},
    "NZ": {"line1": "1 Main", "city": "Wellington", "postal_code": "6011"},
    "SG": {"line1": "1 Main", "postal_code": "049315"},
    "DE": {"line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115"},
    "JP": {"state": "Tokyo", "postal_code": "100-0001"},
    "HK": {"line1": "1 Queen's Road"},
}


@pytest.mark.parametrize("country", GOOD)
def test_have_all_that_stripe_wants_in_this_country(country):
    address = GOOD[country] | {"country": country}
    assert problems(address) == {}
    for name in GOOD[country]:
        assert set(problems(address | {name: ""})) == {name}


@pytest.mark.parametrize(
    ("country", "name", "value", "said"),
    [
        ("US", "postal_code", "1001", "Five digits, like 10001."),
        ("US", "state", "New York", "Two capital letters, like NY."),
        ("CA", "postal_code", "12345", "Like M5V 2T6."),
        ("GB", "postal_code", "12345", "Like SW1A 1AA."),
        ("JP", "postal_code", "100", "Seven digits, like 100-0001."),
    ],
)
def test_say_how_it_is_written(country, name, value, said):
    assert problems(GOOD[country] | {"country": country, name: value}) == {name: said}


def test_name_the_field_as_people_there_do():
    assert problems({"country": "CA"})["state"] == "The province is needed in CA."
