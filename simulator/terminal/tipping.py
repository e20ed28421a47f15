"""Whether the reader asks for a tip before the card, and what it offers.

https://docs.stripe.com/terminal/features/collecting-tips/on-reader
"""

from simulator.api.currencies import shown
from simulator.errors import bad_request
from simulator.payments.intent_state import capture_method
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal import configurations

_CODES = (
    "AT AU BE BG CA CH CY CZ DE DK EE ES FI FR GB GI HK HR HU IE IT JP LI LT LU LV MT MX MY NL NO "
    "NZ PL PT RO SE SG SI SK US"
)
COUNTRIES = frozenset(_CODES.split())


def require_sensible(config: Json, intent: Record, name: str) -> None:
    """`name` is the hash of the command that holds the tipping settings."""
    eligible = config.get("tipping", {}).get("amount_eligible", 0)
    param = f"{name}[tipping][amount_eligible]"
    if eligible < 0 or eligible > intent.data["amount"]:
        message = "amount_eligible must be from 0 to the amount of the PaymentIntent."
        raise bad_request(message, "parameter_invalid_integer", param)
    if eligible and config.get("skip_tipping"):
        message = "You may not skip tipping and name an amount that is eligible for tips."
        raise bad_request(message, "parameters_exclusive", param)


def is_asked(world: World, reader: Record, intent: Record, config: Json) -> bool:
    """On every payment, once there is a configuration for its currency."""
    location = world.store.by_id.get(reader.data["location"] or "")
    return (
        not config.get("skip_tipping")
        and _is_held(world, intent)
        and config.get("tipping", {}).get("amount_eligible") != 0
        and location is not None
        and location.data["address"]["country"] in COUNTRIES
        and _offer(world, reader, intent) is not None
    )


def _is_held(world: World, intent: Record) -> bool:
    """Stripe's pages leave open whether tips on the reader need a manual capture."""
    manual = capture_method(intent).startswith("manual")
    return manual or not world.switches["reader_tips_need_manual_capture"]


def choices(world: World, reader: Record, intent: Record, config: Json) -> list[Json]:
    """The buttons: percentages of what is eligible, or amounts; small payments may get amounts."""
    offer = _offer(world, reader, intent)
    if offer is None:
        return []
    currency = intent.data["currency"]
    base = config.get("tipping", {}).get("amount_eligible") or intent.data["amount"]
    threshold = offer.get("smart_tip_threshold")
    percentages, fixed = offer.get("percentages"), offer.get("fixed_amounts")
    if percentages and not (fixed and threshold is not None and base < threshold):
        return [{"label": f"{each}%", "amount": (base * each + 50) // 100} for each in percentages]
    return [{"label": shown(each, currency), "amount": each} for each in fixed or ()]


def _offer(world: World, reader: Record, intent: Record) -> Json | None:
    tipping = configurations.setting(world, reader, "tipping") or {}
    offer: Json | None = tipping.get(intent.data["currency"])
    return offer
