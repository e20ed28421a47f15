"""The lines that a client may ask for, and what they cost: rows that are not stored yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict, final

from django.utils.translation import gettext

from stores.errors import InvalidLine, ProductInactive, UnknownProduct
from stores.models import OrderLine, Product, Store
from stores.totals import Pricing, line_amounts

MOST_LINES = 500
# What is computed of a line, and summed up of an order.
AMOUNTS = ("discount_amount", "net_amount", "tax_amount", "total_amount")


@final
class ProductLine(TypedDict):
    """So many of a product of this store; the price is the product's."""

    product: int
    quantity: int


@final
class FreeLine(TypedDict):
    """Something without a product; unit_amount in the smallest unit, without tax unless given."""

    description: str
    unit_amount: int
    quantity: int
    tax_rate_ppm: NotRequired[int]


@final
class KeptLine(TypedDict):
    """A line that stays as it is, at the price it has."""

    line: int


Line = ProductLine | FreeLine | KeptLine


def price_lines(
    store: Store, lines: Sequence[Line], present: Mapping[int, OrderLine] | None = None
) -> list[OrderLine]:
    """Lines with their amounts, not yet stored; prices and tax come from the store's products.

    `present` are those the order has, which may be kept.
    """
    if not lines:
        raise InvalidLine(
            gettext("An order has at least one line."),
            next_action=gettext("Add something to sell."),
        )
    if len(lines) > MOST_LINES:
        raise InvalidLine(gettext("An order has at most {most} lines.").format(most=MOST_LINES))
    wanted = {line["product"] for line in lines if "product" in line}
    products = Product.objects.filter(store=store).in_bulk(sorted(wanted)) if wanted else {}
    pricing = Pricing(store.currency, store.prices_include_tax)
    priced = []
    left = dict(present or {})
    for position, line in enumerate(lines, start=1):
        if "line" in line:
            kept = kept_line(line, left)
            kept.position = position
            priced.append(kept)
            continue
        row = product_line(line, products) if "product" in line else free_line(line)
        row.store, row.position = store, position
        write_line(pricing, row)
        priced.append(row)
    return priced


def write_line(pricing: Pricing, row: OrderLine) -> None:
    """Its amounts, from its price and what comes off it."""
    amounts = line_amounts(
        pricing,
        unit_amount=row.unit_amount,
        quantity=row.quantity,
        tax_rate_ppm=row.tax_rate_ppm,
        discount=row.discount_amount,
    )
    row.net_amount, row.tax_amount, row.total_amount = amounts.net, amounts.tax, amounts.total


def product_line(line: ProductLine, products: dict[int, Product]) -> OrderLine:
    product = products.get(line["product"])
    if product is None:
        raise UnknownProduct(
            gettext("This store has no product {product}.").format(product=line["product"])
        )
    if not product.is_active:
        raise ProductInactive(gettext("{product} is no longer sold.").format(product=product))
    return OrderLine(
        product=product,
        description=product.name,
        unit_amount=product.unit_amount,
        quantity=line["quantity"],
        tax_rate_ppm=product.tax_rate_ppm,
    )


def kept_line(line: KeptLine, left: dict[int, OrderLine]) -> OrderLine:
    """The row itself, once."""
    row = left.pop(line["line"], None)
    if row is None:
        raise InvalidLine(
            gettext("This order has no line {line}, or it was named twice.").format(
                line=line["line"]
            )
        )
    return row


def free_line(line: FreeLine) -> OrderLine:
    description = line["description"].strip()
    if not 1 <= len(description) <= 200:
        raise InvalidLine(
            gettext("A line without a product has a description of 1 to 200 characters.")
        )
    return OrderLine(
        description=description,
        unit_amount=line["unit_amount"],
        quantity=line["quantity"],
        tax_rate_ppm=line.get("tax_rate_ppm", 0),
    )
