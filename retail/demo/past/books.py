"""The rows of what was sold: as if tills, workers and readers of ours had been there.

What Stripe knows better is merged from what was read there, by the function that always does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from payments.models import DayClose, Method, Payment, RequestStatus, StripeRequest
from payments.services.intents import create_params
from payments.transitions import fee, merge_intent, screen
from retail.demo.past.places import Place, line_of, price_lines
from retail.demo.past.sales import Sale
from retail.demo.past.stripe import APPROVED, DECLINED, Sold, capture_params
from stores.currencies import format_amount
from stores.models import Discount, LogEntry, Order, OrderLine, OrderStatus
from stores.principals import Kind
from stores.services.orders import summary, write_amounts
from terminal.models import ActionStatus, ActionType, ReaderAction

JSON = dict[str, Any]
ASKED = timedelta(milliseconds=340)  # until a reader has what it is asked
SOON = timedelta(milliseconds=180)
FINISHED = ("status", "paid_at", "paid_amount", "held_amount", "version", "updated_at")


@dataclass
class Rows:
    orders: list[Order] = field(default_factory=list)
    lines: list[OrderLine] = field(default_factory=list)
    discounts: list[Discount] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    requests: list[StripeRequest] = field(default_factory=list)
    actions: list[ReaderAction] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    closes: list[DayClose] = field(default_factory=list)

    def open_orders(self) -> None:
        """Stripe is told their ids and numbers."""
        Order.objects.bulk_create(self.orders, batch_size=500)
        OrderLine.objects.bulk_create(self.lines, batch_size=500)
        Discount.objects.bulk_create(self.discounts, batch_size=500)

    def finish(self) -> None:
        """Everything else, or nothing of it; the log in the order of time."""
        self.log.sort(key=lambda entry: entry.at)
        with transaction.atomic():
            Order.objects.bulk_update(self.orders, FINISHED, batch_size=500)
            kinds: list[list[Any]] = [self.payments, self.requests, self.actions, self.log]
            for rows in (*kinds, self.closes):
                if rows:
                    type(rows[0])._default_manager.bulk_create(rows, batch_size=500)


def begin(rows: Rows, place: Place, sale: Sale, order_id: int, payment_id: int) -> Sold:
    """The order, and its payment before anything happened to it."""
    place.number += 1
    store, user = place.store, place.people[sale.person]
    order = Order(
        pk=order_id,
        store=store,
        number=place.number,
        currency=store.currency,
        device=place.device,
        created_by=user,
        created_at=sale.at,
        updated_at=sale.at,
    )
    lines = [line_of(place, order, n, *each) for n, each in enumerate(sale.pieces, start=1)]
    rows.discounts += price_lines(place, sale, order, lines)
    write_amounts(order, lines)
    payment = _payment(place, sale, order, payment_id)
    tip = (order.total_amount * sale.tip_percent + 50) // 100
    rows.orders.append(order)
    rows.lines += lines
    rows.payments.append(payment)
    return Sold(
        sale,
        payment,
        place.readers[sale.reader],
        reader_tip=0 if sale.is_manual else tip,
        receipt_tip=tip if sale.is_manual else 0,
    )


def _payment(place: Place, sale: Sale, order: Order, id: int) -> Payment:
    store, at_stripe = place.store, bool(sale.card)
    payment = Payment(
        pk=id,
        store=store,
        order=order,
        device=place.device,
        user=order.created_by,
        method=Method.CARD if at_stripe else Method.CASH,
        amount=order.total_amount,
        currency=order.currency,
        capture_method=store.capture_method if at_stripe else "automatic",
        created_at=sale.at,
    )
    if at_stripe:
        payment.stripe_account = store.stripe_account
        payment.destination = "" if store.stripe_account else store.account.stripe_id
        payment.fee_plan = place.plan
        payment.application_fee_amount = fee(place.plan, payment.amount)
    return payment


def finish(rows: Rows, sold: Sold, intent: JSON | None, chance: Random) -> None:
    """What became of the payment and its order, and what was asked and told on the way."""
    payment, order, ended = sold.payment, sold.payment.order, sold.ended_at
    payment.updated_at = payment.moved_at = ended
    if intent is None:
        payment.status, payment.ended_at = "succeeded", ended
        payment.amount_received = payment.amount
    else:
        payment.tip_amount, payment.canary_at = sold.receipt_tip, sold.sale.at
        merge_intent(payment, intent, ended)
    shown = screen(payment, None, ended)
    payment.state, payment.code = shown.state, shown.code
    payment.spoken = shown.message
    payment.version = 3
    order.updated_at, order.version = ended, 2
    if payment.status == "succeeded":
        order.status, order.paid_at = OrderStatus.PAID, ended
        order.paid_amount = order.total_amount
    else:
        order.held_amount = order.total_amount
    if intent is not None:
        _ask(rows, sold, chance)
    _tell(rows, sold)


def _ask(rows: Rows, sold: Sold, chance: Random) -> None:
    """The requests to Stripe, and what the reader did."""
    sale, payment, reader = sold.sale, sold.payment, sold.reader
    kind, path = "payment_intent.create", "/v1/payment_intents"
    created = _request(rows, sold, kind, path, f"create:{payment.uuid}:1", sale.at, chance)
    created.params = create_params(payment, payment.store)
    ends = [(DECLINED, "card_declined", sale.declined)] if sale.declined else []
    if sale.timed_out:
        ends.append((DECLINED, "terminal_reader_timeout", ""))
    ends.append((APPROVED, "", ""))
    begins = sale.at + SOON
    for attempt, (after, code, decline) in enumerate(ends, start=1):
        kind, path = "reader.process_payment_intent", f"/v1/terminal/readers/{reader.stripe_id}"
        key = f"process:{payment.uuid}:{attempt}"
        path = f"{path}/process_payment_intent"
        request = _request(rows, sold, kind, path, key, begins, chance)
        rows.actions.append(
            ReaderAction(
                store=payment.store,
                reader=reader,
                payment=payment,
                device=payment.device,
                user=payment.user,
                type=ActionType.PROCESS_PAYMENT_INTENT,
                attempt=attempt,
                status=ActionStatus.FAILED if code else ActionStatus.SUCCEEDED,
                failure_code=code,
                decline_code=decline,
                declined_brand="visa" if decline else "",
                charge_id="" if code else payment.latest_charge_id,
                requested_at=begins,
                accepted_at=request.finished_at,
                ended_at=sale.at + after,
            )
        )
        begins = sale.at + after + SOON
    if sale.is_manual and not sale.is_held:
        path = f"/v1/payment_intents/{payment.payment_intent_id}/capture"
        key = f"capture:{payment.uuid}:1"
        request = _request(rows, sold, "payment_intent.capture", path, key, sold.ended_at, chance)
        request.params = capture_params(payment, sold)


def _request(
    rows: Rows, sold: Sold, kind: str, path: str, key: str, at: datetime, chance: Random
) -> StripeRequest:
    took = int(chance.lognormvariate(5.4, 0.35))
    request = StripeRequest(
        store=sold.payment.store,
        payment=sold.payment,
        kind=kind,
        path=path,
        params={},
        stripe_account=sold.payment.stripe_account,
        idempotency_key=key,
        status=RequestStatus.SUCCEEDED,
        tries=1,
        next_try_at=at,
        created_at=at,
        first_sent_at=at,
        finished_at=at + timedelta(milliseconds=took),
        http_status=200,
        object_id=sold.payment.payment_intent_id or "",
        milliseconds=took,
    )
    rows.requests.append(request)
    return request


def _tell(rows: Rows, sold: Sold) -> None:
    """The log, as tills and workers write it."""
    payment, order, sale = sold.payment, sold.payment.order, sold.sale
    price = format_amount(payment.amount, payment.currency)
    _log(rows, sold, sale.at, "order", "created", summary(order), by=Kind.DEVICE)
    created = f"Payment of {price}." if sale.card else f"Payment of {price}, in cash."
    _log(rows, sold, sale.at, "payment", "created", created, by=Kind.DEVICE)
    if sale.card:
        asks = f"{sold.reader}: try 1 is in progress."
        _log(rows, sold, sale.at + ASKED, "payment", "state", asks, new="waiting_for_card")
    if sale.declined:
        no = "The card was declined."
        _log(rows, sold, sale.at + DECLINED, "payment", "state", no, new="declined")
    old = "waiting_for_card" if sale.card else "sending"
    done, state = payment.message, payment.state
    _log(rows, sold, sold.ended_at, "payment", "state", done, old=old, new=state)
    if order.status == OrderStatus.PAID:
        done, old, state = f"{order.called} is paid.", OrderStatus.OPEN, OrderStatus.PAID
        _log(rows, sold, sold.ended_at, "order", "status", done, old=old, new=state)


def _log(
    rows: Rows,
    sold: Sold,
    at: datetime,
    subject: str,
    verb: str,
    message: str,
    *,
    by: Kind = Kind.SYSTEM,
    old: str = "",
    new: str = "",
) -> None:
    payment = sold.payment
    is_payment, is_ours = subject == "payment", by is Kind.DEVICE
    amount = {"amount": payment.amount, "currency": payment.currency}
    rows.log.append(
        LogEntry(
            store=payment.store,
            at=at,
            order=payment.order,
            payment_id=payment.pk if is_payment else None,
            reader_id=sold.reader.pk if is_payment and payment.method == Method.CARD else None,
            subject=subject,
            subject_id=payment.pk if is_payment else payment.order.pk,
            verb=verb,
            old=old,
            new=new,
            message=message,
            actor_kind=by.value,
            device=payment.device if is_ours else None,
            user=payment.user if is_ours else None,
            data=amount | {"status": payment.status} if is_payment else amount,
        )
    )


def close_days(
    rows: Rows, place: Place, all_sold: Sequence[Sold], now: datetime, chance: Random
) -> None:
    """The manager closed every day but yesterday and today; now and then a coin was missing."""
    zone = ZoneInfo(place.store.timezone)
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    days: dict[date, list[Sold]] = {}
    for sold in all_sold:
        days.setdefault(sold.ended_at.astimezone(zone).date(), []).append(sold)
    for day in sorted(day for day in days if day < yesterday):
        paid = [each.payment for each in days[day] if each.payment.status == "succeeded"]
        cash = sum(each.amount for each in paid if each.method == Method.CASH)
        differs = chance.choice((0, 0, 0, -5_00, 1_00)) if cash > 5_00 else 0
        closed_at = datetime(day.year, day.month, day.day, 21, chance.randint(5, 40), tzinfo=zone)
        rows.closes.append(
            DayClose(
                store=place.store,
                day=day,
                currency=place.store.currency,
                counted_cash=cash + differs,
                expected_cash=cash,
                difference=differs,
                payments=len(paid),
                received=sum(each.amount_received for each in paid),
                refunded=0,
                note="A note of five was given as change." if differs < 0 else "",
                closed_by=place.people[0],
                closed_at=closed_at,
            )
        )
