"""Testing a reader: its display says so for a moment, which proves the line and harms nothing.

Sent under the rules of a cart: only while nothing is on the reader. Clearing it is a display's own
business, with its repeats.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from payments.gateway import Answer
from payments.models import UNFINISHED, RequestStatus, StripeRequest
from payments.services import bells, requests
from payments.services.parts import Exchange, Picture
from payments.services.verdicts import Next, Verdict
from stores.models import LogEntry
from stores.principals import Principal
from stores.sentences import together
from terminal import gateway
from terminal.errors import ReaderBusy
from terminal.models import HELD, Reader, ReaderAction, ReaderDisplay
from terminal.services import displays, reading
from terminal.services.on_its_way import CLEAR, SHOW, TEST
from terminal.services.screens import tell_readers_screens, waits_for

STAYS = timedelta(seconds=3)  # long enough to be seen


def last(reader: Reader) -> StripeRequest | None:
    return StripeRequest.objects.filter(kind=TEST, reader_id=reader.pk).order_by("-pk").first()


def is_shown(reader: Reader) -> bool:
    """Whether its display says "Test" now: it shows something that is no order's."""
    display: ReaderDisplay | None = getattr(reader, "display", None)
    return display is not None and display.shown_order_id is None and display.shown_version > 0


def refusal(reader: Reader) -> str:
    """Why it cannot be tested now; empty when it can."""
    if not reader.is_active:
        return gettext("{reader} is not in use.").format(reader=reader)
    if ReaderAction.objects.filter(reader=reader, status__in=HELD).exists():
        return gettext("{reader} is busy: that it works shows in what it does.").format(
            reader=reader
        )
    display = ReaderDisplay.objects.filter(reader=reader).first()
    if display is not None and (display.order_id or display.shown_order_id):
        return gettext("{reader} shows a cart. Free it first.").format(reader=reader)
    on_its_way = StripeRequest.objects.filter(
        reader_id=reader.pk, kind__in=(SHOW, CLEAR, TEST), status__in=UNFINISHED
    )
    return (
        gettext("{reader} is being asked for something already.").format(reader=reader)
        if on_its_way.exists()
        else ""
    )


def test(reader: Reader, *, by: Principal) -> None:
    """Promise that its display says "Test" and is cleared again. Raises ReaderBusy."""
    with transaction.atomic():
        reader = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
        if why := refusal(reader):
            raise ReaderBusy(why)
        ReaderDisplay.objects.get_or_create(reader=reader, defaults={"store": reader.store})
        number = StripeRequest.objects.filter(reader_id=reader.pk, kind=TEST).count() + 1
        requests.plan_for_reader(
            store_id=reader.store_id,
            reader_id=reader.pk,
            stripe_account=reader.stripe_account,
            kind=TEST,
            path=gateway.command_path(reader, "set_reader_display"),
            params={"type": "cart", "cart": _cart(reader.store.currency)},
            key=f"test:{reader.stripe_id}:{number}",
        )
        LogEntry.objects.write(
            store=reader.store_id,
            reader_id=reader.pk,
            subject="reader",
            subject_id=reader.pk,
            verb="test_requested",
            message=f"{reader} is to be tested.",
            by=by,
        )
        tell_readers_screens(reader)
        bells.notify(bells.WORK, "reader", reader.pk)


def _cart(currency: str) -> dict[str, Any]:
    line = {"description": "Test, nothing to pay", "quantity": 1, "amount": 0}
    return {"currency": currency, "total": 0, "line_items": [line]}


@dataclass
class Test(Exchange[Reader]):
    """`POST /v1/terminal/readers/{id}/set_reader_display` of nothing to pay."""

    reads_first: ClassVar[bool] = True

    def compare(self, reader: Reader, request: StripeRequest) -> Picture | None:
        shown = reading.read_reader(reader)
        return Picture(reader=shown) if waits_for(shown) or displays.shows_any(shown) else None

    def allow(self, reader: Reader, request: StripeRequest) -> bool:
        """Asked under the reader's lock, which whoever takes the reader must have too."""
        locked = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
        return not displays.is_taken(locked)

    def look(self, reader: Reader, request: StripeRequest, answer: Answer) -> Picture:
        if answer.succeeded and not answer.replayed:
            return Picture(reader=answer.object)
        return Picture(reader=reading.read_reader(reader))

    def finish(
        self,
        reader: Reader,
        request: StripeRequest,
        answer: Answer,
        verdict: Verdict,
        picture: Picture,
    ) -> None:
        display = ReaderDisplay.objects.select_for_update(no_key=True).get(reader=reader)
        if verdict.next is Next.STOP:
            words = together(answer.message)
            requests.raise_incident("idempotency_error", words, request=request.pk)
        fresh = answer.succeeded and not answer.replayed
        if fresh or displays.shows(picture.reader, request.params["cart"]):
            requests.record(request, answer, RequestStatus.SUCCEEDED)
            # Something that is no order's: what is wanted differs from it, so it is cleared.
            display.shown_order, display.shown_version = None, 1
            display.next_try_at = timezone.now() + STAYS
        else:
            refused = verdict.next is Next.REFUSED
            done = RequestStatus.REFUSED if refused else RequestStatus.ABANDONED
            requests.record(request, answer, done)
            display.next_try_at = timezone.now()  # for a cart that was wanted meanwhile
        display.save()
        tell_readers_screens(reader)


def register() -> None:
    from terminal.services.attending import KINDS

    KINDS[TEST] = Test()
