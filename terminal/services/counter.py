"""Terminal's part in every conversation (payments.services.conversation): the reader."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from payments.models import UNFINISHED, Payment, RequestStatus, StripeRequest
from payments.services import detaching, intents
from payments.services.parts import UNSENT, Picture
from payments.services.requests import raise_incident, record
from payments.services.telling import log, show
from payments.transitions import ABANDONED, TOO_LATE, OnReader, screen
from stores.currencies import format_amount
from stores.sentences import said
from terminal.models import ActionStatus, ReaderAction, Stop
from terminal.services import collecting, commands, following, lag, reading, refund_merging
from terminal.services.reading import Actions, active_action
from terminal.services.screens import (
    copy_reader,
    shown_card,
    shown_status,
    tell_readers_screens,
)
from terminal.transitions import move

JSON = dict[str, Any]


class ReaderCounter:
    """Implements payments.services.parts.Counter."""

    def look(self, payment: Payment, *, full: bool) -> Picture:
        return reading.look(payment, full=full)

    def merge(self, payment: Payment, picture: Picture) -> None:
        """End or keep the active action by what was read; the payment was merged before."""
        refund_merging.merge(payment, picture)
        action = active_action(payment)
        if action is None or action.refund_id is not None:
            return
        if picture.reader is not None:
            copy_reader(action.reader, picture.reader)
        if payment.is_authorized:
            if move(action, ActionStatus.SUCCEEDED, charge_id=payment.latest_charge_id):
                tell_readers_screens(action.reader, is_over=picture.reader is None)
        elif payment.ended_at is not None:
            move(action, ActionStatus.CANCELED, failure_code="action_canceled")
        elif picture.reader is not None and action.status in (
            ActionStatus.IN_PROGRESS,
            ActionStatus.COLLECTED,
        ):
            self._merge_screen(payment, action, picture.reader)

    def _merge_screen(self, payment: Payment, action: ReaderAction, reader: JSON) -> None:
        shown = shown_status(reader, payment.payment_intent_id, action.type)
        why = reading.why_failed(payment, reader) if shown == "failed" else {}
        if shown_card(reader, payment.payment_intent_id):
            collecting.merge_card(payment, action, reader)
        elif lag.proves_nothing(action, reader, shown, why, payment.asked_at):
            action.is_doubted = True
        elif shown == "failed":
            action.declined_brand = why.get("brand", "")
            move(
                action,
                ActionStatus.FAILED,
                failure_code=why["failure_code"],
                failure_message=why["failure_message"],
                decline_code=why["decline_code"],
                charge_id=why["charge_id"],
            )
        elif shown == "" and not (reader.get("action") or {}):
            code = action.released_for or Stop.FREED
            move(action, ActionStatus.CANCELED, failure_code=code)
            collecting.follow_up(payment, action)
        elif shown == "":
            move(action, ActionStatus.FAILED, failure_code="superseded")

    def on_reader(self, payment: Payment) -> OnReader | None:
        found = reading.actions(payment)
        action = found.newest or found.reserved
        if action is None:
            return None
        return OnReader(
            status=action.status,
            reader=str(action.reader),
            type=action.type,
            failure_code=action.failure_code,
            decline_code=action.decline_code,
            accepted_at=action.accepted_at,
            ended_at=action.ended_at,
            card=action.card,
            notice=action.notice,
            released_for=action.released_for,
            confirm_before=action.confirm_before,
            may_confirm=collecting.may_confirm(payment, action),
            is_offline=action.reader.status == "offline",
            is_doubted=action.is_doubted,
            follows=following.words(payment, found.reserved),
        )

    def plan_next(self, payment: Payment) -> None:
        """What follows from what is now known: the process command of a new sale, a cancel."""
        found = reading.actions(payment)
        following.nudge_who_took_it(found.newest)
        if found.reserved is not None and _is_settled(payment):
            following.withdraw(payment, found.reserved)
            found = reading.actions(payment)
        action = found.active
        if payment.ended_at is not None:
            tidy_up(payment, action)
        elif payment.detached_at is not None:
            detaching.plan_release(payment)
        elif payment.attention and action is not None and action.request_id is None:
            # It waits for a person, the reader must not: others sell on it meanwhile.
            move(action, ActionStatus.FAILED, failure_code=payment.code or "refused")
            tell_readers_screens(action.reader)
        else:
            plan_open(payment, found)


def plan_open(payment: Payment, found: Actions) -> None:
    """The next step of an open payment, if nothing is on its way to Stripe."""
    action, is_canceled = found.active, payment.cancel_requested_at is not None
    if is_canceled or found.reserved is not None:
        action = withdraw_unsent(payment, action)
    if payment.requests.filter(status__in=UNFINISHED).exists():
        return
    if is_canceled:
        plan_cancel(payment, action)
        return
    if found.reserved is not None:
        following.step(payment, reading.actions(payment))
        action = active_action(payment)
    if action is not None and action.status == ActionStatus.REQUESTED and payment.payment_intent_id:
        send(payment, action)
    elif found.reserved is None:
        collecting.plan_next(payment, action)


def send(payment: Payment, action: ReaderAction) -> None:
    """Promise the command, unless the reader would ask for another amount than ours."""
    if payment.intent_amount in (None, payment.amount):
        commands.plan_command(payment, action)
        return
    there = format_amount(payment.intent_amount or 0, payment.currency)
    words = said(
        "Stripe's PaymentIntent is over {amount}, which is not what is owed. Do not charge; call"
        " support.",
        amount=there,
    )
    payment.attention, payment.code = words, "amount_mismatch"
    raise_incident("amount_mismatch", words, payment=payment)
    move(action, ActionStatus.FAILED, failure_code="amount_mismatch")
    tell_readers_screens(action.reader)


def show_now(payment: Payment) -> None:
    """Put on the screen what a person just asked for, and save; in step A."""
    now = timezone.now()
    show(payment, screen(payment, ReaderCounter().on_reader(payment), now), now)
    payment.save()


def _is_settled(payment: Payment) -> bool:
    """Nothing may follow on a reader: it was approved, is over, or is not wanted any more."""
    return not payment.is_open or bool(payment.attention or payment.cancel_requested_at)


def tidy_up(payment: Payment, action: ReaderAction | None) -> None:
    """The payment is final: nothing waits for it any more."""
    if action is not None and action.refund_id is None:
        move(action, ActionStatus.FAILED, failure_code=payment.code or "refused")
    if payment.is_authorized and payment.cancel_requested_at is not None:
        drop_cancel(payment)


def withdraw_unsent(payment: Payment, action: ReaderAction | None) -> ReaderAction | None:
    """Take back a reader command that waits for its next try and never left this machine."""
    if action is None or action.request_id is None:
        return action
    # Locked, because a worker may be about to send it; whoever comes first decides.
    request = StripeRequest.objects.select_for_update(no_key=True).get(pk=action.request_id)
    if request.tries > 0:
        return action
    record(request, UNSENT, RequestStatus.ABANDONED)
    move(action, ActionStatus.CANCELED, failure_code="action_canceled")
    return None


def drop_cancel(payment: Payment) -> None:
    """The card was approved before the cancel reached it: the payment wins."""
    payment.cancel_requested_at = None
    if payment.cancellation_reason == ABANDONED:
        payment.cancellation_reason = ""  # nobody asked for it, nobody is told
        return
    payment.code = TOO_LATE
    log(payment, "cancel_too_late", "The card was approved before it could be canceled.")


def plan_cancel(payment: Payment, action: ReaderAction | None) -> None:
    """The next step of a requested cancel: free the reader, then cancel the PaymentIntent."""
    if payment.is_authorized:
        drop_cancel(payment)
        return
    if not payment.payment_intent_id:
        return
    if action is not None and action.status == ActionStatus.REQUESTED:
        move(action, ActionStatus.CANCELED, failure_code="action_canceled")
        action = None
    if action is None:
        left = collecting.left_behind(payment)
        if left is None:
            intents.plan_cancel(payment)
        else:
            commands.plan_cancel_action(payment, left)
    elif action.status in (ActionStatus.IN_PROGRESS, ActionStatus.COLLECTED):
        commands.plan_cancel_action_anew(payment, action)
