"""dj-stripe's signals for readers: find the payment on that reader, ring, stop.

The event is a hint, not evidence. Events repeat and overtake one another, and a reader action
has no id in Stripe, so an old event could end the wrong action.
"""

from __future__ import annotations

from typing import Any

from djstripe.event_handlers import djstripe_receiver
from djstripe.models import Event

from payments.services.inbox import has_rung
from terminal.services.rings import ring_for_reader

READER_EVENTS = [
    "terminal.reader.action_succeeded",
    "terminal.reader.action_failed",
    "terminal.reader.action_updated",
]


@djstripe_receiver(READER_EVENTS)  # type: ignore[no-untyped-call]
def ring_payment_on_reader(sender: type[Event], event: Event, **kwargs: Any) -> None:
    """For an event that did not come through our inbox, which rings before dj-stripe has it.

    Runs inside dj-stripe's transaction, so it does no more than mark and notify.
    """
    account = str(event.stripe_data.get("account") or "")
    if not has_rung(event.id, account):
        ring_for_reader(str(event.data["object"]["id"]), account)
