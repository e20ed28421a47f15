"""What is particular to create, capture and cancel once they were sent (steps D and E)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.utils import timezone

from payments import gateway
from payments.gateway import Answer
from payments.models import Payment, RequestStatus, StripeRequest
from payments.services import requests
from payments.services.captures import CAPTURE, forget_capture, plan_again
from payments.services.intents import CANCEL, CREATE, plan_on_intent
from payments.services.parts import KINDS, Kind, Picture, ShownByIntent
from payments.services.searching import find_intent, read_known
from payments.services.telling import log
from payments.services.verdicts import Next, Verdict
from payments.transitions import TOO_LATE, fee_at_stripe, fee_of_hold
from stores.sentences import Said, said, together

JSON = dict[str, Any]
MOST_TRIES_ANEW = 2


@dataclass
class Create(Kind):
    reads_first: ClassVar[bool] = False

    def look(self, payment: Payment, request: StripeRequest, answer: Answer) -> Picture:
        if answer.succeeded and not answer.replayed:
            return Picture(answer.object)
        if answer.succeeded:
            return read_known(answer.object["id"], request.stripe_account)
        if answer.meaning is gateway.Meaning.REFUSED:
            return Picture()
        return find_intent(payment)

    def finish(
        self,
        payment: Payment,
        request: StripeRequest,
        answer: Answer,
        verdict: Verdict,
        picture: Picture,
    ) -> None:
        if picture.intent is not None:
            found = replace(answer, object=picture.intent)
            requests.record(request, found, RequestStatus.SUCCEEDED)
        elif verdict.next is Next.REFUSED:
            requests.record(request, answer, RequestStatus.REFUSED)
            self._never_was(payment, answer)
        else:
            requests.record(request, answer, RequestStatus.ABANDONED)
            self._anew(payment, request, answer)

    def _anew(self, payment: Payment, request: StripeRequest, answer: Answer) -> None:
        """Proven absent: only now may another key be used."""
        number = requests.count(payment, CREATE) + 1
        if number > MOST_TRIES_ANEW + 1:
            self._never_was(payment, answer)
            requests.raise_incident("create_failed", _reason(answer), payment=payment)
            return
        requests.plan(
            kind=CREATE,
            path=request.path,
            params=request.params,
            key=f"create:{payment.uuid}:{number}",
            payment=payment,
        )

    def _never_was(self, payment: Payment, answer: Answer) -> None:
        payment.ended_at = timezone.now()
        payment.code = answer.code or "refused"
        payment.spoken = said(
            "Nothing was charged. Stripe refused the payment: {reason}", reason=_reason(answer)
        )


def _reason(answer: Answer) -> Said:
    return together(answer.message) or said("Stripe could not be reached.")


@dataclass
class OnIntent(ShownByIntent):
    """Capture and cancel."""

    status: str  # the PaymentIntent's when it was done

    def shows(self, intent: JSON, request: StripeRequest) -> bool:
        return bool(intent["status"] == self.status)

    def is_done(self, payment: Payment, request: StripeRequest) -> bool:
        return payment.status == self.status

    def not_done(
        self, payment: Payment, request: StripeRequest, answer: Answer, *, refused: bool
    ) -> None:
        may_try_anew = not refused and payment.ended_at is None
        if may_try_anew and requests.count(payment, request.kind) <= MOST_TRIES_ANEW:
            self._anew(payment, request)
            return
        self._give_up(payment, request, answer)

    def _anew(self, payment: Payment, request: StripeRequest) -> None:
        plan_on_intent(payment, request.kind, request.path.rsplit("/", 1)[1], request.params)

    def _give_up(self, payment: Payment, request: StripeRequest, answer: Answer) -> None:
        if payment.detached_at is not None and payment.ended_at is None:
            log(payment, "cancel_refused", f"{answer.message or answer.code} It is tried again.")
            return  # services.detaching plans the next
        if request.kind == CAPTURE:
            forget_capture(payment)
        payment.cancel_requested_at = None
        verb = request.kind.removeprefix("payment_intent.")
        log(payment, f"{verb}_refused", answer.message or answer.code)
        if payment.status == "succeeded":
            payment.code = TOO_LATE  # the payment was faster than its cancel, and wins
            return
        requests.raise_incident(
            f"{verb}_failed",
            _refused(request, answer.message or answer.code),
            payment=payment,
            code=answer.code,
        )


def _refused(request: StripeRequest, reason: str) -> Said:
    if request.kind == CAPTURE:
        return said("Stripe refused to capture: {reason}", reason=reason)
    return said("Stripe refused to cancel: {reason}", reason=reason)


@dataclass
class Capture(OnIntent):
    def compare(self, payment: Payment, request: StripeRequest) -> Picture | None:
        """Inspect the fee before anything is captured, as Stripe asks; one that is not what we
        knew is merged and told first, and the next capture puts it right.

        docs.stripe.com/terminal/payments/collect-card-payment#capture-payment
        """
        assert payment.payment_intent_id is not None
        intent = gateway.retrieve_payment_intent(payment.payment_intent_id, payment.stripe_account)
        held = intent["status"] == "requires_capture"
        return Picture(intent) if held and fee_at_stripe(intent) != _known_fee(payment) else None

    def _anew(self, payment: Payment, request: StripeRequest) -> None:
        plan_again(payment, request)


def _known_fee(payment: Payment) -> int:
    """What the hold's fee was when its capture was planned."""
    known = payment.fee_at_stripe
    return fee_of_hold(payment) if known is None else known


def register() -> None:
    KINDS[CREATE] = Create()
    KINDS[CAPTURE] = Capture("succeeded")
    KINDS[CANCEL] = OnIntent("canceled")
