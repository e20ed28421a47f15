"""What a read says of a refund on a reader: it goes on, it is made, or it comes to nothing.

Whether money went back is told by the charge's refunds alone; the reader is a screen.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from payments.models import Payment, Refund, RefundStatus
from payments.services.parts import Picture
from payments.services.refund_outcomes import refuse
from terminal.models import ACTIVE, ActionStatus, ReaderAction, Stop
from terminal.services import lag
from terminal.services.reading import newest_action
from terminal.services.refund_commands import words
from terminal.services.screens import copy_reader, failure, shown_refund, tell_readers_screens
from terminal.transitions import move

JSON = dict[str, Any]

# How long a lost connection leaves open whether the bank gave the money back. Longer than for a
# sale: a second refund would be another one, where a second try of a sale is the same.
DOUBT = timedelta(seconds=30)


def merge(payment: Payment, picture: Picture) -> None:
    """End or keep a refund's action by what was read, and the refund that comes to nothing.

    The payment and its refunds were merged before.
    """
    action = newest_action(payment)
    if action is None or action.refund is None:
        return
    if picture.reader is not None:
        copy_reader(action.reader, picture.reader)
    made = Refund.objects.get(pk=action.refund.pk)
    if made.refund_id is not None:
        if move(action, ActionStatus.SUCCEEDED, charge_id=made.charge_id):
            tell_readers_screens(action.reader)
        return
    if picture.reader is not None and action.status == ActionStatus.IN_PROGRESS:
        _merge_screen(payment, action, made, picture.reader)
    over = action.status not in ACTIVE and not _may_still_be(payment, action)
    if over and made.status == RefundStatus.REQUESTED:
        refuse(payment, made, action.failure_code, words(action))


def _merge_screen(payment: Payment, action: ReaderAction, made: Refund, reader: JSON) -> None:
    shown = shown_refund(reader, made.uuid)
    why = failure(reader) if shown == "failed" else {}
    if lag.proves_nothing(action, reader, shown, why, payment.asked_at):
        action.is_doubted = True
    elif shown == "failed":
        move(
            action,
            ActionStatus.FAILED,
            failure_code=why["failure_code"],
            failure_message=why["failure_message"],
            decline_code=why["decline_code"],
            charge_id=why["charge_id"],
        )
    elif shown == "" and not (reader.get("action") or {}):
        move(action, ActionStatus.CANCELED, failure_code=action.released_for or Stop.FREED)
    elif shown == "":
        move(action, ActionStatus.FAILED, failure_code="superseded")


def _may_still_be(payment: Payment, action: ReaderAction) -> bool:
    assert action.ended_at is not None
    lost = action.failure_code == "connection_error"
    return lost and payment.asked_at < action.ended_at + DOUBT
