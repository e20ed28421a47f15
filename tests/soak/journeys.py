"""How people buy. A journey is a function that takes a sale from its start to its end.

To add one: a function with `@journey(name, weight)`, weight being how often it comes beside the
others. It says what the cashier and the customer do and copes with whatever else is on the screen;
that promises hold is not its business. `ends` are the states it may leave a payment in when all
goes as it wants; `calm` keeps trouble with the reader away from it, because it makes its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.soak.till import OVER, Sale

MOST_TRIES = 6


@dataclass(frozen=True)
class Journey:
    go: Callable[[Sale], None]
    weight: int
    calm: bool


JOURNEYS: dict[str, Journey] = {}


def journey(
    name: str, weight: int = 1, *, calm: bool = False
) -> Callable[[Callable[[Sale], None]], Callable[[Sale], None]]:
    def keep(go: Callable[[Sale], None]) -> Callable[[Sale], None]:
        JOURNEYS[name] = Journey(go, weight, calm)
        return go

    return keep


def travel(sale: Sale) -> str:
    """Go all the way; the last state the cashier saw. Whoever runs out of time cancels."""
    try:
        sale.prepare()
        JOURNEYS[sale.plan.journey].go(sale)
        if sale.payment and not sale.is_over:
            finish(sale)
    finally:
        sale.put_right()
    return sale.state


def finish(sale: Sale) -> None:
    """Wait for the end; after a while cancel, and wait for that."""
    sale.until(*OVER)
    if not sale.is_over:
        sale.do("cancel")
        sale.deadline = time.monotonic() + 15
        sale.until(*OVER)


def pay(sale: Sale, card: str = "visa", *, until: str = "paid") -> None:
    """Cards are held to the reader, and it is asked again, until the money is there."""
    tries = 0
    while sale.state != until and not sale.is_over and sale.has_time:
        if sale.state == "waiting_for_card":
            sale.offer(card)
        elif sale.may("confirm_payment_intent"):
            sale.do("confirm_payment_intent")
        elif sale.may_try_again:
            tries += 1
            if tries > MOST_TRIES:
                return
            sale.try_again()
        sale.look()


@journey("automatic", 6)
def automatic(sale: Sale) -> None:
    sale.start()
    pay(sale)


@journey("manual capture with tip", 3)
def manual_capture(sale: Sale) -> None:
    sale.start("manual")
    pay(sale, until="approved")
    while sale.state == "approved" and sale.has_time:
        if sale.may("capture"):
            most = min(sale.payment["highest_tip"], 500)
            sale.do("capture", {"tip_amount": sale.dice.randint(0, most)})
        sale.look()


@journey("hold released")
def released(sale: Sale) -> None:
    sale.start("manual")
    pay(sale, until="approved")
    if sale.state == "approved":
        sale.do("cancel")


@journey("declined, then another card", 2)
def declined(sale: Sale) -> None:
    sale.start()
    while sale.state != "declined" and not sale.is_over and sale.has_time:
        if sale.state == "waiting_for_card":
            sale.offer("charge_declined")
        elif sale.may_try_again:
            sale.try_again()
        sale.look()
    pay(sale)


@journey("customer cancels on the reader", 1, calm=True)
def customer_cancels(sale: Sale) -> None:
    sale.start()
    while not sale.is_over and sale.has_time:
        if sale.state == "waiting_for_card":
            sale.press_cancel()
        elif sale.state == "canceled_by_customer":
            break
        elif sale.may_try_again:
            sale.try_again()
        sale.look()
    if sale.dice.random() < 0.5:
        pay(sale)
    else:
        sale.do("cancel")


@journey("canceled before the card", 2, calm=True)
def canceled_before_the_card(sale: Sale) -> None:
    """At any moment from the first on."""
    sale.start()
    time.sleep(sale.dice.random() * 0.6)
    sale.do("cancel")


@journey("canceled while authorising", 2, calm=True)
def canceled_while_authorising(sale: Sale) -> None:
    sale.authorising_takes(sale.dice.randint(100, 1200))
    sale.start()
    while not sale.is_over and sale.has_time:
        if sale.state == "waiting_for_card" and sale.offer():
            break
        if sale.may_try_again:
            sale.try_again()
        sale.look()
    time.sleep(sale.dice.random() * 0.8)
    if not sale.is_over:
        sale.do("cancel")


@journey("second reader", 2, calm=True)
def second_reader(sale: Sale) -> None:
    """The first one takes the card and dies."""
    sale.till.world(f"readers/{sale.reader['stripe_id']}", {"next": {"outcome": "vanish"}})
    sale.start()
    while not sale.is_over and sale.has_time:
        if sale.state == "waiting_for_card":
            if sale.offer():
                time.sleep(sale.dice.random())
            sale.free_reader()
        elif sale.may_try_again:
            sale.reader = sale.till.place.readers[1]
            if sale.try_again(reader=sale.reader["id"]):
                break
        sale.look()
    pay(sale)


@journey("looked at, then confirmed", 2)
def looked_at(sale: Sale) -> None:
    sale.start(flow="collect", confirm="manual")
    pay(sale)


@journey("looked at, then canceled")
def looked_at_and_canceled(sale: Sale) -> None:
    sale.start(flow="collect", confirm="manual")
    while sale.state != "collected" and not sale.is_over and sale.has_time:
        if sale.state == "waiting_for_card":
            sale.offer()
        elif sale.may_try_again:
            sale.try_again()
        sale.look()
    if not sale.is_over:
        sale.do("cancel")


@journey("cash", calm=True)
def cash(sale: Sale) -> None:
    sale.open_order()
    sale.take(method="cash")


@journey("split: cash, then a card", 2)
def split(sale: Sale) -> None:
    sale.open_order()
    share = {"method": "cash", "split": {"shares": 2}}  # pressed twice these are two shares
    sale.till.post(f"orders/{sale.order['id']}/payments/", share)
    sale.take(reader=sale.reader["id"], split={"shares": 2})
    pay(sale)


@journey("refund", 2)
def refund(sale: Sale) -> None:
    """All or a part. One that came to nothing is asked for once more."""
    sale.start()
    pay(sale)
    part = sale.dice.choice([None, sale.plan.amount // 2])
    for _ in range(3):
        if not sale.may("refund") or not sale.has_time:
            return
        sale.do("refunds", {} if part is None else {"amount": part})
        while _is_refunding(sale) and sale.has_time:
            sale.look()
        if sale.payment["amount_refunded"]:
            return


def _is_refunding(sale: Sale) -> bool:
    return any(each["status"] == "requested" for each in sale.payment["refunds"])
