"""Rarer ways to buy; `journeys` says how one is written. Each tells by `sale.did` that what makes
it different from the others came about.
"""

from __future__ import annotations

import time

from tests.soak.journeys import JOURNEYS, journey, pay
from tests.soak.till import Refused, Sale


@journey("moved to another reader")
def moved(sale: Sale) -> None:
    """While the first asks for a card."""
    sale.start()
    other = sale.till.place.readers[1]
    while not sale.did and not sale.is_over and sale.has_time:
        if sale.payment["movable"]:
            if sale.do("process_payment_intent", {"reader": other["id"]}):
                sale.go_to(other)
                sale.did = True
        elif sale.may_try_again:
            sale.try_again()
        sale.look()
    pay(sale)


@journey("tip on the reader")
def tip_on_the_reader(sale: Sale) -> None:
    sale.start(skip_tipping=False)
    sale.tip = sale.dice.randint(0, sale.plan.amount // 1_000) * 100
    pay(sale)
    sale.did = sale.payment["reader_tip_amount"] is not None


@journey("bill in three parts")
def bill_in_parts(sale: Sale) -> None:
    sale.open_order()
    for _ in range(3):
        sale.take(reader=sale.reader["id"], split={"shares": 3})
        sale.go_to(sale.reader)
        pay(sale)
        if sale.state != "paid":
            return
    sale.did = True


@journey("captured in part")
def captured_in_part(sale: Sale) -> None:
    """The second of two things is not delivered."""
    sale.start("manual", more=700)
    pay(sale, until="approved")
    delivered = [sale.order["lines"][0]["id"]]
    while sale.state == "approved" and sale.has_time:
        if sale.may("capture"):
            sale.did = sale.do("capture", {"lines": delivered}) or sale.did
        sale.look()


@journey("more on the same hold")
def incremented(sale: Sale) -> None:
    """Where the card's bank may be asked."""
    sale.start("manual")
    pay(sale, until="approved")
    dessert = [{"description": "Dessert", "unit_amount": 700, "quantity": 1}]
    while sale.state in ("approved", "checking") and sale.has_time:
        if sale.may("increment_authorization") and not sale.did:
            sale.did = sale.do("increment_authorization", {"lines": dessert})
        elif sale.may("capture"):
            sale.do("capture")
        sale.look()


@journey("form before the card", calm=True)
def form_before_the_card(sale: Sale) -> None:
    sale.open_order()
    email = {"type": "email", "custom_text": {"title": "E-mail for the receipt"}}
    asked = {"order": sale.order["id"], "inputs": [email | {"required": True}]}
    action = sale.when_free(lambda: sale.till.post(sale.reader_path("collect_inputs"), asked))
    while action["status"] not in ("succeeded", "failed", "canceled") and sale.has_time:
        sale.till.world(sale.reader_in_the_world("inputs"), {"value": "jenny@example.com"})
        time.sleep(0.3)
        action = sale.till.ask("GET", f"reader_actions/{action['id']}/")
    sale.did = action["status"] == "succeeded"
    sale.take(reader=sale.reader["id"])
    pay(sale)


@journey("cart on the display", calm=True)
def cart_on_the_display(sale: Sale) -> None:
    """It gives way to the payment whether the customer has seen it or not."""
    sale.open_order()
    shown = {"order": sale.order["id"]}
    try:
        sale.till.post(sale.reader_path("set_reader_display"), shown)
    except Refused as refused:
        sale.till.counts[f"refused: {refused.code}"] += 1
    for _ in range(sale.dice.randint(0, 5)):
        time.sleep(0.2)
        _, there = sale.till.world(sale.reader_in_the_world())
        sale.did = sale.did or there["screen"]["kind"] == "cart"
    sale.take(reader=sale.reader["id"])
    pay(sale)


RARER = [name for name, each in JOURNEYS.items() if each.go.__module__ == __name__]
