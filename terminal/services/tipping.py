"""Tips on the reader: what is offered, told to Stripe, and what a sale says about it.

https://docs.stripe.com/terminal/features/collecting-tips/on-reader. An offer is of an account, a
store or a location, and the nearest one holds. At Stripe it is a Terminal Configuration, which the
locations it holds for are told to use. Each step is an errand whose key names version and step, so
the rows themselves say how far it came.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from payments.models import UNFINISHED, Payment, RequestStatus, StripeRequest
from payments.services import errands, requests
from payments.services.bells import WORK, notify
from stores.models import Account, Location, LogEntry, OrderLine, Store
from stores.principals import MANAGERS, Principal
from terminal.models import Tipping
from terminal.services import readers

JSON = dict[str, Any]
CREATE = "configuration.create"
UPDATE = "configuration.update"
ATTACH = "location.update"
KINDS = (CREATE, UPDATE, ATTACH)
CONFIGURATION = "configuration"
TOLD = (
    "configurations",
    "version",
    "inherits",
    "is_active",
    "percentages",
    "fixed_amounts",
    "smart_tip_threshold",
    "reboot_start_hour",
    "reboot_end_hour",
)


def change(tipping: Tipping, *, by: Principal) -> Tipping:
    """Save what is offered and promise to tell Stripe; the same again is another try.

    Raises FleetNotAllowed.
    """
    tipping.name_all()
    owners: list[int | None] = [store.pk for store in tipping.stores]
    for store_id in owners or [None]:
        readers.require(by, store_id)
    with transaction.atomic():
        _lock(tipping)
        if tipping.pk is not None:
            locked = Tipping.objects.select_for_update(no_key=True).get(pk=tipping.pk)
            tipping.version = locked.version + 1
            tipping.configurations = locked.configurations
        tipping.save()
        LogEntry.objects.write(
            store=tipping.store_id,
            subject="tipping",
            subject_id=tipping.pk,
            verb="changed",
            message=f"{tipping}: {offer_words(tipping)}{_reboot_words(tipping)}.",
            by=by,
        )
        push(tipping)
    return tipping


def offer_words(tipping: Tipping) -> str:
    if tipping.inherits:
        return "what is offered above"
    if not tipping.is_active:
        return "none"
    parts = []
    if tipping.percentages:
        parts.append(", ".join(f"{each} %" for each in tipping.percentages))
    if tipping.fixed_amounts:
        parts.append("amounts of " + ", ".join(map(str, tipping.fixed_amounts)))
    return " or ".join(parts)


def _reboot_words(tipping: Tipping) -> str:
    start, end = tipping.reboot_start_hour, tipping.reboot_end_hour
    return "" if start is None or tipping.inherits else f"; restart from {start}:00 to {end}:00"


def nearest(location: Location) -> Tipping | None:
    """What holds for the readers at a location: its own offer, its store's or its account's."""
    return _nearest(location.pk, location.store)


def _nearest(location_id: int, store: Store) -> Tipping | None:
    covers = (
        Q(location=location_id)
        | Q(store=store, location=None)
        | Q(account=store.account_id, store=None)
    )
    found = Tipping.objects.filter(covers, inherits=False)
    near = (F("location").asc(nulls_last=True), F("store").asc(nulls_last=True))
    return found.order_by(*near).first()


def accounts_of(by: Principal) -> QuerySet[Account]:
    """Those for all of whose stores they may set what is offered."""
    if by.sees_all(MANAGERS):
        return Account.objects.all()
    theirs = Store.objects.for_principal(by, MANAGERS)
    others = Store.objects.filter(account=OuterRef("pk")).exclude(pk__in=theirs)
    return Account.objects.filter(~Exists(others), pk__in=theirs.values("account"))


def words_for(location: Location) -> str:
    """What the readers there offer, and where that was said."""
    tipping = nearest(location)
    if tipping is None:
        return "none"
    whose = "store" if tipping.store_id else "account"
    from_where = "" if tipping.location_id else f", as the {whose} offers"
    return offer_words(tipping) + _reboot_words(tipping) + from_where


def _covered(tipping: Tipping) -> QuerySet[Location]:
    """The locations it may hold for, if none has a nearer one."""
    places = Location.objects.filter(stripe_id__isnull=False, retired_at=None)
    if tipping.location_id is not None:
        return places.filter(pk=tipping.location_id)
    if tipping.store_id is not None:
        return places.filter(store=tipping.store_id)
    return places.filter(store__account=tipping.account_id)


def requests_of(tipping: Tipping) -> QuerySet[StripeRequest]:
    """What was asked of Stripe for the present version."""
    return StripeRequest.objects.filter(
        idempotency_key__startswith=f"tipping:{tipping.pk}:{tipping.version}:"
    )


def requests_of_all(rows: Sequence[Tipping]) -> dict[int, list[StripeRequest]]:
    """The same of many, in one statement; oldest first."""
    asked: dict[int, list[StripeRequest]] = {row.pk: [] for row in rows}
    keys = [Q(idempotency_key__startswith=f"tipping:{row.pk}:{row.version}:") for row in rows]
    if keys:
        for request in StripeRequest.objects.filter(reduce(or_, keys)).order_by("pk"):
            asked[int(request.idempotency_key.split(":")[1])].append(request)
    return asked


def _lock(tipping: Tipping) -> None:
    """One at a time tells Stripe of an account's tips: a location's offer and its store's are told
    to the same place.
    """
    Account.objects.select_for_update(no_key=True).get(pk=tipping.account_id)


def push(tipping: Tipping) -> None:
    """Plan the next step for this version: the Configurations, then each location that lacks one.

    Nothing while a step of an older version is on its way; its end comes back here.
    """
    ours = StripeRequest.objects.filter(idempotency_key__startswith=f"tipping:{tipping.pk}:")
    if ours.filter(status__in=UNFINISHED).exists():
        return
    if not tipping.inherits:
        for side, stores in _sides(tipping).items():
            if not _step(tipping, _configuration_step(side)).exists():
                _plan_configuration(tipping, side, stores)
    if not ours.filter(status__in=UNFINISHED).exists():
        for location in _covered(tipping).select_related("store__account").order_by("pk"):
            _attach(location, tipping)


def _sides(tipping: Tipping) -> dict[str, list[Store]]:
    """Its stores by the Stripe account where their readers stand."""
    found: dict[str, list[Store]] = {}
    for store in tipping.stores:
        found.setdefault(store.stripe_account, []).append(store)
    return found


def _configuration_step(side: str) -> str:
    return f"{CONFIGURATION}:{side or 'platform'}"


def _step(tipping: Tipping, name: str) -> QuerySet[StripeRequest]:
    return StripeRequest.objects.filter(idempotency_key=_key(tipping, name))


def _key(tipping: Tipping, step: str) -> str:
    return f"tipping:{tipping.pk}:{tipping.version}:{step}"


def _plan_configuration(tipping: Tipping, side: str, stores: list[Store]) -> None:
    known = tipping.configurations.get(side)
    if not known and not tipping.is_needed:
        return
    path, kind = "/v1/terminal/configurations", CREATE
    if known:
        path, kind = f"{path}/{known}", UPDATE
    name = str(tipping.location or tipping.store or tipping.account)[:100]
    params: JSON = {"name": name}
    if known or tipping.is_active:
        params["tipping"] = _offer(tipping, stores)
    if known or tipping.reboot_start_hour is not None:
        params["reboot_window"] = _reboot_window(tipping)
    _plan(stores[0], kind, path, params, _key(tipping, _configuration_step(side)))


def _offer(tipping: Tipping, stores: list[Store]) -> JSON | str:
    """Stripe's hash by currency; '' takes the tips off a Configuration."""
    if not tipping.is_active:
        return ""
    offer = {
        "percentages": tipping.percentages,
        "fixed_amounts": tipping.fixed_amounts,
        "smart_tip_threshold": tipping.smart_tip_threshold,
    }
    given = {name: value for name, value in offer.items() if value}
    return dict.fromkeys(sorted({store.currency for store in stores}), given)


def _reboot_window(tipping: Tipping) -> JSON | str:
    """'' takes the window off a Configuration: midnight again."""
    if tipping.reboot_start_hour is None:
        return ""
    return {"start_hour": tipping.reboot_start_hour, "end_hour": tipping.reboot_end_hour}


def wanted_configuration(location: Location) -> str | None:
    """The Configuration that Stripe should use at the location, '' for none; None: there is none
    yet, but it is to come.
    """
    tipping = nearest(location)
    if tipping is None:
        return ""
    known = tipping.configurations.get(location.stripe_account)
    return str(known) if known else None if tipping.is_needed else ""


def _attach(location: Location, tipping: Tipping) -> None:
    """Tell Stripe which Configuration the location uses, if it was last told another. The key is
    of the offer that is being told.
    """
    path = f"/v1/terminal/locations/{location.stripe_id}"
    asked = StripeRequest.objects.filter(kind=ATTACH, path=path)
    wanted = wanted_configuration(location)
    if wanted is None or asked.filter(status__in=UNFINISHED).exists():
        return
    told = asked.filter(status=RequestStatus.SUCCEEDED).order_by("-pk").first()
    if wanted == (told.params["configuration_overrides"] if told else ""):
        return
    key = _key(tipping, f"location:{location.stripe_id}:{wanted}")
    if not StripeRequest.objects.filter(idempotency_key=key).exists():
        _plan(location.store, ATTACH, path, {"configuration_overrides": wanted}, key)


def _plan(store: Store, kind: str, path: str, params: JSON, key: str) -> None:
    request = requests.plan_for_store(store=store, kind=kind, path=path, params=params, key=key)
    notify(WORK, "request", request.pk)


def push_for(location: Location) -> None:
    """A new location is told what holds there."""
    tipping = nearest(location)
    if tipping is not None:
        _lock(tipping)
        push(tipping)


def attach_anew(location: Location) -> None:
    """Stripe has another Configuration there than it was told: it is told again."""
    wanted = wanted_configuration(location)
    if wanted is not None:
        path = f"/v1/terminal/locations/{location.stripe_id}"
        params = {"configuration_overrides": wanted}
        _plan(location.store, ATTACH, path, params, f"attach:{location.pk}:{uuid.uuid4()}")


def _go_on(request: StripeRequest, told: JSON) -> None:
    """An errand for tips ended: the next step, or that of a newer version."""
    owner, pk, *_ = request.idempotency_key.split(":")
    if owner != "tipping":
        return
    tipping = Tipping.objects.select_related("store__account", "account", "location").get(pk=pk)
    _lock(tipping)
    tipping.refresh_from_db(fields=TOLD)
    if request.kind == CREATE and told:
        tipping.configurations[request.stripe_account] = told["id"]
        tipping.save(update_fields=["configurations"])
    push(tipping)
    if request.kind == ATTACH:
        _attach_what_holds_now(request.path)


def _attach_what_holds_now(path: str) -> None:
    """A nearer offer may have come, or gone, while Stripe was being told."""
    stripe_id = path.rpartition("/")[2]
    location = Location.objects.select_related("store__account").filter(stripe_id=stripe_id).first()
    holds = nearest(location) if location is not None and location.retired_at is None else None
    if location is not None and holds is not None:
        _attach(location, holds)


def sale_config(payment: Payment, location_id: int) -> JSON:
    """What a reader is told of tips for this sale, in `process_config` or `collect_config`.

    Percentages are of what may be tipped. Of a part of the order it is the same share.
    """
    if payment.skip_tipping:
        return {"skip_tipping": True}
    offer = _nearest(location_id, payment.store)
    if offer is None or not offer.is_active:
        return {}
    lines = OrderLine.objects.filter(order=payment.order_id, product__tip_eligible=False)
    excluded = lines.aggregate(sum=Sum("total_amount"))["sum"] or 0
    total = payment.order.total_amount
    if not excluded or not total:
        return {}
    eligible = (2 * payment.amount * (total - excluded) + total) // (2 * total)
    return {"tipping": {"amount_eligible": eligible}} if eligible else {"skip_tipping": True}


def tell_now(store: Store) -> None:
    """Carry out all that waits to be told about this store's tips; commands only, for it waits."""
    ours = StripeRequest.objects.filter(store=store, kind__in=KINDS, status__in=UNFINISHED)
    done: set[int] = set()
    while waiting := set(ours.values_list("pk", flat=True)) - done:
        done |= waiting
        for pk in sorted(waiting):
            errands.carry_out(pk)


def forget(store: Store) -> None:
    """Stripe has no such Configuration any more: an emptied sandbox."""
    gone = Tipping.objects.filter(account=store.account_id).exclude(configurations={})
    gone.update(configurations={}, version=F("version") + 1)


def register() -> None:
    for kind in KINDS:
        errands.DONE[kind] = _go_on
        errands.ENDED[kind] = _go_on
