"""What Stripe lists of a fleet and nobody here knows: of which store it may be, in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from payments.models import UNFINISHED, Reconciliation, StripeRequest
from payments.services import discrepancies, reconciliation
from stores.models import Location, Store
from terminal.models import ChargeModelSwitch, FleetKind, Reader
from terminal.services import locations
from terminal.services.fleet_differing import NOWHERE, Differs, address_of
from terminal.services.fleet_rows import write
from terminal.services.screens import location_id

JSON = dict[str, Any]


def unknown_location(row: Reconciliation, shown: JSON) -> None:
    if _is_on_its_way(row, shown, (locations.CREATE,), locations.PATH) or _is_left(row, shown):
        return
    location = _named(row, shown)
    retired = Location.objects.filter(stripe_id=shown["id"], stripe_account=row.stripe_account)
    location = retired.first() or location
    write(
        row,
        shown,
        Differs(FleetKind.UNKNOWN, "", _words(shown["display_name"], address_of(shown))),
        store=location.store if location else _store_of(row, shown),
        location=location,
    )


def unknown_reader(row: Reconciliation, shown: JSON) -> None:
    if _is_on_its_way(row, shown, ("reader.create",), "/v1/terminal/readers"):
        return
    stands = Location.objects.filter(
        stripe_id=location_id(shown), stripe_account=row.stripe_account
    ).first()
    given_up = Reader.objects.filter(
        stripe_id=shown["id"], stripe_account=row.stripe_account
    ).last()
    store = stands.store if stands else given_up.store if given_up else _store_of(row, shown)
    place = f"at {stands or location_id(shown) or NOWHERE}"
    words = [shown.get("label") or "", shown.get("serial_number") or "", place]
    write(
        row,
        shown,
        Differs(FleetKind.UNKNOWN, "", ", ".join(filter(None, words))),
        store=store,
        location=stands,
        reader=given_up if given_up and given_up.store_id == (store and store.pk) else None,
    )


def _words(name: str, address: dict[str, str]) -> str:
    return ", ".join([name, *address.values()])


def _is_on_its_way(row: Reconciliation, shown: JSON, makes: tuple[str, ...], path: str) -> bool:
    """Whether it is just being made or deleted by us, or was since the list began."""
    place = (shown.get("metadata") or {}).get("location") or "0"
    about = StripeRequest.objects.filter(
        Q(path=f"{path}/{shown['id']}")
        | Q(kind__in=makes, path=path, params__metadata__location=place),
        stripe_account=row.stripe_account,
    )
    return about.filter(lately(row.started_at)).exists()


def _is_left(row: Reconciliation, shown: JSON) -> bool:
    """Whether a store that charges elsewhere now has still to have it deleted."""
    going = ChargeModelSwitch.objects.filter(finished_at=None, from_account=row.stripe_account)
    return any(shown["id"] in switch.places.values() for switch in going)


def lately(since: datetime) -> Q:
    """Requests that may not show yet in what was read since then."""
    return Q(status__in=UNFINISHED) | Q(finished_at__gte=since)


def _named(row: Reconciliation, shown: JSON) -> Location | None:
    """The location of ours that its metadata name, if that has no other place at Stripe."""
    name = str((shown.get("metadata") or {}).get("location") or "")
    if not (name.isascii() and name.isdigit() and len(name) < 19):
        return None
    found = Location.objects.select_related("store__account").filter(
        pk=int(name), stripe_id__isnull=True, retired_at=None
    )
    location = found.first()
    return location if location and location.store.stripe_account == row.stripe_account else None


def _store_of(row: Reconciliation, shown: JSON) -> Store | None:
    """The store its metadata name; else the only one that charges in this account."""
    if (shown.get("metadata") or {}).get("store"):
        return discrepancies.store_of(row, shown)
    if row.stripe_account == reconciliation.PLATFORM:
        return None
    stores = list(Store.objects.filter(account__stripe_id=row.stripe_account)[:2])
    return stores[0] if len(stores) == 1 else None
