"""What the demo's shops sold in their last days: by chance, and the same for whoever asks twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from retail.demo.catalogue import Shop
from stores.models import CaptureMethod, DiscountReason

CARDS = ("visa", "visa", "visa_debit", "mastercard", "mastercard_debit", "amex", "discover")
DECLINES = ("insufficient_funds", "generic_decline", "lost_card", "expired_card")
OPENS, CLOSES = 8, 20  # the clock of the store
BUSY = (12.5, 17.5)  # the hours most come in
WEEKDAYS = (8, 8, 9, 10, 13, 15, 11)  # sales of a Monday, a Tuesday …
SETTLED = timedelta(minutes=65)  # younger than this, Stripe's events are asked for
# Holds that a manager finds: so old, and the older ones end today. Stripe's two days, less the six
# hours before which they are captured by themselves.
HELD = tuple(timedelta(hours=hours) for hours in (41, 38, 27, 22, 19))


@dataclass(frozen=True)
class Deal:
    """What comes off an order, or off its first line, and why."""

    basis_points: int
    reason: str
    note: str = ""
    of_line: bool = False


DEALS = (
    Deal(10_00, DiscountReason.LOYALTY),
    Deal(20_00, DiscountReason.DAMAGED, "The corner was crushed", of_line=True),
    Deal(50_00, DiscountReason.GOODWILL, "Waited too long", of_line=True),
)
DEALT = 0.08  # of all sales, with something off


@dataclass(frozen=True)
class Sale:
    """One customer. `pieces` is how many of which article, by their places in the catalogue."""

    at: datetime
    shop: Shop
    pieces: tuple[tuple[int, int], ...]
    person: int  # 0: the manager sold it, else the cashier
    reader: int
    card: str = ""  # empty: cash
    declined: str = ""  # why another card was declined first
    timed_out: bool = False  # the reader answered only when it was asked again
    tip_percent: int = 0
    is_held: bool = False
    deal: Deal | None = None

    @property
    def is_manual(self) -> bool:
        return self.shop.capture_method == CaptureMethod.MANUAL


def sales(shop: Shop, now: datetime, days: int) -> list[Sale]:
    """Those of the last days and of today so far, oldest first."""
    chance = Random(f"{shop.key} {days}")
    zone = ZoneInfo(shop.timezone)
    today = now.astimezone(zone).date()
    moments = [
        moment
        for back in range(days, -1, -1)
        for moment in _moments(chance, datetime.combine(today - timedelta(days=back), time(), zone))
        if moment < now - SETTLED
    ]
    found = [_sale(chance, shop, moment) for moment in sorted(moments)]
    deals = Random(f"{shop.key} {days} deals")
    found = [
        replace(each, deal=deals.choice(DEALS)) if deals.random() < DEALT else each
        for each in found
    ]
    if shop.capture_method == CaptureMethod.MANUAL:
        found += [_held(chance, shop, now, age) for age in HELD]
    return sorted(found, key=lambda sale: sale.at)


def _moments(chance: Random, midnight: datetime) -> Iterator[datetime]:
    for _ in range(WEEKDAYS[midnight.weekday()] + chance.randint(-2, 2)):
        hour = chance.triangular(OPENS, CLOSES, chance.choice(BUSY))
        yield midnight + timedelta(seconds=int(hour * 3600))


def _pieces(chance: Random, shop: Shop) -> tuple[tuple[int, int], ...]:
    articles = chance.sample(range(len(shop.articles)), chance.choice((1, 1, 2, 2, 3)))
    return tuple((each, chance.choice((1, 1, 1, 2))) for each in articles)


def _sale(chance: Random, shop: Shop, at: datetime) -> Sale:
    by_card = chance.random() < 0.8
    tips = shop.tips or ((15, 18, 20) if shop.capture_method == CaptureMethod.MANUAL else ())
    return Sale(
        at=at,
        shop=shop,
        pieces=_pieces(chance, shop),
        person=chance.choice((0, 1, 1)),
        reader=chance.choice((0, 0, 1)),
        card=chance.choice(CARDS) if by_card else "",
        declined=chance.choice(DECLINES) if by_card and chance.random() < 0.07 else "",
        timed_out=by_card and chance.random() < 0.02,
        tip_percent=chance.choice((0, *tips)) if by_card and tips else 0,
    )


def _held(chance: Random, shop: Shop, now: datetime, age: timedelta) -> Sale:
    """Visa lets a hold last longer than others do: those that end today are on other cards."""
    card = "mastercard" if age > timedelta(hours=30) else chance.choice(CARDS)
    pieces = tuple((each, 1) for each in chance.sample(range(len(shop.articles)), 3))
    return Sale(now - age, shop, pieces, person=1, reader=1, card=card, is_held=True)
