"""A card is tapped, and workers work, while a person changes, moves or takes over; real threads."""

from typing import Any

import pytest

from payments.errors import PaymentBusy, PaymentFinal
from terminal.errors import PaymentOnReader, ReaderBusy
from terminal.services import changing, sales
from tests.api.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

RUGS: Any = {"description": "Rug", "unit_amount": 1_200, "quantity": 3}
ROUNDS = 6
# What a person is told, who was later than the card.
TOO_LATE = (PaymentBusy, PaymentFinal, PaymentOnReader, ReaderBusy)


def tried(call):
    """The payment, or None for somebody who came too late."""
    try:
        return call()
    except TOO_LATE:
        return None


def race(shop, payment, press):
    """Press, tap and two workers at once; then all that rings, and time goes by."""
    pressed, *_ = at_once(
        [
            lambda: tried(press),
            shop.tap,
            lambda: shop.ring(payment),
            lambda: shop.ring(payment),
        ]
    )
    settle(shop, payment, pressed)
    return pressed


def settle(shop, *payments):
    for _ in range(4):
        for payment in filter(None, payments):
            shop.later(shop.ring(payment), seconds=5)


def pay(shop, payment, reader=None):
    """Whoever still waits for a card gets one, and is paid."""
    payment.refresh_from_db()
    if payment.state == "stopped":
        sales.try_again(payment, by=shop.by, reader=reader)
        payment = shop.converse(payment)
    if payment.state == "waiting_for_card":
        shop.simulator.present(payment.reader_actions.latest("attempt").reader)
        payment = shop.ring(payment)
    assert payment.state == "paid", payment.message
    return payment


def charged(shop, payment):
    found = [
        row["amount"]
        for row in shop.simulator.objects("charges")
        if row["payment_intent"] == payment.payment_intent_id and row["captured"]
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("round", range(ROUNDS))
def test_a_card_tapped_while_the_order_is_changed_pays_the_old_amount_or_the_new(shop, round):
    payment = shop.sell()

    race(
        shop,
        payment,
        lambda: changing.change_order(payment, [RUGS], version=payment.order.version, by=shop.by),
    )
    payment = pay(shop, payment)

    payment.order.refresh_from_db()
    assert charged(shop, payment) == payment.amount == payment.order.total_amount
    assert payment.amount in (2_500, 3_600)
    assert payment.promised == {}


@pytest.mark.parametrize("round", range(ROUNDS))
def test_a_card_tapped_while_the_payment_moves_is_charged_once(shop, round):
    payment = shop.sell()

    race(
        shop,
        payment,
        lambda: sales.try_again(payment, by=shop.by, reader=shop.other_reader),
    )
    payment = pay(shop, payment, shop.other_reader)

    assert charged(shop, payment) == 2_500
    assert not payment.reader_actions.filter(ended_at=None).exists()


@pytest.mark.parametrize("round", range(ROUNDS))
def test_a_card_tapped_while_the_reader_is_taken_over_pays_one_of_the_two(shop, round):
    first = shop.sell()
    order = shop.order(1_000)

    second = race(
        shop,
        first,
        lambda: sales.sell(order, shop.reader, by=shop.by, take_over=first.pk),
    )
    if second is None:
        second = sales.sell(order, shop.other_reader, by=shop.by)
        shop.converse(second)
    second = pay(shop, second, shop.other_reader)
    first = pay(shop, first, shop.other_reader)

    assert (charged(shop, first), charged(shop, second)) == (2_500, 1_000)
