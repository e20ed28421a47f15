"""Readers that are not where we think: nothing is sold on them until a manager confirms."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext

from payments.models import Incident
from payments.services.bells import LIVE, WORK, notify
from payments.services.requests import raise_incident
from stores.models import Location, LogEntry
from stores.principals import Principal
from stores.sentences import Said, said
from terminal.errors import ReaderNotConfirmed
from terminal.models import Reader

KIND = "reader_moved"
# Answers to a command after which the reader is read anew
SIGNS = ("resource_missing", "terminal_reader_invalid_location_for_payment")


def hold(reader: Reader, words: Said, location: str = "") -> None:
    """Take the reader out of use, once, and have a person look."""
    if not Reader.objects.filter(pk=reader.pk, is_active=True).update(
        is_active=False, version=reader.version + 1, **Reader.spoken_read_error.of(words)
    ):
        return
    reader.is_active, reader.version, reader.spoken_read_error = False, reader.version + 1, words
    raise_incident(
        KIND,
        said(
            "{reader} of {store}: {words} It takes no payments until a manager confirms it on its"
            " page, or it is registered anew.",
            reader=str(reader),
            store=reader.store.name,
            words=words,
        ),
        store=reader.store,
        stripe_account=reader.stripe_account,
        subject=reader.stripe_id,
        reader=reader.pk,
        location=location,
    )
    _log(reader, "taken_out", f"{reader} was taken out of use: {words}")
    notify(LIVE, "reader", reader.pk, reader.store_id)


def doubt(reader: Reader) -> None:
    """Have the reader read from Stripe, inside the caller's transaction: is it where it was?"""
    Reader.objects.filter(pk=reader.pk).update(rung_at=Now())
    notify(WORK, "reader", reader.pk)


def confirm(reader: Reader, *, by: Principal) -> Reader:
    """A manager says that the reader stands where Stripe says. Raises ReaderNotConfirmed."""
    with transaction.atomic():
        reader = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
        told = open_incident(reader)
        if told is None:
            raise ReaderNotConfirmed(gettext("There is nothing to confirm."))
        there = Location.objects.filter(store=reader.store_id, stripe_id=told.data["location"])
        location = there.first() if told.data["location"] else None
        if location is None:
            raise ReaderNotConfirmed(
                gettext("{reader} is at no location of this store.").format(reader=reader)
            )
        reader.location, reader.is_active, reader.spoken_read_error = location, True, ""
        reader.version += 1
        fields = Reader.spoken_read_error.fields
        reader.save(update_fields=["location", "is_active", *fields, "version"])
        told.resolved_at, told.resolved_by_id = timezone.now(), by.user_id
        told.spoken_resolution = said("Confirmed at {location}.", location=str(location))
        told.save(update_fields=["resolved_at", "resolved_by", *Incident.spoken_resolution.fields])
        _log(reader, "confirmed", f"{reader} was confirmed at {location}.", by=by)
        notify(LIVE, "reader", reader.pk, reader.store_id)
    return reader


def open_incident(reader: Reader) -> Incident | None:
    return Incident.objects.filter(
        kind=KIND, resolved_at=None, payment=None, subject=reader.stripe_id
    ).first()


def _log(reader: Reader, verb: str, message: str, **more: Any) -> None:
    LogEntry.objects.write(
        store=reader.store_id,
        reader_id=reader.pk,
        subject="reader",
        subject_id=reader.pk,
        verb=verb,
        message=message,
        **more,
    )
