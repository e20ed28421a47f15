"""The conversation about a reader: what it does without a payment, and how it is.

As with payments: whoever holds the reader's lease takes turns (send what waits, show what is
wanted, read because a bell rang or it is time) until nothing is left to do.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from payments.crashpoints import crash_point
from payments.errors import LeaseLost, RequestWithdrawn
from payments.gateway import AccountRefused, Answer, NoAnswer, NotFound
from payments.models import UNFINISHED, StripeRequest
from payments.services.bells import WORK, notify
from payments.services.exchange import exchange
from payments.services.lease import lease_seconds
from payments.services.parts import Exchange, Picture
from payments.services.verdicts import Verdict
from stores.principals import StoreScopedQuerySet
from stores.sentences import Said, said
from terminal.models import ERRANDS, Reader, ReaderDisplay
from terminal.services import displays, errand_commands, errands, moved
from terminal.services.commands import CANCEL_ACTION
from terminal.services.screens import UNKNOWN_TO_STRIPE, copy_reader, tell_readers_screens

logger = logging.getLogger(__name__)


class ReaderKind(Exchange[Reader], Protocol):
    """What is particular to one kind of request for a reader."""

    def finish(
        self,
        reader: Reader,
        request: StripeRequest,
        answer: Answer,
        verdict: Verdict,
        picture: Picture,
    ) -> None:
        """Write down what came of it, under the reader's lock."""
        ...


KINDS: dict[str, ReaderKind] = {}


def ring(reader_id: int) -> None:
    """Have the reader read from Stripe soon; inside the caller's transaction or its own."""
    with transaction.atomic():
        Reader.objects.filter(pk=reader_id).update(rung_at=Now())
        notify(WORK, "reader", reader_id)


def due(readers: StoreScopedQuerySet[Reader]) -> StoreScopedQuerySet[Reader]:
    """Those nobody holds that have something to be done now."""
    now = timezone.now()
    return _free(readers, now).filter(_is_promised(now) | Q(next_read_at__lte=now))


def promised(readers: StoreScopedQuerySet[Reader]) -> StoreScopedQuerySet[Reader]:
    """Those of them where a bell rang, or something is to be sent or shown."""
    now = timezone.now()
    return _free(readers, now).filter(_is_promised(now))


def to_read(readers: StoreScopedQuerySet[Reader]) -> StoreScopedQuerySet[Reader]:
    """The others: only a read is due, because it is time; the longest due first."""
    now = timezone.now()
    rest = _free(readers, now).filter(next_read_at__lte=now).exclude(_is_promised(now))
    return rest.order_by("next_read_at", "pk")


def _free(readers: StoreScopedQuerySet[Reader], now: datetime) -> StoreScopedQuerySet[Reader]:
    return readers.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))


def _is_promised(now: datetime) -> Q:
    waiting = StripeRequest.objects.filter(
        reader_id=OuterRef("pk"), status__in=UNFINISHED, next_try_at__lte=now
    )
    to_show = ReaderDisplay.objects.filter(reader=OuterRef("pk"), next_try_at__lte=now)
    return Q(rung_at__isnull=False) | Q(Exists(waiting)) | Q(Exists(to_show))


@dataclass(frozen=True)
class ReaderLease:
    """The right to converse about one reader, as long as nobody claimed a higher fence."""

    reader_id: int
    fence: int

    def hold(self) -> None:
        """Renew, so that the time left exceeds a call's time-out. Raises LeaseLost."""
        until = timezone.now() + timedelta(seconds=lease_seconds())
        if not self._mine().update(lease_until=until):
            raise LeaseLost(self.reader_id)

    def load(self) -> Reader:
        reader = self._mine().select_related("store").first()
        if reader is None:
            raise LeaseLost(self.reader_id)
        return reader

    def lock(self) -> Reader:
        """The reader, locked until the transaction ends. Raises LeaseLost."""
        reader = self._mine().select_for_update(no_key=True).first()
        if reader is None:
            raise LeaseLost(self.reader_id)
        return reader

    def release_if_idle(self) -> bool:
        """Give the lease back unless something became due meanwhile; whether it was given back."""
        with transaction.atomic():
            if self._mine().select_for_update(no_key=True).first() is None:
                return True
            self._mine().update(lease_until=None)
            if not due(self._mine()).exists():
                return True
            until = timezone.now() + timedelta(seconds=lease_seconds())
            self._mine().update(lease_until=until)
            return False

    def _mine(self) -> StoreScopedQuerySet[Reader]:
        return Reader.objects.filter(pk=self.reader_id, fence=self.fence)


def claim(reader_id: int) -> ReaderLease | None:
    """Take the reader if nobody holds it and something is due."""
    until = timezone.now() + timedelta(seconds=lease_seconds())
    free = due(Reader.objects.filter(pk=reader_id))
    if not free.update(fence=F("fence") + 1, lease_until=until):
        return None
    held = Reader.objects.filter(pk=reader_id, lease_until=until)
    fence = held.values_list("fence", flat=True).first()
    return None if fence is None else ReaderLease(reader_id, fence)


def attend(reader_id: int) -> None:
    """Do all that is due for this reader. Returns at once when somebody else is doing it."""
    lease = claim(reader_id)
    if lease is None:
        return
    try:
        while _turn(lease) or not lease.release_if_idle():
            pass
    except LeaseLost:
        logger.warning("reader %s: the lease was lost, nothing was written", reader_id)


def _turn(lease: ReaderLease) -> bool:
    """Send one request, settle the display, or read once; False when none is due."""
    reader = lease.load()
    now = timezone.now()
    waiting = StripeRequest.objects.filter(reader_id=reader.pk, status__in=UNFINISHED)
    request = waiting.filter(next_try_at__lte=now).order_by("pk").first()
    if request is not None:
        _send(lease, reader, request)
        return True
    if displays.settle(reader):
        return True
    if reader.rung_at is not None or (reader.next_read_at and reader.next_read_at <= now):
        _read(lease, reader)
        return True
    return False


def _send(lease: ReaderLease, reader: Reader, request: StripeRequest) -> None:
    kind = KINDS[request.kind]
    lease.hold()
    asked_at = timezone.now()
    try:
        answer, verdict, picture = exchange(lease.hold, kind, reader, request)
    except RequestWithdrawn:
        return
    crash_point(f"read:{request.kind}")
    logger.info("%s %s: %s %s", request.kind, request.pk, verdict.next.value, answer.code)
    with transaction.atomic():
        locked = lease.lock()
        locked.asked_at = asked_at
        if picture.reader is not None:
            copy_reader(locked, picture.reader)
        kind.finish(locked, request, answer, verdict, picture)
        errands.conclude(locked)
        crash_point(f"merged:{request.kind}")
    crash_point(f"committed:{request.kind}")


def _read(lease: ReaderLease, reader: Reader) -> None:
    """Because a bell rang, or because it is time."""
    lease.hold()
    picture, error, asked_at = Picture(), Said([]), timezone.now()
    try:
        picture = errands.look(reader)
    except NotFound:
        error = UNKNOWN_TO_STRIPE
    except (NoAnswer, AccountRefused) as failure:
        error = said("Stripe could not be asked: {failure}", failure=str(failure)[:150])
    crash_point("read:reader")
    with transaction.atomic():
        locked = lease.lock()
        locked.asked_at = asked_at
        if locked.rung_at == reader.rung_at:
            locked.rung_at = None
        if locked.is_active or error:  # else it says why it is out of use
            locked.spoken_read_error = error
        locked.save(update_fields=["rung_at", *Reader.spoken_read_error.fields])
        if picture.reader is not None:
            copy_reader(locked, picture.reader)
        elif error == UNKNOWN_TO_STRIPE:
            moved.hold(locked, error)
        if not error:
            errands.merge(locked, picture)
        errands.conclude(locked, read_failed=bool(error))
        tell_readers_screens(locked)
    crash_point("committed:reader")


def register() -> None:
    for type in ERRANDS:
        KINDS[f"reader.{type}"] = errand_commands.Command()
    KINDS[CANCEL_ACTION] = errand_commands.CancelAction()
