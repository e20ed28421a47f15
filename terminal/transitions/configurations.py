"""What holds for readers where several levels speak, what Stripe is told of it, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from stores.currencies import spoken_amount
from terminal.models import SCREENS, Part, ReaderConfiguration

JSON = dict[str, Any]
CLEARED: JSON = {part.value: {"splashscreen": ""} if part in SCREENS else "" for part in Part}


@dataclass(frozen=True)
class Holds:
    """A part's value, and the level that says it."""

    value: JSON
    row: ReaderConfiguration


def holding(levels: Sequence[ReaderConfiguration]) -> dict[Part, Holds]:
    """Each part as the nearest level has it that says anything of it; nearest first."""
    found = {}
    for part in Part:
        said = ((row, row.value(part)) for row in levels)
        held = next((Holds(value, row) for row, value in said if value is not None), None)
        if held is not None:
            found[part] = held
    return found


def whole(levels: Sequence[ReaderConfiguration], side: str, currencies: Iterable[str]) -> JSON:
    """All that holds, as Stripe's Configuration in that account takes it. Tips that are not asked
    for are none, and a picture that is not there yet is left out.
    """
    told: JSON = {}
    for part, holds in holding(levels).items():
        if part == Part.TIPPING:
            if holds.value:
                told[part.value] = dict.fromkeys(sorted(set(currencies)), holds.value)
        elif part in SCREENS:
            if file := holds.row.splash_screens[part]["files"].get(side):
                told[part.value] = {"splashscreen": file}
        else:
            told[part.value] = holds.value
    return told


def differing(wanted: JSON, shown: JSON) -> list[Part]:
    """The parts that a Configuration of Stripe says in another way than it was told."""
    return [part for part in Part if _said(wanted.get(part.value)) != _said(shown.get(part.value))]


def _said(value: Any) -> Any:
    """Without what is null or empty, which Stripe may show for what was never told."""
    if not isinstance(value, dict):
        return value
    kept = {name: _said(each) for name, each in value.items()}
    return {name: each for name, each in kept.items() if each not in (None, [], {})} or None


def words_at_stripe(parts: Iterable[Part], told: JSON) -> str:
    """What a Configuration of Stripe says of these parts."""
    lines = []
    for part in parts:
        value, currency = told.get(part.value), ""
        if part == Part.TIPPING and value:
            currency, value = next(iter(value.items()))
        said = words(part, value, currency) if value else gettext("not set")
        lines.append(f"{part.label}: {said}")
    return "; ".join(lines)


def tip_choices(tips: JSON, amount: int) -> list[int]:
    """The amounts on the buttons of a reader that asks for a tip on this amount; none: no tip."""
    percentages, fixed = tips.get("percentages"), tips.get("fixed_amounts")
    if percentages and not (fixed and amount < tips["smart_tip_threshold"]):
        return [(amount * each + 50) // 100 for each in percentages]
    return list(fixed or ())


def words(part: Part, value: JSON, currency: str) -> str:
    """What is said of a part, for people; amounts are of this currency."""
    match part:
        case Part.TIPPING:
            return _tip_words(value, currency)
        case Part.REBOOT_WINDOW:
            return gettext("from {start}:00 to {end}:00").format(
                start=value["start_hour"], end=value["end_hour"]
            )
        case _ if part in SCREENS:
            return str(value["splashscreen"])
    return gettext("allowed") if value["enabled"] else gettext("not allowed")


def _tip_words(tips: JSON, currency: str) -> str:
    percentages = ", ".join(f"{each} %" for each in tips.get("percentages", ()))
    fixed = tips.get("fixed_amounts", ())
    amounts = ", ".join(spoken_amount(each, currency) for each in fixed)
    if percentages and amounts:
        return gettext("{percentages}; below {threshold}, amounts of {amounts}").format(
            percentages=percentages,
            threshold=spoken_amount(tips.get("smart_tip_threshold", 0), currency),
            amounts=amounts,
        )
    if amounts:
        return gettext("amounts of {amounts}").format(amounts=amounts)
    return percentages or gettext("none")


def words_of(row: ReaderConfiguration) -> str:
    """All that one level says."""
    said = ((part, row.value(part)) for part in Part)
    lines = [
        f"{part.label}: {words(part, value, row.currency)}"
        for part, value in said
        if value is not None
    ]
    return "; ".join(lines) or gettext("all as above")


def whence(part: Part, holds: Holds | None, *, seen_from: str) -> str:
    """What holds, and which level says so: seen from a location, a store or an account."""
    if holds is None:
        return gettext("Set nowhere: as Stripe has it.")
    value = words(part, holds.value, holds.row.currency)
    if holds.row.level == seen_from:
        return gettext("Set here: {value}.").format(value=value)
    if holds.row.level == "store":
        return gettext("From the store: {value}.").format(value=value)
    if holds.row.level == "account":
        return gettext("From the account: {value}.").format(value=value)
    return gettext("From the location: {value}.").format(value=value)
