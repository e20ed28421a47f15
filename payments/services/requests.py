"""StripeRequest rows: planned in a transaction of the caller, finished in the one that learned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext

from payments.errors import PaymentBusy
from payments.gateway import Answer
from payments.models import (
    UNFINISHED,
    Incident,
    Payment,
    RequestMethod,
    RequestStatus,
    StripeRequest,
)
from stores.models import Store
from stores.sentences import Said

ONE_WAITING = "payments_request_one_waiting_per_kind"


def plan(
    *,
    kind: str,
    path: str,
    params: dict[str, Any],
    key: str,
    payment: Payment,
    delay: float = 0.0,
) -> StripeRequest:
    """Promise one POST about a payment, to the payment's own account.

    No bell: in a conversation its holder goes on by itself, and a command calls `bells.wake`.
    `key` names the intent and is never used for another. `delay` in seconds.
    Raises PaymentBusy while another of this kind waits for its answer, though a read may have
    settled what it is about.
    """
    try:
        return StripeRequest.objects.create(
            store_id=payment.store_id,
            payment=payment,
            kind=kind,
            path=path,
            params=params,
            stripe_account=payment.stripe_account,
            idempotency_key=key,
            next_try_at=timezone.now() + timedelta(seconds=delay),
        )
    except IntegrityError as error:
        if ONE_WAITING not in str(error):
            raise
        raise PaymentBusy(gettext("Stripe's answer to the request before is awaited.")) from error


def plan_for_store(
    *,
    store: Store,
    kind: str,
    path: str,
    params: dict[str, Any],
    key: str,
    method: RequestMethod = RequestMethod.POST,
    stripe_account: str | None = None,
) -> StripeRequest:
    """Promise one POST that belongs to no payment (a location, a reader). It goes to the store's
    own account, unless another is named: that of something made before the store moved.

    No bell: whoever plans it carries it out at once, and the sweep what he left undone. One that
    still waits with the same parameters is that promise; it is returned, not made again.
    """
    account = store.stripe_account if stripe_account is None else stripe_account
    waiting = StripeRequest.objects.filter(
        store=store,
        kind=kind,
        path=path,
        params=params,
        stripe_account=account,
        status__in=UNFINISHED,
    ).first()
    if waiting is not None:
        return waiting
    return StripeRequest.objects.create(
        store=store,
        kind=kind,
        method=method,
        path=path,
        params=params,
        stripe_account=account,
        idempotency_key=key,
    )


def plan_for_reader(
    *,
    store_id: int,
    reader_id: int,
    stripe_account: str,
    kind: str,
    path: str,
    params: dict[str, Any],
    key: str,
    delay: float = 0.0,
) -> StripeRequest:
    """Promise one POST for what a reader does without a payment; no bell, as with `plan`."""
    return StripeRequest.objects.create(
        store_id=store_id,
        reader_id=reader_id,
        kind=kind,
        path=path,
        params=params,
        stripe_account=stripe_account,
        idempotency_key=key,
        next_try_at=timezone.now() + timedelta(seconds=delay),
    )


def plan_for_platform(*, kind: str, path: str, params: dict[str, Any], key: str) -> StripeRequest:
    """Promise one POST of the platform itself; the caller carries it out."""
    return StripeRequest.objects.create(kind=kind, path=path, params=params, idempotency_key=key)


def count(payment: Payment, kind: str) -> int:
    """How many requests of this kind the payment has had: the number in the next one's key."""
    return StripeRequest.objects.filter(payment=payment, kind=kind).count()


def record(request: StripeRequest, answer: Answer, status: RequestStatus | None = None) -> None:
    """Write the answer down; with a status the request is finished."""
    request.http_status = answer.http_status
    request.error_type = answer.type
    request.error_code = answer.code
    request.error_message = answer.message
    request.stripe_request_id = answer.request_id or request.stripe_request_id
    request.object_id = str(answer.object.get("id") or request.object_id)
    request.replayed = request.replayed or answer.replayed
    request.milliseconds = answer.milliseconds
    if status is not None:
        request.status = status
        request.finished_at = timezone.now()
    request.save()


def again(request: StripeRequest, answer: Answer, delay: float) -> None:
    """Leave the row to be sent again with the same key, `delay` seconds from now."""
    request.status = RequestStatus.PLANNED
    request.next_try_at = timezone.now() + timedelta(seconds=delay)
    record(request, answer)


def raise_incident(
    kind: str,
    message: Said,
    *,
    payment: Payment | None = None,
    store: Store | None = None,
    stripe_account: str = "",
    subject: str = "",
    **data: Any,
) -> Incident:
    """Tell a person, once per kind and payment (without one: per subject) while it is open."""
    incident, _ = Incident.objects.get_or_create(
        payment=payment,
        kind=kind,
        resolved_at=None,
        **({} if payment else {"stripe_account": stripe_account, "subject": subject}),
        defaults={
            "store_id": payment.store_id if payment else (store.pk if store else None),
            **Incident.spoken.of(message),
            "data": data,
            **({"stripe_account": payment.stripe_account} if payment else {}),
        },
    )
    return incident


def resolve_incidents(
    kind: str, resolution: Said, *, stripe_account: str = "", subject: str = ""
) -> int:
    """End those that are about no payment; how many open incidents it closed."""
    told = Incident.objects.filter(
        kind=kind, payment=None, stripe_account=stripe_account, subject=subject
    )
    return told.end(resolution)
