"""What holds for readers: each part as the nearest of location, store and account says it.

https://docs.stripe.com/terminal/fleet/configurations-overview
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from payments.models import Payment
from stores.models import Account, Location, OrderLine, Store
from stores.principals import MANAGERS, Principal
from terminal.models import Part, ReaderConfiguration
from terminal.transitions.configurations import Holds, holding, whence

JSON = dict[str, Any]
NEAREST = (F("location").asc(nulls_last=True), F("store").asc(nulls_last=True))


def levels_at(location_id: int, store: Store) -> list[ReaderConfiguration]:
    """What is said of the readers at a location, the nearest first."""
    covers = (
        Q(location=location_id)
        | Q(store=store, location=None)
        | Q(account=store.account_id, store=None)
    )
    return list(ReaderConfiguration.objects.filter(covers).order_by(*NEAREST))


def levels_of(row: ReaderConfiguration) -> list[ReaderConfiguration]:
    """The row, and those from which it inherits."""
    above = Q(account=row.account_id, store=None)
    if row.location_id is not None:
        above |= Q(store=row.store_id, location=None)
    rows = ReaderConfiguration.objects.filter(above).exclude(pk=row.pk)
    return [row, *rows.order_by(*NEAREST)] if row.store_id is not None else [row]


def below(row: ReaderConfiguration) -> QuerySet[ReaderConfiguration]:
    """Those that inherit from it."""
    rows = ReaderConfiguration.objects.filter(account=row.account_id).exclude(pk=row.pk)
    if row.location_id is not None:
        return rows.none()
    if row.store_id is not None:
        return rows.filter(store=row.store_id, location__isnull=False)
    return rows


def nearest(levels: list[ReaderConfiguration]) -> ReaderConfiguration | None:
    """The one whose Configuration a location uses."""
    return next((row for row in levels if row.says_anything), None)


def holding_at(location: Location) -> dict[Part, Holds]:
    return holding(levels_at(location.pk, location.store))


def lines_for(location: Location) -> list[tuple[str, str]]:
    """Each part that is set for the readers there, in words."""
    return [
        (str(part.label), whence(part, holds, seen_from="location"))
        for part, holds in holding_at(location).items()
    ]


def accounts_of(by: Principal) -> QuerySet[Account]:
    """Those for all of whose stores they may say how readers are set up."""
    if by.sees_all(MANAGERS):
        return Account.objects.all()
    theirs = Store.objects.for_principal(by, MANAGERS)
    others = Store.objects.filter(account=OuterRef("pk")).exclude(pk__in=theirs)
    return Account.objects.filter(~Exists(others), pk__in=theirs.values("account"))


def sale_config(payment: Payment, location_id: int) -> JSON:
    """What a reader is told of tips for this sale, in `process_config` or `collect_config`.

    Percentages are of what may be tipped. Of a part of the order it is the same share.
    """
    if payment.skip_tipping:
        return {"skip_tipping": True}
    tips = holding(levels_at(location_id, payment.store)).get(Part.TIPPING)
    if tips is None or not tips.value:
        return {}
    lines = OrderLine.objects.filter(order=payment.order_id, product__tip_eligible=False)
    excluded = lines.aggregate(sum=Sum("total_amount"))["sum"] or 0
    total = payment.order.total_amount
    if not excluded or not total:
        return {}
    eligible = (2 * payment.amount * (total - excluded) + total) // (2 * total)
    return {"tipping": {"amount_eligible": eligible}} if eligible else {"skip_tipping": True}
