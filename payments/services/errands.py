"""Requests about no payment and no reader (locations, registrations): each leases its own row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from payments import gateway
from payments.crashpoints import crash_point
from payments.models import UNFINISHED, RequestStatus, StripeRequest
from payments.services import requests
from payments.services.lease import lease_seconds
from payments.services.verdicts import Next, judge, key_is_too_old

JSON = dict[str, Any]

# What to write down when a request of this kind succeeded; called in its transaction.
DONE: dict[str, Callable[[StripeRequest, JSON], None]] = {}
# What to do when one ended without success; called in its transaction, with an empty object.
ENDED: dict[str, Callable[[StripeRequest, JSON], None]] = {}


def carry_out(request_id: int) -> StripeRequest:
    """Send the row if it is due and nobody else does; the row as it is afterwards."""
    now = timezone.now()
    free = StripeRequest.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now),
        pk=request_id,
        payment=None,
        reader_id=None,
        status__in=UNFINISHED,
        next_try_at__lte=now,
    )
    until = now + timedelta(seconds=lease_seconds())
    if free.update(fence=F("fence") + 1, lease_until=until):
        _send(StripeRequest.objects.get(pk=request_id, lease_until=until))
    return StripeRequest.objects.get(pk=request_id)


def _send(request: StripeRequest) -> None:
    fence = request.fence
    crash_point(f"claimed:{request.kind}")
    if key_is_too_old(request):
        _finish(request, gateway.Answer(gateway.Meaning.UNKNOWN, code="key_too_old"), fence)
        return
    request.status, request.tries = RequestStatus.SENT, request.tries + 1
    request.first_sent_at = request.first_sent_at or timezone.now()
    request.save(update_fields=["status", "tries", "first_sent_at"])
    answer = gateway.post(request)
    crash_point(f"answered:{request.kind}")
    _finish(request, answer, fence)
    crash_point(f"committed:{request.kind}")


def _finish(request: StripeRequest, answer: gateway.Answer, fence: int) -> None:
    verdict = judge(request, answer, reads_first=False)
    with transaction.atomic():
        locked = StripeRequest.objects.select_for_update().get(pk=request.pk)
        if locked.fence != fence:
            return
        request.lease_until = None
        match verdict.next:
            case Next.DONE:
                requests.record(request, answer, RequestStatus.SUCCEEDED)
                DONE[request.kind](request, answer.object)
            case Next.AGAIN if not key_is_too_old(request):
                requests.again(request, answer, verdict.delay)
            case Next.REFUSED:
                requests.record(request, answer, RequestStatus.REFUSED)
                _end(request)
            case _:
                requests.record(request, answer, RequestStatus.ABANDONED)
                _tell(request, answer)
                _end(request)
        crash_point(f"merged:{request.kind}")


def _end(request: StripeRequest) -> None:
    if request.kind in ENDED:
        ENDED[request.kind](request, {})


def _tell(request: StripeRequest, answer: gateway.Answer) -> None:
    requests.raise_incident(
        "errand_failed",
        f"{request.kind} for {request.store} has no clear result: {answer.message or answer.code}.",
        store=request.store,
        stripe_account=request.stripe_account,
        subject=f"request {request.pk}",
        request=request.pk,
    )
