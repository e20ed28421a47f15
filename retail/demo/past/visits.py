"""What customers do at the readers that nobody sells at: a card is saved, a form is answered.

By the services that tills call. Each is attended to here, too, so that nothing waits for a worker.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from payments.models import Payment
from retail.demo.past.places import Place
from retail.demo.past.stripe import tell
from stores.models import Order
from stores.principals import Principal
from terminal.errors import ReaderBusy
from terminal.models import ACTIVE, ActionStatus, ReaderAction
from terminal.services import attending, forms, saving

JSON = dict[str, Any]
PATIENCE = 20.0  # seconds for one step at a reader
FORM: list[JSON] = [
    {"type": "email", "custom_text": {"title": "Your receipt by e-mail"}},
    {
        "type": "selection",
        "custom_text": {"title": "How was your visit?"},
        "selection": {
            "choices": [
                {"id": "good", "text": "Very good"},
                {"id": "fine", "text": "Fine"},
                {"id": "bad", "text": "Not so good"},
            ]
        },
    },
]


class NotServed(Exception):
    """The reader did not get as far as it should within our patience."""


def visit(place: Place, payments: Sequence[Payment], base: str) -> None:
    """Whoever is busy with the reader goes first: then it shows less."""
    try:
        for name, email, card in place.shop.regulars:
            _save_card(place, base, name, email, card)
        orders = (each.order for each in reversed(payments) if each.status == "succeeded")
        for email, liked in place.shop.answers:
            _answer(place, base, next(orders), email, liked)
    except ReaderBusy:
        return


def _save_card(place: Place, base: str, name: str, email: str, card: str) -> None:
    by = Principal.of_user(place.people[-1])
    action = saving.save_card(
        place.store, place.readers[-1], allow_redisplay="always", by=by, name=name, email=email
    )
    _asked(action)
    tell(base, f"readers/{action.reader.stripe_id}/present", {"card": card})
    _over(action)


def _answer(place: Place, base: str, order: Order, email: str, liked: str) -> None:
    by = Principal.of_user(place.people[-1])
    action = forms.collect(order, place.readers[-1], FORM, by=by)
    _asked(action)
    for each in ({"value": email} if email else {"skip": True}, {"value": liked}):
        tell(base, f"readers/{action.reader.stripe_id}/inputs", each)
    _over(action)


def _asked(action: ReaderAction) -> None:
    _until(action, lambda row: row.status != ActionStatus.REQUESTED)
    if action.status != ActionStatus.IN_PROGRESS:
        raise NotServed(f"{action.reader} is {action.status}: {action.failure_code}")


def _over(action: ReaderAction) -> None:
    _until(action, lambda row: row.status not in ACTIVE)


def _until(action: ReaderAction, is_so: Callable[[ReaderAction], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        attending.attend(action.reader_id)
        action.refresh_from_db(fields=["status", "failure_code"])
        if is_so(action):
            return
        if time.monotonic() > deadline:
            raise NotServed(f"{action.reader} is {action.status} for too long")
        time.sleep(0.1)
        attending.ring(action.reader_id)
