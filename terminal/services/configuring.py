"""Tell Stripe how readers are set up: Configurations, and which of them each location uses.

A row's Configuration is whole: with what it inherits, for Stripe knows no levels between a location
and its account's default. So a change is told of every row below, too. Each step is an errand whose
key names row, version and step, so the rows themselves say how far it came.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import override

from payments.gateway import FILES
from payments.models import UNFINISHED, RequestStatus, StripeRequest
from payments.services import errands, requests
from payments.services.bells import WORK, notify
from stores.models import Account, Location, LogEntry, Store
from stores.principals import Principal
from terminal.models import Part, ReaderConfiguration, SplashImage
from terminal.services import readers
from terminal.services.configurations import below, levels_at, levels_of, nearest
from terminal.transitions.configurations import CLEARED, whole, words_of

JSON = dict[str, Any]
PATH = "/v1/terminal/configurations"
CREATE = "configuration.create"
UPDATE = "configuration.update"
ATTACH = "location.update"
UPLOAD = "splash_screen.create"
KINDS = (CREATE, UPDATE, ATTACH, UPLOAD)


@dataclass(frozen=True)
class Picture:
    """A file that was checked."""

    name: str
    content: bytes


def change(
    row: ReaderConfiguration,
    *,
    by: Principal,
    pictures: Mapping[Part, Picture | None] | None = None,
) -> ReaderConfiguration:
    """Save what is said and promise to tell Stripe; the same again is another try. Of pictures only
    those are named that change; None: as above.

    Raises FleetNotAllowed.
    """
    row.name_all()
    owners: list[int | None] = [store.pk for store in row.stores]
    for store_id in owners or [None]:
        readers.require(by, store_id)
    with transaction.atomic():
        _lock(row.account_id)
        before = ""
        if row.pk is not None:
            locked = ReaderConfiguration.objects.select_for_update(no_key=True).get(pk=row.pk)
            row.version = locked.version + 1
            row.configurations = locked.configurations
            row.splash_screens = locked.splash_screens
            before = _said(locked)
        row.save()
        _keep_pictures(row, pictures or {})
        LogEntry.objects.write(
            store=row.store_id,
            subject="reader_configuration",
            subject_id=row.pk,
            verb="changed",
            message=f"{row}: {_said(row)}.",
            old=before,
            new=_said(row),
            by=by,
        )
        push(row)
        _push_below(row)
    return row


def _said(row: ReaderConfiguration) -> str:
    """For the log, which is in English."""
    with override(None):
        return words_of(row)


def _keep_pictures(row: ReaderConfiguration, pictures: Mapping[Part, Picture | None]) -> None:
    for part, picture in pictures.items():
        row.splash_screens.pop(part.value, None)
        if picture is not None:
            image = SplashImage.objects.create(configuration=row, content=picture.content)
            known = {"name": picture.name, "image": image.pk, "files": {}}
            row.splash_screens[part.value] = known
    if pictures:
        kept = [each["image"] for each in row.splash_screens.values()]
        SplashImage.objects.filter(configuration=row).exclude(pk__in=kept).delete()
        row.save(update_fields=["splash_screens"])


def _push_below(row: ReaderConfiguration) -> None:
    """What inherits from it is told anew."""
    below(row).update(version=F("version") + 1)
    for each in below(row).select_related("store__account", "account", "location").order_by("pk"):
        push(each)


def _covered(row: ReaderConfiguration) -> QuerySet[Location]:
    """The locations it may hold for, if none has a nearer one."""
    places = Location.objects.filter(stripe_id__isnull=False, retired_at=None)
    if row.location_id is not None:
        return places.filter(pk=row.location_id)
    if row.store_id is not None:
        return places.filter(store=row.store_id)
    return places.filter(store__account=row.account_id)


def requests_of(row: ReaderConfiguration) -> QuerySet[StripeRequest]:
    """What was asked of Stripe for the present version."""
    return StripeRequest.objects.filter(idempotency_key__startswith=_key(row, ""))


def all_requests_of(row: ReaderConfiguration) -> QuerySet[StripeRequest]:
    """For every version."""
    return StripeRequest.objects.filter(idempotency_key__startswith=f"configuration:{row.pk}:")


def requests_of_all(rows: Sequence[ReaderConfiguration]) -> dict[int, list[StripeRequest]]:
    """The same of many, in one statement; oldest first."""
    asked: dict[int, list[StripeRequest]] = {row.pk: [] for row in rows}
    keys = [Q(idempotency_key__startswith=_key(row, "")) for row in rows]
    if keys:
        for request in StripeRequest.objects.filter(reduce(or_, keys)).order_by("pk"):
            asked[int(request.idempotency_key.split(":")[1])].append(request)
    return asked


def _lock(account_id: int) -> None:
    """One at a time tells Stripe of an account's readers: a location's Configuration and its
    store's are told to the same place.
    """
    Account.objects.select_for_update(no_key=True).get(pk=account_id)


def push(row: ReaderConfiguration) -> None:
    """Plan the next step for this version: the pictures that Stripe has not, the Configurations,
    then each location that lacks one.

    Nothing while a step of an older version is on its way; its end comes back here.
    """
    ours = all_requests_of(row)
    if ours.filter(status__in=UNFINISHED).exists():
        return
    sides = _sides(row) if row.says_anything else {}
    for side, stores in sides.items():
        _upload(row, side, stores[0])
    if sides and not ours.filter(status__in=UNFINISHED).exists():
        levels = levels_of(row)
        for side, stores in sides.items():
            _plan_configuration(levels, side, stores)
    if not ours.filter(status__in=UNFINISHED).exists():
        for location in _covered(row).select_related("store__account").order_by("pk"):
            _attach(location, row)


def _sides(row: ReaderConfiguration) -> dict[str, list[Store]]:
    """Its stores by the Stripe account where their readers stand."""
    found: dict[str, list[Store]] = {}
    for store in row.stores:
        found.setdefault(store.stripe_account, []).append(store)
    return found


def _key(row: ReaderConfiguration, step: str) -> str:
    return f"configuration:{row.pk}:{row.version}:{step}"


def _upload(row: ReaderConfiguration, side: str, store: Store) -> None:
    for part, picture in row.splash_screens.items():
        key = _key(row, f"file:{part}:{picture['image']}:{side or 'platform'}")
        if side in picture["files"] or StripeRequest.objects.filter(idempotency_key=key).exists():
            continue
        # Not `_plan`, which takes a request that waits for another picture for this one.
        request = StripeRequest.objects.create(
            store=store,
            kind=UPLOAD,
            path=FILES,
            params={"purpose": "terminal_reader_splashscreen"},
            stripe_account=side,
            idempotency_key=key,
        )
        notify(WORK, "request", request.pk)


def _enclosed(request: StripeRequest) -> JSON:
    """The picture; nothing, and Stripe refuses that, where it was replaced meanwhile."""
    _owner, _pk, _version, _step, _part, image, _side = request.idempotency_key.split(":")
    row = SplashImage.objects.filter(pk=image).first()
    if row is None:
        return {}
    file = io.BytesIO(row.content)
    file.name = f"picture-{image}"
    return {"file": file}


def _uploaded(row: ReaderConfiguration, request: StripeRequest, file: str) -> None:
    _owner, _pk, _version, _step, part, image, _side = request.idempotency_key.split(":")
    picture = row.splash_screens.get(part)
    if picture is not None and picture["image"] == int(image):
        picture["files"][request.stripe_account] = file
        row.save(update_fields=["splash_screens"])


def _plan_configuration(levels: list[ReaderConfiguration], side: str, stores: list[Store]) -> None:
    row, *_ = levels
    key = _key(row, f"configuration:{side or 'platform'}")
    if StripeRequest.objects.filter(idempotency_key=key).exists():
        return
    params = whole(levels, side, {store.currency for store in stores})
    known = row.configurations.get(side)
    if not known and not params:
        return
    name = {"name": str(row.owner)[:100]}
    if known:
        # '' takes off what holds no more.
        _plan(stores[0], UPDATE, f"{PATH}/{known}", name | CLEARED | params, key)
    else:
        _plan(stores[0], CREATE, PATH, name | params, key)


def wanted_configuration(location: Location) -> str | None:
    """The Configuration that Stripe should use at the location, '' for none; None: there is none
    yet, but it is to come.
    """
    levels = levels_at(location.pk, location.store)
    row = nearest(levels)
    if row is None:
        return ""
    known = row.configurations.get(location.stripe_account)
    levels = levels[levels.index(row) :]
    side, currencies = location.stripe_account, [location.store.currency]
    return str(known) if known else None if whole(levels, side, currencies) else ""


def _attach(location: Location, row: ReaderConfiguration) -> None:
    """Tell Stripe which Configuration the location uses, if it was last told another. The key is
    of the row that is being told.
    """
    path = f"/v1/terminal/locations/{location.stripe_id}"
    asked = StripeRequest.objects.filter(kind=ATTACH, path=path)
    wanted = wanted_configuration(location)
    if wanted is None or asked.filter(status__in=UNFINISHED).exists():
        return
    told = asked.filter(status=RequestStatus.SUCCEEDED).order_by("-pk").first()
    if wanted == (told.params["configuration_overrides"] if told else ""):
        return
    key = _key(row, f"location:{location.stripe_id}:{wanted}")
    if not StripeRequest.objects.filter(idempotency_key=key).exists():
        _plan(location.store, ATTACH, path, {"configuration_overrides": wanted}, key)


def _plan(store: Store, kind: str, path: str, params: JSON, key: str) -> None:
    request = requests.plan_for_store(store=store, kind=kind, path=path, params=params, key=key)
    notify(WORK, "request", request.pk)


def push_for(location: Location) -> None:
    """A new location is told what holds there."""
    row = nearest(levels_at(location.pk, location.store))
    if row is not None:
        _lock(row.account_id)
        push(row)


def attach_anew(location: Location) -> None:
    """Stripe has another Configuration there than it was told: it is told again."""
    wanted = wanted_configuration(location)
    if wanted is not None:
        path = f"/v1/terminal/locations/{location.stripe_id}"
        params = {"configuration_overrides": wanted}
        _plan(location.store, ATTACH, path, params, f"attach:{location.pk}:{uuid.uuid4()}")


def tell_anew(row: ReaderConfiguration, *, without: str = "") -> None:
    """Stripe has it otherwise than it was told; or has one no more, which is made anew."""
    with transaction.atomic():
        _lock(row.account_id)
        row = ReaderConfiguration.objects.select_for_update(no_key=True).get(pk=row.pk)
        known = row.configurations.items()
        row.configurations = {side: id for side, id in known if id != without}
        row.version += 1
        row.save()
        push(row)


def wanted_settings(row: ReaderConfiguration, side: str) -> JSON | None:
    """What its Configuration in that account should say; None where no location uses it."""
    stores = _sides(row).get(side, [])
    if not row.says_anything or not stores:
        return None
    return whole(levels_of(row), side, {store.currency for store in stores})


def _go_on(request: StripeRequest, told: JSON) -> None:
    """An errand for a row ended: the next step, or that of a newer version."""
    owner, pk, *_ = request.idempotency_key.split(":")
    if owner != "configuration":
        return
    rows = ReaderConfiguration.objects.select_related("store__account", "account", "location")
    _lock(rows.values_list("account", flat=True).get(pk=pk))
    row = rows.get(pk=pk)  # read under the lock
    if request.kind == CREATE and told:
        row.configurations[request.stripe_account] = told["id"]
        row.save(update_fields=["configurations"])
    if request.kind == UPLOAD and told:
        _uploaded(row, request, told["id"])
    push(row)
    if request.kind == UPLOAD and told:
        _push_below(row)
    if request.kind == ATTACH:
        _attach_what_holds_now(request.path)


def _attach_what_holds_now(path: str) -> None:
    """A nearer level may have spoken, or fallen silent, while Stripe was being told."""
    stripe_id = path.rpartition("/")[2]
    location = Location.objects.select_related("store__account").filter(stripe_id=stripe_id).first()
    if location is None or location.retired_at is not None:
        return
    row = nearest(levels_at(location.pk, location.store))
    if row is not None:
        _attach(location, row)


def tell_now(store: Store) -> None:
    """Carry out all that waits to be told of this store's readers; commands only, for it waits."""
    ours = StripeRequest.objects.filter(store=store, kind__in=KINDS, status__in=UNFINISHED)
    done: set[int] = set()
    while waiting := set(ours.values_list("pk", flat=True)) - done:
        done |= waiting
        for pk in sorted(waiting):
            errands.carry_out(pk)


def forget(store: Store) -> None:
    """Stripe has no such Configuration any more: an emptied sandbox."""
    rows = ReaderConfiguration.objects.filter(account=store.account_id)
    for row in rows.exclude(configurations={}):
        row.configurations, row.version = {}, row.version + 1
        for picture in row.splash_screens.values():
            picture["files"] = {}
        row.save()


def register() -> None:
    for kind in KINDS:
        errands.DONE[kind] = _go_on
        errands.ENDED[kind] = _go_on
    errands.ENCLOSED[UPLOAD] = _enclosed
