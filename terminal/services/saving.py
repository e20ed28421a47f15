"""Saving a card on a reader: Customer, SetupIntent, process_setup_intent.

docs.stripe.com/terminal/features/saving-cards/save-directly
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from payments import gateway
from payments.errors import CardNotSavable
from payments.gateway import Answer
from payments.models import Customer, RequestStatus, SavedCard, StripeRequest
from payments.services import customers, requests
from payments.services.customers import CREATE_CUSTOMER, CREATE_SETUP_INTENT
from payments.services.parts import Exchange, Picture
from payments.services.verdicts import GIVE_UP, Next, Verdict
from stores.models import Store
from stores.principals import Principal
from terminal.models import ActionStatus, ActionType, Reader, ReaderAction
from terminal.services import errands, lag, reading
from terminal.transitions import move

JSON = dict[str, Any]
PATIENCE = timedelta(minutes=5)  # then a reader that still asks for a card is given back
FINAL = ("succeeded", "canceled")


def save_card(
    store: Store,
    reader: Reader,
    *,
    allow_redisplay: str,
    by: Principal,
    customer: Customer | None = None,
    name: str = "",
    email: str = "",
) -> ReaderAction:
    """Promise that the reader asks for a card to be saved; the cardholder has agreed to that.

    Without `customer` a new one is made. Raises WrongReader, ReaderBusy.
    """
    with transaction.atomic():
        if customer is None:
            customer = customers.new_customer(store, name=name, email=email)
        card = customers.new_card(customer, allow_redisplay=allow_redisplay, by=by)
        return _start(card, reader, by=by)


def try_again(card: SavedCard, reader: Reader, *, by: Principal) -> ReaderAction:
    """Ask for a card once more, for the same SetupIntent.

    Raises CardNotSavable, WrongReader, ReaderBusy.
    """
    with transaction.atomic():
        card = SavedCard.objects.select_for_update(no_key=True).get(pk=card.pk)
        if card.ended_at is not None:
            raise CardNotSavable(
                gettext("{card} is {status} already.").format(card=card, status=card.status)
            )
        return _start(card, reader, by=by)


def _start(card: SavedCard, reader: Reader, *, by: Principal) -> ReaderAction:
    action = errands.reserve(
        reader,
        ActionType.PROCESS_SETUP_INTENT,
        store=card.store,
        by=by,
        saved_card=card,
        give_up_after=PATIENCE,
    )
    Saving().plan_next(action)
    return action


class Saving:
    """Implements errands.Errand. Whether a card is saved, the SetupIntent alone tells."""

    def plan_next(self, action: ReaderAction) -> None:
        card = _card(action)
        customer = card.customer
        if errands.waiting(action, CREATE_CUSTOMER, CREATE_SETUP_INTENT):
            return
        if customer.stripe_id is None:
            params = customers.customer_params(customer)
            key = f"customer:{customer.uuid}:{action.pk}"
            errands.plan(action, CREATE_CUSTOMER, "/v1/customers", params, key=key)
        elif card.setup_intent_id is None:
            params = customers.setup_intent_params(card)
            key = f"setup_intent:{card.uuid}:{action.pk}"
            errands.plan(action, CREATE_SETUP_INTENT, "/v1/setup_intents", params, key=key)
        elif action.request_id is None:
            params = {
                "setup_intent": card.setup_intent_id,
                "allow_redisplay": card.allow_redisplay,
                "process_config": {"enable_customer_cancellation": True},
            }
            errands.plan_command(action, params)

    def shown(self, reader: JSON | None, action: ReaderAction) -> str:
        there = (reader or {}).get("action") or {}
        intent = (there.get("process_setup_intent") or {}).get("setup_intent")
        if intent is None or intent != _card(action).setup_intent_id:
            return ""
        status = str(there.get("status") or "")
        code = str(there.get("failure_code") or "failed")
        if status == "failed" and action.accepted_at is None and lag.is_of_before(action, code):
            return ""  # ours was not delivered
        return status

    def look(self, action: ReaderAction, reader: JSON | None) -> Picture:
        """The SetupIntent last, so that it is never older than the reader's picture; while the
        reader asks for the card, its own answer is enough.
        """
        shown = reader or reading.read_reader(action.reader)
        if self.shown(shown, action) == "in_progress" and reader is not None:
            return Picture(reader=shown)
        card = _card(action)
        if card.setup_intent_id is None:
            return Picture(reader=shown)
        intent = gateway.retrieve_setup_intent(card.setup_intent_id, card.stripe_account)
        return Picture(intent, shown)

    def merge(self, action: ReaderAction, picture: Picture) -> None:
        card = _card(action)
        if picture.intent is not None:
            customers.merge_setup_intent(card, picture.intent)
        if card.status == "succeeded":
            move(action, ActionStatus.SUCCEEDED)
        elif card.status == "canceled":
            move(action, ActionStatus.CANCELED, failure_code="setup_intent_canceled")
        elif picture.intent is not None or picture.reader is not None:
            errands.merge_screen(action, picture.reader)


def _card(action: ReaderAction) -> SavedCard:
    assert action.saved_card is not None
    return action.saved_card


@dataclass
class Creating(Exchange[Reader]):
    """`POST /v1/customers` and `/v1/setup_intents`: the same key until the answer is known."""

    kind: str
    reads_first: ClassVar[bool] = False

    def look(self, reader: Reader, request: StripeRequest, answer: Answer) -> Picture:
        return Picture()

    def finish(
        self,
        reader: Reader,
        request: StripeRequest,
        answer: Answer,
        verdict: Verdict,
        picture: Picture,
    ) -> None:
        action = errands.active(reader)
        if answer.succeeded:
            requests.record(request, answer, RequestStatus.SUCCEEDED)
            self._keep(request, answer.object)
        elif verdict.next is Next.REFUSED:
            requests.record(request, answer, RequestStatus.REFUSED)
            if action is not None:
                errands.fail(action, answer)
        elif timezone.now() - request.created_at < GIVE_UP:
            requests.again(request, answer, verdict.delay or 1.0)
        else:
            requests.record(request, answer, RequestStatus.ABANDONED)
            if action is not None:
                errands.fail(action, answer, "no_answer")

    def _keep(self, request: StripeRequest, made: JSON) -> None:
        if self.kind == CREATE_CUSTOMER:
            uuid = request.params["metadata"]["customer"]
            Customer.objects.filter(uuid=uuid, stripe_id=None).update(stripe_id=made["id"])
        else:
            uuid = request.params["metadata"]["saved_card"]
            SavedCard.objects.filter(uuid=uuid, setup_intent_id=None).update(
                setup_intent_id=made["id"], status=made["status"]
            )


def register() -> None:
    from terminal.services.attending import KINDS

    errands.TYPES[ActionType.PROCESS_SETUP_INTENT] = Saving()
    for kind in (CREATE_CUSTOMER, CREATE_SETUP_INTENT):
        KINDS[kind] = Creating(kind)
