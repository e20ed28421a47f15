"""In what a location or a reader of Stripe's is not as it is here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stores.models import Location
from terminal.models import FleetKind, Reader
from terminal.services import configuring
from terminal.services.screens import location_id

JSON = dict[str, Any]
NOWHERE = "no location"


@dataclass(frozen=True)
class Differs:
    kind: FleetKind
    ours: str
    theirs: str


def of_location(location: Location, shown: JSON) -> list[Differs]:
    found = []
    if shown["display_name"] != location.display_name:
        found.append(Differs(FleetKind.DISPLAY_NAME, location.display_name, shown["display_name"]))
    theirs = address_of(shown)
    if theirs != location.address:
        words = (", ".join(each.values()) for each in (location.address, theirs))
        found.append(Differs(FleetKind.ADDRESS, *words))
    ours = configuring.wanted_configuration(location)
    theirs_id = shown.get("configuration_overrides")
    if ours is not None and ours != (theirs_id or ""):
        found.append(Differs(FleetKind.CONFIGURATION, ours, theirs_id or ""))
    wanted = {"location": str(location.pk), "store": str(location.store_id)}
    return found + _of_metadata(wanted, shown)


def of_reader(reader: Reader, shown: JSON) -> list[Differs]:
    found = []
    if shown["label"] != reader.label:
        found.append(Differs(FleetKind.LABEL, reader.label, shown["label"] or ""))
    there = location_id(shown)
    if there != (reader.location.stripe_id or ""):
        # By name only where whoever reads this may know it: the platform has all companies' places.
        known = Location.objects.filter(stripe_id=there, store=reader.store_id)
        name = str(known.first() or there or NOWHERE)
        found.append(Differs(FleetKind.LOCATION, str(reader.location), name))
    # Where it stands Stripe says itself; what it was told of that once may be old.
    return found + _of_metadata({"store": str(reader.store_id)}, shown)


def _of_metadata(wanted: dict[str, str], shown: JSON) -> list[Differs]:
    theirs = {name: (shown.get("metadata") or {}).get(name, "") for name in wanted}
    if theirs == wanted:
        return []
    return [Differs(FleetKind.METADATA, _pairs(wanted), _pairs(theirs))]


def _pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def address_of(shown: JSON) -> dict[str, str]:
    """The address of Stripe's location as `Location.address` has it."""
    theirs = shown.get("address") or {}
    names = ("line1", "line2", "city", "state", "postal_code", "country")
    return {name: theirs[name] for name in names if theirs.get(name)}


def missing(name: str) -> Differs:
    return Differs(FleetKind.MISSING, name, "")
