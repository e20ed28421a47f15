"""Steps C and D of any conversation: compare, POST once, and read what settles it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from payments import gateway
from payments.crashpoints import crash_point
from payments.errors import RequestWithdrawn
from payments.gateway import Answer, Meaning
from payments.models import UNFINISHED, RequestStatus, StripeRequest
from payments.services.parts import UNREADABLE, UNSENT, Exchange, NotYet, Picture, S
from payments.services.verdicts import Next, Verdict, judge, key_is_too_old

logger = logging.getLogger(__name__)

STALL_SECONDS = 60.0


def exchange(
    hold: Callable[[], None], kind: Exchange[S], subject: S, request: StripeRequest
) -> tuple[Answer, Verdict, Picture]:
    """Send the request if it still should be: the answer, what that calls for, what was read.

    `hold` renews the caller's lease before each call, and raises when it was lost. Raises
    RequestWithdrawn.
    """
    crash_point(f"claimed:{request.kind}")
    interrupted = request.status == RequestStatus.SENT and kind.reads_first
    try:
        if interrupted or key_is_too_old(request):
            # A worker died between sending and recording: look before anything is sent again.
            return UNSENT, Verdict(Next.LOOK), kind.look(subject, request, UNSENT)
        shown = kind.compare(subject, request)
    except NotYet as wait:
        return UNSENT, Verdict(Next.AGAIN, delay=wait.seconds), Picture()
    except gateway.AccountRefused as error:
        refused = Answer(Meaning.ACCOUNT_REFUSED, message=str(error))
        return refused, Verdict(Next.STALL, delay=STALL_SECONDS), Picture()
    except gateway.NotFound:
        return UNSENT, Verdict(Next.LOOK), Picture(missing=True)
    except gateway.NoAnswer as error:
        logger.warning("%s %s: could not read: %s", request.kind, request.pk, error)
        return UNSENT, Verdict(Next.AGAIN, delay=1.0), Picture()
    if shown is not None:
        return UNSENT, Verdict(Next.LOOK), shown
    hold()  # comparing may have taken longer than the lease
    if not _mark_sent(kind, subject, request):
        return UNSENT, Verdict(Next.LOOK), Picture()
    return _post(hold, kind, subject, request)


def _post(
    hold: Callable[[], None], kind: Exchange[S], subject: S, request: StripeRequest
) -> tuple[Answer, Verdict, Picture]:
    answer = gateway.post(request)
    crash_point(f"answered:{request.kind}")
    verdict = judge(request, answer, reads_first=kind.reads_first)
    if verdict.next in (Next.AGAIN, Next.STOP, Next.STALL):
        return answer, verdict, Picture()
    hold()
    try:
        return answer, verdict, kind.look(subject, request, answer)
    except gateway.NotFound:
        return answer, verdict, Picture(missing=True)
    except UNREADABLE as error:
        logger.warning("%s %s: could not read: %s", request.kind, request.pk, error)
        return answer, Verdict(Next.AGAIN, delay=max(verdict.delay, 1.0)), Picture()


def _mark_sent(kind: Exchange[S], subject: S, request: StripeRequest) -> bool:
    """A cancel takes back what was not sent and holds no lease: then RequestWithdrawn is raised."""
    with transaction.atomic():
        if not kind.allow(subject, request):
            return False
        request.status = RequestStatus.SENT
        request.tries += 1
        request.first_sent_at = request.first_sent_at or timezone.now()
        waiting = StripeRequest.objects.filter(pk=request.pk, status__in=UNFINISHED)
        if not waiting.update(
            status=request.status, tries=request.tries, first_sent_at=request.first_sent_at
        ):
            raise RequestWithdrawn(request.pk)
    return True
