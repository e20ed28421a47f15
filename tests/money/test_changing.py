"""The order is changed while its payment is on a reader: one amount everywhere, or no change."""

from typing import Any

import pytest

from payments.errors import AmountRefused, LinePaid, PaymentBusy, PaymentFinal, SplitRefused
from payments.services.splitting import Split
from stores.errors import InvalidLine, OrderChanged, UnknownProduct
from stores.services import create_order
from terminal.errors import ReaderBusy
from terminal.models import ReaderAction
from terminal.services import changing, sales
from tests.factories_money import plan_fee
from tests.money.conftest import open_shop
from tests.money.test_answers_of_stripe import FAULTS, longer

UPDATE = "payment_intent.update"
RUGS: Any = {"description": "Rug", "unit_amount": 1_200, "quantity": 3}


def change(shop, payment, *lines, version=None):
    return changing.change_order(
        payment,
        list(lines) or [RUGS],
        version=payment.order.version if version is None else version,
        by=shop.by,
    )


def intent(shop):
    [only] = shop.simulator.objects("payment_intents")
    return only


def in_step(shop, payment, amount):
    """Order, payment and PaymentIntent are about one amount."""
    payment.order.refresh_from_db()
    return payment.order.total_amount == payment.amount == intent(shop)["amount"] == amount


@pytest.mark.parametrize("model", ["direct", "destination"])
def test_a_changed_order_is_asked_for_anew_on_the_same_reader(simulator, db, model):
    shop = open_shop(simulator, charge_model=model)
    plan_fee(shop.store, 250)
    payment = shop.sell()
    payment = change(shop, payment)
    assert (payment.state, payment.amount) == ("sending", 2_500)
    assert payment.message == "Changing the amount to 36.00 USD on Till 1."

    payment = shop.converse(payment)
    assert payment.state == "waiting_for_card"
    assert in_step(shop, payment, 3_600)
    assert payment.order.version == 2
    assert payment.order.lines.get().description == "Rug"
    assert intent(shop)["application_fee_amount"] == payment.application_fee_amount == 90

    shop.tap()
    payment = shop.ring(payment)
    assert (payment.state, payment.amount_received) == ("paid", 3_600)
    payment.order.refresh_from_db()
    assert payment.order.status == "paid"
    ended = list(payment.reader_actions.order_by("attempt").values_list("status", "failure_code"))
    assert ended == [("canceled", "order_changed"), ("succeeded", "")]


def test_the_reader_is_kept_between_the_old_amount_and_the_new(shop):
    payment = shop.sell()
    change(shop, payment)

    with pytest.raises(ReaderBusy):
        sales.sell(shop.order(), shop.reader, by=shop.by)


def test_a_declined_payment_takes_the_new_amount_and_waits_for_another_try(shop):
    payment = shop.sell()
    shop.tap("insufficient_funds")
    payment = shop.ring(payment)
    payment = change(shop, payment)
    assert payment.message == "Changing the amount to 36.00 USD."

    payment = shop.converse(payment)
    assert payment.state == "declined"
    assert in_step(shop, payment, 3_600)

    sales.try_again(payment, by=shop.by)
    payment = shop.converse(payment)
    shop.tap()
    assert shop.ring(payment).amount_received == 3_600


def test_a_card_that_is_approved_first_wins_and_the_screen_says_so(shop):
    payment = shop.sell()
    change(shop, payment)
    shop.tap()
    payment = shop.converse(payment)

    assert (payment.state, payment.code) == ("paid", "too_late_to_change")
    assert payment.message.startswith("Too late to change: approved 25.00 USD. Sell the difference")
    assert payment.order.lines.count() == 0
    assert in_step(shop, payment, 2_500)
    assert payment.promised == {}
    assert not ReaderAction.objects.filter(ended_at=None).exists()


def test_a_hold_that_is_approved_first_wins_too(shop):
    payment = shop.sell(capture_method="manual")
    change(shop, payment)
    shop.tap()
    payment = shop.converse(payment)

    assert (payment.state, payment.code) == ("approved", "too_late_to_change")
    assert "approved 25.00 USD. Capture it, or release it" in payment.message


@pytest.mark.parametrize("card", ["visa", "charge_declined"])
def test_a_card_being_authorised_is_waited_for(shop, card):
    shop.simulator.reader(shop.reader, authorization_ms=60_000)
    payment = shop.sell()
    change(shop, payment)
    shop.tap(card)
    payment = shop.converse(payment)
    assert payment.state == "authorizing"
    assert "Wait for the result" in payment.message

    shop.simulator.call("clock", {"advance": 61})
    payment = shop.later(payment)
    if card == "visa":
        assert payment.code == "too_late_to_change"
        assert in_step(shop, payment, 2_500)
    else:
        assert payment.state == "waiting_for_card"
        assert in_step(shop, payment, 3_600)


def test_too_late_is_said_at_once_when_it_is_known(shop):
    shop.simulator.reader(shop.reader, authorization_ms=60_000)
    payment = shop.sell()
    shop.tap()
    sales.cancel_action(shop.reader, by=shop.by)
    payment = shop.converse(payment)

    with pytest.raises(PaymentBusy, match="a card was presented"):
        change(shop, payment)


def test_a_paid_order_is_not_changed(shop):
    payment = shop.sell()
    shop.tap()
    payment = shop.ring(payment)

    with pytest.raises(PaymentFinal):
        change(shop, payment)


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ({"product": 10**9, "quantity": 1}, UnknownProduct),
        (RUGS | {"quantity": 0}, InvalidLine),
        (RUGS | {"unit_amount": 0}, AmountRefused),
        (RUGS | {"unit_amount": 1}, AmountRefused),
    ],
)
def test_bad_lines_are_refused_at_once_and_nothing_is_stopped(shop, line, refusal):
    payment = shop.sell()

    with pytest.raises(refusal):
        change(shop, payment, line)
    assert shop.converse(payment).state == "waiting_for_card"
    assert payment.promised == {}


def test_only_the_version_that_was_seen_is_changed(shop):
    payment = shop.sell()

    with pytest.raises(OrderChanged):
        change(shop, payment, version=7)


def test_a_second_change_waits_for_the_first(shop):
    payment = shop.sell()
    change(shop, payment)

    with pytest.raises(PaymentBusy):
        change(shop, payment)


def test_a_cancel_wins_over_a_change(shop):
    payment = shop.sell()
    change(shop, payment)
    sales.cancel_payment(payment, by=shop.by)
    payment = shop.converse(payment)

    assert payment.state == "canceled"
    assert payment.promised == {}
    assert payment.order.total_amount == 2_500
    assert not ReaderAction.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", FAULTS)
def test_a_spoiled_update_leaves_one_amount_everywhere(shop, what, when):
    payment = shop.sell()
    shop.simulator.fault("payment_intents.update", when, what, **longer(what))
    change(shop, payment)
    for _ in range(4):
        payment = shop.converse(payment)
        assert payment.state in ("sending", "checking", "waiting_for_card")
        payment = shop.later(payment)

    assert payment.state == "waiting_for_card", payment.message
    assert in_step(shop, payment, 3_600)
    shop.tap()
    assert shop.ring(payment).amount_received == 3_600


def test_a_change_that_stripe_refuses_leaves_the_order_and_says_so(shop):
    payment = shop.sell()
    shop.simulator.fault("payment_intents.update", "before", "error", status=400)
    change(shop, payment)
    payment = shop.converse(payment)

    assert (payment.state, payment.code) == ("stopped", "order_not_changed")
    assert payment.message == (
        "The order could not be changed. Nothing was charged. Try again, or cancel."
    )
    assert in_step(shop, payment, 2_500)
    assert not ReaderAction.objects.filter(ended_at=None).exists()

    sales.try_again(payment, by=shop.by)
    assert shop.converse(payment).code == ""


def test_the_amount_on_a_reader_that_cannot_be_stopped_is_never_changed(shop):
    payment = shop.sell()
    change(shop, payment)
    shop.simulator.reader(shop.reader, condition="offline")
    payment = shop.converse(payment)

    assert (payment.state, payment.code) == ("stopped", "order_not_changed")
    assert in_step(shop, payment, 2_500)
    assert not payment.requests.filter(kind=UPDATE).exists()


def test_an_amount_that_is_not_ours_is_never_put_on_a_reader(shop):
    payment = shop.sell()
    shop.tap("charge_declined")
    payment = shop.ring(payment)
    shop.simulator.stripe_post(
        f"payment_intents/{payment.payment_intent_id}", payment.stripe_account, amount=9_900
    )
    payment = shop.ring(payment)
    sales.try_again(payment, by=shop.by)
    payment = shop.converse(payment)

    assert (payment.state, payment.code) == ("needs_attention", "amount_mismatch")
    assert payment.incidents.get().kind == "amount_mismatch"
    assert payment.requests.filter(kind="reader.process_payment_intent").count() == 1


def test_the_rest_of_a_bill_is_changed_and_paid_lines_stay(shop):
    lines: Any = [{"description": "Soup", "unit_amount": 700, "quantity": 1}, RUGS]
    order = create_order(shop.store, lines, device=shop.device)
    soup = order.lines.get(description="Soup")
    first = sales.sell(order, shop.reader, by=shop.by, split=Split(lines=[soup.pk]))
    shop.converse(first)
    with pytest.raises(SplitRefused):
        change(shop, first)
    shop.tap()
    assert shop.ring(first).state == "paid"

    rest = shop.converse(sales.sell(order, shop.reader, by=shop.by))
    rest.order.refresh_from_db()
    with pytest.raises(LinePaid):
        change(shop, rest)
    change(shop, rest, {"line": soup.pk}, RUGS | {"quantity": 1})
    rest = shop.converse(rest)
    assert (rest.state, rest.amount) == ("waiting_for_card", 1_200)
    assert [line.pk for line in order.lines.filter(description="Soup")] == [soup.pk]

    shop.tap()
    rest = shop.ring(rest)
    order.refresh_from_db()
    assert (rest.state, order.status, order.total_amount) == ("paid", "paid", 1_900)
