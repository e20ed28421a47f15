"""Forms on a reader: collect_inputs. docs.stripe.com/terminal/features/collect-inputs"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from payments.models import Payment
from payments.services.inbox import KEPT
from payments.services.parts import Picture
from stores.errors import OrderNotOpen
from stores.models import Order, OrderStatus
from stores.principals import Principal
from terminal.models import ActionStatus, ActionType, CollectedInputs, Reader, ReaderAction
from terminal.services import errands, reading
from terminal.transitions import move

JSON = dict[str, Any]

# Stripe ends a form that nobody touches for two minutes; so long for each input, and some more,
# is the longest a reader that says nothing any more is kept.
PATIENCE = timedelta(minutes=2)
MARGIN = timedelta(seconds=30)


def collect(order: Order, reader: Reader, inputs: list[JSON], *, by: Principal) -> ReaderAction:
    """Promise that the reader asks the customer of this order.

    Raises OrderNotOpen, WrongReader, ReaderBusy.
    """
    with transaction.atomic():
        order = Order.objects.lock(order.pk)
        if order.status == OrderStatus.CANCELED:
            raise OrderNotOpen(gettext("{order} is canceled.").format(order=order))
        action = errands.reserve(
            reader,
            ActionType.COLLECT_INPUTS,
            store=order.store,
            by=by,
            order=order,
            give_up_after=PATIENCE * len(inputs) + MARGIN,
        )
        CollectedInputs.objects.create(store=order.store, action=action, order=order, asked=inputs)
        errands.plan_command(action, _params(action, inputs))
    return action


def _params(action: ReaderAction, inputs: list[JSON]) -> JSON:
    return {"inputs": inputs, "metadata": _metadata(action)}


def _metadata(action: ReaderAction) -> dict[str, str]:
    return {
        "reader_action": str(action.pk),
        "order": str(action.order_id),
        "store": str(action.store_id),
    }


class Form:
    """Implements errands.Errand. The reader alone knows what was answered."""

    def plan_next(self, action: ReaderAction) -> None:
        return

    def shown(self, reader: JSON | None, action: ReaderAction) -> str:
        there = (reader or {}).get("action") or {}
        asked = there.get("collect_inputs") or {}
        ours = asked.get("metadata") == _metadata(action)
        return str(there.get("status") or "") if ours else ""

    def look(self, action: ReaderAction, reader: JSON | None) -> Picture:
        return Picture(reader=reader or reading.read_reader(action.reader))

    def merge(self, action: ReaderAction, picture: Picture) -> None:
        if self.shown(picture.reader, action) == "succeeded":
            assert picture.reader is not None
            self._keep(action, picture.reader["action"]["collect_inputs"]["inputs"])
            move(action, ActionStatus.SUCCEEDED)
        else:
            errands.merge_screen(action, picture.reader)

    def _keep(self, action: ReaderAction, inputs: list[JSON]) -> None:
        form = action.form
        form.inputs = inputs
        form.receipt_email = _first(inputs, "email", 254)
        form.receipt_phone = _first(inputs, "phone", 32)
        if form.receipt_email and not _is_email(form.receipt_email):
            form.receipt_email = ""
        form.save(update_fields=["inputs", "receipt_email", "receipt_phone"])


def _first(inputs: list[JSON], type: str, longest: int) -> str:
    """What was typed into the first input of that type that was not skipped."""
    typed = ((each.get(type) or {}).get("value") for each in inputs if each["type"] == type)
    return next((value for value in typed if value and len(value) <= longest), "")


def typed_address(payment: Payment) -> str:
    """The e-mail that the customer typed on a reader for this payment's order.

    Of a bill that several people paid nobody knows whose it is.
    """
    others = Payment.objects.filter(order_id=payment.order_id).exclude(pk=payment.pk)
    if any(each.is_authorized for each in others):
        return ""
    told = CollectedInputs.objects.filter(order_id=payment.order_id).exclude(receipt_email="")
    return told.order_by("-pk").values_list("receipt_email", flat=True).first() or ""


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def answers(form: CollectedInputs) -> list[tuple[str, str]]:
    """Each title with what was answered, for people."""
    return [(each["custom_text"]["title"], _words(each)) for each in form.inputs]


def _words(given: JSON) -> str:
    value = given.get(given["type"]) or {}
    said = str(value.get("text") or value.get("value") or "")
    if given.get("skipped"):
        said = gettext("skipped")
    toggles = [
        f"{each.get('title') or each.get('description')}: {each.get('value')}"
        for each in given.get("toggles") or ()
    ]
    return ", ".join([part for part in (said, *toggles) if part])


def forget_answers() -> None:
    """Empty the forms that ended so long ago: no answer is kept longer than the event it came in.

    What was asked stays, and when.
    """
    old = CollectedInputs.objects.filter(action__ended_at__lt=timezone.now() - KEPT)
    old.exclude(inputs=[]).update(inputs=[], receipt_email="", receipt_phone="")


def register() -> None:
    errands.TYPES[ActionType.COLLECT_INPUTS] = Form()
