"""Sixteen tills press at once, against real threads and real locks. It …"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from payments.models import Payment, Refund, StripeRequest
from stores.models import ClientRequest, Order
from stores.services import pair_device
from terminal.models import ReaderAction
from tests import factories, factories_money
from tests.api.conftest import Tablet, post

pytestmark = pytest.mark.django_db(transaction=True)
TILLS = 16


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """The answers of all calls, each from a thread with a database connection of its own."""
    together = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            together.wait(timeout=20)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls, timeout=60))


def outcomes(answers):
    """How often each status and code came."""
    return Counter((answer.status_code, answer.json().get("code", "")) for answer in answers)


def promises():
    """Payments, promised PaymentIntents and reader actions."""
    created = StripeRequest.objects.filter(kind="payment_intent.create")
    return Payment.objects.count(), created.count(), ReaderAction.objects.count()


def start(token, order, reader, **headers):
    return post(Tablet(token), f"orders/{order.pk}/payments/", {"reader": reader.pk}, **headers)


def test_starts_one_payment_for_identical_requests_with_one_key(paired, order, reader):
    token = paired[1]

    answers = at_once(
        [lambda: start(token, order, reader, idempotency_key="same") for _ in range(TILLS)]
    )

    assert outcomes(answers) == {(202, ""): TILLS}
    assert len({answer.json()["id"] for answer in answers}) == 1
    replayed = Counter(answer.get("Idempotent-Replayed") for answer in answers)
    assert replayed == {"true": TILLS - 1, None: 1}
    assert promises() == (1, 1, 1)
    assert ClientRequest.objects.count() == 1


def test_starts_one_payment_for_identical_requests_without_a_key(paired, order, reader):
    token = paired[1]

    answers = at_once([lambda: start(token, order, reader) for _ in range(TILLS)])

    assert outcomes(answers) == {(202, ""): 1, (409, "order_has_open_payment"): TILLS - 1}
    assert promises() == (1, 1, 1)


def test_starts_one_payment_of_an_order_from_different_tills(store, order):
    """Each with its own token, key and reader."""
    tills = [
        (
            pair_device(store, f"Till {number}")[1],
            factories_money.ReaderFactory.create(location__store=store),
            str(number),
        )
        for number in range(TILLS)
    ]

    answers = at_once(
        [
            lambda token=token, reader=reader, key=key: start(  # type: ignore[misc]
                token, order, reader, idempotency_key=key
            )
            for token, reader, key in tills
        ]
    )

    assert outcomes(answers) == {(202, ""): 1, (409, "order_has_open_payment"): TILLS - 1}
    assert promises() == (1, 1, 1)
    assert ClientRequest.objects.count() == 1


def test_puts_one_of_many_orders_on_a_reader(paired, store, reader):
    token = paired[1]
    orders = [factories.OrderFactory.create(store=store, number=n) for n in range(1, TILLS + 1)]

    answers = at_once(
        [lambda order=order: start(token, order, reader) for order in orders]  # type: ignore[misc]
    )

    assert outcomes(answers) == {(202, ""): 1, (409, "terminal_reader_busy"): TILLS - 1}
    winner = Order.objects.get(payments__isnull=False)
    for answer in answers:
        if answer.status_code == 409:
            assert f"order {winner.number}" in answer.json()["detail"]
    assert promises() == (1, 1, 1)


def test_starts_one_for_a_crossing_of_orders_and_readers(paired, store):
    """Four orders on four readers in every combination: no deadlock, and none is doubled."""
    token = paired[1]
    orders = [factories.OrderFactory.create(store=store, number=n) for n in range(1, 5)]
    readers = factories_money.ReaderFactory.create_batch(4, location__store=store)

    answers = at_once(
        [
            lambda order=order, reader=reader: start(token, order, reader)  # type: ignore[misc]
            for order in orders
            for reader in readers
        ]
    )

    assert {status for status, _ in outcomes(answers)} == {202, 409}
    started = outcomes(answers)[202, ""]
    assert promises() == (started, started, started)
    assert 1 <= started <= 4
    assert Payment.objects.values("order").distinct().count() == started
    assert ReaderAction.objects.values("reader").distinct().count() == started


def test_opens_one_order_for_one_key(paired, product):
    token = paired[1]
    body = {"lines": [{"product": product.pk, "quantity": 1}]}

    answers = at_once(
        [lambda: post(Tablet(token), "orders/", body, idempotency_key="k") for _ in range(TILLS)]
    )

    assert outcomes(answers) == {(201, ""): TILLS}
    assert Order.objects.count() == 1


def test_captures_once(paired, approved):
    token = paired[1]

    answers = at_once(
        [lambda: post(Tablet(token), f"payments/{approved.pk}/capture/") for _ in range(TILLS)]
    )

    assert outcomes(answers) == {(202, ""): 1, (409, "payment_busy"): TILLS - 1}
    assert approved.requests.count() == 1


def test_tries_again_once(paired, stopped):
    token = paired[1]
    path = f"payments/{stopped.pk}/process_payment_intent/"

    answers = at_once([lambda: post(Tablet(token), path) for _ in range(TILLS)])

    assert outcomes(answers)[202, ""] == 1
    assert {status for status, _ in outcomes(answers)} == {202, 409}
    assert stopped.requests.count() == 1


def test_lets_either_the_change_of_lines_or_the_payment_win(paired, order, product, reader):
    """Nobody pays for lines that were replaced under the customer's hands."""
    token = paired[1]

    def change():
        return Tablet(token).patch(
            f"/api/v1/orders/{order.pk}/",
            {"lines": [{"product": product.pk, "quantity": 9}]},
            format="json",
            headers={"If-Match": '"1"'},
        )

    at_once([change, lambda: start(token, order, reader)] * 4)

    order.refresh_from_db()
    payment = Payment.objects.filter(order=order).first()
    assert payment is None or payment.amount == order.total_amount


class TestRefunds:
    """Of one payment, all at once."""

    @pytest.fixture
    def paid(self, store, order):
        store.cashier_refund_limit = order.total_amount
        store.save()
        return factories_money.PaidPaymentFactory.create(order=order)

    def refund(self, token, payment, body):
        return post(Tablet(token), f"payments/{payment.pk}/refunds/", body)

    def test_makes_one_of_the_same_press(self, paired, paid):
        answers = at_once([lambda: self.refund(paired[1], paid, {}) for _ in range(TILLS)])

        assert outcomes(answers) == {(202, ""): TILLS}
        assert [refund.amount for refund in Refund.objects.all()] == [paid.amount]
        assert StripeRequest.objects.filter(kind="refund.create").count() == 1

    def test_promises_no_more_than_was_received(self, paired, paid):
        """Each another amount, and together far more than there is."""
        amounts = [paid.amount - number for number in range(TILLS)]

        answers = at_once(
            [
                lambda amount=amount: self.refund(paired[1], paid, {"amount": amount})  # type: ignore[misc]
                for amount in amounts
            ]
        )

        assert outcomes(answers) == {(202, ""): 1, (409, "payment_busy"): TILLS - 1}
        assert Refund.objects.count() == 1


class TestReaders:
    """That are wanted by more than one."""

    def waiting(self, store, number):
        """A payment that is on a reader of its own."""
        order = factories.OrderFactory.create(store=store, number=number)
        payment = factories_money.PaymentFactory.create(order=order, state="waiting_for_card")
        return factories_money.ReaderActionFactory.create(payment=payment)

    def move(self, token, payment, reader, **more):
        body = {"reader": reader.pk} | more
        return post(Tablet(token), f"payments/{payment.pk}/process_payment_intent/", body)

    def test_get_one_of_those_that_move_there_and_those_that_start_there(
        self, paired, store, reader
    ):
        token = paired[1]
        half = TILLS // 2
        held = [self.waiting(store, number) for number in range(1, half + 1)]
        orders = [factories.OrderFactory.create(store=store, number=100 + n) for n in range(half)]

        answers = at_once(
            [
                *(lambda each=each: self.move(token, each.payment, reader) for each in held),
                *(lambda order=order: start(token, order, reader) for order in orders),
            ]
        )

        assert outcomes(answers) == {(202, ""): 1, (409, "terminal_reader_busy"): TILLS - 1}
        [won] = ReaderAction.objects.filter(reader=reader)
        assert ReaderAction.objects.exclude(pk=won.pk).exclude(status="in_progress").count() == 0
        stops = StripeRequest.objects.filter(kind="reader.cancel_action")
        # Nobody is stopped for a move that was refused.
        assert {each.payment_id for each in stops} <= {won.payment_id}
        released = ReaderAction.objects.exclude(released_for="")
        assert {each.payment_id for each in released} <= {won.payment_id}

    def test_are_swapped_by_nobody(self, paired, store):
        """Two payments that want each other's reader: both stay, and neither waits for a lock."""
        token = paired[1]
        first, second = self.waiting(store, 1), self.waiting(store, 2)

        answers = at_once(
            [
                lambda: self.move(token, first.payment, second.reader),
                lambda: self.move(token, second.payment, first.reader),
            ]
            * (TILLS // 2)
        )

        assert outcomes(answers) == {(409, "terminal_reader_busy"): TILLS}
        assert not StripeRequest.objects.exists()

    def test_are_moved_to_one_of_many(self, paired, store):
        token = paired[1]
        held = self.waiting(store, 1)
        readers = factories_money.ReaderFactory.create_batch(TILLS, location__store=store)

        answers = at_once(
            [lambda to=to: self.move(token, held.payment, to) for to in readers]  # type: ignore[misc]
        )

        assert outcomes(answers) == {(202, ""): 1, (409, "payment_on_reader"): TILLS - 1}
        assert ReaderAction.objects.filter(status="reserved").count() == 1
        assert StripeRequest.objects.filter(kind="reader.cancel_action").count() == 1

    def test_are_taken_over_by_one(self, paired, store):
        token = paired[1]
        held = self.waiting(store, 1)
        orders = [factories.OrderFactory.create(store=store, number=100 + n) for n in range(TILLS)]
        body = {"reader": held.reader_id, "take_over": held.payment_id}

        answers = at_once(
            [
                lambda order=order: post(Tablet(token), f"orders/{order.pk}/payments/", body)  # type: ignore[misc]
                for order in orders
            ]
        )

        assert outcomes(answers) == {(202, ""): 1, (409, "terminal_reader_busy"): TILLS - 1}
        assert StripeRequest.objects.filter(kind="reader.cancel_action").count() == 1
        behind = ReaderAction.objects.get(status="reserved")
        held.refresh_from_db()
        assert (held.released_for, held.notice) == (
            "taken_over",
            f"Order {behind.sale.order.number} of {paired[0].name} uses {held.reader} now.",
        )

    def test_have_their_order_changed_once(self, paired, store, product):
        token = paired[1]
        held = self.waiting(store, 1)

        def change(quantity):
            return Tablet(token).post(
                f"/api/v1/payments/{held.payment_id}/change_order/",
                {"lines": [{"product": product.pk, "quantity": quantity}]},
                format="json",
                headers={"If-Match": '"1"'},
            )

        answers = at_once([lambda n=n: change(n) for n in range(1, TILLS + 1)])  # type: ignore[misc]

        assert outcomes(answers) == {(202, ""): 1, (409, "payment_busy"): TILLS - 1}
        won = next(place for place, each in enumerate(answers, 1) if each.status_code == 202)
        held.payment.refresh_from_db()
        assert held.payment.promised["change"]["amount"] == won * product.unit_amount
        assert StripeRequest.objects.count() == 1

    def test_are_left_moved_taken_over_or_changed_but_only_one_of_them(
        self, paired, store, product, reader
    ):
        token = paired[1]
        held = self.waiting(store, 1)
        order = factories.OrderFactory.create(store=store, number=2)

        def take_over():
            body = {"reader": held.reader_id, "take_over": held.payment_id}
            return post(Tablet(token), f"orders/{order.pk}/payments/", body)

        def change():
            return Tablet(token).post(
                f"/api/v1/payments/{held.payment_id}/change_order/",
                {"lines": [{"product": product.pk, "quantity": 9}]},
                format="json",
                headers={"If-Match": '"1"'},
            )

        answers = at_once(
            [take_over, change, lambda: self.move(token, held.payment, reader)] * (TILLS // 3)
        )

        accepted = [answer for answer in answers if answer.status_code == 202]
        assert {answer.status_code for answer in answers} == {202, 409}
        assert StripeRequest.objects.filter(kind="reader.cancel_action").count() == 1
        reserved = ReaderAction.objects.filter(status="reserved")
        assert len(accepted) == reserved.count()
        assert reserved.filter(payment=held.payment).count() <= 1
        assert reserved.filter(reader=held.reader).count() <= 1
