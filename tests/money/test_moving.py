"""A payment moves to another reader, or takes one over from another sale."""

from datetime import timedelta

import pytest
from django.utils import timezone

from terminal.errors import PaymentOnReader, ReaderBusy
from terminal.models import ReaderAction
from terminal.services import confirming, sales
from tests.money.test_answers_of_stripe import until


def attempts(payment):
    return list(payment.reader_actions.order_by("attempt").values_list("reader__label", "status"))


def move(shop, payment):
    return sales.try_again(payment, by=shop.by, reader=shop.other_reader)


def test_a_waiting_payment_moves_with_its_payment_intent(shop):
    payment = move(shop, shop.sell())
    assert payment.message == "Till 2 is being made ready for this payment."
    payment = shop.converse(payment)
    assert payment.state == "waiting_for_card"
    assert payment.message == "Waiting for a card on Till 2."

    shop.simulator.present(shop.other_reader)
    payment = shop.ring(payment)

    assert payment.state == "paid"
    assert attempts(payment) == [("Till 1", "canceled"), ("Till 2", "succeeded")]
    assert len(shop.simulator.objects("payment_intents")) == 1
    shop.reader.refresh_from_db()
    assert shop.reader.action == {}


def test_the_next_reader_is_kept_at_once(shop):
    payment = move(shop, shop.sell())

    with pytest.raises(ReaderBusy, match=f"busy with order {payment.order.number} of "):
        sales.sell(shop.order(), shop.other_reader, by=shop.by)


def test_a_busy_reader_refuses_at_once_and_nothing_is_stopped(shop):
    payment = shop.sell()
    other = shop.order()
    sales.sell(other, shop.other_reader, by=shop.by)

    with pytest.raises(ReaderBusy, match=f"order {other.number} of {shop.device.name} since "):
        move(shop, payment)
    assert shop.converse(payment).state == "waiting_for_card"


def test_a_card_on_the_first_reader_wins(shop):
    payment = move(shop, shop.sell())
    shop.tap()
    payment = shop.converse(payment)

    assert (payment.state, payment.code) == ("paid", "")
    assert attempts(payment) == [("Till 1", "succeeded"), ("Till 2", "canceled")]


@pytest.mark.parametrize("dead", [{"next": {"outcome": "vanish"}}, {"condition": "offline"}])
def test_a_payment_leaves_a_dead_reader(shop, dead):
    payment = shop.sell()
    shop.simulator.reader(shop.reader, **dead)
    if "next" in dead:
        shop.tap()
    payment = until(shop, move(shop, payment), "waiting_for_card")
    shop.simulator.present(shop.other_reader)
    payment = shop.ring(payment)

    assert payment.state == "paid"
    assert attempts(payment)[1] == ("Till 2", "succeeded")
    assert len([c for c in shop.simulator.objects("charges") if c["captured"]]) == 1


def test_a_payment_leaves_a_reader_that_shows_something_else_without_stopping_that(shop):
    payment = shop.sell()
    foreign = shop.simulator.foreign_payment_on(shop.reader)
    payment = shop.later(shop.converse(move(shop, payment)), 6)

    assert payment.state == "waiting_for_card"
    assert attempts(payment)[0] == ("Till 1", "failed")
    assert shop.simulator.shown_on(shop.reader) == foreign


def test_a_command_nobody_answered_is_looked_for_and_not_sent_again(shop):
    shop.simulator.fault("readers.process_payment_intent", "before", "reset", count=2)
    payment = shop.sell()
    assert payment.state == "checking"
    payment = until(shop, move(shop, payment), "waiting_for_card")

    assert attempts(payment) == [("Till 1", "failed"), ("Till 2", "in_progress")]


def test_a_reader_that_is_busy_with_itself_is_left_at_once(shop):
    shop.simulator.reader(shop.reader, condition="card_left_in")
    payment = shop.sell()
    payment = shop.converse(move(shop, payment))

    assert payment.message == "Waiting for a card on Till 2."


def test_a_payment_moves_to_another_reader_only(shop):
    payment = shop.sell()

    with pytest.raises(PaymentOnReader):
        sales.try_again(payment, by=shop.by, reader=shop.reader)
    move(shop, payment)
    with pytest.raises(PaymentOnReader, match="on its way to Till 2"):
        move(shop, payment)


# Taking a reader over


def refusal(shop):
    with pytest.raises(ReaderBusy) as refused:
        sales.sell(shop.order(), shop.reader, by=shop.by)
    return refused.value


def take_over(shop, stopped, reader=None):
    return sales.sell(shop.order(1_000), reader or shop.reader, by=shop.by, take_over=stopped.pk)


def both(shop, first, second):
    """Carry out what both sales have to do, in the order in which bells would ring."""
    second = shop.converse(second)
    first = shop.converse(first)
    return shop.converse(first), shop.later(second, seconds=3)


def test_the_refusal_names_the_payment_that_may_be_stopped(shop):
    payment = shop.sell()

    error = refusal(shop)
    assert error.about == {"payment": payment.pk}
    assert "take this one over" in error.next_action


def test_a_reader_is_taken_over_and_both_sales_say_so(shop):
    first = shop.sell()
    second = take_over(shop, first)
    assert second.state == "sending"
    first, second = both(shop, first, second)

    number = second.order.number
    assert (first.state, first.code) == ("stopped", "taken_over")
    assert first.message.startswith(f"Order {number} of {shop.device.name} uses Till 1 now.")
    assert second.state == "waiting_for_card"
    assert shop.simulator.shown_on(shop.reader) == second.payment_intent_id

    shop.tap()
    assert shop.ring(second).state == "paid"
    sales.try_again(first, by=shop.by)
    first = shop.converse(first)
    shop.tap()
    assert shop.ring(first).state == "paid"


def test_a_stopped_payment_takes_a_reader_over_for_its_next_try(shop):
    ours = shop.sell()
    shop.tap("charge_declined")
    ours = shop.ring(ours)
    theirs = shop.sell()
    sales.try_again(ours, by=shop.by, take_over=theirs.pk)
    theirs, ours = both(shop, theirs, ours)

    assert (theirs.code, ours.state) == ("taken_over", "waiting_for_card")


def test_a_reader_is_taken_over_to_look_at_a_card_first(shop):
    ours = shop.sell()
    shop.tap("charge_declined")
    ours = shop.ring(ours)
    theirs = shop.sell()
    confirming.collect(ours, by=shop.by, take_over=theirs.pk)
    theirs, ours = both(shop, theirs, ours)

    assert (theirs.code, ours.state) == ("taken_over", "waiting_for_card")
    assert ours.reader_actions.latest("attempt").type == "collect_payment_method"


def test_the_sale_behind_goes_on_by_itself_without_a_look(shop):
    first = shop.sell()
    second = shop.converse(take_over(shop, first))
    shop.converse(first)

    second.refresh_from_db()
    assert second.rung_at is not None
    assert shop.converse(second).state == "waiting_for_card"


def test_only_the_sale_that_has_the_reader_is_stopped(shop):
    first = shop.sell()
    elsewhere = sales.sell(shop.order(), shop.other_reader, by=shop.by)

    with pytest.raises(ReaderBusy, match=f"order {first.order.number}"):
        take_over(shop, elsewhere)
    assert not ReaderAction.objects.exclude(released_for="").exists()


def test_a_named_sale_that_has_gone_stops_nobody(shop):
    first = shop.sell()
    shop.tap()
    first = shop.ring(first)
    second = take_over(shop, first)

    assert shop.converse(second).state == "waiting_for_card"


def test_a_command_that_the_reader_has_not_taken_is_not_taken_over(shop):
    first = sales.sell(shop.order(), shop.reader, by=shop.by)

    error = refusal(shop)
    assert error.about == {}
    with pytest.raises(ReaderBusy):
        take_over(shop, first)


def test_nothing_is_stopped_once_a_card_is_presented(shop):
    shop.simulator.reader(shop.reader, authorization_ms=60_000)
    first = shop.sell()
    shop.tap()
    second = take_over(shop, first)
    first, second = both(shop, first, second)

    assert (second.state, second.code) == ("stopped", "take_over_too_late")
    assert f"Order {first.order.number} of {shop.device.name} could not be" in second.message
    assert refusal(shop).about == {}
    shop.simulator.call("clock", {"advance": 61})
    assert shop.ring(first).state == "paid"
    sales.try_again(second, by=shop.by)
    assert shop.converse(second).state == "waiting_for_card"


def test_a_card_that_is_approved_meanwhile_frees_the_reader_for_the_sale_behind(shop):
    first = shop.sell()
    second = take_over(shop, first)
    shop.tap()
    first, second = both(shop, first, second)

    assert (first.state, second.state) == ("paid", "waiting_for_card")


def test_a_take_over_that_is_canceled_leaves_the_reader_alone(shop):
    first = shop.sell()
    second = shop.converse(take_over(shop, first))
    sales.cancel_payment(second, by=shop.by)
    second = shop.converse(second)

    assert second.state == "canceled"
    assert ReaderAction.objects.filter(payment=second, ended_at=None).count() == 0


def test_a_sale_does_not_wait_for_ever_for_a_reader(shop):
    first = shop.sell()
    second = shop.converse(take_over(shop, first))
    ReaderAction.objects.filter(payment=second).update(
        requested_at=timezone.now() - timedelta(seconds=61)
    )
    second = shop.later(second)

    assert (second.state, second.code) == ("stopped", "take_over_too_late")


def test_who_has_a_reader_and_since_when_is_told_in_the_stores_time(shop):
    shop.store.timezone = "Asia/Tokyo"
    shop.store.save()
    payment = shop.sell()
    noon = timezone.now().replace(hour=5, minute=2)
    ReaderAction.objects.update(requested_at=noon)

    assert refusal(shop).message == (
        f"Till 1 is busy with order {payment.order.number} of {shop.device.name} since 14:02."
    )
