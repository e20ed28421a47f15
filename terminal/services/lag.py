"""What a read of a reader proves of the command that it took.

Stripe promises no read of what was just written, and a reader's action has neither an id nor a
time. So for some seconds a read may show what was before the command: nothing, another's action, or
how the try before ended. Taken for the present it would have a till say that nothing was charged
while the reader waits for the card.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from payments.models import RequestStatus, StripeRequest
from payments.services.verdicts import READS_LAG
from terminal.models import ActionStatus, ActionType, ReaderAction

JSON = dict[str, Any]
CANCEL_ACTION = "reader.cancel_action"
# How a try ended whose end the reader may show and nobody saw.
UNSEEN = ("no_answer", "terminal_reader_timeout")


def proves_nothing(
    action: ReaderAction, reader: JSON, shown: str, why: dict[str, str], asked_at: datetime
) -> bool:
    """Whether a read that shows the action as ended, or not at all, may be older than the answer
    that the reader took it. `shown` and `why` are what it says of an action such as this one;
    Stripe was asked for it at `asked_at`, and may have taken long to answer.
    """
    if shown not in ("", "failed") or reader.get("deleted") or action.accepted_at is None:
        return False
    if action.status == ActionStatus.COLLECTED:
        return False  # it was seen there, and no card is charged without another word of ours
    if asked_at >= action.accepted_at + READS_LAG or _was_stopped(action):
        return False
    return not why or is_of_before(action, why["failure_code"], why["charge_id"])


def _was_stopped(action: ReaderAction) -> bool:
    """Whether Stripe said yes to `cancel_action` since: then it is not there, whatever is shown."""
    about = Q(payment=action.payment_id) if action.payment_id else Q(reader_id=action.reader_id)
    said_yes = StripeRequest.objects.filter(about, kind=CANCEL_ACTION)
    return said_yes.filter(
        status=RequestStatus.SUCCEEDED, finished_at__gte=action.accepted_at
    ).exists()


def is_of_before(action: ReaderAction, failure_code: str, charge_id: str = "") -> bool:
    """Whether such a failure may be that of an earlier try on this reader.

    No two tries share a charge; without one, only the code can tell them apart. A form names its
    action itself.
    """
    if action.type == ActionType.COLLECT_INPUTS:
        return False
    earlier = ReaderAction.objects.filter(
        payment=action.payment_id,
        refund=action.refund_id,
        saved_card=action.saved_card_id,
        reader=action.reader_id,
        type=action.type,
        pk__lt=action.pk,
    )
    if charge_id:
        return earlier.filter(charge_id=charge_id).exists()
    return earlier.filter(failure_code__in=(failure_code, *UNSEEN)).exists()
