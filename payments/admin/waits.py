"""What is on its way to Stripe, in words for a person who waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.models import UNFINISHED, Payment, RequestStatus, StripeRequest
from payments.transitions import request_words

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LATE = _(
    "This takes longer than usual. Nothing is lost: it is tried again by itself. If it stays"
    " like this, tell whoever runs the platform, for the workers may have stopped."
)


@dataclass(frozen=True)
class Wait:
    """Something on its way, since when, and what to think when it takes long."""

    words: str
    since: datetime
    late: StrOrPromise = LATE


def requests_of(payment: Payment) -> Sequence[StripeRequest]:
    """The payment's requests, newest first; read once per page."""
    prefetch_related_objects([payment], "requests")
    return list(payment.requests.all())


def waits(payment: Payment) -> list[Wait]:
    """What a person now waits for; empty when nothing is on its way."""
    found = [*requests_waiting(requests_of(payment))]
    if not found and payment.rung_at is not None:
        found.append(
            Wait(gettext("Stripe is being asked how the payment stands."), payment.rung_at)
        )
    return found


def requests_waiting(requests: Iterable[StripeRequest]) -> Iterable[Wait]:
    for request in requests:
        if request.status in UNFINISHED:
            yield Wait(_on_its_way(request), request.created_at)


def _on_its_way(request: StripeRequest) -> str:
    words = request_words(request.kind)
    if request.tries == 0:
        return gettext("{request}: about to be sent to Stripe.").format(request=words)
    if request.status == RequestStatus.SENT:
        return gettext("{request}: sent to Stripe, waiting for the answer.").format(request=words)
    return gettext("{request}: no clear answer yet. Try {number} comes by itself.").format(
        request=words, number=request.tries + 1
    )
