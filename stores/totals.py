"""What a line and an order cost. Pure functions; these are the rules, each with a test:

1. Amounts are integers in the currency's smallest unit, quantities are whole, tax rates are
   integers in parts per million (88750 = 8.875 %). No fraction is ever kept.
2. A line's price is `unit_amount * quantity`, less its discount. Where the store's prices include
   tax it is the line's total, else its net.
3. Tax is rounded once per line, half-up, to the currency's step: 1, or 100
   where Stripe takes whole crowns only, or 10 with three decimals. With tax included it is
   total * rate / (1 + rate), else net * rate. The third of net, tax and total follows from two.
4. An order's net, tax and total are the sums of its lines': what the receipt shows adds up.
5. Refused: a negative price (a discount is not a line: it could take the total below zero), a
   quantity outside 1…9999, a rate outside 0…100 %, a price that is no multiple of the step, and a
   line or an order above what Stripe can charge in that currency.
6. A discount is an amount or a part of a price in basis points, rounded half-up to the step. It
   never takes more than there is, so no line costs less than nothing.
7. First each line has its own discount. The order's is taken of what is left of all lines, and
   divided over them by what each costs then, by largest remainders: the shares add up exactly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from stores import currencies
from stores.errors import AmountTooLarge, InvalidLine
from stores.models.checks import LARGEST_QUANTITY, PPM, WHOLE


@dataclass(frozen=True, slots=True)
class Amounts:
    """Net + tax = total, in the currency's smallest unit."""

    net: int
    tax: int
    total: int


@dataclass(frozen=True, slots=True)
class Pricing:
    """What a store says about its prices."""

    currency: str
    prices_include_tax: bool


@dataclass(frozen=True, slots=True)
class Off:
    """What a discount takes off: an amount, or a part of the price in basis points."""

    amount: int = 0
    basis_points: int = 0

    def of(self, price: int, step: int = 1) -> int:
        part = half_up(price * self.basis_points, WHOLE, step)
        return min(self.amount + part, price)


NOTHING_OFF = Off()


def half_up(numerator: int, denominator: int, step: int = 1) -> int:
    """numerator / denominator, both not negative, rounded to a multiple of step, half up."""
    return (2 * numerator + denominator * step) // (2 * denominator * step) * step


def line_amounts(
    pricing: Pricing, *, unit_amount: int, quantity: int, tax_rate_ppm: int, discount: int = 0
) -> Amounts:
    """What one line costs with so much off it, or the refusal of rule 5."""
    check_line(pricing, unit_amount, quantity, tax_rate_ppm)
    step = currencies.step(pricing.currency)
    price = unit_amount * quantity - discount
    if pricing.prices_include_tax:
        tax = half_up(price * tax_rate_ppm, PPM + tax_rate_ppm, step)
        amounts = Amounts(price - tax, tax, price)
    else:
        tax = half_up(price * tax_rate_ppm, PPM, step)
        amounts = Amounts(price, tax, price + tax)
    return check_total(pricing, amounts)


def order_amounts(pricing: Pricing, lines: Iterable[Amounts]) -> Amounts:
    """The sums of the lines."""
    each = list(lines)
    sums = Amounts(
        net=sum(line.net for line in each),
        tax=sum(line.tax for line in each),
        total=sum(line.total for line in each),
    )
    return check_total(pricing, sums)


def discounts(
    pricing: Pricing, prices: Sequence[int], own: Sequence[Off], order: Off = NOTHING_OFF
) -> list[int]:
    """What comes off each of these lines, by its own discount and its share of the order's."""
    step = currencies.step(pricing.currency)
    off = [each.of(price, step) for price, each in zip(prices, own, strict=True)]
    left = [price - less for price, less in zip(prices, off, strict=True)]
    shares = divide(order.of(sum(left), step), left, step)
    return [less + share for less, share in zip(off, shares, strict=True)]


def divide(amount: int, weights: Sequence[int], step: int = 1) -> list[int]:
    """Shares in proportion, whole steps that add up: the largest remainders get what is left.

    No share is above its weight if the amount is not above their sum, all of them whole steps.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    exact = [divmod(amount // step * weight, whole) for weight in weights]
    shares = [share for share, _ in exact]
    by_remainder = sorted(range(len(exact)), key=lambda place: -exact[place][1])
    for place in by_remainder[: amount // step - sum(shares)]:
        shares[place] += 1
    return [share * step for share in shares]


def check_line(pricing: Pricing, unit_amount: int, quantity: int, tax_rate_ppm: int) -> None:
    step = currencies.step(pricing.currency)
    if unit_amount < 0:
        raise InvalidLine(gettext("A price is never negative."))
    if unit_amount % step:
        raise InvalidLine(
            gettext("A price in {currency} is a multiple of {step}.").format(
                currency=pricing.currency.upper(), step=step
            )
        )
    if not 1 <= quantity <= LARGEST_QUANTITY:
        raise InvalidLine(
            gettext("A quantity is a whole number from 1 to {most}.").format(most=LARGEST_QUANTITY)
        )
    if not 0 <= tax_rate_ppm <= PPM:
        raise InvalidLine(
            gettext("A tax rate is from 0 to {most} parts per million.").format(most=PPM)
        )


def check_total(pricing: Pricing, amounts: Amounts) -> Amounts:
    largest = currencies.maximum(pricing.currency)
    if amounts.total > largest:
        limit = currencies.spoken_amount(largest, pricing.currency)
        raise AmountTooLarge(
            gettext("No more than {limit} can be charged at once.").format(limit=limit)
        )
    return amounts
