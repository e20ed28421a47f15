"""From an answer to what is done next: docs/architecture.md, "Answers and what they mean"."""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from payments.gateway import Answer, Meaning
from payments.models import StripeRequest

# Stripe keeps a key for at least 24 h; an older one would be a new request.
OLDEST_KEY = timedelta(hours=23)

# A cashier waits for a reader command; after so long it is given up, once a read allows it.
GIVE_UP = timedelta(seconds=60)
# Stripe promises no read of what was just written, and documents no lag: this one is ours.
READS_LAG = timedelta(seconds=6)
READ_AGAIN = 2.0  # seconds until what proved nothing is read again

# Sent as a refusal, yet the reader may have received the command all the same.
AMBIGUOUS_CODES = frozenset({"terminal_reader_timeout"})


class Next(enum.Enum):
    DONE = "done"
    REFUSED = "refused"
    AGAIN = "again"  # same key, after `delay` seconds
    LOOK = "look"  # read what settles it
    STOP = "stop"  # our bug: an Incident, never a new key
    STALL = "stall"  # the account or the key: an Incident, and seldom again


@dataclass(frozen=True)
class Verdict:
    next: Next
    delay: float = 0.0  # seconds


def judge(request: StripeRequest, answer: Answer, *, reads_first: bool) -> Verdict:
    """What this answer to this request calls for. `request.tries` counts this try."""
    match answer.meaning:
        case Meaning.SUCCEEDED:
            return Verdict(Next.DONE)
        case Meaning.REFUSED:
            return Verdict(_refused(request, answer))
        case Meaning.KEY_MISUSED:
            return Verdict(Next.STOP)
        case Meaning.ACCOUNT_REFUSED:
            return Verdict(Next.STALL, delay=min(60.0 * request.tries, 600.0))
        case Meaning.MAYBE_EXECUTED if request.tries >= 2:
            return Verdict(Next.LOOK, delay=backoff(request.tries))
        case Meaning.UNKNOWN if reads_first:
            return Verdict(Next.LOOK, delay=backoff(request.tries))
    if reads_first and timezone.now() - request.created_at > GIVE_UP:
        return Verdict(Next.LOOK)
    return Verdict(Next.AGAIN, delay=answer.retry_after or backoff(request.tries))


def _refused(request: StripeRequest, answer: Answer) -> Next:
    if request.method == "delete" and answer.http_status == 404:
        return Next.DONE  # gone already, by an earlier try or another hand
    return Next.LOOK if answer.code in AMBIGUOUS_CODES else Next.REFUSED


def backoff(tries: int) -> float:
    """Seconds before the next try: 0.25 doubling to 10, with jitter."""
    return min(0.25 * float(2 ** min(tries - 1, 6)), 10.0) * random.uniform(0.8, 1.2)


def key_is_too_old(request: StripeRequest) -> bool:
    return request.first_sent_at is not None and (
        timezone.now() - request.first_sent_at > OLDEST_KEY
    )


def may_not_show_yet(request: StripeRequest, asked_at: datetime) -> bool:
    """Whether what the request did may be missing in what Stripe was asked for then, only because
    it was just done.
    """
    sent = request.first_sent_at
    return sent is not None and asked_at < sent + READS_LAG
