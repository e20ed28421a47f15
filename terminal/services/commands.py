"""The reader commands about a payment: process_payment_intent, the two steps of collecting a card
and confirming it, and cancel_action.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone

from payments.gateway import Answer, Meaning
from payments.models import UNFINISHED, Payment, Refund, RequestStatus, StripeRequest
from payments.services import requests
from payments.services.methods import shows_codes
from payments.services.parts import KINDS, Kind, NotYet, Picture
from payments.services.verdicts import GIVE_UP, READ_AGAIN, Next, Verdict, backoff
from payments.transitions import ABANDONED, EXPIRED
from stores.models import Flow
from stores.principals import SYSTEM, Principal
from terminal import gateway
from terminal.models import ActionStatus, ActionType, Reader, ReaderAction, Stop
from terminal.services import configurations, lag, moved, reading
from terminal.services.on_its_way import wait_for_display
from terminal.services.screens import (
    copy_reader,
    shown_card,
    shown_status,
    stands,
    tell_readers_screens,
)
from terminal.transitions import move

JSON = dict[str, Any]
PROCESS = "reader.process_payment_intent"
COLLECT = "reader.collect_payment_method"
CONFIRM = "reader.confirm_payment_intent"
CANCEL_ACTION = lag.CANCEL_ACTION

BUSY_DELAYS = (2.0, 4.0, 8.0)  # seconds; a reader that updates or holds a card
TIMEOUT_DELAYS = (1.5, 1.5)  # seconds; a command that did not reach the reader
BUSY_PAUSE = timedelta(seconds=5)  # before cancel_action is tried again on an authorising reader


TYPES = {
    Flow.PROCESS: ActionType.PROCESS_PAYMENT_INTENT,
    Flow.COLLECT: ActionType.COLLECT_PAYMENT_METHOD,
}


def new_action(
    payment: Payment,
    reader: Reader,
    *,
    by: Principal = SYSTEM,
    refund: Refund | None = None,
    confirms: ReaderAction | None = None,
    **more: Any,
) -> ReaderAction:
    """The next attempt of this payment on this reader; the caller holds the payment's lock.

    With `refund` it gives money back, with `confirms` it charges the card which that action read.
    It is `requested`, or `reserved` behind what is there.
    """
    type = TYPES[Flow(payment.flow)]
    of_card = {}
    if confirms is not None:
        type = ActionType.CONFIRM_PAYMENT_INTENT
        of_card = {name: getattr(confirms, name) for name in OF_CARD}
    last = payment.reader_actions.order_by("-attempt").values_list("attempt", flat=True).first()
    tell_readers_screens(reader)
    return ReaderAction.objects.create(
        store_id=payment.store_id,
        reader=reader,
        payment=payment,
        refund=refund,
        type=ActionType.REFUND_PAYMENT if refund else type,
        attempt=(last or 0) + 1,
        **({"device_id": by.device_id, "user_id": by.user_id} | of_card | more),
    )


def once_more(action: ReaderAction, **more: Any) -> ReaderAction:
    """The next attempt for the same person: the same again, or what follows from it."""
    who = {"device_id": action.device_id, "user_id": action.user_id}
    return new_action(action.sale, action.reader, **(who | more))


OF_CARD = ("card", "collected_at", "confirm_before")


def plan_command(payment: Payment, action: ReaderAction, *, delay: float = 0.0) -> None:
    """Promise the command that the action is; the key names the attempt, or an old answer would be
    replayed and the reader would never light up.
    """
    step, _, _ = action.type.partition("_")
    params: JSON = {"payment_intent": payment.payment_intent_id}
    config: JSON = {}
    if step != "confirm":
        tips = configurations.sale_config(payment, action.reader.location_id)
        config = {"enable_customer_cancellation": True, **tips}
    if step != "collect" and settings.QR_RETURN_URL and shows_codes(payment.store):
        config["return_url"] = settings.QR_RETURN_URL
    if config:
        params[f"{step}_config"] = config
    action.request = requests.plan(
        kind=f"reader.{action.type}",
        path=gateway.command_path(action.reader, action.type),
        params=params,
        key=f"{step}:{payment.uuid}:{action.attempt}",
        payment=payment,
        delay=delay,
    )
    action.save(update_fields=["request"])


def is_overdue(action: ReaderAction, *, in_seconds: float = 0.0) -> bool:
    """Whether the card that was read must be charged or let go by then."""
    then = timezone.now() + timedelta(seconds=in_seconds)
    return action.confirm_before is not None and then >= action.confirm_before


def plan_stop(payment: Payment, action: ReaderAction, why: Stop, notice: str = "") -> None:
    """Have the action ended, and remember why; the caller holds the payment's lock.

    `notice` is what the payment's screen says of it then.
    """
    action.released_for = why
    action.notice = notice or action.notice
    action.save(update_fields=["released_for", "notice"])
    if not payment.requests.filter(status__in=UNFINISHED, kind=CANCEL_ACTION).exists():
        plan_cancel_action(payment, action)


def plan_cancel_action(payment: Payment, action: ReaderAction) -> None:
    number = requests.count(payment, CANCEL_ACTION) + 1
    requests.plan(
        kind=CANCEL_ACTION,
        path=gateway.command_path(action.reader, "cancel_action"),
        params={},
        key=f"cancel_action:{payment.uuid}:{number}",
        payment=payment,
    )


def plan_cancel_action_anew(payment: Payment, action: ReaderAction) -> None:
    """As `plan_cancel_action`, unless the reader has just said no."""
    since = timezone.now() - BUSY_PAUSE
    if not payment.requests.filter(kind=CANCEL_ACTION, finished_at__gt=since).exists():
        plan_cancel_action(payment, action)


@dataclass
class Command(Kind):
    """`POST /v1/terminal/readers/{id}/process_payment_intent`, `…/collect_payment_method` and
    `…/confirm_payment_intent`.
    """

    reads_first: ClassVar[bool] = True

    def compare(self, payment: Payment, request: StripeRequest) -> Picture | None:
        """What was taken back is not sent, for the reader may be another's now; what is to be taken
        off this reader again is looked for there, and not sent once more.
        """
        action = ReaderAction.objects.select_related("reader").get(request=request)
        if action.ended_at is not None:
            return Picture()
        if request.tries and self._is_unwanted(payment):
            return self._full_look(payment, request)
        wait_for_display(action.reader)
        return None

    def _is_unwanted(self, payment: Payment) -> bool:
        """Whether somebody cancels it, or wants it elsewhere."""
        is_canceled = payment.cancel_requested_at is not None
        return is_canceled or reading.actions(payment).reserved is not None

    def look(self, payment: Payment, request: StripeRequest, answer: Answer) -> Picture:
        if answer.succeeded and not answer.replayed:
            type = request.reader_action.type
            status = shown_status(answer.object, payment.payment_intent_id, type)
            if status == "in_progress" and not shown_card(answer.object, payment.payment_intent_id):
                return Picture(reader=answer.object)
        return self._full_look(payment, request)

    def _full_look(self, payment: Payment, request: StripeRequest) -> Picture:
        """PaymentIntent, and the reader even though our row says no more than `requested`."""
        intent = reading.read_intent(payment)
        if intent["status"] in reading.SETTLED:
            return Picture(intent)
        reader = reading.read_reader(request.reader_action.reader)
        return Picture(reading.read_intent(payment), reader)

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
        if picture.reader is not None and picture.intent is None:
            copy_reader(action.reader, picture.reader)
        over = payment.is_authorized or payment.ended_at is not None
        if over or action.ended_at is not None:
            done = RequestStatus.SUCCEEDED if answer.succeeded else RequestStatus.ABANDONED
            requests.record(request, answer, done)
        elif answer.succeeded or self._is_adopted(payment, action, verdict, picture):
            requests.record(request, answer, RequestStatus.SUCCEEDED)
            move(action, ActionStatus.IN_PROGRESS)
        elif verdict.next is Next.REFUSED or answer.code == "terminal_reader_timeout":
            requests.record(request, answer, RequestStatus.REFUSED)
            self._refused(payment, action, answer)
        else:
            self._unknown(payment, action, request, answer)

    def _is_adopted(
        self, payment: Payment, action: ReaderAction, verdict: Verdict, picture: Picture
    ) -> bool:
        """Whether the reader shows that this command reached it, although nobody said so.

        A failure that may be an earlier attempt's is that attempt's: ours was not delivered.
        """
        if verdict.next is not Next.LOOK or picture.reader is None:
            return False
        status = shown_status(picture.reader, payment.payment_intent_id, action.type)
        if status != "failed":
            return status != ""
        why = reading.why_failed(payment, picture.reader)
        return not lag.is_of_before(action, why["failure_code"], why["charge_id"])

    def _refused(self, payment: Payment, action: ReaderAction, answer: Answer) -> None:
        confirms = action if action.type == ActionType.CONFIRM_PAYMENT_INTENT else None
        code = answer.code or "refused"
        if confirms and payment.status == "requires_payment_method":
            code = EXPIRED  # Stripe let go of the card before we came
        move(action, ActionStatus.FAILED, failure_code=code, failure_message=answer.message)
        if code in moved.SIGNS:
            moved.doubt(action.reader)
        delays = {
            "terminal_reader_busy": BUSY_DELAYS,
            "terminal_reader_timeout": TIMEOUT_DELAYS,
        }.get(code, ())
        if action.resend >= len(delays) or self._is_unwanted(payment):
            return
        delay = delays[action.resend]
        if confirms and is_overdue(confirms, in_seconds=delay):
            return
        anew = once_more(action, resend=action.resend + 1, confirms=confirms)
        plan_command(payment, anew, delay=delay)

    def _unknown(
        self, payment: Payment, action: ReaderAction, request: StripeRequest, answer: Answer
    ) -> None:
        if timezone.now() - request.created_at > GIVE_UP or self._is_unwanted(payment):
            requests.record(request, answer, RequestStatus.ABANDONED)
            move(action, ActionStatus.FAILED, failure_code="no_answer")
            return
        move(action, ActionStatus.UNKNOWN)
        requests.again(request, answer, backoff(request.tries))


@dataclass
class CancelAction(Kind):
    """`POST /v1/terminal/readers/{id}/cancel_action`: it names no payment, so we compare first."""

    reads_first: ClassVar[bool] = True

    def compare(self, payment: Payment, request: StripeRequest) -> Picture | None:
        """None when the reader shows our payment waiting; else what it shows: nothing is sent.

        Raises NotYet when that may be from before our payment was there.
        """
        asked_at = timezone.now()
        picture = reading.look(payment, full=True)
        if stands(picture.reader, payment.payment_intent_id):
            return None
        action = reading.active_action(payment)
        if action is not None and picture.reader is not None:
            shown = reading.shown_of(action, picture.reader)
            why = reading.why_failed(payment, picture.reader) if shown == "failed" else {}
            if lag.proves_nothing(action, picture.reader, shown, why, asked_at):
                raise NotYet(READ_AGAIN)
        return picture

    def look(self, payment: Payment, request: StripeRequest, answer: Answer) -> Picture:
        return reading.look(payment, full=True)

    def finish(
        self,
        payment: Payment,
        request: StripeRequest,
        answer: Answer,
        verdict: Verdict,
        picture: Picture,
    ) -> None:
        if answer.succeeded or answer.meaning is Meaning.REFUSED:
            done = RequestStatus.SUCCEEDED if answer.succeeded else RequestStatus.REFUSED
            requests.record(request, answer, done)
        elif stands(picture.reader, payment.payment_intent_id):
            self._still_there(request, answer)
        else:
            requests.record(request, answer, RequestStatus.ABANDONED)
        if answer.meaning is Meaning.REFUSED:
            self._refused(payment, answer)

    def _still_there(self, request: StripeRequest, answer: Answer) -> None:
        if timezone.now() - request.created_at > GIVE_UP:
            requests.record(request, answer, RequestStatus.ABANDONED)
        else:
            requests.again(request, answer, backoff(request.tries))

    def _refused(self, payment: Payment, answer: Answer) -> None:
        action = reading.active_action(payment)
        if action is None or (payment.is_authorized and action.refund_id is None):
            return
        if answer.code == "terminal_reader_busy":
            self._too_late(payment, action)
            return
        code = action.released_for or answer.code or "refused"
        move(action, ActionStatus.FAILED, failure_code=code)

    def _too_late(self, payment: Payment, action: ReaderAction) -> None:
        """A card was presented: the reader goes on, and what need not be is not tried again."""
        action.failure_code = "terminal_reader_busy"
        if action.released_for in (Stop.FREED, Stop.IDLE, Stop.TAKEN_OVER):
            action.released_for = action.notice = ""
        action.save(update_fields=["failure_code", "released_for", "notice"])
        if payment.cancellation_reason == ABANDONED:
            payment.cancel_requested_at, payment.cancellation_reason = None, ""


def register() -> None:
    KINDS[PROCESS] = KINDS[COLLECT] = KINDS[CONFIRM] = Command()
    KINDS[CANCEL_ACTION] = CancelAction()
