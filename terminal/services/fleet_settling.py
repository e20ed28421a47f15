"""A person settles what differs between Stripe's locations and readers and ours."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.errors import DomainError
from stores.models import Location, LogEntry
from stores.models.addresses import FIELDS
from stores.principals import Principal
from stores.sentences import Said, said
from terminal.models import FleetDifference, FleetKind, FleetOutcome, Reader
from terminal.services import configuring, fleet, locations, moved, readers
from terminal.services.fleet_differing import address_of
from terminal.services.fleet_rows import is_given_up, sentence_kept
from terminal.services.screens import tell_readers_screens

JSON = dict[str, Any]


class Move(StrEnum):
    TAKE = "take"  # Stripe's value
    SEND = "send"  # ours
    ADOPT = "adopt"
    RETIRE = "retire"
    LEAVE = "leave"


MOVE_CHOICES = [(move.value, move.name.capitalize()) for move in Move]


class DifferenceNotSettled(DomainError):
    code = "difference_not_settled"
    next_action = _("Read the page anew, and settle it in another way.")


# What makes each kind equal; all but a missing thing may be left as it is.
MOVES: dict[str, tuple[Move, ...]] = {
    FleetKind.DISPLAY_NAME: (Move.TAKE, Move.SEND),
    FleetKind.ADDRESS: (Move.TAKE, Move.SEND),
    FleetKind.CONFIGURATION: (Move.SEND,),
    FleetKind.SETTINGS: (Move.SEND,),
    FleetKind.LABEL: (Move.TAKE, Move.SEND),
    FleetKind.LOCATION: (Move.TAKE, Move.RETIRE),
    FleetKind.METADATA: (Move.SEND,),
}


def moves(differs: FleetDifference) -> tuple[Move, ...]:
    """What may be done about it now."""
    if differs.outcome != FleetOutcome.OPEN:
        return ()
    if differs.kind == FleetKind.MISSING:
        if differs.configuration_id:
            return (Move.SEND,)
        return (Move.RETIRE,) if differs.reader_id else (Move.SEND, Move.RETIRE)
    if differs.kind == FleetKind.UNKNOWN:
        if is_given_up(differs):
            return Move.RETIRE, Move.LEAVE
        return (Move.ADOPT, Move.LEAVE) if _may_be_adopted(differs) else (Move.LEAVE,)
    return *MOVES[differs.kind], Move.LEAVE


def _may_be_adopted(differs: FleetDifference) -> bool:
    if differs.store is None or differs.store.stripe_account != differs.stripe_account:
        return False
    if differs.object_id.startswith("tml_"):
        return True
    return differs.location is not None and differs.location.retired_at is None


def settle(
    differs: FleetDifference, move: Move, *, by: Principal, seen: str | None = None
) -> FleetDifference:
    """Do it, if Stripe's value still is the one that was `seen`. Raises FleetNotAllowed,
    DifferenceNotSettled, and what the deed itself refuses.
    """
    readers.require(by, differs.store_id)
    with transaction.atomic():
        differs = (
            FleetDifference.objects.select_for_update(of=("self",), no_key=True)
            .select_related(
                "store__account", "location__store__account", "reader__location", "configuration"
            )
            .get(pk=differs.pk)
        )
        if move not in moves(differs):
            raise DifferenceNotSettled(gettext("That does not settle it any more."))
        if seen is not None and seen != differs.theirs:
            raise DifferenceNotSettled(gettext("It differs in another way by now."))
        differs.spoken_resolution = _DEEDS[move](differs, by)
        differs.outcome = FleetOutcome.LEFT if move == Move.LEAVE else FleetOutcome.SETTLED
        differs.settled_at, differs.user_id = timezone.now(), by.user_id
        fields = FleetDifference.spoken_resolution.fields
        differs.save(update_fields=[*fields, "outcome", "settled_at", "user"])
        _log(differs, by)
    return differs


def _leave(differs: FleetDifference, by: Principal) -> Said:
    return said("Left as it is, until it differs in another way.")


def _take(differs: FleetDifference, by: Principal) -> Said:
    if differs.kind == FleetKind.LOCATION:
        assert differs.reader is not None
        reader = moved.confirm(differs.reader, by=by)
        place = str(reader.location)
        return said("{reader} was confirmed at {location}.", reader=str(reader), location=place)
    if differs.kind == FleetKind.LABEL:
        reader = _reader(differs)
        reader.label = readers.checked_label(differs.shown["label"] or "")
        reader.save(update_fields=["label"])
        tell_readers_screens(reader)
    else:
        location = _location(differs)
        _copy(location, differs.shown, differs.kind)
        location.save()
    return said("Stripe's value was taken: {theirs}.", theirs=differs.theirs)


def _copy(location: Location, shown: JSON, kind: str = "") -> None:
    """Raises DifferenceNotSettled when a location cannot be like that here."""
    if kind != FleetKind.ADDRESS:
        location.display_name = shown["display_name"]
    if kind != FleetKind.DISPLAY_NAME:
        theirs = address_of(shown)
        for name in FIELDS:
            setattr(location, name, theirs.get(name, ""))
    try:
        location.full_clean(exclude=["stripe_id", "stripe_account"])
    except ValidationError as error:
        raise DifferenceNotSettled(
            " ".join(error.messages),
            next_action=gettext("Correct it in Stripe's Dashboard, or send ours."),
        ) from error


def _send(differs: FleetDifference, by: Principal) -> Said:
    if differs.reader is not None:
        readers.tell(_reader(differs))
        return said("Stripe is being told what is here.")
    if differs.configuration is not None:
        is_gone = differs.kind == FleetKind.MISSING
        configuring.tell_anew(differs.configuration, without=differs.object_id if is_gone else "")
        return said("Stripe is being told how readers are set up.")
    location = _location(differs)
    if differs.kind == FleetKind.CONFIGURATION:
        configuring.attach_anew(location)
        return said("Stripe is being told what holds there.")
    if differs.kind == FleetKind.MISSING:
        location.stripe_id, location.stripe_account = None, location.store.stripe_account
        location.save(update_fields=["stripe_id", "stripe_account"])
    if locations.push(location) is None:
        raise DifferenceNotSettled(
            gettext("Stripe is being told of another change of it."),
            next_action=gettext("Wait for the answer."),
        )
    return said("Stripe is being told what is here.")


def _adopt(differs: FleetDifference, by: Principal) -> Said:
    if differs.object_id.startswith("tmr_"):
        assert differs.location is not None
        reader = fleet.take_over(differs.location, differs.stripe_account, differs.shown)
        readers.tell(readers.lock(reader))
        place = str(differs.location)
        return said("{reader} is used here, at {location}.", reader=str(reader), location=place)
    location = differs.location or Location(store=differs.store)
    if differs.location is None:
        _copy(location, differs.shown)
    location.stripe_id, location.stripe_account = differs.object_id, differs.stripe_account
    location.save()
    differs.location = location
    differs.save(update_fields=["location"])
    locations.push(location)
    return said("{location} is used here.", location=str(location))


def _retire(differs: FleetDifference, by: Principal) -> Said:
    if differs.reader is not None and differs.reader.retired_at is None:
        reader = readers.retire(differs.reader, by=by)
        return said("{reader} is retired.", reader=str(reader))
    if differs.reader is not None:
        readers.delete_at_stripe(_reader(differs))
        return said("Stripe is being told to delete it.")
    location = _location(differs)
    if location.retired_at is None:
        return said("{location} is retired.", location=str(locations.retire(location, by=by)))
    locations.delete_place(location.store, differs.object_id, differs.stripe_account)
    return said("Stripe is being told to delete it.")


_DEEDS: dict[Move, Callable[[FleetDifference, Principal], Said]] = {
    Move.TAKE: _take,
    Move.SEND: _send,
    Move.ADOPT: _adopt,
    Move.RETIRE: _retire,
    Move.LEAVE: _leave,
}


def _reader(differs: FleetDifference) -> Reader:
    assert differs.reader is not None
    return readers.lock(differs.reader)


def _location(differs: FleetDifference) -> Location:
    assert differs.location_id is not None
    locked = Location.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("store__account").get(pk=differs.location_id)


def _log(differs: FleetDifference, by: Principal) -> None:
    owner = differs.reader or differs.location
    LogEntry.objects.write(
        store=differs.store_id,
        reader_id=differs.reader_id if differs.store_id else None,
        subject="reader" if differs.reader else "location" if owner else "fleet_difference",
        subject_id=owner.pk if owner else differs.pk,
        verb="difference_settled",
        message=f"{sentence_kept(differs)} {differs.resolution}",
        old=differs.ours,
        new=differs.theirs,
        by=by,
    )
    if differs.reader is not None:
        tell_readers_screens(differs.reader)
