"""What the nightly comparison finds of locations and readers: told, never overwritten.

Pages of Stripe's lists say which are as they are here. Every other one of ours is read alone, and
what differs then becomes a row that a person settles (`fleet_settling`). Facts that only Stripe
knows are taken over; a reader that stands elsewhere is taken out of use, as by any other read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from payments import gateway
from payments.crashpoints import crash_point
from payments.models import Reconciliation, StripeRequest
from payments.services import discrepancies, reconciliation
from stores.models import Location
from terminal.models import FleetKind, Reader, ReaderConfiguration
from terminal.services import configuring, locations, moved
from terminal.services.fleet_differing import Differs, missing, of_location, of_reader
from terminal.services.fleet_rows import close_equal, now_of, write
from terminal.services.fleet_unknown import lately, unknown_location, unknown_reader
from terminal.services.screens import (
    UNKNOWN_TO_STRIPE,
    compare_location,
    copy_facts,
    tell_readers_screens,
)
from terminal.transitions.configurations import differing, words_at_stripe

JSON = dict[str, Any]


# Page by page


def compare_locations(row: Reconciliation, places: list[JSON]) -> None:
    known = _by_id(_our_locations(row).select_related("store"), places)
    same = []
    for shown in places:
        location = known.get(shown["id"])
        if location is None:
            unknown_location(row, shown)
        elif not of_location(location, shown):
            same.append(location.pk)
    Location.objects.filter(pk__in=same).update(compared_at=now_of(row))


def compare_readers(row: Reconciliation, shown_readers: list[JSON]) -> None:
    known = _by_id(_our_readers(row).select_related("location"), shown_readers)
    same, fields = [], set[str]()
    for shown in shown_readers:
        reader = known.get(shown["id"])
        if reader is None:
            unknown_reader(row, shown)
        elif not of_reader(reader, shown):
            fields |= {*copy_facts(reader, shown)}
            reader.compared_at = now_of(row)
            same.append(reader)
    if same:
        Reader.objects.bulk_update(same, [*sorted(fields), "compared_at"])


def _by_id(ours: QuerySet[Any], shown: Iterable[JSON]) -> dict[str, Any]:
    found = ours.filter(stripe_id__in=[each["id"] for each in shown])
    return {each.stripe_id: each for each in found}


def _our_locations(row: Reconciliation) -> QuerySet[Location]:
    return Location.objects.filter(
        stripe_account=row.stripe_account, stripe_id__isnull=False, retired_at=None
    )


def _our_readers(row: Reconciliation) -> QuerySet[Reader]:
    return Reader.objects.filter(stripe_account=row.stripe_account, retired_at=None)


# One by one


def look_at_configuration(row: Reconciliation) -> bool:
    """Read the next Configuration of ours. As `look_alone`."""
    side = row.stripe_account or "platform"
    since = row.started_at.timestamp()
    unseen = Q(**{f"compared__{side}__isnull": True}) | Q(**{f"compared__{side}__lt": since})
    known = ReaderConfiguration.objects.filter(configurations__has_key=row.stripe_account)
    ours = known.filter(unseen).order_by("pk").first()
    if ours is None:
        return False
    id = ours.configurations[row.stripe_account]
    reconciliation.read(row)
    began = timezone.now()
    shown = _read(f"{configuring.PATH}/{id}", row.stripe_account)
    crash_point("reconcile:fleet")
    with transaction.atomic():
        rows = ReaderConfiguration.objects.select_for_update(of=("self",), no_key=True)
        locked = rows.select_related("account", "store", "location").get(pk=ours.pk)
        locked.compared[side] = now_of(row).timestamp()
        locked.save(update_fields=["compared"])
        told = configuring.all_requests_of(locked).filter(lately(began))
        if locked.configurations.get(row.stripe_account) == id and not told.exists():
            _configuration_read(row, locked, {"id": id}, shown)
    return True


def _configuration_read(
    row: Reconciliation, ours: ReaderConfiguration, known: JSON, shown: JSON | None
) -> None:
    wanted = configuring.wanted_settings(ours, row.stripe_account)
    if wanted is None:
        return
    if shown is None:
        write(row, known, missing(str(ours)), store=ours.store, configuration=ours)
    elif parts := differing(wanted, shown):
        said = (words_at_stripe(parts, each) for each in (wanted, shown))
        differs = Differs(FleetKind.SETTINGS, *said)
        write(row, shown, differs, store=ours.store, configuration=ours)


def _read(path: str, stripe_account: str) -> JSON | None:
    """None: Stripe has it no more."""
    try:
        shown = gateway.get(path, stripe_account)
    except gateway.NotFound:
        return None
    return None if shown.get("deleted") else shown


def look_alone(row: Reconciliation) -> bool:
    """Read the next of ours that was not listed as it is here. No transaction is open; raises what
    a read raises, and OutOfReads.
    """
    unseen = Q(compared_at=None) | Q(compared_at__lt=row.started_at)
    location = _our_locations(row).filter(unseen).order_by("pk").first()
    if location is not None:
        _read_alone(row, f"{locations.PATH}/{location.stripe_id}", location, _location_read)
        return True
    reader = _our_readers(row).filter(unseen).order_by("pk").first()
    if reader is not None:
        path = f"/v1/terminal/readers/{reader.stripe_id}"
        _read_alone(row, path, reader, _reader_read)
        return True
    with transaction.atomic():
        close_equal(row)
    return False


def _read_alone(
    row: Reconciliation,
    path: str,
    ours: Any,
    merge: Callable[[Reconciliation, Any, JSON | None], None],
) -> None:
    reconciliation.read(row)
    began = timezone.now()
    shown = _read(path, row.stripe_account)
    crash_point("reconcile:fleet")
    with transaction.atomic():
        rows = type(ours).objects.select_for_update(of=("self",), no_key=True)
        locked = rows.select_related("store__account").get(pk=ours.pk)
        locked.compared_at = now_of(row)
        locked.save(update_fields=["compared_at"])
        # What we tell Stripe just now would look like a difference: the next night sees.
        told = StripeRequest.objects.filter(
            path=path, stripe_account=row.stripe_account, store=locked.store_id
        ).filter(lately(began))
        if locked.retired_at is None and locked.stripe_id == ours.stripe_id and not told.exists():
            merge(row, locked, shown)


def _location_read(row: Reconciliation, location: Location, shown: JSON | None) -> None:
    for differs in of_location(location, shown) if shown else [missing(str(location))]:
        write(row, shown or {"id": location.stripe_id}, differs, location=location)


def _reader_read(row: Reconciliation, reader: Reader, shown: JSON | None) -> None:
    if shown is None:
        moved.hold(reader, UNKNOWN_TO_STRIPE)
        tell_readers_screens(reader)
        write(row, {"id": reader.stripe_id}, missing(str(reader)), reader=reader)
        return
    reader.save(update_fields=copy_facts(reader, shown))
    for differs in of_reader(reader, shown):
        write(row, shown, differs, reader=reader)
    compare_location(reader, shown)


def register() -> None:
    discrepancies.COMPARE["locations"] = compare_locations
    discrepancies.COMPARE["readers"] = compare_readers
    # The one that closes what is equal again comes last.
    reconciliation.each_alone += [look_at_configuration, look_alone]
