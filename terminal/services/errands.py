"""What a reader does without a payment: a form, or a card to be saved.

One reader action each. What it asks of Stripe, how the reader shows it and what is kept of it,
its type says (`Errand`); here is what they share.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext, override

from payments.gateway import Answer
from payments.models import UNFINISHED, Payment, RequestStatus, SavedCard, StripeRequest
from payments.services import bells, requests
from payments.services.customers import CREATE_CUSTOMER, CREATE_SETUP_INTENT
from payments.services.parts import UNSENT, Picture
from stores.models import LogEntry, Order, Store
from stores.principals import Principal
from terminal import gateway
from terminal.errors import NothingToCancel, ReaderBusy, WrongReader
from terminal.models import ACTIVE, ERRANDS, ActionStatus, ActionType, Reader, ReaderAction
from terminal.services import lag
from terminal.services.commands import BUSY_PAUSE, CANCEL_ACTION
from terminal.services.lease import refuse_busy
from terminal.services.screens import JSON, failure, tell_readers_screens
from terminal.transitions import move

SILENT = timedelta(seconds=2)  # between reads while webhooks are not known to come
HEARD = timedelta(seconds=30)


class Errand(Protocol):
    """What is particular to one type of action without a payment."""

    def plan_next(self, action: ReaderAction) -> None:
        """Promise what must be asked of Stripe next, if nothing of it waits."""

    def shown(self, reader: JSON | None, action: ReaderAction) -> str:
        """The status of what the reader shows when it is this action; '' when it is not."""

    def look(self, action: ReaderAction, reader: JSON | None) -> Picture:
        """Read what settles it; `reader` is a fresh answer that needs no second read."""

    def merge(self, action: ReaderAction, picture: Picture) -> None:
        """Keep what was read, and end the action if that settles it."""


TYPES: dict[str, Errand] = {}


def reserve(
    reader: Reader,
    type: ActionType,
    *,
    store: Store,
    by: Principal,
    give_up_after: timedelta,
    order: Order | None = None,
    saved_card: SavedCard | None = None,
) -> ReaderAction:
    """Lock the reader and take it for this errand, or say what has it.

    The caller has locked the order, if there is one. Raises WrongReader, ReaderBusy.
    """
    reader = lock(reader, store)
    refuse_busy(reader)
    try:
        with transaction.atomic():
            action = ReaderAction.objects.create(
                store=store,
                reader=reader,
                type=type,
                order=order,
                saved_card=saved_card,
                device_id=by.device_id,
                user_id=by.user_id,
                give_up_at=timezone.now() + give_up_after,
            )
    except IntegrityError as error:
        raise ReaderBusy(
            gettext("{reader} is busy with something else.").format(reader=reader)
        ) from error
    with override(None):  # as the log is kept
        log(action, "requested", f"{reader} was asked for {action.about}.", by=by)
    tell_readers_screens(reader)
    bells.notify(bells.WORK, "reader", reader.pk)
    return action


def lock(reader: Reader, store: Store) -> Reader:
    """The reader, locked, if this store may use it now. Raises WrongReader."""
    reader = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
    if not reader.is_active or reader.store_id != store.pk:
        raise WrongReader(gettext("This store has no such reader in use."))
    if reader.stripe_account != store.stripe_account:
        raise WrongReader(
            gettext("{reader} is registered in another Stripe account than the store's.").format(
                reader=reader
            )
        )
    return reader


def log(action: ReaderAction, verb: str, message: str, *, by: Principal) -> None:
    LogEntry.objects.write(
        store=action.store_id,
        order=action.order_id,
        reader_id=action.reader_id,
        subject="reader_action",
        subject_id=action.pk,
        verb=verb,
        message=message,
        by=by,
    )


def active(reader: Reader) -> ReaderAction | None:
    """The errand that has the reader."""
    held = ReaderAction.objects.filter(reader=reader, status__in=ACTIVE, type__in=ERRANDS)
    action = held.select_related("order", "saved_card__customer", "store").first()
    if action is not None:
        action.reader = reader
    return action


def plan_command(action: ReaderAction, params: JSON, *, delay: float = 0.0) -> None:
    """Promise the command that the action is. The key names the attempt, or an old answer would be
    replayed and the reader would never light up.
    """
    action.request = plan(
        action,
        f"reader.{action.type}",
        gateway.command_path(action.reader, action.type),
        params,
        key=f"{action.type}:{action.reader.stripe_id}:{action.pk}:{action.attempt}",
        delay=delay,
    )
    action.save(update_fields=["request", "attempt", "resend", "status"])


def plan(
    action: ReaderAction, kind: str, path: str, params: JSON, *, key: str, delay: float = 0.0
) -> StripeRequest:
    return requests.plan_for_reader(
        store_id=action.store_id,
        reader_id=action.reader_id,
        stripe_account=action.reader.stripe_account,
        kind=kind,
        path=path,
        params=params,
        key=key,
        delay=delay,
    )


def waiting(action: ReaderAction, *kinds: str) -> bool:
    """Whether a request of one of these kinds is on its way for this reader."""
    found = StripeRequest.objects.filter(reader_id=action.reader_id, status__in=UNFINISHED)
    return found.filter(kind__in=kinds).exists()


def look(reader: Reader) -> Picture:
    """What the reader is and does, and what settles its errand. Raises the gateway's errors."""
    action = active(reader)
    if action is None:
        return Picture(reader=gateway.retrieve_reader(reader))
    return TYPES[action.type].look(action, None)


def merge(reader: Reader, picture: Picture) -> None:
    action = active(reader)
    if action is not None and action.status != ActionStatus.REQUESTED:
        if action.status == ActionStatus.UNKNOWN and not shows(action, picture):
            return
        TYPES[action.type].merge(action, picture)


def shows(action: ReaderAction, picture: Picture) -> bool:
    return bool(TYPES[action.type].shown(picture.reader, action))


def merge_screen(action: ReaderAction, reader: JSON | None) -> None:
    """End an action that the reader has no more, by what it shows instead."""
    if reader is None:
        return
    shown = TYPES[action.type].shown(reader, action)
    why = failure(reader) if shown == "failed" else {}
    if lag.proves_nothing(action, reader, shown, why, action.reader.asked_at):
        action.reader.is_doubted = True
    elif shown == "failed":
        move(
            action,
            ActionStatus.FAILED,
            failure_code=why["failure_code"],
            failure_message=why["failure_message"],
            decline_code=why["decline_code"],
        )
    elif shown == "" and not (reader.get("action") or {}):
        code = "collect_inputs_timeout" if _is_overdue(action) else "action_canceled"
        move(action, ActionStatus.CANCELED, failure_code=code)
    elif shown == "":
        move(action, ActionStatus.FAILED, failure_code="superseded")


def _is_overdue(action: ReaderAction) -> bool:
    return (
        action.cancel_requested_at is None
        and action.give_up_at is not None
        and action.give_up_at <= timezone.now()
    )


def conclude(reader: Reader, *, read_failed: bool = False) -> None:
    """The end of E: what is planned next, and when the reader is read again."""
    action = active(reader)
    if action is not None:
        _plan_next(action)
        action = active(reader)
    now = timezone.now()
    reader.next_read_at = None
    if action is not None:
        stopping = action.cancel_requested_at is not None or _is_overdue(action)
        soon = stopping or read_failed or reader.is_doubted
        pause = SILENT if soon else _pause(reader)
        next_read_at = now + pause
        if action.give_up_at is not None and now < action.give_up_at < next_read_at:
            next_read_at = action.give_up_at
        reader.next_read_at = next_read_at
    reader.save(update_fields=["next_read_at"])


def _pause(reader: Reader) -> timedelta:
    """Whether webhooks come, the latest sale of the store tells: its canary."""
    latest = Payment.objects.filter(store_id=reader.store_id).order_by("-pk")
    return HEARD if latest.values_list("canary_at", flat=True).first() else SILENT


def _plan_next(action: ReaderAction) -> None:
    overdue = _is_overdue(action)
    if action.cancel_requested_at is not None or overdue:
        if withdraw(action):
            return
        if action.status == ActionStatus.IN_PROGRESS:
            _plan_cancel(action)
        return
    TYPES[action.type].plan_next(action)


def _plan_cancel(action: ReaderAction) -> None:
    """`cancel_action`, unless one waits or the reader has just said no."""
    since = timezone.now() - BUSY_PAUSE
    sent = StripeRequest.objects.filter(reader_id=action.reader_id, kind=CANCEL_ACTION)
    if waiting(action, CANCEL_ACTION) or sent.filter(finished_at__gt=since).exists():
        return
    number = sent.count() + 1
    path = gateway.command_path(action.reader, "cancel_action")
    key = f"cancel_action:{action.reader.stripe_id}:{action.pk}:{number}"
    plan(action, CANCEL_ACTION, path, {}, key=key)


def withdraw(action: ReaderAction) -> bool:
    """Take back what never left this machine; whether that ended the action."""
    if action.status != ActionStatus.REQUESTED:
        return False
    kinds = (f"reader.{action.type}", CREATE_CUSTOMER, CREATE_SETUP_INTENT)
    found = StripeRequest.objects.filter(
        reader_id=action.reader_id, status__in=UNFINISHED, kind__in=kinds
    )
    promised = list(found.select_for_update(no_key=True))  # a worker may be about to send one
    if any(request.tries for request in promised):
        return False
    for request in promised:
        requests.record(request, UNSENT, RequestStatus.ABANDONED)
    code = "action_canceled" if action.cancel_requested_at else "no_answer"
    to = ActionStatus.CANCELED if action.cancel_requested_at else ActionStatus.FAILED
    return move(action, to, failure_code=code)


def cancel(action: ReaderAction, *, by: Principal) -> None:
    """Have the reader give up this errand. A worker compares before it stops anything.

    Raises NothingToCancel.
    """
    with transaction.atomic():
        reader = Reader.objects.select_for_update(no_key=True).get(pk=action.reader_id)
        held = active(reader)
        if held is None or held.pk != action.pk:
            raise NothingToCancel(gettext("{reader} no longer has that.").format(reader=reader))
        if held.cancel_requested_at is None:
            held.cancel_requested_at = timezone.now()
            held.save(update_fields=["cancel_requested_at"])
            log(held, "cancel_action_requested", f"{reader} is to be freed.", by=by)
        _plan_next(held)
        tell_readers_screens(reader)
        bells.notify(bells.WORK, "reader", reader.pk)


def fail(action: ReaderAction, answer: Answer, code: str = "") -> None:
    to, code = ActionStatus.FAILED, code or answer.code or "refused"
    if move(action, to, failure_code=code, failure_message=answer.message):
        tell_readers_screens(action.reader)
