"""How long and how far an authorisation reaches, by brand and by what the merchant sells.

https://docs.stripe.com/terminal/features/extended-authorizations,
/terminal/features/incremental-authorizations, /terminal/features/collecting-tips/on-receipt
"""

from simulator.payments.cards import Card
from simulator.state.store import Json, Record
from simulator.state.world import World

HOUR = 3600
DAY = 24 * HOUR
_VISA_EARLIER = 6 * HOUR
LODGING = frozenset(("7011", "7012", "7032", "7033"))
VEHICLE_RENTAL = frozenset(("7512", "7513", "7519"))
CRUISE = frozenset(("4411",))
OTHER_RENTAL = frozenset(("7394", "7841", "7296", "7993", "7999", "5013"))
TRAVEL = LODGING | VEHICLE_RENTAL | CRUISE | frozenset(("3000", "4112", "4511", "4722"))
DISCOVER_INCREMENTS = TRAVEL | frozenset(("4121", "5812", "5813", "5552", "5814", "7523"))
OVERCAPTURE_MCC = frozenset(("5812", "5813", "5814", "7230", "7298", "4121"))
OVERCAPTURE_BRANDS = frozenset(("visa", "mastercard", "amex", "discover"))
INCREMENT_BRANDS = frozenset(("visa", "mastercard", "amex"))


def merchant_of(world: World, intent: Record) -> Json:
    """The account whose country and category count: the settlement merchant."""
    return world.get(intent.data["on_behalf_of"] or intent.account).data


def capture_before(world: World, intent: Record, card: Card, *, extended: bool) -> int:
    """When the hold ends, in seconds since the epoch."""
    days = _extended_days(merchant_of(world, intent), card.brand) if extended else None
    if card.brand != "visa":
        return world.clock.now() + (days or 2) * DAY
    return world.clock.now() + (days or 5) * DAY - _VISA_EARLIER


def _extended_days(merchant: Json, brand: str) -> int | None:
    """None where the category of the merchant gets no longer window for this brand."""
    mcc = merchant["business_profile"]["mcc"]
    if brand == "mastercard":
        return 30
    if brand == "visa":
        long = mcc in LODGING | VEHICLE_RENTAL | CRUISE
        return 30 if long else 10 if mcc in OTHER_RENTAL else None
    if brand == "amex":
        return 30 if mcc in LODGING | VEHICLE_RENTAL else None
    return 30 if brand == "discover" and mcc in TRAVEL else None


def can_be_incremented(world: World, intent: Record, card: Card) -> bool:
    if card.brand == "discover":
        return merchant_of(world, intent)["business_profile"]["mcc"] in DISCOVER_INCREMENTS
    return card.brand in INCREMENT_BRANDS


def can_be_overcaptured(world: World, intent: Record, card: Card) -> bool:
    merchant = merchant_of(world, intent)
    return (
        merchant["country"] == "US"
        and merchant["business_profile"]["mcc"] in OVERCAPTURE_MCC
        and card.brand in OVERCAPTURE_BRANDS
    )
