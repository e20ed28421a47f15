"""The rows of what differs in the fleet: each once, until a person settles it, and in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from payments.models import Reconciliation
from stores.models import Location, LogEntry, Store
from stores.sentences import said
from terminal.models import FleetDifference, FleetKind, FleetOutcome, Reader, ReaderConfiguration
from terminal.services.fleet_differing import Differs
from terminal.services.screens import tell_readers_screens

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

JSON = dict[str, Any]


def now_of(row: Reconciliation) -> datetime:
    """Never before the comparison began, by whichever process's clock that was."""
    return max(timezone.now(), row.started_at)


def write(
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
    now, values = now_of(row), {"ours": differs.ours[:1000], "theirs": differs.theirs[:1000]}
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


def close_equal(row: Reconciliation) -> None:
    """What an earlier comparison told and this one did not see is over."""
    open_rows = FleetDifference.objects.filter(
        stripe_account=row.stripe_account, outcome=FleetOutcome.OPEN
    )
    over = open_rows.filter(seen_at__lt=row.started_at)
    ids = list(over.values_list("reader", flat=True))
    over.update(
        outcome=FleetOutcome.EQUAL,
        settled_at=timezone.now(),
        **FleetDifference.spoken_resolution.of(said("A later comparison found no difference.")),
    )
    for reader in Reader.objects.filter(pk__in=ids):
        tell_readers_screens(reader)


def of_page(**owner: Any) -> Iterator[FleetDifference]:
    """The open ones of a reader or a location, for its page."""
    rows = FleetDifference.objects.filter(outcome=FleetOutcome.OPEN, **owner)
    yield from rows.select_related("reader", "location", "store").order_by("pk")


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
