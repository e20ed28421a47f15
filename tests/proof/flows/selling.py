"""Sales on a reader: automatic and manual, declined, canceled, on another reader, collected."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from terminal.services import changing, idle, sales
from tests.aging import grow_older
from tests.proof.flows.running import Run, flow


def sell(run: Run, **more):
    """Until the reader waits for a card."""
    payment = sales.sell(run.shop.order(), run.shop.reader, by=run.shop.by, **more)
    with run.spared():
        run.work()
    assert run.payment(payment).state == "waiting_for_card"
    return payment


@flow()
def an_automatic_sale(run):
    payment = sales.sell(run.shop.order(), run.shop.reader, by=run.shop.by)
    run.work()
    run.shop.tap()
    run.hear()
    assert run.payment(payment).state == "paid"


@flow()
def a_sale_whose_webhooks_are_lost(run):
    payment = sell(run)
    run.shop.tap()
    run.later()
    assert run.payment(payment).state == "paid"


@flow()
def a_declined_card_and_another(run):
    payment = sell(run)
    run.shop.tap("charge_declined")
    run.later()
    assert run.payment(payment).state == "declined"
    sales.try_again(payment, by=run.shop.by)
    run.work()
    run.shop.tap()
    run.hear()
    assert run.payment(payment).state == "paid"


@flow()
def another_reader(run):
    payment = sell(run)
    sales.cancel_action(run.shop.reader, by=run.shop.by)
    run.work()
    sales.try_again(payment, by=run.shop.by, reader=run.shop.other_reader)
    run.work()
    run.shop.simulator.present(run.shop.other_reader)
    run.hear()
    assert run.payment(payment).state == "paid"


@flow()
def a_cancel_before_the_card(run):
    payment = sell(run)
    sales.cancel_payment(payment, by=run.shop.by)
    run.work()
    run.hear()
    assert run.payment(payment).state == "canceled"


@flow()
def a_cancel_while_the_bank_is_asked(run):
    run.shop.simulator.reader(run.shop.reader, authorization_ms=600)
    payment = sell(run)
    run.shop.tap()
    sales.cancel_payment(payment, by=run.shop.by)
    run.work()
    run.shop.simulator.call("clock", {"advance": 1})
    run.shop.simulator.reader(run.shop.reader, authorization_ms=0)
    run.hear()
    run.later()
    assert run.payment(payment).state in ("paid", "canceled")


@flow()
def a_card_that_is_looked_at_first(run):
    payment = sales.sell(run.shop.order(), run.shop.reader, by=run.shop.by, flow="collect")
    run.work()
    run.shop.tap()
    run.hear()
    run.later()
    assert run.payment(payment).state == "paid"


@flow()
def a_collected_card_that_nobody_decides_about(run):
    shop = run.shop
    payment = sales.sell(shop.order(), shop.reader, by=shop.by, flow="collect", confirm="manual")
    run.work()
    shop.tap()
    run.hear()
    run.later()
    assert run.payment(payment).state == "stopped"


@flow()
def an_order_that_is_changed(run):
    payment = run.payment(sell(run))
    rug: Any = {"description": "Rug", "unit_amount": 3_600, "quantity": 1}
    changing.change_order(payment, [rug], version=payment.order.version, by=run.shop.by)
    run.work()
    run.later(10)
    run.shop.tap()
    run.hear()
    assert run.payment(payment).amount_received == 3_600


@flow()
def a_payment_that_moves(run):
    payment = run.payment(sell(run))
    sales.try_again(payment, by=run.shop.by, reader=run.shop.other_reader)
    run.work()
    run.shop.simulator.wait_for_reader(run.shop.reader, "idle")
    run.shop.simulator.present(run.shop.other_reader)
    run.hear()
    assert run.payment(payment).state == "paid"
    tries = payment.reader_actions.order_by("attempt").values_list("status", "failure_code")
    assert list(tries) == [("canceled", "moved"), ("succeeded", "")]


@flow()
def a_reader_that_is_taken_over(run):
    shop, first = run.shop, sell(run)
    second = sales.sell(shop.order(1_000), shop.reader, by=shop.by, take_over=first.pk)
    run.work()
    assert run.payment(first).code == "taken_over"
    assert shop.simulator.shown_on(shop.reader) == run.payment(second).payment_intent_id
    shop.tap()
    run.hear()
    assert run.payment(second).amount_received == 1_000
    with run.spared():
        sales.try_again(run.payment(first), by=shop.by)
        run.work()
        shop.tap()
        run.hear()
    assert run.payment(first).amount_received == 2_500


@flow()
def a_payment_that_nobody_touches(run):
    payment = sell(run)
    grow_older(301)

    def end():
        for action in idle.due(timezone.now()):
            idle.end(action)

    run.does(end)
    run.work()
    payment = run.payment(payment)
    assert (payment.state, payment.code) == ("canceled", "abandoned")
    run.shop.simulator.wait_for_reader(run.shop.reader, "idle")
