"""Write the last days into the books and into the simulated Stripe, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from retail.demo.catalogue import COMPANIES
from retail.demo.past import books, desk, stripe
from retail.demo.past.books import Place
from retail.demo.past.sales import Sale, sales
from stores.models import Order, Store


def load(base: str, now: datetime, days: int) -> int:
    """How many sales there are now; none where somebody sold something before."""
    rows = books.Rows()
    with transaction.atomic():
        places = _places(now - timedelta(days=days + 1))
        sold = _begin(rows, places, now, days)
        rows.open_orders()
    if not sold:
        return 0
    _finish(rows, places, sold, base)
    for key, place in places.items():
        theirs = [each for each in sold if each.sale.shop.key == key]
        desk.leave(place, [each.payment for each in theirs])
        _go_on(place, theirs, base)
    desk.compare(now, days)
    return len(sold)


def _go_on(place: Place, sold: Sequence[stripe.Sold], base: str) -> None:
    """What others do, of whom webhooks tell."""
    if place.shop.has_dispute:
        paid = [each.payment for each in sold if each.sale.card and not each.sale.is_held]
        stripe.dispute(base, paid[len(paid) // 2])
    if place.shop.is_asked:
        stripe.want(base, place.store.account.stripe_id)


def _places(first: datetime) -> dict[str, Place]:
    """The demo's stores in which nobody sold anything yet, by the keys of their shops."""
    found = {}
    for company in COMPANIES:
        for shop in company.shops:
            stores = Store.objects.filter(name=shop.name, account__stripe_id=company.stripe_id)
            store = stores.select_related("account").first()
            if store is not None and not Order.objects.filter(store=store).exists():
                found[shop.key] = books.place_of(store, shop, first)
    return found


def _begin(
    rows: books.Rows, places: dict[str, Place], now: datetime, days: int
) -> list[stripe.Sold]:
    found = [sale for place in places.values() for sale in sales(place.shop, now, days)]
    found.sort(key=_moment)
    ids = books.reserve_payments(len(found))
    return [
        books.begin(rows, places[sale.shop.key], sale, id)
        for sale, id in zip(found, ids, strict=True)
    ]


def _finish(
    rows: books.Rows, places: dict[str, Place], sold: Sequence[stripe.Sold], base: str
) -> None:
    acts, chance = stripe.Acts(), Random(len(sold))
    intents = {each.payment.pk: stripe.sell(acts, each) for each in sold if each.sale.card}
    taken = [each for each in sold if each.sale.card and not each.sale.is_held]
    given_back = taken[len(taken) * 3 // 4]
    stripe.give_back_elsewhere(acts, given_back, intents[given_back.payment.pk])
    made = acts.carry_out(base)
    for each in sold:
        intent = intents.get(each.payment.pk)
        books.finish(rows, each, None if intent is None else made[intent], chance)
    for key, place in places.items():
        theirs = [each for each in sold if each.sale.shop.key == key]
        books.close_days(rows, place, theirs, chance)
    rows.finish()


def _moment(sale: Sale) -> datetime:
    return sale.at
