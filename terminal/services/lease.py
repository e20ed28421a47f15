"""Who has a reader, and since when; and taking one that is free."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from payments.models import Payment, Refund, State
from payments.services.telling import log
from stores.models import Store
from stores.names import name_of
from stores.principals import Principal
from stores.sentences import said, stored
from terminal.errors import ReaderBusy, WrongReader
from terminal.models import HELD, ActionStatus, ActionType, Reader, ReaderAction
from terminal.services import commands


def reserve(
    payment: Payment,
    reader: Reader,
    *,
    by: Principal,
    refund: Refund | None = None,
    confirms: ReaderAction | None = None,
) -> ReaderAction:
    """Lock the reader and take it for this payment, or say whose it is.

    The caller holds the payment's lock. Raises WrongReader, ReaderBusy.
    """
    reader = lock(payment, reader)
    refuse_busy(reader)
    try:
        with transaction.atomic():
            action = commands.new_action(payment, reader, by=by, refund=refund, confirms=confirms)
    except IntegrityError as error:
        raise ReaderBusy(
            gettext("{reader} is busy with another sale.").format(reader=reader)
        ) from error
    log(
        payment,
        "reader_requested",
        said("{reader} was asked for.", reader=str(reader)),
        by=by,
        reader_id=reader.pk,
    )
    return action


def refuse_busy(reader: Reader) -> None:
    """Raises ReaderBusy naming what has the reader, and whose it is."""
    held = held_on(reader)
    if held is not None:
        raise busy(held)


def reserve_behind(
    payment: Payment, reader: Reader, before: ReaderAction, *, by: Principal
) -> ReaderAction:
    """Keep the reader for this payment until `before` has ended, wherever that is.

    Raises WrongReader, ReaderBusy.
    """
    reader = lock(payment, reader)
    held = foremost(HELD_BY_ANY.filter(reader=reader).exclude(pk=before.pk))
    if held is not None:
        raise busy(held)
    action = commands.new_action(payment, reader, by=by, status=ActionStatus.RESERVED)
    payment.code = ""  # what the last try ended with
    log(
        payment,
        "reader_requested",
        said("{reader} is kept for it.", reader=str(reader)),
        by=by,
        reader_id=reader.pk,
    )
    return action


def lock(payment: Payment, reader: Reader) -> Reader:
    """The reader, locked, if this payment may be taken on it. Raises WrongReader."""
    reader = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
    store = payment.store
    if reader.store_id == store.pk and not reader.is_active and reader.read_error:
        raise WrongReader(
            gettext("{reader} is out of use. {read_error}").format(
                reader=reader, read_error=reader.spoken_read_error
            ),
            next_action=gettext("Choose another reader, or have a manager confirm this one."),
        )
    if not reader.is_active or reader.store_id != store.pk:
        raise WrongReader(gettext("This store has no such reader in use."))
    if reader.stripe_account != payment.stripe_account:
        raise WrongReader(
            gettext("{reader} is registered in another Stripe account than the store's.").format(
                reader=reader
            )
        )
    return reader


_RELATED = ("payment__order", "order", "store", "reader", "device", "user")
HELD_BY_ANY = ReaderAction.objects.filter(status__in=HELD).select_related(*_RELATED).order_by("pk")


def held_on(reader: Reader) -> ReaderAction | None:
    """What has this reader, or it is kept for; None when it is free."""
    return foremost(HELD_BY_ANY.filter(reader=reader))


def foremost(held: Iterable[ReaderAction]) -> ReaderAction | None:
    """Of what has one reader: what is on it comes before what it is kept for."""
    return min(held, key=lambda each: (each.status == ActionStatus.RESERVED, each.pk), default=None)


def who(action: ReaderAction) -> str:
    """The tablet or the person that asked for it; '' for ourselves."""
    if action.device is not None:
        return action.device.name
    if action.user is not None:
        return name_of(action.user)
    return ""


# What is stored of one sale for another one, with the names that a sale has in it.
USED_NOW = stored("{sale} uses {reader} now.")
NOT_STOPPED = stored("{sale} could not be stopped on {reader}.")
NAMES = (
    stored("Order {number} of {by}"),
    stored("Order {number}"),
    stored("A form of order {number} of {by}"),
    stored("A form of order {number}"),
    stored("A card that is to be saved of {by}"),
    stored("A card that is to be saved"),
)


def name(action: ReaderAction) -> str:
    """`order 12 of Front tablet`."""
    by = who(action)
    return gettext("{about} of {by}").format(about=action.about, by=by) if by else action.about


def clock(moment: datetime, store: Store) -> str:
    """The time of day where the store is."""
    return moment.astimezone(ZoneInfo(store.timezone)).strftime("%H:%M")


def may_be_taken_over(action: ReaderAction) -> bool:
    """Whether the reader waits for a card that nobody has presented, as far as is known."""
    return (
        action.payment is not None
        and action.status == ActionStatus.IN_PROGRESS
        and action.failure_code == ""
        and action.type != ActionType.CONFIRM_PAYMENT_INTENT
        and not (_is_at_work(action.payment) and action.refund_id is None)
    )


def _is_at_work(payment: Payment) -> bool:
    busy = (State.AUTHORIZING, State.COLLECTED, State.CHECKING)
    return payment.is_authorized or payment.state in busy


def busy(action: ReaderAction) -> ReaderBusy:
    """The refusal that says whose sale it is, and names the payment that may be stopped."""
    since = clock(action.requested_at, action.store)
    said = gettext("{reader} is busy with {name} since {since}.").format(
        reader=action.reader, name=name(action), since=since
    )
    if action.payment_id is None or not may_be_taken_over(action):
        return ReaderBusy(said)
    return ReaderBusy(
        said,
        next_action=gettext(
            "Finish or cancel that sale first, use another reader, or take this one over."
        ),
        about={"payment": action.payment_id},
    )
