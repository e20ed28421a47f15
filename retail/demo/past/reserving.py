"""What the last days need, put aside before anybody can sell: numbers of orders, and ids.

The days are written when everything runs, and somebody may sell before that is done. Their order
comes after the past, in its number and in every list.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction

from payments.models import Payment
from retail.demo.catalogue import COMPANIES, Shop
from retail.demo.past.sales import Sale, sales
from stores.models import Order, OrderStatus, Store

Ours = dict[str, tuple[Store, Shop]]


@dataclass(frozen=True)
class Reserved:
    """For the stores with these keys: their sales until `now`, and the first of the ids."""

    now: datetime
    days: int
    shops: tuple[str, ...]
    order: int
    payment: int

    def sales(self) -> list[Sale]:
        """Oldest first: the first has the first ids."""
        shops = [shop for company in COMPANIES for shop in company.shops if shop.key in self.shops]
        found = [sale for shop in shops for sale in sales(shop, self.now, self.days)]
        return sorted(found, key=lambda sale: sale.at)


def reserve(days: int, now: datetime) -> Reserved:
    """Of the demo's stores in which nobody sold anything yet."""
    with transaction.atomic():
        free = {
            key: store
            for key, (store, _shop) in stores().items()
            if not Order.objects.filter(store=store).exists()
        }
        reserved = Reserved(now, days, tuple(free), order=0, payment=0)
        counts = dict.fromkeys(free, 0)
        for sale in reserved.sales():
            counts[sale.shop.key] += 1
        total = sum(counts.values())
        for key, store in free.items():
            if counts[key]:
                _hold(store, counts[key], now)
        order, payment = _ids(Order, total), _ids(Payment, total)
    return Reserved(now, days, tuple(free), order, payment)


def stores() -> Ours:
    """The demo's stores, by the keys of their shops."""
    found: Ours = {}
    for company in COMPANIES:
        for shop in company.shops:
            rows = Store.objects.filter(name=shop.name, account__stripe_id=company.stripe_id)
            store = rows.select_related("account").first()
            if store is not None:
                found[shop.key] = store, shop
    return found


def _hold(store: Store, number: int, now: datetime) -> None:
    """The next order of the store has the number after this."""
    Order.objects.create(
        store=store,
        number=number,
        status=OrderStatus.CANCELED,
        currency=store.currency,
        net_amount=0,
        tax_amount=0,
        total_amount=0,
        created_at=now,
        updated_at=now,
    )


def let_go(store: Store, reserved: Reserved) -> None:
    """Its numbers are about to be given to orders."""
    Order.objects.filter(store=store, created_at=reserved.now, total_amount=0).delete()


def _ids(model: type[models.Model], count: int) -> int:
    """The first of so many that no other row will have."""
    if not count:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(id) FROM (SELECT nextval(pg_get_serial_sequence(%s, 'id')) AS id"
            " FROM generate_series(1, %s)) AS taken",
            [model._meta.db_table, count],
        )
        [first] = cursor.fetchone()
    return int(first)


def write(reserved: Reserved, path: Path) -> None:
    told: dict[str, Any] = asdict(reserved) | {"now": reserved.now.isoformat()}
    path.write_text(json.dumps(told))


def read(path: Path) -> Reserved:
    told = json.loads(path.read_text())
    return Reserved(
        **told | {"now": datetime.fromisoformat(told["now"]), "shops": tuple(told["shops"])}
    )
