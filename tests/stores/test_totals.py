"""What a line and an order cost: the rules of stores/totals.py, one by one. It …"""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores import currencies
from stores.errors import AmountTooLarge, InvalidLine
from stores.totals import (
    Amounts,
    Off,
    Pricing,
    discounts,
    divide,
    half_up,
    line_amounts,
    order_amounts,
)

NET = Pricing("usd", prices_include_tax=False)
GROSS = Pricing("gbp", prices_include_tax=True)


def line(pricing, unit_amount, quantity=1, ppm=0):
    return line_amounts(pricing, unit_amount=unit_amount, quantity=quantity, tax_rate_ppm=ppm)


def test_adds_tax_to_prices_without_it():
    assert line(NET, 4_50, 2, 88_750) == Amounts(net=9_00, tax=80, total=9_80)


def test_takes_tax_out_of_prices_that_include_it():
    assert line(GROSS, 6_00, 2, 200_000) == Amounts(net=10_00, tax=2_00, total=12_00)


@pytest.mark.parametrize(
    ("net", "tax"),
    [(144, 14), (150, 15), (154, 15), (155, 16), (156, 16), (145, 15), (5, 1), (4, 0)],
)
def test_rounds_half_a_cent_up(net, tax):
    assert line(NET, net, 1, 100_000).tax == tax


def test_rounds_half_a_cent_up_in_prices_that_include_tax():
    # 0.5 of the tax exactly: 3 / (1 + 1/5) leaves 2.5.
    assert line(GROSS, 3, 1, 200_000) == Amounts(net=2, tax=1, total=3)


def test_rounds_once_per_line_and_not_per_piece():
    assert line(NET, 4, 10, 100_000).tax == 4


def test_sums_lines_that_were_rounded_each_by_itself():
    three = [line(NET, 5, 1, 100_000)] * 3

    assert order_amounts(NET, three) == Amounts(net=15, tax=3, total=18)


def test_knows_no_cents_in_yen():
    yen = Pricing("jpy", prices_include_tax=True)

    assert line(yen, 105, 1, 100_000) == Amounts(net=95, tax=10, total=105)


@pytest.mark.parametrize(("currency", "tax"), [("isk", 11_00), ("kwd", 1_050), ("usd", 1_050)])
def test_rounds_tax_to_what_stripe_can_charge(currency, tax):
    pricing = Pricing(currency, prices_include_tax=False)

    assert line(pricing, 10_500, 1, 100_000).tax == tax


@pytest.mark.parametrize(("currency", "price"), [("isk", 10_50), ("kwd", 1_005)])
def test_refuses_a_price_stripe_cannot_charge(currency, price):
    with pytest.raises(InvalidLine, match="multiple"):
        line(Pricing(currency, prices_include_tax=False), price)


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit_amount": -1},
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 10_000},
        {"ppm": -1},
        {"ppm": 1_000_001},
    ],
)
def test_refuses_what_makes_no_sense(wrong):
    with pytest.raises(InvalidLine):
        line(NET, **({"unit_amount": 1_00, "quantity": 1, "ppm": 0} | wrong))


def test_takes_the_extremes():
    assert line(NET, 0).total == 0
    assert line(NET, 1, 9_999).total == 99_99
    assert line(NET, 10, 1, 1_000_000).total == 20


def test_refuses_a_line_above_the_largest_charge():
    assert line(NET, 999_999_99).total == 999_999_99

    with pytest.raises(AmountTooLarge, match=r"999,999\.99 USD"):
        line(NET, 100_000_000)
    with pytest.raises(AmountTooLarge):
        line(NET, 999_999_99, 1, 1)


def test_refuses_an_order_whose_sum_is_above_the_largest_charge():
    half = line(NET, 500_000_00)

    with pytest.raises(AmountTooLarge):
        order_amounts(NET, [half, half])


def test_survives_absurd_numbers():
    with pytest.raises(AmountTooLarge):
        line(NET, 10**30, 9_999, 1_000_000)


@pytest.mark.parametrize("currency", ["usd", "jpy", "kwd", "isk", "huf", "idr"])
@pytest.mark.parametrize("include", [True, False])
def test_keeps_its_promises_for_any_line(currency, include):
    chance = random.Random(f"{currency} {include}")
    pricing = Pricing(currency, prices_include_tax=include)
    step = currencies.step(currency)
    for _ in range(500):
        price, quantity = chance.randrange(0, 5_000) * step, chance.randrange(1, 20)
        rate = chance.choice([0, 1, 50_000, 88_750, 190_000, 200_000, 1_000_000])

        amounts = line(pricing, price, quantity, rate)

        assert amounts.net + amounts.tax == amounts.total
        assert min(amounts.net, amounts.tax) >= 0
        assert (amounts.total if include else amounts.net) == price * quantity
        assert amounts.tax % step == amounts.net % step == 0
        part = Fraction(rate, 1_000_000 + rate) if include else Fraction(rate, 1_000_000)
        error = amounts.tax - price * quantity * part
        assert -Fraction(step, 2) < error <= Fraction(step, 2)


def test_agrees_with_exact_halves_for_any_fraction():
    chance = random.Random(7)
    for _ in range(2_000):
        numerator, denominator = chance.randrange(10**6), chance.randrange(1, 10**4)
        step = chance.choice([1, 10, 100])

        rounded = half_up(numerator, denominator, step)

        exact = Fraction(numerator, denominator * step) + Fraction(1, 2)
        assert rounded == exact.__floor__() * step


NONE = Off()
TENTH = Off(basis_points=1_000)


def test_takes_tax_of_what_is_left_after_the_discount():
    less = line_amounts(NET, unit_amount=4_50, quantity=2, tax_rate_ppm=88_750, discount=1_00)
    assert less == Amounts(net=8_00, tax=71, total=8_71)
    less = line_amounts(GROSS, unit_amount=6_00, quantity=2, tax_rate_ppm=200_000, discount=6_00)
    assert less == Amounts(net=5_00, tax=1_00, total=6_00)


def test_divides_an_orders_discount_by_what_each_line_costs():
    assert discounts(NET, [3_00, 1_00, 0], [NONE] * 3, Off(2_00)) == [1_50, 50, 0]


def test_gives_the_last_cents_to_the_largest_remainders():
    assert discounts(NET, [1_00, 1_00, 1_00], [NONE] * 3, Off(1_00)) == [34, 33, 33]
    assert discounts(NET, [33, 66], [NONE] * 2, TENTH) == [3, 7]


def test_takes_the_orders_discount_of_what_the_lines_own_left():
    assert discounts(NET, [10_00, 10_00], [Off(5_00), NONE], TENTH) == [5_50, 1_00]


def test_never_takes_more_than_a_line_costs():
    assert discounts(NET, [2_00, 1_00], [Off(9_00), NONE], Off(9_00)) == [2_00, 1_00]
    assert discounts(NET, [0, 0], [Off(1), NONE], Off(1)) == [0, 0]


def test_discounts_by_what_stripe_can_charge():
    crowns = Pricing("isk", prices_include_tax=True)

    assert discounts(crowns, [10_00, 5_00], [TENTH, NONE], Off(basis_points=333)) == [1_00, 0]
    assert discounts(crowns, [10_00, 5_00], [NONE, NONE], TENTH) == [1_00, 1_00]


offs = st.one_of(
    st.builds(Off, amount=st.integers(0, 100_000)),
    st.builds(Off, basis_points=st.integers(0, 10_000)),
)


@given(
    currency=st.sampled_from(["usd", "jpy", "kwd", "isk"]),
    include=st.booleans(),
    lines=st.lists(st.tuples(st.integers(0, 5_000), offs), min_size=1, max_size=20),
    order=offs,
    rate=st.sampled_from([0, 1, 88_750, 200_000, 1_000_000]),
)
def test_keeps_its_promises_for_any_discount(currency, include, lines, order, rate):
    pricing, step = Pricing(currency, include), currencies.step(currency)
    prices = [price * step for price, _ in lines]
    own = [Off(each.amount * step, each.basis_points) for _, each in lines]
    order = Off(order.amount * step, order.basis_points)

    taken = discounts(pricing, prices, own, order)

    assert all(0 <= off <= price for off, price in zip(taken, prices, strict=True))
    assert all(off % step == 0 for off in taken)
    of_lines = [each.of(price, step) for each, price in zip(own, prices, strict=True)]
    left = sum(prices) - sum(of_lines)
    assert sum(taken) == sum(of_lines) + order.of(left, step)
    each = [
        line_amounts(pricing, unit_amount=price, quantity=1, tax_rate_ppm=rate, discount=off)
        for price, off in zip(prices, taken, strict=True)
    ]
    assert all(min(line.net, line.tax) >= 0 for line in each)
    sums = order_amounts(pricing, each)
    assert (sums.total if include else sums.net) == sum(prices) - sum(taken)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), max_size=30))
def test_divides_to_the_last_unit_and_nobody_is_off_by_one(amount, weights):
    shares = divide(amount, weights)

    if sum(weights):
        assert sum(shares) == amount
        exact = [Fraction(amount * weight, sum(weights)) for weight in weights]
        assert all(abs(share - part) < 1 for share, part in zip(shares, exact, strict=True))
    else:
        assert not any(shares)
