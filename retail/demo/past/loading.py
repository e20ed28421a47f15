"""Write the last days into the books and into the simulated Stripe, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from retail.demo.past import books, desk, reserving, stripe, visits
from retail.demo.past.places import Place, place_of
from retail.demo.past.reserving import Reserved


def load(base: str, reserved: Reserved) -> int:
    """How many sales there are now, of those that were put aside."""
    rows = books.Rows()
    with transaction.atomic():
        places = _places(reserved)
        sold = _begin(rows, places, reserved)
        rows.open_orders()
    if not sold:
        return 0
    _finish(rows, places, sold, reserved.now, base)
    theirs = {key: [each for each in sold if each.sale.shop.key == key] for key in places}
    for key, place in places.items():
        desk.leave(place, [each.payment for each in theirs[key]])
        _go_on(place, theirs[key], base)
    desk.compare(reserved.now, reserved.days)
    for key, place in places.items():
        visits.visit(place, [each.payment for each in theirs[key]], base)
    return len(sold)


def _go_on(place: Place, sold: Sequence[stripe.Sold], base: str) -> None:
    """What others do, of whom webhooks tell."""
    if place.shop.has_dispute:
        paid = [each.payment for each in sold if each.sale.card and not each.sale.is_held]
        stripe.dispute(base, paid[len(paid) // 2])
    if place.shop.is_asked:
        stripe.want(base, place.store.account.stripe_id)


def _places(reserved: Reserved) -> dict[str, Place]:
    found = {}
    for key, (store, shop) in reserving.stores().items():
        if key in reserved.shops:
            reserving.let_go(store, reserved)
            first = reserved.now - timedelta(days=reserved.days + 1)
            found[key] = place_of(store, shop, first)
    return found


def _begin(rows: books.Rows, places: dict[str, Place], reserved: Reserved) -> list[stripe.Sold]:
    return [
        books.begin(rows, places[sale.shop.key], sale, reserved.order + n, reserved.payment + n)
        for n, sale in enumerate(reserved.sales())
    ]


def _finish(
    rows: books.Rows,
    places: dict[str, Place],
    sold: Sequence[stripe.Sold],
    now: datetime,
    base: str,
) -> None:
    acts, chance = stripe.Acts(), Random(len(sold))
    intents = {each.payment.pk: stripe.sell(acts, each) for each in sold if each.sale.card}
    taken = [each for each in sold if each.sale.card and not each.sale.is_held]
    given_back = taken[len(taken) * 3 // 4]
    stripe.give_back_elsewhere(acts, given_back, intents[given_back.payment.pk])
    for place in places.values():
        stripe.rename(acts, place.shop, place.store, rows.orders[-1].created_at)
    made = acts.carry_out(base)
    for each in sold:
        intent = intents.get(each.payment.pk)
        books.finish(rows, each, None if intent is None else made[intent], chance)
    for key, place in places.items():
        theirs = [each for each in sold if each.sale.shop.key == key]
        books.close_days(rows, place, theirs, now, chance)
    rows.finish()
