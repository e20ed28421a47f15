"""Locations: created at Stripe, changed there, retired when no reader stands at them."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from payments.models import UNFINISHED, RequestMethod, RequestStatus, StripeRequest
from payments.services import errands, requests
from payments.services.bells import WORK, notify
from stores.errors import DomainError
from stores.models import Location, LogEntry, Store
from stores.models.methods import refusal_of_currency
from stores.principals import SYSTEM, Principal
from stores.services import edits
from stores.services.edits import UNCHANGED, Edit
from terminal.services import configuring, readers

JSON = dict[str, Any]
CREATE = "location.create"
EDIT = "location.edit"
DELETE = "location.delete"
PATH = "/v1/terminal/locations"
NOT_DONE = (RequestStatus.REFUSED, RequestStatus.ABANDONED)


class LocationNotRetired(DomainError):
    code = "location_not_retired"
    next_action = _("Move its readers to another location, or retire them first.")


def save(location: Location, *, by: Principal) -> Location:
    """Keep the address, which was validated, and promise to tell Stripe; saving the same again is
    another try. Raises FleetNotAllowed.
    """
    readers.require(by, location.store_id)
    with transaction.atomic():
        # A switch of the charge model goes before it, or after it.
        Store.objects.select_for_update(no_key=True).get(pk=location.store_id)
        before = Location.objects.filter(pk=location.pk).first()
        location.save()
        verb, done = ("added", "was added") if before is None else ("changed", "was changed")
        edit = edits.between(before, location)
        _log(location, verb, f"{location} {done}: {address_words(location)}.", by=by, edit=edit)
        push(location)
    return location


def address_words(location: Location) -> str:
    return ", ".join(location.address.values())


def push(location: Location) -> StripeRequest | None:
    """Plan to tell Stripe what the location is now; None while something is on its way, whose end
    comes back here.
    """
    if (
        location.retired_at is not None
        or requests_of(location).filter(status__in=UNFINISHED).exists()
    ):
        return None
    params = _params(location)
    kind, path = CREATE, PATH
    if location.stripe_id:
        kind, path = EDIT, f"{PATH}/{location.stripe_id}"
        # '' takes a line away.
        params["address"] = dict.fromkeys(("line2", "state"), "") | params["address"]
    return _plan(location, kind, path, params)


def _params(location: Location) -> JSON:
    return {
        "display_name": location.display_name,
        "address": location.address,
        "metadata": {"location": str(location.pk), "store": str(location.store_id)},
    }


def refusal_to_use(location: Location) -> str:
    """Why no reader can be registered there; empty when one can."""
    store = location.store
    if location.retired_at is not None:
        return gettext("{location} is retired.").format(location=location)
    if not location.stripe_id:
        return gettext("{location} is not created at Stripe yet.").format(location=location)
    if location.stripe_account != store.stripe_account:
        return gettext(
            "{location} is in another Stripe account than the store's. Save it to create it."
        ).format(location=location)
    if refused := refusal_of_currency(store.country, store.currency):
        return gettext("{refused} {store} sells in {currency}.").format(
            refused=refused, store=store, currency=store.currency.upper()
        )
    if not location.country == store.country == store.account.country:
        return gettext(
            "The location is in {country}, the store in {its_country} and its account"
            " in {account_country}: Stripe takes payments only where all three are one."
        ).format(
            country=location.country,
            its_country=store.country,
            account_country=store.account.country,
        )
    return ""


def refusal_to_retire(location: Location) -> str:
    """Why it cannot be retired now; empty when it can."""
    if location.retired_at is not None:
        return gettext("{location} is retired already.").format(location=location)
    standing = location.readers.filter(retired_at=None).order_by("label")
    names = [str(reader) for reader in standing[:10]]
    if names:
        return ngettext("{readers} stands there.", "{readers} stand there.", len(names)).format(
            readers=", ".join(names)
        )
    coming = location.registrations.filter(request__status__in=UNFINISHED)
    if coming.exists():
        return gettext("A reader is being registered there.")
    if requests_of(location).filter(status__in=UNFINISHED).exists():
        return gettext("Stripe is being told of its last change. Wait for the answer.")
    return ""


def retire(location: Location, *, by: Principal) -> Location:
    """It is offered no more and Stripe deletes it. Raises FleetNotAllowed, LocationNotRetired."""
    readers.require(by, location.store_id)
    with transaction.atomic():
        locked = Location.objects.select_for_update(of=("self",), no_key=True)
        location = locked.select_related("store__account").get(pk=location.pk)
        refused = refusal_to_retire(location)
        if refused:
            raise LocationNotRetired(refused)
        location.retired_at = timezone.now()
        location.save(update_fields=["retired_at"])
        _log(location, "retired", f"{location} was retired.", by=by)
        if location.stripe_id:
            path = f"{PATH}/{location.stripe_id}"
            _plan(location, DELETE, path, {}, method=RequestMethod.DELETE)
    return location


def requests_of(location: Location) -> QuerySet[StripeRequest]:
    """What was asked of Stripe about the location itself, the newest first."""
    return StripeRequest.objects.filter(
        store=location.store_id, idempotency_key__startswith=f"location:{location.pk}:"
    )


def _plan(
    location: Location,
    kind: str,
    path: str,
    params: JSON,
    *,
    method: RequestMethod = RequestMethod.POST,
) -> StripeRequest:
    request = requests.plan_for_store(
        store=location.store,
        stripe_account=location.stripe_account if location.stripe_id else None,
        kind=kind,
        method=method,
        path=path,
        params=params,
        key=f"location:{location.pk}:{uuid.uuid4()}",
    )
    notify(WORK, "request", request.pk)
    return request


def delete_place(store: Store, stripe_id: str, stripe_account: str) -> None:
    """A location that stays, but no more under this id of another account."""
    path = f"{PATH}/{stripe_id}"
    if StripeRequest.objects.filter(store=store, kind=DELETE, path=path).exists():
        return
    request = requests.plan_for_store(
        store=store,
        stripe_account=stripe_account,
        kind=DELETE,
        method=RequestMethod.DELETE,
        path=path,
        params={},
        key=f"place:{stripe_id}:{uuid.uuid4()}",
    )
    notify(WORK, "request", request.pk)


def _of(request: StripeRequest) -> Location:
    pk = int(request.params["metadata"]["location"])
    locked = Location.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("store__account").get(pk=pk)


def _created(request: StripeRequest, made: JSON) -> None:
    location = _of(request)
    location.stripe_id, location.stripe_account = made["id"], request.stripe_account
    location.save(update_fields=["stripe_id", "stripe_account"])
    _log(location, "created", f"Stripe knows {location} as {made['id']}.")
    configuring.push_for(location)
    _if_changed(request, location)


def _changed(request: StripeRequest, _: JSON) -> None:
    location = _of(request)
    _log(location, "told", f"Stripe knows the change of {location}.")
    _if_changed(request, location)


def _if_changed(request: StripeRequest, location: Location) -> None:
    """What was changed while Stripe was being told is told now."""
    now = _params(location)
    sent = {name: value for name, value in request.params["address"].items() if value}
    if (now["display_name"], now["address"]) != (request.params["display_name"], sent):
        push(location)


def _refused(request: StripeRequest, _: JSON) -> None:
    location = _of(request)
    said = request.error_message or request.error_code or "no clear answer"
    _log(location, "refused", f"Stripe refused {location}: {said}")


def _log(
    location: Location, verb: str, message: str, *, by: Principal = SYSTEM, edit: Edit = UNCHANGED
) -> None:
    LogEntry.objects.write(
        store=location.store_id,
        subject="location",
        subject_id=location.pk,
        verb=verb,
        message=message,
        old=edit.old,
        new=edit.new,
        data=edit.data,
        by=by,
    )


def register() -> None:
    errands.DONE[CREATE], errands.ENDED[CREATE] = _created, _refused
    errands.DONE[EDIT], errands.ENDED[EDIT] = _changed, _refused
    errands.DONE[DELETE] = lambda request, gone: None
