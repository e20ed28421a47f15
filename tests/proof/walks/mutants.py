"""Ways to break the product on purpose; the walks must notice each (`make soak-long`).

A mutant replaces one function by one that forgets a rule of the money path. What a later read
nearly always makes up for is no mutant of walks: a test of its own has to notice it. So it is with
a worker that slept through its lease and merges what it read before: the next read says it right,
and walks noticed once in 20,000 steps (tests/proof/test_overtaken.py, tests/money/test_lease.py and
tests/money/test_forward_only.py always do).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from payments import gateway
from payments.gateway import Answer
from payments.models import InboundEvent, StripeRequest
from payments.services import conversation, inbox, outcomes
from payments.services.parts import Picture
from terminal.models import ReaderAction
from terminal.services.commands import CancelAction

Patches = list[Any]


def believes_an_event() -> Patches:
    """Rules 1 and 2: `action_failed` is taken for the truth about the money."""
    ring = inbox._ring

    def believe(event: InboundEvent) -> None:
        ring(event)
        if event.type == "terminal.reader.action_failed":
            on_it = ReaderAction.objects.filter(reader__stripe_id=event.object_id)
            newest = on_it.order_by("-pk").first()
            payment = newest.payment if newest is not None else None
            if payment is not None:
                payment.state, payment.version = "stopped", payment.version + 1
                payment.save(update_fields=["state", "version"])

    return [patch.object(inbox, "_ring", believe)]


def has_a_new_key_for_each_try() -> Patches:
    """Rule 6: every try is another intent for Stripe."""
    post = gateway.post

    def post_anew(request: StripeRequest) -> Answer:
        key, request.idempotency_key = request.idempotency_key, f"{uuid4()}"
        try:
            return post(request)
        finally:
            request.idempotency_key = key

    return [patch.object(gateway, "post", post_anew)]


def has_a_new_key_for_each_refund() -> Patches:
    """Rule 6, for money that goes back."""
    post = gateway.post

    def post_anew(request: StripeRequest) -> Answer:
        key = request.idempotency_key
        if request.kind == "refund.create":
            request.idempotency_key = f"{key}:{uuid4()}"
        try:
            return post(request)
        finally:
            request.idempotency_key = key

    return [patch.object(gateway, "post", post_anew)]


def cancels_without_a_look() -> Patches:
    """Rule 11: cancel_action names no payment, and nobody compares."""
    return [patch.object(CancelAction, "compare", lambda *_: None)]


def gives_up_a_create_in_doubt() -> Patches:
    """Rule 6: a PaymentIntent is created anew without a proof that there is none."""
    missing = Picture(missing=True)
    return [patch.object(outcomes.Create, "_search", lambda *_: missing)]


def asks_stripe_never_again() -> Patches:
    """Rule 10: nothing is read unless a bell rings."""
    return [patch.object(conversation, "next_read", lambda *_: None)]


MUTANTS: dict[str, Callable[[], Patches]] = {
    mutant.__name__: mutant
    for mutant in (
        believes_an_event,
        has_a_new_key_for_each_try,
        has_a_new_key_for_each_refund,
        cancels_without_a_look,
        gives_up_a_create_in_doubt,
        asks_stripe_never_again,
    )
}
