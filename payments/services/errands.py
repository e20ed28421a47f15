"""Requests about no payment and no reader (locations, registrations): each leases its own row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
from payments.services.verdicts import Next, Verdict, judge, key_is_too_old
from stores.sentences import said

JSON = dict[str, Any]

# What to write down when a request of this kind succeeded; called in its transaction.
DONE: dict[str, Callable[[StripeRequest, JSON], None]] = {}
# What to do when one ended without success; called in its transaction, with an empty object.
ENDED: dict[str, Callable[[StripeRequest, JSON], None]] = {}
# Reads what came of one without a clear answer; None is the proof that nothing did. Called with no
# transaction open. Raises NoAnswer.
LOOKED_UP: dict[str, Callable[[StripeRequest], JSON | None]] = {}
# What goes to Stripe with a request of this kind and stands in no row of requests: a file. The same
# whenever it is asked for, since the key is.
ENCLOSED: dict[str, Callable[[StripeRequest], JSON]] = {}
# Whoever waits for these is told there and asks again: no incident.
TRIFLES: set[str] = set()
# Sent once, for Stripe may undo what the first did when it is asked again: one that may have
# arrived is looked up.
ONCE: set[str] = set()

LOOK_AGAIN = 60.0  # seconds


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
    if reason := _not_to_be_sent(request):
        old = gateway.Answer(gateway.Meaning.UNKNOWN, code=reason)
        _finish(request, _settled(request, old), fence)
        return
    request.status, request.tries = RequestStatus.SENT, request.tries + 1
    request.first_sent_at = request.first_sent_at or timezone.now()
    request.save(update_fields=["status", "tries", "first_sent_at"])
    enclosed = ENCLOSED[request.kind](request) if request.kind in ENCLOSED else None
    answer = _without(gateway.post(request, enclosed), enclosed or {})
    crash_point(f"answered:{request.kind}")
    _finish(request, _settled(request, answer), fence)
    crash_point(f"committed:{request.kind}")


def _not_to_be_sent(request: StripeRequest) -> str:
    """Why this row may only be looked up; empty when it may be sent."""
    if request.kind in ONCE and request.status == RequestStatus.SENT:
        return "answer_lost"  # whoever sent it died before the answer was written down
    return "key_too_old" if key_is_too_old(request) else ""


def _without(answer: gateway.Answer, enclosed: JSON) -> gateway.Answer:
    """Stripe repeats what it refuses, and what was enclosed is to stand in no row."""
    message = answer.message
    for told in enclosed.values():
        if isinstance(told, str) and told:
            message = message.replace(told, "…")
    return replace(answer, message=message)


def _judge(request: StripeRequest, answer: gateway.Answer) -> Verdict:
    may_have_arrived = answer.meaning in (gateway.Meaning.UNKNOWN, gateway.Meaning.MAYBE_EXECUTED)
    if request.kind in ONCE and may_have_arrived:
        return Verdict(Next.LOOK)
    return judge(request, answer, reads_first=False)


def _settled(request: StripeRequest, answer: gateway.Answer) -> gateway.Answer | None:
    """The answer; where none is clear, what a read shows. None: that could not be read now."""
    verdict = _judge(request, answer)
    unclear = verdict.next is Next.LOOK or (verdict.next is Next.AGAIN and key_is_too_old(request))
    if not unclear or request.kind not in LOOKED_UP:
        return answer
    try:
        found = LOOKED_UP[request.kind](request)
    except (gateway.NoAnswer, gateway.AccountRefused):
        return None
    if found is None:
        return replace(
            answer,
            meaning=gateway.Meaning.REFUSED,
            code="never_arrived",
            message="Stripe knows nothing of it.",
        )
    return replace(answer, meaning=gateway.Meaning.SUCCEEDED, object=found, code="", message="")


def _finish(request: StripeRequest, answer: gateway.Answer | None, fence: int) -> None:
    if answer is None:
        later = timezone.now() + timedelta(seconds=LOOK_AGAIN)
        free = StripeRequest.objects.filter(pk=request.pk, fence=fence)
        free.update(lease_until=None, next_try_at=later, tries=request.tries)
        return
    verdict = _judge(request, answer)
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
                if request.kind not in TRIFLES:
                    _tell(request, answer)
                _end(request)
        crash_point(f"merged:{request.kind}")


def _end(request: StripeRequest) -> None:
    if request.kind in ENDED:
        ENDED[request.kind](request, {})


def _tell(request: StripeRequest, answer: gateway.Answer) -> None:
    requests.raise_incident(
        "errand_failed",
        said(
            "{request} for {store} has no clear result: {reason}.",
            request=request.kind,
            store=request.store.name if request.store else said("the platform"),
            reason=answer.message or answer.code,
        ),
        store=request.store,
        stripe_account=request.stripe_account,
        subject=f"request {request.pk}",
        request=request.pk,
    )
