"""What follows once an action has ended: the reserved action, its next step, and its end.

A reserved action keeps a reader for a payment: for the same one with another amount or from
another reader, or for another sale that took the reader over. Only `ReaderCounter.plan_next`
decides when its time has come.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import override

from payments.models import Payment
from payments.services import bells, changes
from payments.services.verdicts import GIVE_UP
from payments.transitions import NOT_CHANGED, is_in_doubt
from stores.sentences import said
from terminal.models import ACTIVE, ActionStatus, ReaderAction, Stop
from terminal.services import commands, lease
from terminal.services.reading import Actions
from terminal.services.screens import tell_readers_screens
from terminal.transitions import move


def step(payment: Payment, found: Actions) -> None:
    """The next step towards the reserved action of an open payment; nothing is on its way."""
    reserved = found.reserved
    assert reserved is not None
    if found.active is not None:
        _end_what_is_before(payment, found.active, reserved)
    elif found.newest is not None and may_be_approved(payment, found.newest):
        return
    elif payment.status == "requires_action" and changes.promised(payment) is None:
        withdraw(payment, reserved)  # the customer was quicker, and may still pay by the code
    elif _change_is_settled(payment, found, reserved) and _is_its_turn(payment, found, reserved):
        move(reserved, ActionStatus.REQUESTED)


def may_be_approved(payment: Payment, action: ReaderAction) -> bool:
    """Whether the bank may have approved what the reader lost."""
    return is_in_doubt(action.failure_code, action.ended_at, payment.read_at)


def words(payment: Payment, reserved: ReaderAction | None) -> str:
    """What the payment's screen says meanwhile."""
    if reserved is None:
        return ""
    if changes.promised(payment) is not None:
        return changes.words(payment, str(reserved.reader))
    return said("{reader} is being made ready for this payment.", reader=str(reserved.reader))


def _end_what_is_before(payment: Payment, action: ReaderAction, reserved: ReaderAction) -> None:
    if action.failure_code or timezone.now() - reserved.requested_at < GIVE_UP:
        stop(payment, action)
        return
    # The reader tells nothing. One PaymentIntent is charged once, wherever it shows, but the
    # amount on a screen that may still live must not change.
    move(action, ActionStatus.FAILED, failure_code="no_answer")


def _change_is_settled(payment: Payment, found: Actions, reserved: ReaderAction) -> bool:
    """Whether the order has its new lines; if not, that is what comes first."""
    if changes.promised(payment) is not None and _was_seen_to_end(found.newest):
        changes.plan_update(payment)
        return False
    if changes.promised(payment) is not None:
        changes.drop(payment, NOT_CHANGED, f"{reserved.reader} could not be stopped.")
    if payment.code == NOT_CHANGED:
        withdraw(payment, reserved)
        return False
    return True


def _was_seen_to_end(action: ReaderAction | None) -> bool:
    """Whether the reader itself showed that it stopped, and not only refused to be."""
    return action is not None and (
        action.status == ActionStatus.CANCELED
        or action.failure_code in ("customer_canceled", "superseded", "connection_error")
        or bool(action.charge_id)
    )


def _is_its_turn(payment: Payment, found: Actions, reserved: ReaderAction) -> bool:
    """Whether the reader is free for it; a reserved action that waits in vain is ended."""
    same = found.newest is not None and found.newest.reader_id == reserved.reader_id
    if same and found.newest is not None and found.newest.failure_code == "superseded":
        move(reserved, ActionStatus.FAILED, failure_code="superseded")
        return False
    before = (
        ReaderAction.objects.filter(reader=reserved.reader_id, status__in=ACTIVE)
        .select_related("reader", "payment__order", "order", "device", "user")
        .first()
    )
    if before is None:
        return True
    waited = timezone.now() - reserved.requested_at > GIVE_UP
    if before.released_for != Stop.TAKEN_OVER or waited:
        with override("en"):  # it is stored
            stays = capfirst(lease.name(before))
        reserved.notice = lease.NOT_STOPPED.format(sale=stays, reader=before.reader)
        move(reserved, ActionStatus.FAILED, failure_code="take_over_too_late")
        tell_readers_screens(reserved.reader)
    return False


def stop(payment: Payment, action: ReaderAction) -> None:
    """Ask the reader to stop, unless it just refused because it has a card."""
    if action.status in (ActionStatus.IN_PROGRESS, ActionStatus.COLLECTED):
        commands.plan_cancel_action_anew(payment, action)


def withdraw(payment: Payment, reserved: ReaderAction) -> None:
    """It is not wanted any more: the reader is kept for it no longer."""
    if move(reserved, ActionStatus.CANCELED, failure_code=Stop.FREED):
        tell_readers_screens(reserved.reader)
    if payment.attention:
        changes.drop_unless_sent(payment, NOT_CHANGED, "The payment needs a person first.")


def nudge_who_took_it(ended: ReaderAction | None) -> None:
    """The sale that had this action stopped goes on without waiting for its next look."""
    if ended is None or ended.released_for != Stop.TAKEN_OVER or ended.status in ACTIVE:
        return
    behind = ReaderAction.objects.filter(reader=ended.reader_id, status=ActionStatus.RESERVED)
    for payment_id in behind.exclude(payment=ended.payment_id).values_list("payment_id", flat=True):
        bells.nudge(payment_id)
