"""The reader command that gives Interac money back: refund_payment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.utils import timezone

from payments.gateway import Answer
from payments.models import Payment, Refund, RequestStatus, StripeRequest
from payments.services import requests
from payments.services.parts import KINDS, Kind, Picture
from payments.services.refund_outcomes import refund_of, refuse
from payments.services.refunds import refund_params
from payments.services.verdicts import GIVE_UP, Next, Verdict, backoff, may_not_show_yet
from stores.sentences import stored
from terminal import gateway
from terminal.models import ActionStatus, ReaderAction
from terminal.services import reading
from terminal.services.commands import BUSY_DELAYS, TIMEOUT_DELAYS, once_more
from terminal.services.on_its_way import wait_for_display
from terminal.services.screens import copy_reader, shown_refund
from terminal.transitions import move

REFUND_PAYMENT = "reader.refund_payment"


def plan_refund_payment(
    payment: Payment, made: Refund, action: ReaderAction, *, delay: float = 0.0
) -> None:
    """Promise `refund_payment`; the key names the attempt, or an old answer would be replayed and
    the reader would never light up. A new attempt follows only when the last came to nothing.
    """
    action.request = requests.plan(
        kind=REFUND_PAYMENT,
        path=gateway.command_path(action.reader, "refund_payment"),
        params=refund_params(made)
        | {"refund_payment_config": {"enable_customer_cancellation": True}},
        key=f"refund:{made.uuid}:{action.attempt}",
        payment=payment,
        delay=delay,
    )
    action.save(update_fields=["request"])


@dataclass
class RefundPayment(Kind):
    """`POST /v1/terminal/readers/{id}/refund_payment`."""

    reads_first: ClassVar[bool] = True

    def compare(self, payment: Payment, request: StripeRequest) -> Picture | None:
        wait_for_display(request.reader_action.reader)
        return None

    def look(self, payment: Payment, request: StripeRequest, answer: Answer) -> Picture:
        fresh = answer.succeeded and not answer.replayed
        if fresh and shown_refund(answer.object, refund_of(request).uuid) == "in_progress":
            return Picture(reader=answer.object)
        return reading.look_for_refund(payment, request.reader_action)

    def finish(
        self,
        payment: Payment,
        request: StripeRequest,
        answer: Answer,
        verdict: Verdict,
        picture: Picture,
    ) -> None:
        action = ReaderAction.objects.select_related("reader").get(request=request)
        action.payment = payment
        made = refund_of(request)
        if picture.reader is not None and picture.intent is None:
            copy_reader(action.reader, picture.reader)
        if made.refund_id is not None:
            done = RequestStatus.SUCCEEDED if answer.succeeded else RequestStatus.ABANDONED
            requests.record(request, answer, done)
        elif answer.succeeded or shown_refund(picture.reader, made.uuid):
            requests.record(request, answer, RequestStatus.SUCCEEDED)
            move(action, ActionStatus.IN_PROGRESS)
        elif verdict.next is Next.REFUSED or _is_proven_lost(payment, request, answer):
            requests.record(request, answer, RequestStatus.REFUSED)
            self._refused(payment, made, action, answer)
        elif timezone.now() - request.created_at > GIVE_UP:
            requests.record(request, answer, RequestStatus.ABANDONED)
            self._over(payment, made, action, "no_answer", "")
        else:
            move(action, ActionStatus.UNKNOWN)
            requests.again(request, answer, backoff(request.tries))

    def stop(self, payment: Payment, request: StripeRequest, answer: Answer) -> None:
        action = ReaderAction.objects.select_related("reader").get(request=request)
        action.payment = payment
        self._over(payment, refund_of(request), action, answer.code, answer.message)

    def _refused(
        self, payment: Payment, made: Refund, action: ReaderAction, answer: Answer
    ) -> None:
        delays = {
            "terminal_reader_busy": BUSY_DELAYS,
            "terminal_reader_timeout": TIMEOUT_DELAYS,
        }.get(answer.code, ())
        if action.resend >= len(delays):
            self._over(payment, made, action, answer.code or "refused", answer.message)
            return
        move(action, ActionStatus.FAILED, failure_code=answer.code, failure_message=answer.message)
        anew = once_more(action, refund=made, resend=action.resend + 1)
        plan_refund_payment(payment, made, anew, delay=delays[action.resend])

    def _over(
        self, payment: Payment, made: Refund, action: ReaderAction, code: str, message: str
    ) -> None:
        move(action, ActionStatus.FAILED, failure_code=code, failure_message=message)
        refuse(payment, made, code, words(action))


def _is_proven_lost(payment: Payment, request: StripeRequest, answer: Answer) -> bool:
    """The command did not reach the reader, and what was read is not older than that: a new
    attempt, or another refund, would give back twice.
    """
    may_be_old = payment.stale_reads or may_not_show_yet(request, payment.asked_at)
    return answer.code == "terminal_reader_timeout" and not may_be_old


_WORDS = {
    "action_canceled": stored("It was stopped on {reader}."),
    "connection_error": stored(
        "{reader} lost its connection, and Stripe has no refund. Try again."
    ),
    "idle": stored("Nobody presented the card on {reader} for too long, so it was stopped."),
    "taken_over": stored("{reader} was given to another sale. Try again, or use another reader."),
    "customer_canceled": stored("The customer pressed cancel on {reader}."),
    "no_answer": stored("Stripe could not be reached for {reader}. Try again."),
    "superseded": stored("Something else was sent to {reader}. Try again."),
    "terminal_reader_busy": stored(
        "{reader} is busy: remove the card, close its settings or wait for its update, then try"
        " again."
    ),
    "terminal_reader_offline": stored(
        "{reader} is offline. Check its power and network, or use another reader."
    ),
    "terminal_reader_timeout": stored("{reader} did not answer. Try again."),
}
_ANOTHER_CARD = stored(
    "The bank declined it, or another card was presented. Use the card that paid."
)
_NOT_DONE = stored("{reader} could not do it. Try again.")


def words(action: ReaderAction) -> str:
    """Why a reader did not give money back, and what to do."""
    if action.decline_code or action.failure_code == "card_declined":
        return _ANOTHER_CARD
    if action.failure_code in _WORDS:
        return _WORDS[action.failure_code].format(reader=action.reader)
    return action.failure_message or _NOT_DONE.format(reader=action.reader)


def register() -> None:
    KINDS[REFUND_PAYMENT] = RefundPayment()
