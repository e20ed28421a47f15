"""What is particular to a refund once it was sent (steps D and E).

A refund's key never changes: what is in doubt is settled by reading the charge's refunds, and a
refund that is proven absent is over. Whoever still wants it asks for another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from payments import gateway
from payments.gateway import Answer
from payments.models import Payment, Refund, RefundStatus, RequestStatus, StripeRequest
from payments.services import requests
from payments.services.parts import KINDS, Kind, Picture
from payments.services.refund_merging import add_up, merge_refund
from payments.services.refunds import REFUND
from payments.services.telling import log
from payments.services.verdicts import READ_AGAIN, Next, Verdict, may_not_show_yet
from stores.currencies import format_amount


@dataclass
class CreateRefund(Kind):
    """`POST /v1/refunds`."""

    reads_first: ClassVar[bool] = False

    def look(self, payment: Payment, request: StripeRequest, answer: Answer) -> Picture:
        if answer.succeeded and not answer.replayed:
            return Picture()  # the answer is the Refund, and its own read
        assert payment.payment_intent_id is not None
        return Picture(
            gateway.retrieve_payment_intent(payment.payment_intent_id, payment.stripe_account)
        )

    def finish(
        self,
        payment: Payment,
        request: StripeRequest,
        answer: Answer,
        verdict: Verdict,
        picture: Picture,
    ) -> None:
        if answer.succeeded:
            merge_refund(payment, answer.object)
            add_up(payment)
        made = refund_of(request)
        if made.refund_id is not None:
            found = replace(answer, object={"id": made.refund_id})
            requests.record(request, found, RequestStatus.SUCCEEDED)
        elif verdict.next is Next.REFUSED:
            requests.record(request, answer, RequestStatus.REFUSED)
            refuse(payment, made, answer.code or "refused", answer.message)
        elif payment.stale_reads or may_not_show_yet(request, payment.asked_at):
            requests.again(
                request, answer, max(verdict.delay, READ_AGAIN)
            )  # the read proves nothing
        else:
            requests.record(request, answer, RequestStatus.ABANDONED)
            refuse(payment, made, answer.code or "no_answer", NOT_REACHED)

    def stop(self, payment: Payment, request: StripeRequest, answer: Answer) -> None:
        refuse(payment, refund_of(request), answer.code or "idempotency_error", STOPPED)
        payment.rung_at = timezone.now()  # what that key did, the charge's refunds tell


NOT_REACHED = _("Stripe could not do it. Nothing was refunded; try again.")
STOPPED = _("An error of ours stopped it. Do not refund again; call support.")


def refund_of(request: StripeRequest) -> Refund:
    """The refund that a request is about, as it is now."""
    return Refund.objects.get(uuid=request.params["metadata"]["refund"])


def refuse(payment: Payment, made: Refund, code: str, message: str) -> None:
    """The refund was not made, which is known from an answer or a read. A later read may differ."""
    made.status, made.code, made.message = RefundStatus.REFUSED, code, message
    made.updated_at = made.ended_at = timezone.now()
    made.save()
    amount = format_amount(made.amount, payment.currency)
    log(
        payment,
        "refund_refused",
        f"The refund of {amount} was not made: {message or code}",
        data={"refund": str(made.uuid), "code": code},
    )


def register() -> None:
    KINDS[REFUND] = CreateRefund()
