"""Tips on the reader: what a store offers, told to Stripe, and what a sale says about it.

https://docs.stripe.com/terminal/features/collecting-tips/on-reader. A store's offer is a Terminal
Configuration, which its locations are told to use. Each step is an errand whose key names version
and step, so the rows themselves say how far it came.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, Sum

from payments.models import UNFINISHED, Payment, RequestStatus, StripeRequest
from payments.services import errands, requests
from payments.services.bells import WORK, notify
from stores.models import Location, LogEntry, OrderLine, Store
from stores.principals import Principal
from terminal.models import Tipping

JSON = dict[str, Any]
CREATE = "configuration.create"
UPDATE = "configuration.update"
ATTACH = "location.update"
KINDS = (CREATE, UPDATE, ATTACH)
CONFIGURATION = "configuration"


def change(tipping: Tipping, *, by: Principal) -> Tipping:
    """Save what a store offers and promise to tell Stripe; the same again is another try."""
    with transaction.atomic():
        if tipping.pk is not None:
            locked = Tipping.objects.select_for_update(no_key=True).get(pk=tipping.pk)
            tipping.version = locked.version + 1
            tipping.configuration_id = locked.configuration_id
        tipping.save()
        LogEntry.objects.write(
            store=tipping.store_id,
            subject="tipping",
            subject_id=tipping.pk,
            verb="changed",
            message=f"{tipping}: {offer_words(tipping)}.",
            by=by,
        )
        push(tipping)
    return tipping


def offer_words(tipping: Tipping) -> str:
    if not tipping.is_active:
        return "none"
    parts = []
    if tipping.percentages:
        parts.append(", ".join(f"{each} %" for each in tipping.percentages))
    if tipping.fixed_amounts:
        parts.append("amounts of " + ", ".join(map(str, tipping.fixed_amounts)))
    return " or ".join(parts)


def requests_of(tipping: Tipping) -> QuerySet[StripeRequest]:
    """What was asked of Stripe for the present version."""
    return StripeRequest.objects.filter(
        idempotency_key__startswith=f"tipping:{tipping.pk}:{tipping.version}:"
    )


def push(tipping: Tipping) -> None:
    """Plan the next step for this version: the Configuration, then each location that lacks it.

    Nothing while a step of an older version is on its way; its end comes back here.
    """
    ours = StripeRequest.objects.filter(idempotency_key__startswith=f"tipping:{tipping.pk}:")
    if ours.filter(status__in=UNFINISHED).exists():
        return
    step = _step(tipping, CONFIGURATION).first()
    if step is None:
        _plan_configuration(tipping)
    elif step.status == RequestStatus.SUCCEEDED and tipping.configuration_id:
        _plan_locations(tipping)


def _step(tipping: Tipping, name: str) -> QuerySet[StripeRequest]:
    return StripeRequest.objects.filter(idempotency_key=_key(tipping, name))


def _key(tipping: Tipping, step: str) -> str:
    return f"tipping:{tipping.pk}:{tipping.version}:{step}"


def _plan_configuration(tipping: Tipping) -> None:
    if not tipping.configuration_id and not tipping.is_active:
        return
    path = "/v1/terminal/configurations"
    kind = CREATE
    if tipping.configuration_id:
        path, kind = f"{path}/{tipping.configuration_id}", UPDATE
    params = {"name": str(tipping.store)[:100], "tipping": _offer(tipping)}
    _plan(tipping, kind, path, params, CONFIGURATION)


def _offer(tipping: Tipping) -> JSON | str:
    """Stripe's hash for the store's currency; '' takes the tips off a Configuration."""
    if not tipping.is_active:
        return ""
    offer = {
        "percentages": tipping.percentages,
        "fixed_amounts": tipping.fixed_amounts,
        "smart_tip_threshold": tipping.smart_tip_threshold,
    }
    return {tipping.store.currency: {name: value for name, value in offer.items() if value}}


def _plan_locations(tipping: Tipping) -> None:
    params = {"configuration_overrides": tipping.configuration_id}
    for location in Location.objects.filter(store=tipping.store_id, stripe_id__isnull=False):
        path = f"/v1/terminal/locations/{location.stripe_id}"
        told = StripeRequest.objects.filter(
            kind=ATTACH, path=path, params=params, status=RequestStatus.SUCCEEDED
        )
        step = f"location:{location.stripe_id}"
        if not told.exists() and not _step(tipping, step).exists():
            _plan(tipping, ATTACH, path, params, step)


def _plan(tipping: Tipping, kind: str, path: str, params: JSON, step: str) -> None:
    request = requests.plan_for_store(
        store=tipping.store, kind=kind, path=path, params=params, key=_key(tipping, step)
    )
    notify(WORK, "request", request.pk)


def push_for(store_id: int) -> None:
    """The store has a new location: it is told what the others know."""
    tipping = Tipping.objects.select_related("store__account").filter(store=store_id).first()
    if tipping is not None:
        push(tipping)


def _go_on(request: StripeRequest, told: JSON) -> None:
    """An errand for a store's tips ended: the next step, or that of a newer version."""
    pk = int(request.idempotency_key.split(":")[1])
    tipping = Tipping.objects.select_for_update(of=("self",), no_key=True)
    locked = tipping.select_related("store__account").get(pk=pk)
    if request.kind == CREATE and told:
        locked.configuration_id = told["id"]
        locked.save(update_fields=["configuration_id"])
    push(locked)


def sale_config(payment: Payment) -> JSON:
    """What a reader is told of tips for this sale, in `process_config` or `collect_config`.

    Percentages are of what may be tipped. Of a part of the order it is the same share.
    """
    if payment.skip_tipping:
        return {"skip_tipping": True}
    if not Tipping.objects.filter(store=payment.store_id, is_active=True).exists():
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
    gone = Tipping.objects.filter(store=store).exclude(configuration_id="")
    gone.update(configuration_id="", version=F("version") + 1)


def register() -> None:
    for kind in KINDS:
        errands.DONE[kind] = _go_on
        errands.ENDED[kind] = _go_on
