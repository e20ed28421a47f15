"""The cart of an order on a reader's display: set_reader_display.

A command that ends what is on the reader without a word, a payment too. So it is sent only while
no action of ours is active and the reader, read just before, has nobody's in progress; a payment
that starts meanwhile waits until it was answered. What is sent is always the newest cart.
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
from stores.currencies import format_amount
from stores.models import LogEntry, Order, OrderLine, OrderStatus
from stores.principals import Principal
from stores.sentences import together
from stores.services.orders import not_open
from terminal import gateway
from terminal.errors import NothingToCancel
from terminal.models import ACTIVE, Reader, ReaderAction, ReaderDisplay
from terminal.services import errands, reading
from terminal.services.on_its_way import CLEAR, SHOW, TEST
from terminal.services.screens import tell_readers_screens, waits_for

JSON = dict[str, Any]
DELAYS = (2.0, 4.0, 8.0)  # seconds; then it waits for the next change


def show(order: Order, reader: Reader, *, by: Principal) -> ReaderDisplay:
    """From now on the reader shows this order while nothing else is on it.

    Raises OrderNotOpen, WrongReader.
    """
    with transaction.atomic():
        order = Order.objects.lock(order.pk)
        if order.status != OrderStatus.OPEN:
            raise not_open(order)
        reader = errands.lock(reader, order.store)
        display, _ = ReaderDisplay.objects.update_or_create(
            reader=reader,
            defaults={
                "store": order.store,
                "order": order,
                "tries": 0,
                "error_code": "",
                "next_try_at": timezone.now(),
            },
        )
        LogEntry.objects.write(
            store=order.store_id,
            order=order,
            reader_id=reader.pk,
            subject="reader",
            subject_id=reader.pk,
            verb="display_requested",
            message=f"{order.called} is to be shown on {reader}.",
            by=by,
        )
        _wake(display)
    return display


def clear(reader: Reader, *, by: Principal) -> None:
    """The reader shows no order any more. Raises NothingToCancel."""
    with transaction.atomic():
        reader = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
        display = ReaderDisplay.objects.filter(reader=reader).first()
        if display is None or (display.order is None and display.shown_order is None):
            raise NothingToCancel(gettext("{reader} has nothing of ours.").format(reader=reader))
        display.order, display.tries, display.next_try_at = None, 0, timezone.now()
        display.save(update_fields=["order", "tries", "next_try_at"])
        _wake(display)


def order_changed(order: Order) -> None:
    """The readers that show this order are to show it as it is now."""
    displays = ReaderDisplay.objects.filter(order=order)
    if displays.update(tries=0, next_try_at=timezone.now()):
        for reader_id in displays.values_list("reader_id", flat=True):
            bells.notify(bells.WORK, "reader", reader_id)


def _wake(display: ReaderDisplay) -> None:
    tell_readers_screens(display.reader)
    bells.notify(bells.WORK, "reader", display.reader_id)


def settle(reader: Reader) -> bool:
    """Promise what makes the display what it should be, if it is time; whether it was."""
    now = timezone.now()
    due = ReaderDisplay.objects.filter(reader=reader, next_try_at__lte=now)
    order_id = due.values_list("order_id", flat=True).first()
    if order_id is None and not due.exists():
        return False
    with transaction.atomic():
        # As everywhere: first the order, so that its lines are of one version.
        order = None if order_id is None else Order.objects.lock(order_id)
        locked = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
        display = ReaderDisplay.objects.select_for_update(no_key=True).get(reader=locked)
        display.reader = locked
        if display.order_id == order_id:
            _settle(display, order)
            display.save()
    return True


def _settle(display: ReaderDisplay, order: Order | None) -> None:
    display.next_try_at = None
    if is_taken(display.reader):
        return  # when that ends, `transitions.move` makes the display due again
    waits = StripeRequest.objects.filter(
        reader_id=display.reader_id, kind__in=(SHOW, CLEAR, TEST), status__in=UNFINISHED
    )
    if waits.exists():
        return
    if order is not None and order.status != OrderStatus.OPEN:
        display.order = order = None
    wanted = (order.pk, order.version) if order else (None, 0)
    if wanted == (display.shown_order_id, display.shown_version):
        return
    kind, verb = (SHOW, "set_reader_display") if order else (CLEAR, "cancel_action")
    sent = StripeRequest.objects.filter(reader_id=display.reader_id, kind=kind).count()
    display.request = requests.plan_for_reader(
        store_id=display.store_id,
        reader_id=display.reader_id,
        stripe_account=display.reader.stripe_account,
        kind=kind,
        path=gateway.command_path(display.reader, verb),
        params={"type": "cart", "cart": cart(order)} if order else {},
        key=f"display:{display.reader.stripe_id}:{wanted[0] or 0}:{wanted[1]}:{sent + 1}",
    )
    if order is not None:
        # What is being sent; taken back if it does not arrive.
        display.shown_order, display.shown_version = order, order.version


def cart(order: Order) -> JSON:
    """What the display shows; it adds nothing up. Tax on top, or included and then not told."""
    lines = list(order.lines.order_by("position"))
    shown: JSON = {
        "currency": order.currency,
        "total": order.total_amount,
        "line_items": [
            {
                "description": _description(line, order.currency),
                "quantity": line.quantity,
                "amount": line.price - line.discount_amount,
            }
            for line in lines
        ],
    }
    if not order.store.prices_include_tax:
        shown["tax"] = order.tax_amount
    return shown


def _description(line: OrderLine, currency: str) -> str:
    """Stripe's cart has no place for a discount, so the line says it: Coffee (-0.50 USD)."""
    if not line.discount_amount:
        return line.description
    return f"{line.description} ({format_amount(-line.discount_amount, currency)})"


def is_taken(reader: Reader) -> bool:
    return ReaderAction.objects.filter(reader=reader, status__in=ACTIVE).exists()


def shows(reader: JSON | None, wanted: JSON) -> bool:
    """Whether the reader shows this cart."""
    action = (reader or {}).get("action") or {}
    there = (action.get("set_reader_display") or {}).get("cart") or {}
    return action.get("type") == "set_reader_display" and all(
        there.get(name) == value for name, value in wanted.items()
    )


def shows_any(reader: JSON | None) -> bool:
    action = (reader or {}).get("action") or {}
    return action.get("type") == "set_reader_display" and action.get("status") == "in_progress"


@dataclass
class Display(Exchange[Reader]):
    """`POST /v1/terminal/readers/{id}/set_reader_display`, or `cancel_action` to clear it."""

    kind: str
    reads_first: ClassVar[bool] = True

    def compare(self, reader: Reader, request: StripeRequest) -> Picture | None:
        """What was read, when the display must not be touched or need not be."""
        display = ReaderDisplay.objects.select_related("order__store").get(reader=reader)
        if self.kind == SHOW and not _is_newest(display, request):
            return Picture()
        shown = reading.read_reader(reader)
        if waits_for(shown) or (self.kind == CLEAR and not shows_any(shown)):
            return Picture(reader=shown)
        return None

    def allow(self, reader: Reader, request: StripeRequest) -> bool:
        """Asked under the reader's lock, which whoever takes the reader must have too."""
        locked = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
        return not is_taken(locked)

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
        """Nothing is sent twice: what did not arrive is made anew, of what is newest then."""
        display = ReaderDisplay.objects.select_for_update(no_key=True).get(reader=reader)
        display.reader = reader
        if verdict.next is Next.STOP:
            words = together(answer.message)
            requests.raise_incident("idempotency_error", words, request=request.pk)
        if self._is_done(request, answer, picture):
            requests.record(request, answer, RequestStatus.SUCCEEDED)
            display.tries, display.error_code = 0, ""
            if self.kind == CLEAR:
                display.shown_order, display.shown_version = None, 0
            display.next_try_at = timezone.now()
        else:
            refused = verdict.next is Next.REFUSED
            done = RequestStatus.REFUSED if refused else RequestStatus.ABANDONED
            requests.record(request, answer, done)
            code = "terminal_reader_busy" if waits_for(picture.reader) else answer.code
            self._try_anew(display, request, code)
        display.save()
        tell_readers_screens(reader)

    def _is_done(self, request: StripeRequest, answer: Answer, picture: Picture) -> bool:
        if answer.succeeded and not answer.replayed:
            return True
        if picture.reader is None:
            return False
        if self.kind == CLEAR:
            return not shows_any(picture.reader)
        return shows(picture.reader, request.params["cart"])

    def _try_anew(self, display: ReaderDisplay, request: StripeRequest, code: str) -> None:
        if self.kind == SHOW:
            display.shown_order, display.shown_version = None, 0
        if is_taken(display.reader):
            return
        if not request.tries and display.order_id and not _is_newest(display, request):
            display.next_try_at = timezone.now()
            return
        display.error_code = code or "no_answer"
        if display.tries < len(DELAYS):
            delay = timedelta(seconds=DELAYS[display.tries])
            display.next_try_at = timezone.now() + delay
            display.tries += 1


def _is_newest(display: ReaderDisplay, request: StripeRequest) -> bool:
    order = display.order
    return order is not None and request.params["cart"] == cart(order)


def register() -> None:
    from terminal.services.attending import KINDS

    KINDS[SHOW], KINDS[CLEAR] = Display(SHOW), Display(CLEAR)
