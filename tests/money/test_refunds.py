"""Giving money back: how much, who may, once only, whatever happens to the answer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.errors import (
    AmountRefused,
    PaymentBusy,
    RefundNotAllowed,
    RefundNotPossible,
)
from payments.models import Refund
from payments.services import captures, refunds
from stores.principals import SYSTEM, Principal, Role
from terminal.services import sales
from tests.factories import MembershipFactory


def pay(shop, amount=2_500, card="visa"):
    payment = shop.sell(amount)
    shop.tap(card)
    payment = shop.ring(payment)
    assert payment.state == "paid"
    return payment


def give_back(shop, payment, amount=None):
    refunds.refund(payment, by=SYSTEM, amount=amount)
    return shop.converse(payment)


def at_stripe(shop):
    return shop.simulator.objects("refunds")


def test_a_paid_payment_is_refunded_in_full_with_one_post_and_no_read(shop):
    payment = pay(shop)
    before = len(shop.simulator.exchanges())
    payment = give_back(shop, payment)

    assert (payment.state, payment.message) == ("refunded", "Refunded in full.")
    assert payment.amount_refunded == payment.amount_received == 2_500
    [refund] = payment.refunds.all()
    assert (refund.status, refund.amount, refund.external) == ("succeeded", 2_500, False)
    [there] = at_stripe(shop)
    assert (there["id"], there["amount"]) == (refund.refund_id, 2_500)
    assert there["metadata"]["refund"] == str(refund.uuid)
    payment.order.refresh_from_db()
    assert (payment.order.status, payment.order.refunded_amount) == ("paid", 2_500)
    assert [e["method"] for e in shop.simulator.exchanges()[before:]] == ["POST"]


def test_a_part_leaves_the_payment_paid_and_says_how_much_went_back(shop):
    payment = give_back(shop, pay(shop), 500)

    assert payment.state == "paid"
    assert payment.message == "Paid. 5.00 USD of it was refunded."
    payment = give_back(shop, payment)
    assert (payment.state, payment.amount_refunded) == ("refunded", 2_500)
    assert sorted(r["amount"] for r in at_stripe(shop)) == [500, 2_000]


@pytest.mark.parametrize("amount", [0, -1, 2_501])
def test_no_more_and_no_less_than_something_of_what_was_received_is_refunded(shop, amount):
    payment = pay(shop)

    with pytest.raises(AmountRefused):
        refunds.refund(payment, by=SYSTEM, amount=amount)
    assert not Refund.objects.exists()


def test_what_is_refunded_already_is_not_refunded_again(shop):
    payment = give_back(shop, pay(shop), 2_000)

    with pytest.raises(AmountRefused, match=r"Up to 5\.00 USD"):
        refunds.refund(payment, by=SYSTEM, amount=501)
    payment = give_back(shop, payment)
    with pytest.raises(RefundNotPossible, match="already"):
        refunds.refund(payment, by=SYSTEM)


def test_a_double_press_is_one_refund(shop):
    payment = pay(shop)

    first = refunds.refund(payment, by=SYSTEM, amount=700)
    assert refunds.refund(payment, by=SYSTEM, amount=700) == first
    with pytest.raises(PaymentBusy):
        refunds.refund(payment, by=SYSTEM)
    shop.converse(payment)
    assert [r["amount"] for r in at_stripe(shop)] == [700]


def test_a_refund_that_was_read_before_its_answer_came_has_the_next_one_wait(shop):
    payment = pay(shop)
    shop.simulator.fault("refunds.create", "after", "garbage")
    payment = give_back(shop, payment, 700)
    in_a_minute = timezone.now() + timedelta(minutes=1)  # however slow this machine is
    payment.requests.filter(kind="refund.create").update(next_try_at=in_a_minute)
    payment = shop.ring(payment)
    assert payment.refunds.get().status == "succeeded"

    with pytest.raises(PaymentBusy, match="answer"):
        refunds.refund(payment, by=SYSTEM, amount=1)
    payment = shop.later(payment, 60)
    payment = give_back(shop, payment, 1)
    assert sorted(r["amount"] for r in at_stripe(shop)) == [1, 700]


def test_the_whole_amount_pressed_twice_is_one_refund(shop):
    payment = pay(shop)

    assert refunds.refund(payment, by=SYSTEM) == refunds.refund(payment, by=SYSTEM)


def test_a_hold_is_released_and_not_refunded(shop):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = shop.ring(payment)

    with pytest.raises(RefundNotPossible) as refused:
        refunds.refund(payment, by=SYSTEM)
    assert str(refused.value.next_action) == "Release it instead: cancel the payment."


def test_a_refund_waits_for_a_capture_that_is_on_its_way(shop):
    payment = shop.sell(capture_method="manual")
    shop.tap()
    payment = shop.ring(payment)
    captures.capture(payment, by=shop.by)

    with pytest.raises(PaymentBusy):
        refunds.refund(payment, by=SYSTEM)
    payment = give_back(shop, shop.converse(payment))
    assert payment.state == "refunded"


def test_nothing_is_refunded_of_a_payment_that_took_nothing(shop):
    with pytest.raises(RefundNotPossible):
        refunds.refund(shop.sell(), by=SYSTEM)


class TestWho:
    """Managers refund what they think right, tablets and cashiers up to the store's limit."""

    def test_a_tablet_refunds_nothing_unless_the_store_lets_it(self, shop):
        with pytest.raises(RefundNotAllowed) as refused:
            refunds.refund(pay(shop), by=shop.by, amount=1)
        assert refused.value.message == "Refunds are for managers in this store."

    def test_a_tablet_refunds_up_to_the_limit_of_one_payment(self, shop):
        shop.store.cashier_refund_limit = 1_000
        shop.store.save()
        payment = pay(shop)
        refunds.refund(payment, by=shop.by, amount=600)
        shop.converse(payment)

        with pytest.raises(RefundNotAllowed, match=r"up to 10\.00 USD"):
            refunds.refund(payment, by=shop.by, amount=401)
        assert refunds.refund(payment, by=shop.by, amount=400).device == shop.device

    @pytest.mark.parametrize(
        ("role", "may"), [(Role.CASHIER, False), (Role.MANAGER, True), (Role.OWNER, True)]
    )
    def test_a_persons_role_in_the_store_decides(self, shop, role, may):
        payment = pay(shop)
        user = MembershipFactory.create(store=shop.store, role=role).user

        if may:
            assert refunds.refund(payment, by=Principal.of_user(user)).user == user
        else:
            with pytest.raises(RefundNotAllowed):
                refunds.refund(payment, by=Principal.of_user(user))

    def test_a_manager_of_another_store_is_nobody_here(self, shop):
        user = MembershipFactory.create(role=Role.MANAGER).user

        with pytest.raises(RefundNotAllowed):
            refunds.refund(pay(shop), by=Principal.of_user(user))


@pytest.mark.parametrize(
    ("when", "what"),
    [(w, f) for f in ("reset", "500", "502", "429", "409", "503") for w in ("before", "after")],
)
def test_a_lost_answer_is_one_refund(shop, when, what):
    payment = pay(shop)
    shop.simulator.fault("refunds.create", when, what)
    refunds.refund(payment, by=SYSTEM, amount=900)
    payment = shop.converse(payment)
    for _ in range(4):
        payment = shop.later(payment)

    [refund] = payment.refunds.all()
    assert (refund.status, refund.refund_id) == ("succeeded", at_stripe(shop)[0]["id"])
    assert len(at_stripe(shop)) == 1
    assert payment.amount_refunded == 900


def test_doubt_is_told_and_forbids_another_refund(shop):
    payment = pay(shop)
    shop.simulator.fault("refunds.create", "after", "reset")
    shop.simulator.fault("refunds.create", "before", "reset", count=5)
    refunds.refund(payment, by=SYSTEM, amount=900)
    payment = shop.converse(payment)

    assert payment.state == "paid"
    assert payment.message == (
        "Paid. Checking with Stripe whether 9.00 USD was refunded. Do not refund it again."
    )
    with pytest.raises(PaymentBusy):
        refunds.refund(payment, by=SYSTEM, amount=100)
    for _ in range(6):
        payment = shop.later(payment)
    assert payment.message == "Paid. 9.00 USD of it was refunded."
    assert len(at_stripe(shop)) == 1


def test_a_500_that_is_stored_is_settled_by_the_charges_refunds(shop):
    """A key with a stored 500 replays it for ever, and another key would be a second refund."""
    payment = pay(shop)
    shop.simulator.fault("refunds.create", "after", "500")
    refunds.refund(payment, by=SYSTEM)
    payment = shop.later(shop.converse(payment))

    assert payment.state == "refunded"
    [request] = payment.requests.filter(kind=refunds.REFUND)
    assert request.idempotency_key == f"refund:{payment.refunds.get().uuid}"
    assert len(shop.simulator.exchanges("POST", "/v1/refunds")) == 2
    assert len(at_stripe(shop)) == 1


def test_a_refund_that_is_proven_absent_is_over_and_may_be_asked_for_again(shop):
    payment = pay(shop)
    shop.simulator.fault("refunds.create", "before", "500", count=2)
    refunds.refund(payment, by=SYSTEM, amount=900)
    payment = shop.later(shop.converse(payment))

    assert payment.refunds.get().status == "refused"
    assert payment.message == (
        "Paid. The refund of 9.00 USD was not made: Stripe could not do it. Nothing was refunded;"
        " try again."
    )
    payment = give_back(shop, payment, 900)
    assert payment.amount_refunded == 900
    assert len(at_stripe(shop)) == 1


@pytest.mark.parametrize("made", [True, False])
def test_a_key_that_is_too_old_is_never_sent_again_but_looked_up(shop, made):
    payment = pay(shop)
    shop.simulator.fault("refunds.create", "after" if made else "before", "reset", count=-1)
    refunds.refund(payment, by=SYSTEM, amount=900)
    payment = shop.converse(payment)
    payment.requests.filter(kind=refunds.REFUND).update(
        first_sent_at=timezone.now() - timedelta(hours=24)
    )
    before = len(shop.simulator.exchanges("POST", "/v1/refunds"))
    payment = shop.later(payment)

    assert payment.refunds.get().status == ("succeeded" if made else "refused")
    assert payment.amount_refunded == (900 if made else 0)
    assert len(shop.simulator.exchanges("POST", "/v1/refunds")) == before


@pytest.mark.breaks("S4")
@pytest.mark.breaks("asked")
def test_a_key_that_stripe_knows_for_another_amount_stops_the_refund_and_is_looked_up(shop):
    payment = pay(shop)
    made = refunds.refund(payment, by=SYSTEM, amount=900)
    request = payment.requests.get(kind=refunds.REFUND)
    shop.converse(payment)
    Refund.objects.filter(pk=made.pk).update(status="requested", refund_id=None, ended_at=None)
    type(request).objects.filter(pk=request.pk).update(
        status="planned", finished_at=None, params=request.params | {"amount": 800}
    )
    payment = shop.converse(payment)

    assert payment.incidents.filter(kind="idempotency_error").exists()
    assert "Do not refund again" in payment.order.log.get(verb="refund_refused").message
    assert payment.refunds.get().status == "succeeded"
    assert len(at_stripe(shop)) == 1


class TestACancelThatCameTooLate:
    """The payment wins; what to do about it is a person's choice, named on the screen."""

    def test_of_a_payment_names_the_refund(self, shop):
        payment = shop.sell()
        shop.tap()
        sales.cancel_payment(payment, by=shop.by)
        payment = shop.converse(payment)

        assert (payment.state, payment.code) == ("paid", "too_late_to_cancel")
        assert payment.message.endswith("Refund it if it is not wanted.")
        payment = give_back(shop, payment)
        assert (payment.state, payment.code) == ("refunded", "")

    def test_of_a_hold_names_the_release(self, shop):
        payment = shop.sell(capture_method="manual")
        shop.tap()
        sales.cancel_payment(payment, by=shop.by)
        payment = shop.converse(payment)

        assert (payment.state, payment.code) == ("approved", "too_late_to_cancel")
        assert payment.message.endswith("Release it, or capture it.")
        sales.cancel_payment(payment, by=shop.by)
        assert shop.converse(payment).state == "canceled"
