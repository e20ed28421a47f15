"""Payments that are not settled, each with the one thing that settles it and what that will do.

One query for the admin and the API. What ends by itself is not here until it has had its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from payments.models import (
    DISPUTED,
    TO_ANSWER,
    Dispute,
    Incident,
    Payment,
    PaymentQuerySet,
    Refund,
    RefundStatus,
    State,
)
from payments.services.possible import (
    CANCEL,
    CAPTURE,
    CHECK_STATUS,
    REFUND,
    amount_refundable,
)
from payments.transitions import AMOUNT_DIFFERS, HIGH_TIP
from stores import currencies
from stores.principals import Principal, StoreScopedQuerySet
from stores.sentences import spoken, together

RESOLVE = "resolve"
REFUND_FAILED = "refund_failed"
UNKNOWN_FOR = timedelta(seconds=30)  # a check that takes longer worries whoever waits
LEFT_FOR = timedelta(minutes=15)  # an open payment nobody touched
UNTOLD_HOLD = timedelta(hours=48)  # when the charge does not say when its hold ends

_IN_DOUBT = (State.CHECKING, State.SENDING, State.AUTHORIZING)
_EXPIRES = Coalesce("capture_before", F("created_at") + UNTOLD_HOLD)
_LEFT = (State.DECLINED, State.CANCELED_BY_CUSTOMER, State.STOPPED)


@dataclass(frozen=True)
class Case:
    """Why a payment is on the list. `action` is a word of `next_actions`, or `resolve` for what
    a person has to look at first; `effect` says beforehand what it will do. `before` is a deadline.
    """

    payment: Payment
    kind: str
    message: str
    action: str
    effect: str
    before: datetime | None = None


def payments(principal: Principal, now: datetime) -> PaymentQuerySet:
    """Those the principal may see, with the id, kind and words of the oldest open incident, and
    the dispute that is to be answered first.
    """
    incident = Incident.objects.filter(payment=OuterRef("pk"), resolved_at=None).order_by("pk")
    to_answer = Dispute.objects.filter(payment=OuterRef("pk"), status__in=TO_ANSWER)
    dispute = to_answer.order_by("respond_before", "pk")
    seen = Payment.objects.for_principal(principal).annotate(
        incident=Subquery(incident.values("pk")[:1]),
        incident_kind=Subquery(incident.values("kind")[:1]),
        incident_message=Subquery(incident.values("message")[:1]),
        dispute=Subquery(dispute.values("pk")[:1]),
        dispute_id=Subquery(dispute.values("dispute_id")[:1]),
        answer_before=Subquery(dispute.values("respond_before")[:1]),
        incident_said=Subquery(incident.values("said")[:1]),
        refunding=Exists(_long_asked(now).filter(payment=OuterRef("pk"))),
        expires=_EXPIRES,
    )
    return seen.filter(pk__in=_ids(principal, now)).select_related("order", "store")


def _ids(principal: Principal, now: datetime) -> QuerySet[Payment, int]:
    """Their ids, each once.

    Each sort is found by an index of few rows; an OR of the three would read every payment. Of
    those one may see, else PostgreSQL may rather read all payments of a large store.
    """
    doubtful = Q(moved_at__lte=now - UNKNOWN_FOR) & (
        Q(state__in=_IN_DOUBT) | Q(cancel_requested_at__lte=now - UNKNOWN_FOR)
    )
    left = Q(state__in=_LEFT, moved_at__lte=now - LEFT_FOR)
    held = Q(status="requires_capture")
    detached = Q(detached_at__isnull=False)
    unsettled = Q(ended_at=None) & (doubtful | left | held | detached | ~Q(attention=""))
    found = Payment.objects.for_principal(principal).order_by().filter(unsettled)
    troubled = Incident.objects.for_principal(principal).order_by()
    return found.values_list("pk", flat=True).union(
        troubled.filter(payment__isnull=False, resolved_at=None).values_list("payment_id"),
        _long_asked(now).for_principal(principal).order_by().values_list("payment_id"),
    )


def _long_asked(now: datetime) -> StoreScopedQuerySet[Refund]:
    return Refund.objects.filter(status=RefundStatus.REQUESTED, updated_at__lte=now - UNKNOWN_FOR)


def expiring(principal: Principal, now: datetime, within: timedelta) -> PaymentQuerySet:
    """Holds on cards that end so soon, the next one first."""
    held = payments(principal, now).filter(status="requires_capture", cancel_requested_at=None)
    return held.alias(ends=_EXPIRES).filter(ends__lte=now + within).order_by("ends", "pk")


def case(payment: Payment) -> Case:
    """Why it is on the list; `payment` comes from `payments`."""
    if payment.detached_at is not None:
        return _detached(payment)
    if payment.status == "requires_capture" and payment.cancel_requested_at is None:
        return _held(payment)
    if payment.attention or payment.incident:  # type: ignore[attr-defined]
        return _for_a_person(payment)
    if payment.refunding:  # type: ignore[attr-defined]
        return Case(
            payment,
            "refund_pending",
            payment.spoken,
            CHECK_STATUS,
            gettext("Asks Stripe, and the reader if there is one. No money moves by it."),
        )
    if payment.cancel_requested_at is not None:
        return Case(
            payment,
            "cancel_pending",
            gettext("A cancel was asked for, and Stripe has not confirmed it."),
            CHECK_STATUS,
            gettext("Asks Stripe now. The cancel goes on by itself."),
        )
    if payment.state in _IN_DOUBT:
        return Case(
            payment,
            "unknown",
            gettext(
                "It is not known whether the card was charged. Do not take another payment yet."
            ),
            CHECK_STATUS,
            gettext("Asks Stripe and the reader now. Nothing is charged by it."),
        )
    return Case(
        payment,
        "left_open",
        gettext("Nobody finished it. {state}").format(state=payment.spoken),
        CANCEL,
        gettext("Cancels it at Stripe, so that no card can be charged for it any more."),
    )


def _for_a_person(payment: Payment) -> Case:
    effect = gettext(
        "Read what happened, note what was done, and Stripe is asked again. No money moves."
    )
    before = None
    if is_to_answer(payment):
        effect = gettext(
            "The bank is answered in Stripe's Dashboard, with what proves the sale. No money moves"
            " by it."
        )
        before = payment.answer_before  # type: ignore[attr-defined]
    why = _why_a_person(payment)
    return Case(payment, _incident_kind(payment), why, RESOLVE, effect, before)


def is_to_answer(payment: Payment) -> bool:
    """Whether it is here for a dispute that its bank wants an answer to; it is from `payments`."""
    row: Any = payment
    return not row.attention and row.incident_kind == DISPUTED and row.dispute is not None


def _why_a_person(payment: Payment) -> str:
    if payment.attention and payment.attention == payment.message:
        return payment.spoken
    if payment.attention:
        return together(payment.attention).spoken
    return spoken(payment.incident_said, payment.incident_message)  # type: ignore[attr-defined]


def _incident_kind(payment: Payment) -> str:
    failed = payment.incident_kind == REFUND_FAILED  # type: ignore[attr-defined]
    return REFUND_FAILED if failed else "needs_attention"


def _detached(payment: Payment) -> Case:
    number = payment.order.number
    if payment.status == "succeeded":
        amount = currencies.spoken_amount(amount_refundable(payment), payment.currency)
        return Case(
            payment,
            "paid_twice",
            gettext(
                "The card was charged after the payment was detached from Order {number}."
            ).format(number=number),
            REFUND,
            gettext(
                "Gives {amount} back to the card: Order {number} was paid in another way."
            ).format(amount=amount, number=number),
        )
    return Case(
        payment,
        "detached",
        gettext("Detached from Order {number}: {reason}").format(
            number=number, reason=payment.detach_reason
        ),
        CHECK_STATUS,
        gettext(
            "Asks Stripe now. It is canceled as soon as that can be; if the card was charged, a"
            " refund is asked for here."
        ),
    )


def _held(payment: Payment) -> Case:
    amount = currencies.spoken_amount(payment.amount_capturable, payment.currency)
    asks = payment.code in (AMOUNT_DIFFERS, HIGH_TIP)
    return Case(
        payment,
        "not_captured",
        payment.spoken
        if asks
        else gettext("{amount} is approved and not captured.").format(amount=amount),
        CAPTURE,
        gettext("Takes what you decide on. Release the hold instead to charge nothing.")
        if asks
        else gettext(
            "Takes the {amount} that are held. Release the hold instead to charge nothing."
        ).format(amount=amount),
        before=payment.expires,  # type: ignore[attr-defined]
    )


def incidents(principal: Principal) -> QuerySet[Incident]:
    """Open ones that are not about one payment."""
    seen = Incident.objects.for_principal(principal).filter(payment=None, resolved_at=None)
    return seen.select_related("store").order_by("pk")


def count(principal: Principal, now: datetime) -> int:
    return _ids(principal, now).count() + incidents(principal).count()
