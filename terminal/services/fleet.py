"""Readers come to a store: registered by the code on their screen, at one of its locations."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.gateway import call_seconds, livemode
from payments.models import UNFINISHED, RequestStatus, StripeRequest
from payments.services import errands, requests
from payments.services.bells import LIVE, WORK, notify
from stores.errors import DomainError
from stores.models import Location, LogEntry, Store
from stores.principals import SYSTEM, Principal
from terminal.models import DefaultReader, Reader, ReaderRegistration
from terminal.services import locations, readers
from terminal.services.screens import copy_reader

JSON = dict[str, Any]
REGISTER_READER = "reader.create"
USED_LATELY = timedelta(hours=24)
SIMULATED = "simulated-"
GLANCE = 0.05  # seconds between looks at what another process does


class FleetRefused(DomainError):
    """Stripe did not create the location or register the reader."""

    code = "stripe_refused"
    status = 422
    next_action = _("Correct what Stripe names, then try again.")


class RegistrationRefused(DomainError):
    """We know before Stripe does that this reader cannot be registered there."""

    code = "registration_refused"
    status = 422
    next_action = _("Show a new code on the reader and choose where it stands.")


def register(
    *,
    location: Location,
    registration_code: str,
    label: str,
    by: Principal,
    replaces: Reader | None = None,
) -> ReaderRegistration:
    """Promise to register the reader that shows this code. `replaces` is what it is known as until
    now, when it moves here from another location.

    Raises FleetNotAllowed, LabelInvalid, RegistrationRefused.
    """
    readers.require(by, location.store_id)
    label = readers.checked_label(label)
    code = registration_code.strip().lower()
    with transaction.atomic():
        store = Store.objects.select_for_update(of=("self",), no_key=True)
        location.store = store.select_related("account").get(pk=location.store_id)
        location.refresh_from_db(fields=["stripe_id", "stripe_account", "retired_at", "country"])
        refuse(location, code, replaces)
        request = requests.plan_for_store(
            store=location.store,
            kind=REGISTER_READER,
            path="/v1/terminal/readers",
            params={
                "registration_code": code,
                "label": label,
                "location": location.stripe_id,
                "metadata": {"store": str(location.store_id), "location": str(location.pk)},
            },
            key=f"reader:{location.pk}:{uuid.uuid4()}",
        )
        registration, is_new = ReaderRegistration.objects.get_or_create(
            request=request,
            defaults={
                "store": location.store,
                "location": location,
                "label": label,
                "replaces": replaces,
                "user_id": by.user_id,
            },
        )
        if is_new:
            _log(registration, "asked", f"{label} is to be registered at {location}.", by=by)
            notify(WORK, "request", request.pk)
    return registration


def refuse(location: Location, code: str, replaces: Reader | None) -> None:
    """Say what we know before Stripe does. Raises RegistrationRefused."""
    code = code.strip().lower()
    refused = locations.refusal_to_use(location)
    if refused:
        raise RegistrationRefused(refused, code="location_not_usable", next_action="")
    if not code or len(code) > 100 or not code.isascii() or not code.isprintable():
        raise RegistrationRefused(
            gettext("A code is what the reader shows: words with hyphens between.")
        )
    if code.startswith(SIMULATED):
        if livemode():
            raise RegistrationRefused(
                gettext("Codes of simulated readers work in test mode only. This is live."),
                next_action=gettext(
                    "Register the reader on the counter by the code on its own screen."
                ),
            )
    else:
        _refuse_used(location, code)
    if replaces is not None and (replaces.store_id != location.store_id):
        raise RegistrationRefused(gettext("The reader that moves is none of this store."))


def _refuse_used(location: Location, code: str) -> None:
    """A code is good for one registration."""
    same = ReaderRegistration.objects.filter(
        store=location.store_id,
        request__params__registration_code=code,
        created_at__gte=timezone.now() - USED_LATELY,
    )
    used = same.filter(request__status=RequestStatus.SUCCEEDED).first()
    if used is not None:
        raise RegistrationRefused(
            gettext("This code was used already: {reader} was registered by it.").format(
                reader=used.reader or used.label
            )
        )
    if same.filter(request__status__in=UNFINISHED).exclude(location=location).exists():
        raise RegistrationRefused(
            gettext("This code is on its way to Stripe for another location."),
            next_action=gettext("Wait for its answer."),
        )


def register_reader(
    *, location: Location, registration_code: str, label: str, by: Principal = SYSTEM
) -> Reader:
    """Register the reader that shows this code, at this location. Commands only; it waits.

    Raises FleetRefused, RegistrationRefused.
    """
    registration = register(
        location=location, registration_code=registration_code, label=label, by=by
    )
    done = carry_out(registration.request)
    return Reader.objects.get(stripe_id=done.object_id, retired_at=None)


def create_location(location: Location) -> Location:
    """Create the location at Stripe and keep its `tml_` id. Commands only; it waits.

    Raises FleetRefused. A location that has its id is left as it is.
    """
    if location.stripe_id:
        return location
    with transaction.atomic(durable=True):
        waiting = locations.requests_of(location).filter(status__in=UNFINISHED)
        request = locations.push(location) or waiting.get()
    carry_out(request)
    location.refresh_from_db()
    return location


def carry_out(request: StripeRequest) -> StripeRequest:
    """Send it, or wait for the worker that heard of it first and does."""
    give_up_at = time.monotonic() + call_seconds()
    while _is_elsewhere(done := errands.carry_out(request.pk)) and time.monotonic() < give_up_at:
        time.sleep(GLANCE)
    if done.status != RequestStatus.SUCCEEDED:
        raise FleetRefused(
            done.error_message
            or gettext("No answer from Stripe ({code}).").format(
                code=done.error_code or done.status
            ),
            code=done.error_code or "stripe_refused",
            retryable=done.status == RequestStatus.PLANNED,
        )
    return done


def _is_elsewhere(request: StripeRequest) -> bool:
    until = request.lease_until
    return request.status in UNFINISHED and until is not None and until > timezone.now()


def _registered(request: StripeRequest, shown: JSON) -> None:
    location = Location.objects.select_related("store").get(pk=shown["metadata"]["location"])
    registration = ReaderRegistration.objects.filter(request=request).first()
    reader = take_over(location, request.stripe_account, shown)
    if registration is not None:
        registration.reader = reader
        registration.save(update_fields=["reader"])
    _replace(reader, registration.replaces if registration else None)
    if registration is not None:
        for hear in came:
            hear(registration, reader)
    notify(LIVE, "reader", reader.pk, reader.store_id)


def take_over(location: Location, stripe_account: str, shown: JSON) -> Reader:
    """The reader that Stripe has at this location is used here, in the caller's transaction."""
    elsewhere = Reader.objects.filter(stripe_id=shown["id"], retired_at=None)
    for known in elsewhere.exclude(store=location.store_id).select_for_update(no_key=True):
        readers.give_up(known, f"{known} was registered in another store.")
    reader, _ = Reader.objects.update_or_create(
        stripe_id=shown["id"],
        retired_at=None,
        defaults={
            "store_id": location.store_id,
            "location": location,
            "stripe_account": stripe_account,
            "livemode": bool(shown["livemode"]),
            "label": shown["label"],
            "is_active": True,
        },
    )
    copy_reader(reader, shown)
    _log_reader(reader, f"{reader} was registered at {location}.")
    return reader


# Called when a reader was registered, in that transaction.
came: list[Callable[[ReaderRegistration, Reader], None]] = []


def _replace(reader: Reader, named: Reader | None) -> None:
    """What the same device was known as until now is retired; its tablets go with it."""
    same = Reader.objects.none()
    if reader.serial_number:
        same = Reader.objects.filter(serial_number=reader.serial_number, retired_at=None)
    moved = Reader.objects.filter(pk__in=[named.pk] if named else [], retired_at=None)
    found = same.exclude(pk=reader.pk) | moved.exclude(pk=reader.pk)
    for old in found.select_related("store__account").select_for_update(of=("self",), no_key=True):
        tablets = list(
            DefaultReader.objects.filter(reader=old, store=reader.store_id).values_list(
                "device_id", flat=True
            )
        )
        readers.give_up(old, f"{old} was registered anew, as {reader} at {reader.location}.")
        readers.delete_at_stripe(old)
        for device_id in tablets:
            DefaultReader.objects.update_or_create(
                device_id=device_id, defaults={"reader": reader, "store_id": reader.store_id}
            )


def _not_registered(request: StripeRequest, _: JSON) -> None:
    registration = ReaderRegistration.objects.filter(request=request).first()
    if registration is not None:
        _log(registration, "refused", f"{registration.label} was not registered: {why(request)}")


def sentence(registration: ReaderRegistration) -> str:
    """How far it is, for whoever stands at the reader."""
    request = registration.request
    if request.status == RequestStatus.SUCCEEDED:
        return gettext("{label} is registered at {location} and takes payments.").format(
            label=registration.label, location=registration.location
        )
    if request.status in UNFINISHED:
        return gettext("Stripe is being asked to register {label}.").format(
            label=registration.label
        )
    return why(request)


def next_step(registration: ReaderRegistration) -> str:
    status = registration.request.status
    if status == RequestStatus.SUCCEEDED:
        return gettext("The reader shows its idle screen.")
    if status in UNFINISHED:
        return gettext(
            "Leave the code on the reader's screen until this page says that it is done."
        )
    return gettext("Nothing was changed.")


def why(request: StripeRequest) -> str:
    """What Stripe's refusal of a registration means, for whoever stands at the reader."""
    code, said = request.error_code, request.error_message
    if code == "terminal_reader_invalid_location_for_activation":
        return gettext("Stripe does not let this kind of reader work in the location's country.")
    if code == "terminal_location_country_unsupported":
        return gettext("Stripe Terminal does not work in the location's country.")
    if code == "resource_missing" and "location" in said.lower():
        return gettext(
            "Stripe does not know the location any more. Save the location to create it anew."
        )
    if request.status == RequestStatus.ABANDONED:
        return gettext("Stripe gave no clear answer. Look at Stripe whether the reader is there.")
    if "registration code" in said.lower() or code == "resource_missing":
        return gettext(
            "No reader shows this code now. It was mistyped, it expired, it was used already, or"
            " the reader shows a code of another Stripe account's. Show a new code and type that."
        )
    return said or code or gettext("Stripe gave no reason.")


def _log(
    registration: ReaderRegistration, verb: str, message: str, *, by: Principal = SYSTEM
) -> None:
    LogEntry.objects.write(
        store=registration.store_id,
        subject="reader_registration",
        subject_id=registration.pk,
        verb=verb,
        message=message,
        by=by,
    )


def _log_reader(reader: Reader, message: str) -> None:
    LogEntry.objects.write(
        store=reader.store_id,
        reader_id=reader.pk,
        subject="reader",
        subject_id=reader.pk,
        verb="registered",
        message=message,
    )


def connect() -> None:
    errands.DONE[REGISTER_READER] = _registered
    errands.ENDED[REGISTER_READER] = _not_registered
