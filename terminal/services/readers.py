"""Readers of a store: given another label, retired, put where a device was registered anew."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models import UNFINISHED, RequestMethod, StripeRequest
from payments.services import errands, requests
from payments.services.bells import LIVE, WORK, notify
from stores.errors import DomainError
from stores.models import LogEntry
from stores.principals import SYSTEM, Kind, Principal, Right
from stores.sentences import said
from terminal.models import DefaultReader, Reader, ReaderDisplay
from terminal.services import lease, moved
from terminal.services.on_its_way import TEST
from terminal.services.screens import copy_reader

JSON = dict[str, Any]
UPDATE = "reader.update"
DELETE = "reader.delete"
LONGEST_LABEL = 200


class FleetNotAllowed(DomainError):
    code = "fleet_not_allowed"
    status = 403
    next_action = _("Ask a manager of the store.")
    default_message = _("Only a manager may change readers and locations.")


class ReaderNotRetired(DomainError):
    """Something is on the reader; or it was retired before."""

    code = "reader_not_retired"
    next_action = _("Finish or cancel what is on it first.")


class LabelInvalid(DomainError):
    code = "label_invalid"
    status = 400
    next_action = _("Give it a name that people at the counter know it by.")


def require(by: Principal, store_id: int | None) -> None:
    """None: of no store, the platform's. Raises FleetNotAllowed."""
    if by.kind != Kind.SYSTEM and not by.may(Right.MANAGE_READERS, store_id):
        raise FleetNotAllowed


def checked_label(label: str) -> str:
    """Raises LabelInvalid."""
    label = label.strip()
    if not 1 <= len(label) <= LONGEST_LABEL:
        raise LabelInvalid(
            gettext("A label has 1 to {most} characters.").format(most=LONGEST_LABEL)
        )
    return label


def rename(reader: Reader, label: str, *, by: Principal) -> Reader:
    """Promise to tell Stripe; the label changes here with Stripe's yes.

    Raises FleetNotAllowed, LabelInvalid, ReaderNotRetired.
    """
    require(by, reader.store_id)
    label = checked_label(label)
    with transaction.atomic():
        reader = lock(reader)
        if reader.retired_at is not None:
            raise ReaderNotRetired(
                gettext("{reader} is retired.").format(reader=reader), next_action=""
            )
        _plan(reader, UPDATE, {"label": label})
        _log(reader, "label_asked", f"{reader} is to be called {label}.", by=by)
    return reader


def tell(reader: Reader) -> None:
    """Promise to tell Stripe what the reader, which is locked, is called here and whose it is."""
    _plan(reader, UPDATE, {"label": reader.label, "metadata": metadata(reader)})


def metadata(reader: Reader) -> dict[str, str]:
    return {"store": str(reader.store_id), "location": str(reader.location_id)}


def refusal_to_retire(reader: Reader) -> str:
    """Why the reader cannot be retired now; empty when it can."""
    if reader.retired_at is not None:
        return gettext("{reader} is retired already.").format(reader=reader)
    held = lease.held_on(reader)
    return (
        ""
        if held is None
        else gettext("{reader} is busy with {name}.").format(reader=reader, name=lease.name(held))
    )


def retire(reader: Reader, *, by: Principal) -> Reader:
    """Nothing is sold on it from now, and Stripe is told; its history stays.

    Raises FleetNotAllowed, ReaderNotRetired.
    """
    require(by, reader.store_id)
    with transaction.atomic():
        reader = lock(reader)
        refused = refusal_to_retire(reader)
        if refused:
            raise ReaderNotRetired(refused)
        give_up(reader, f"{reader} was retired.", by=by)
        delete_at_stripe(reader)
    return reader


def delete_at_stripe(reader: Reader) -> None:
    _plan(reader, DELETE, {}, method=RequestMethod.DELETE)


def give_up(reader: Reader, message: str, *, by: Principal = SYSTEM) -> None:
    """Take the reader, which is locked, out of use here for good."""
    reader.is_active, reader.retired_at = False, timezone.now()
    reader.rung_at = reader.next_read_at = None
    reader.version += 1
    reader.save(update_fields=["is_active", "retired_at", "rung_at", "next_read_at", "version"])
    DefaultReader.objects.filter(reader=reader).delete()
    ReaderDisplay.objects.filter(reader=reader).update(order=None, next_try_at=None)
    requests.resolve_incidents(
        moved.KIND,
        said("The reader was retired."),
        stripe_account=reader.stripe_account,
        subject=reader.stripe_id,
    )
    _log(reader, "retired", message, by=by)
    notify(LIVE, "reader", reader.pk, reader.store_id)


def requests_of(reader: Reader) -> QuerySet[StripeRequest]:
    """What was asked of Stripe about the reader itself, the newest first."""
    of_reader = Q(path=_path(reader)) | Q(reader_id=reader.pk)
    kinds = (UPDATE, DELETE, TEST)
    return StripeRequest.objects.filter(of_reader, store=reader.store_id, kind__in=kinds)


def lock(reader: Reader) -> Reader:
    return (
        Reader.objects.select_for_update(of=("self",), no_key=True)
        .select_related("store__account")
        .get(pk=reader.pk)
    )


def _path(reader: Reader) -> str:
    return f"/v1/terminal/readers/{reader.stripe_id}"


def _plan(
    reader: Reader, kind: str, params: JSON, *, method: RequestMethod = RequestMethod.POST
) -> None:
    request = requests.plan_for_store(
        store=reader.store,
        stripe_account=reader.stripe_account,
        kind=kind,
        method=method,
        path=_path(reader),
        params=params,
        key=f"{kind}:{reader.pk}:{uuid.uuid4()}",
    )
    notify(WORK, "request", request.pk)


def _of(request: StripeRequest) -> Reader:
    pk = int(request.idempotency_key.split(":")[1])
    return Reader.objects.select_for_update(no_key=True).get(pk=pk)


def _renamed(request: StripeRequest, shown: JSON) -> None:
    reader = _of(request)
    old, reader.label = reader.label, shown.get("label") or reader.label
    if reader.label != old:
        reader.version += 1
        reader.save(update_fields=["label", "version"])
        notify(LIVE, "reader", reader.pk, reader.store_id)
    copy_reader(reader, shown)
    waits = requests_of(reader).filter(kind=UPDATE, status__in=UNFINISHED)
    newer = waits.exclude(pk=request.pk)
    if newer.exists():
        return
    if "label" in request.params and reader.label != old:
        _log(reader, "renamed", f"{old} is now called {reader.label}.")
    else:
        _log(reader, "told", f"Stripe knows {reader} as it is here.")


def _not_renamed(request: StripeRequest, _: JSON) -> None:
    reader = _of(request)
    _log(reader, "not_renamed", f"{reader} keeps its label: {request.error_message}")
    Reader.objects.filter(pk=reader.pk).update(version=reader.version + 1)
    notify(LIVE, "reader", reader.pk, reader.store_id)


def _deleted(request: StripeRequest, _: JSON) -> None:
    reader = _of(request)
    _log(reader, "deleted", f"Stripe knows {reader} no more.")
    for hear in ended:
        hear(request)


def _not_deleted(request: StripeRequest, _: JSON) -> None:
    reader = _of(request)
    requests.raise_incident(
        "reader_not_deleted",
        said(
            "{reader} of {store} is retired here, but Stripe did not delete it: {reason}",
            reader=str(reader),
            store=reader.store.name,
            reason=request.error_message or request.error_code or said("no clear answer"),
        ),
        store=reader.store,
        stripe_account=reader.stripe_account,
        subject=reader.stripe_id,
        reader=reader.pk,
    )
    for hear in ended:
        hear(request)


# Called when a reader was deleted at Stripe, or was not; in that transaction.
ended: list[Callable[[StripeRequest], None]] = []


def _log(reader: Reader, verb: str, message: str, *, by: Principal = SYSTEM) -> None:
    LogEntry.objects.write(
        store=reader.store_id,
        reader_id=reader.pk,
        subject="reader",
        subject_id=reader.pk,
        verb=verb,
        message=message,
        by=by,
    )


def register() -> None:
    errands.DONE[UPDATE], errands.ENDED[UPDATE] = _renamed, _not_renamed
    errands.DONE[DELETE], errands.ENDED[DELETE] = _deleted, _not_deleted
