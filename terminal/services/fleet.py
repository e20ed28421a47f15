"""Locations and readers at Stripe: create, register, read anew."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from payments.models import RequestStatus, StripeRequest
from payments.services import errands, requests
from stores.errors import DomainError
from stores.models import Location, LogEntry
from stores.principals import SYSTEM, Principal
from terminal.models import Reader
from terminal.services import tipping
from terminal.services.screens import copy_reader

JSON = dict[str, Any]
CREATE_LOCATION = "location.create"
REGISTER_READER = "reader.create"


class FleetRefused(DomainError):
    """Stripe did not create the location or register the reader."""

    code = "stripe_refused"
    status = 422
    next_action = "Correct what Stripe names, then try again."


def create_location(location: Location) -> Location:
    """Create the location at Stripe and keep its `tml_` id. Workers and commands only; it waits.

    Raises FleetRefused. A location that has its id is left as it is.
    """
    if location.stripe_id:
        return location
    with transaction.atomic(durable=True):
        request = requests.plan_for_store(
            store=location.store,
            kind=CREATE_LOCATION,
            path="/v1/terminal/locations",
            params=_location_params(location),
            key=f"location:{location.pk}:{uuid.uuid4()}",
        )
    _carry_out(request)
    location.refresh_from_db()
    return location


def register_reader(
    *, location: Location, registration_code: str, label: str, by: Principal = SYSTEM
) -> Reader:
    """Register the reader that shows this code, at this location. It waits. Raises FleetRefused."""
    if not location.stripe_id:
        raise FleetRefused("The location is not created at Stripe yet.", code="location_missing")
    with transaction.atomic(durable=True):
        request = requests.plan_for_store(
            store=location.store,
            kind=REGISTER_READER,
            path="/v1/terminal/readers",
            params={
                "registration_code": registration_code,
                "label": label,
                "location": location.stripe_id,
                "metadata": {"store": str(location.store_id), "location": str(location.pk)},
            },
            key=f"reader:{location.pk}:{uuid.uuid4()}",
        )
    done = _carry_out(request)
    return Reader.objects.get(stripe_id=done.object_id)


def _carry_out(request: StripeRequest) -> StripeRequest:
    done = errands.carry_out(request.pk)
    if done.status != RequestStatus.SUCCEEDED:
        raise FleetRefused(
            done.error_message or f"No answer from Stripe ({done.error_code or done.status}).",
            code=done.error_code or "stripe_refused",
            retryable=done.status == RequestStatus.PLANNED,
        )
    return done


def _location_params(location: Location) -> JSON:
    names = ("line1", "line2", "city", "state", "postal_code", "country")
    address = {name: getattr(location, name) for name in names if getattr(location, name)}
    return {
        "display_name": location.display_name,
        "address": address,
        "metadata": {"location": str(location.pk), "store": str(location.store_id)},
    }


def _location_created(request: StripeRequest, created: JSON) -> None:
    Location.objects.filter(pk=created["metadata"]["location"]).update(
        stripe_id=created["id"], stripe_account=request.stripe_account
    )
    if request.store_id is not None:
        tipping.push_for(request.store_id)


def _reader_registered(request: StripeRequest, shown: JSON) -> None:
    location = Location.objects.get(pk=shown["metadata"]["location"])
    reader, _ = Reader.objects.update_or_create(
        stripe_id=shown["id"],
        defaults={
            "store_id": location.store_id,
            "location": location,
            "stripe_account": request.stripe_account,
            "livemode": bool(shown["livemode"]),
            "label": shown["label"],
            "is_active": True,
        },
    )
    copy_reader(reader, shown)
    LogEntry.objects.write(
        store=location.store_id,
        reader_id=reader.pk,
        subject="reader",
        subject_id=reader.pk,
        verb="registered",
        message=f"{reader} was registered.",
    )


def register() -> None:
    errands.DONE[CREATE_LOCATION] = _location_created
    errands.DONE[REGISTER_READER] = _reader_registered
