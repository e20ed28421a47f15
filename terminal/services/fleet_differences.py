"""What the nightly comparison finds of locations and readers: told, never overwritten.

Pages of Stripe's lists say which are as they are here. Every other one of ours is read alone, and
what differs then becomes a row that a person settles (`fleet_settling`). Facts that only Stripe
knows are taken over; a reader that stands elsewhere is taken out of use, as by any other read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from payments import gateway
from payments.crashpoints import crash_point
from payments.models import UNFINISHED, Reconciliation, StripeRequest
from payments.services import discrepancies, reconciliation
from stores.models import Location, LogEntry, Store
from terminal.models import (
    ChargeModelSwitch,
    FleetDifference,
    FleetKind,
    FleetOutcome,
    Reader,
    ReaderConfiguration,
)
from terminal.services import configuring, locations, moved
from terminal.services.screens import (
    UNKNOWN_TO_STRIPE,
    compare_location,
    copy_facts,
    location_id,
    tell_readers_screens,
)
from terminal.transitions.configurations import differing, words_at_stripe

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

JSON = dict[str, Any]
NOWHERE = "no location"


@dataclass(frozen=True)
class Differs:
    kind: FleetKind
    ours: str
    theirs: str


# What differs


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


# Page by page


def compare_locations(row: Reconciliation, places: list[JSON]) -> None:
    known = _by_id(_our_locations(row).select_related("store"), places)
    same = []
    for shown in places:
        location = known.get(shown["id"])
        if location is None:
            _unknown_location(row, shown)
        elif not of_location(location, shown):
            same.append(location.pk)
    Location.objects.filter(pk__in=same).update(compared_at=_now(row))


def compare_readers(row: Reconciliation, shown_readers: list[JSON]) -> None:
    known = _by_id(_our_readers(row).select_related("location"), shown_readers)
    same, fields = [], set[str]()
    for shown in shown_readers:
        reader = known.get(shown["id"])
        if reader is None:
            _unknown_reader(row, shown)
        elif not of_reader(reader, shown):
            fields |= {*copy_facts(reader, shown)}
            reader.compared_at = _now(row)
            same.append(reader)
    if same:
        Reader.objects.bulk_update(same, [*sorted(fields), "compared_at"])


def _now(row: Reconciliation) -> datetime:
    """Never before the comparison began, by whichever process's clock that was."""
    return max(timezone.now(), row.started_at)


def _by_id(ours: QuerySet[Any], shown: Iterable[JSON]) -> dict[str, Any]:
    found = ours.filter(stripe_id__in=[each["id"] for each in shown])
    return {each.stripe_id: each for each in found}


def _our_locations(row: Reconciliation) -> QuerySet[Location]:
    return Location.objects.filter(
        stripe_account=row.stripe_account, stripe_id__isnull=False, retired_at=None
    )


def _our_readers(row: Reconciliation) -> QuerySet[Reader]:
    return Reader.objects.filter(stripe_account=row.stripe_account, retired_at=None)


# What nobody here knows


def _unknown_location(row: Reconciliation, shown: JSON) -> None:
    if _is_on_its_way(row, shown, (locations.CREATE,), locations.PATH) or _is_left(row, shown):
        return
    location = _named(row, shown)
    retired = Location.objects.filter(stripe_id=shown["id"], stripe_account=row.stripe_account)
    location = retired.first() or location
    _write(
        row,
        shown,
        Differs(FleetKind.UNKNOWN, "", _words(shown["display_name"], address_of(shown))),
        store=location.store if location else _store_of(row, shown),
        location=location,
    )


def _unknown_reader(row: Reconciliation, shown: JSON) -> None:
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
    _write(
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
    return about.filter(_lately(row.started_at)).exists()


def _is_left(row: Reconciliation, shown: JSON) -> bool:
    """Whether a store that charges elsewhere now has still to have it deleted."""
    going = ChargeModelSwitch.objects.filter(finished_at=None, from_account=row.stripe_account)
    return any(shown["id"] in switch.places.values() for switch in going)


def _lately(since: datetime) -> Q:
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
        locked.compared[side] = _now(row).timestamp()
        locked.save(update_fields=["compared"])
        told = configuring.all_requests_of(locked).filter(_lately(began))
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
        _write(row, known, _missing(str(ours)), store=ours.store, configuration=ours)
    elif parts := differing(wanted, shown):
        said = (words_at_stripe(parts, each) for each in (wanted, shown))
        differs = Differs(FleetKind.SETTINGS, *said)
        _write(row, shown, differs, store=ours.store, configuration=ours)


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
        _close_equal(row)
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
        locked.compared_at = _now(row)
        locked.save(update_fields=["compared_at"])
        # What we tell Stripe just now would look like a difference: the next night sees.
        told = StripeRequest.objects.filter(
            path=path, stripe_account=row.stripe_account, store=locked.store_id
        ).filter(_lately(began))
        if locked.retired_at is None and locked.stripe_id == ours.stripe_id and not told.exists():
            merge(row, locked, shown)


def _location_read(row: Reconciliation, location: Location, shown: JSON | None) -> None:
    for differs in of_location(location, shown) if shown else [_missing(str(location))]:
        _write(row, shown or {"id": location.stripe_id}, differs, location=location)


def _reader_read(row: Reconciliation, reader: Reader, shown: JSON | None) -> None:
    if shown is None:
        moved.hold(reader, UNKNOWN_TO_STRIPE)
        tell_readers_screens(reader)
        _write(row, {"id": reader.stripe_id}, _missing(str(reader)), reader=reader)
        return
    reader.save(update_fields=copy_facts(reader, shown))
    for differs in of_reader(reader, shown):
        _write(row, shown, differs, reader=reader)
    compare_location(reader, shown)


def _missing(name: str) -> Differs:
    return Differs(FleetKind.MISSING, name, "")


# Rows


def _write(
    row: Reconciliation,
    shown: JSON,
    differs: Differs,
    *,
    store: Store | None = None,
    location: Location | None = None,
    reader: Reader | None = None,
    configuration: ReaderConfiguration | None = None,
) -> None:
    """Once, until it is settled; and not again while it differs just as a person left it."""
    thing: dict[str, Any] = {
        "stripe_account": row.stripe_account,
        "object_id": shown["id"],
        "kind": differs.kind,
    }
    now, values = _now(row), {"ours": differs.ours[:1000], "theirs": differs.theirs[:1000]}
    newest = FleetDifference.objects.filter(**thing).first()
    is_known = newest is not None and (
        newest.outcome == FleetOutcome.OPEN
        or (newest.outcome == FleetOutcome.LEFT and (newest.ours, newest.theirs) == _both(values))
    )
    if newest is not None and is_known:
        FleetDifference.objects.filter(pk=newest.pk).update(seen_at=now, shown=shown, **values)
        return
    owner = reader or location
    store_id = store.pk if store else owner.store_id if owner else None
    found = FleetDifference.objects.create(
        **thing,
        **values,
        seen_at=now,
        shown=shown,
        store_id=store_id,
        location=location,
        reader=reader,
        configuration=configuration,
    )
    _log(found)


def _both(values: dict[str, str]) -> tuple[str, str]:
    return values["ours"], values["theirs"]


def _close_equal(row: Reconciliation) -> None:
    """What an earlier comparison told and this one did not see is over."""
    open_rows = FleetDifference.objects.filter(
        stripe_account=row.stripe_account, outcome=FleetOutcome.OPEN
    )
    over = open_rows.filter(seen_at__lt=row.started_at)
    ids = list(over.values_list("reader", flat=True))
    over.update(
        outcome=FleetOutcome.EQUAL,
        settled_at=timezone.now(),
        resolution="A later comparison found no difference.",
    )
    for reader in Reader.objects.filter(pk__in=ids):
        tell_readers_screens(reader)


def sentence(differs: FleetDifference) -> str:
    """What is the matter, for the page and the list."""
    return str(_sentence(differs)).format(
        ours=differs.ours or gettext("empty"), theirs=differs.theirs or gettext("empty")
    )


def sentence_kept(differs: FleetDifference) -> str:
    """The same for the log, which is in English."""
    with override(None):
        return sentence(differs)


def _sentence(differs: FleetDifference) -> StrOrPromise:
    of_reader = differs.object_id.startswith("tmr_")
    match differs.kind:
        case FleetKind.UNKNOWN if is_given_up(differs):
            return _GIVEN_UP[of_reader]
        case FleetKind.UNKNOWN:
            return _UNKNOWN[of_reader]
    return _DIFFERENT[differs.kind]


_GIVEN_UP = (
    _("Stripe still has the location {theirs}, which was retired here."),
    _("Stripe still has the reader {theirs}, which was retired here."),
)
_UNKNOWN = (
    _("Stripe has a location that nobody here knows: {theirs}."),
    _("Stripe has a reader that nobody here knows: {theirs}."),
)
_DIFFERENT: dict[str, StrOrPromise] = {
    FleetKind.MISSING: _("Stripe has {ours} no more: it was deleted there."),
    FleetKind.LOCATION: _("Stripe has it at {theirs}, here it stands at {ours}."),
    FleetKind.DISPLAY_NAME: _("The display name at Stripe is {theirs}; here it is {ours}."),
    FleetKind.ADDRESS: _("The address at Stripe is {theirs}; here it is {ours}."),
    FleetKind.CONFIGURATION: _("The configuration at Stripe is {theirs}; here it is {ours}."),
    FleetKind.SETTINGS: _("Stripe sets readers up otherwise: {theirs}. Here: {ours}."),
    FleetKind.LABEL: _("The label at Stripe is {theirs}; here it is {ours}."),
    FleetKind.METADATA: _("The metadata at Stripe is {theirs}; here it is {ours}."),
}


def is_given_up(differs: FleetDifference) -> bool:
    """Whether it was known here once."""
    if differs.object_id.startswith("tmr_"):
        return differs.reader is not None
    return differs.location is not None and differs.location.retired_at is not None


def of_page(**owner: Any) -> Iterator[FleetDifference]:
    """The open ones of a reader or a location, for its page."""
    rows = FleetDifference.objects.filter(outcome=FleetOutcome.OPEN, **owner)
    yield from rows.select_related("reader", "location", "store").order_by("pk")


def _log(found: FleetDifference) -> None:
    owner = found.reader or found.location
    LogEntry.objects.write(
        store=found.store_id,
        reader_id=found.reader_id if found.store_id else None,
        subject="reader" if found.reader else "location" if found.location else "fleet_difference",
        subject_id=owner.pk if owner else found.pk,
        verb="differs",
        message=sentence_kept(found),
    )
    if found.reader is not None:
        tell_readers_screens(found.reader)


def register() -> None:
    discrepancies.COMPARE["locations"] = compare_locations
    discrepancies.COMPARE["readers"] = compare_readers
    # The one that closes what is equal again comes last.
    reconciliation.each_alone += [look_at_configuration, look_alone]
