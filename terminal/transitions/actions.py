"""The states of a ReaderAction, and the one function that changes them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import override

from payments.transitions import card_words
from stores.models import LogEntry
from stores.principals import SYSTEM, Principal
from stores.sentences import said, stored
from terminal.models import ACTIVE, ActionType, ReaderAction, ReaderDisplay
from terminal.models import ActionStatus as S

MOVES: dict[str, frozenset[S]] = {
    S.RESERVED: frozenset({S.REQUESTED, S.FAILED, S.CANCELED}),
    S.REQUESTED: frozenset({S.IN_PROGRESS, S.UNKNOWN, S.SUCCEEDED, S.FAILED, S.CANCELED}),
    S.UNKNOWN: frozenset({S.IN_PROGRESS, S.SUCCEEDED, S.FAILED, S.CANCELED}),
    S.IN_PROGRESS: frozenset({S.COLLECTED, S.SUCCEEDED, S.FAILED, S.CANCELED}),
    S.COLLECTED: frozenset({S.SUCCEEDED, S.FAILED, S.CANCELED}),
}


def move(
    action: ReaderAction,
    to: S,
    *,
    failure_code: str = "",
    failure_message: str = "",
    decline_code: str = "",
    charge_id: str = "",
    by: Principal = SYSTEM,
) -> bool:
    """Move the action if its present status allows it, and say whether it moved.

    A late or repeated message finds the action past that point: nothing changes. The caller
    holds the payment's row lock, under which alone a payment's actions change; an errand's change
    under its reader's.
    """
    if to not in MOVES.get(action.status, ()):
        return False
    old, action.status = action.status, to
    now = timezone.now()
    if old == S.RESERVED and to == S.REQUESTED:
        action.requested_at = now  # until now the reader was another's
    if to == S.IN_PROGRESS:
        action.accepted_at = now
    if to not in ACTIVE:
        action.ended_at = now
        action.failure_code, action.failure_message = failure_code, failure_message
        action.decline_code, action.charge_id = decline_code, charge_id
    action.save()
    if action.ended_at is not None:
        _show_the_cart_again(action, now)
    LogEntry.objects.write(
        store=action.store_id,
        order=action.payment.order_id if action.payment else action.order_id,
        payment_id=action.payment_id,
        reader_id=action.reader_id,
        subject="reader_action",
        subject_id=action.pk,
        verb=to.value,
        old=old,
        new=to.value,
        message=_sentence(action),
        by=by,
        data={"attempt": action.attempt, "code": failure_code, "charge": charge_id},
    )
    return True


# The device shows for three seconds how it ended.
REST = timedelta(seconds=3)


def _show_the_cart_again(action: ReaderAction, now: datetime) -> None:
    """What was on the reader ended its cart, which comes back if its order is still open."""
    ReaderDisplay.objects.filter(reader_id=action.reader_id, order__isnull=False).update(
        shown_order=None, shown_version=0, tries=0, next_try_at=now + REST
    )


def _sentence(action: ReaderAction) -> str:
    if action.status == S.COLLECTED:
        return f"{action.reader} has read a card: {card_words(action.card)}."
    words = action.status.replace("_", " ")
    code = f" ({action.failure_code})" if action.failure_code else ""
    if action.payment_id is None:
        with override(None):  # the log is in English, whoever looks
            asked = action.get_type_display()
        return f"{action.reader}: “{asked}” is {words}{code}."
    if action.type == ActionType.CONFIRM_PAYMENT_INTENT:
        return f"{action.reader}: confirmation {action.attempt} is {words}{code}."
    facts: dict[str, str | int] = {"reader": str(action.reader), "number": action.attempt}
    return said(_TRIES[action.status], **facts, code=code)


_TRIES: dict[str, str] = {
    S.RESERVED: stored("{reader}: try {number} is reserved{code}."),
    S.REQUESTED: stored("{reader}: try {number} is requested{code}."),
    S.IN_PROGRESS: stored("{reader}: try {number} is in progress{code}."),
    S.UNKNOWN: stored("{reader}: try {number} is unknown{code}."),
    S.SUCCEEDED: stored("{reader}: try {number} is succeeded{code}."),
    S.FAILED: stored("{reader}: try {number} is failed{code}."),
    S.CANCELED: stored("{reader}: try {number} is canceled{code}."),
}
