"""A store of the past with what its sales need, and what they cost there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from payments.models import FeePlan
from payments.services import fees
from retail.demo.catalogue import Shop
from retail.demo.past.sales import Sale
from stores.models import Device, Discount, Order, OrderLine, Product, Store
from stores.services.lines import ProductLine, product_line, write_line
from stores.totals import NOTHING_OFF, Off, Pricing, discounts
from terminal.models import Reader


@dataclass
class Place:
    """A store with what its sales need, read once."""

    store: Store
    shop: Shop
    device: Device
    people: list[User]
    readers: list[Reader]
    products: list[Product]
    plan: FeePlan | None
    number: int = 0  # of the last order


def place_of(store: Store, shop: Shop, first: datetime) -> Place:
    people = User.objects.filter(memberships__store=store).order_by("-memberships__role")
    return Place(
        store=store,
        shop=shop,
        device=Device.objects.filter(store=store).earliest("pk"),
        people=list(people),
        readers=list(Reader.objects.filter(store=store, is_active=True).order_by("pk")),
        products=list(Product.objects.filter(store=store).order_by("pk")),
        plan=fees.in_force(store, store.currency, first),
    )


def line_of(place: Place, order: Order, position: int, article: int, quantity: int) -> OrderLine:
    """A line whose price is not known yet."""
    product = place.products[article]
    line = product_line(ProductLine(product=product.pk, quantity=quantity), {product.pk: product})
    line.order, line.store, line.position = order, place.store, position
    return line


def price_lines(place: Place, sale: Sale, order: Order, lines: list[OrderLine]) -> list[Discount]:
    """Price the lines, and say what came off them."""
    deal = sale.deal
    pricing = Pricing(order.currency, place.store.prices_include_tax)
    off = Off(basis_points=deal.basis_points) if deal else NOTHING_OFF
    of_line = deal is not None and deal.of_line
    own = [off if of_line and line is lines[0] else NOTHING_OFF for line in lines]
    prices = [line.price for line in lines]
    taken = discounts(pricing, prices, own, NOTHING_OFF if of_line else off)
    for line, amount in zip(lines, taken, strict=True):
        line.discount_amount = amount
        write_line(pricing, line)
    return [_discount(place, sale, order, lines[0], sum(taken))] if sum(taken) else []


def _discount(place: Place, sale: Sale, order: Order, first: OrderLine, amount: int) -> Discount:
    """Above a cashier's limit the manager agreed."""
    assert sale.deal is not None
    manager, seller = place.people[0], place.people[sale.person]
    asks = seller != manager and amount > (place.store.cashier_discount_limit or 0)
    return Discount(
        store=place.store,
        order=order,
        line=first if sale.deal.of_line else None,
        basis_points=sale.deal.basis_points,
        amount=amount,
        reason=sale.deal.reason,
        note=sale.deal.note,
        device=place.device,
        user=seller,
        approved_by=manager if asks else None,
        given_at=sale.at,
    )
