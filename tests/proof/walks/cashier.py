"""A cashier at the till: sells, tries again, cancels, captures, asks."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from payments.services import captures
from stores.models import Order
from terminal.services import sales
from tests.proof.walks.rules import AMOUNTS, AT_ONCE, READER, WHICH, Rules, often, when


class Cashier(Rules):
    @rule(
        amount=AMOUNTS,
        which=READER,
        capture=st.sampled_from(["automatic", "manual"]),
        at_once=AT_ONCE,
    )
    @often(10)
    def sell(self, amount, which, capture, at_once):
        world, reader = self.world, self.world.reader(which)
        order = world.order(amount)
        self._sell(order, reader, capture, f"sells {amount} ({capture}) on {reader}", at_once)

    @when("sold")
    @rule(back=WHICH, which=READER, at_once=AT_ONCE)
    @often(3)
    def sell_the_same_order_again(self, back, which, at_once):
        world, reader = self.world, self.world.reader(which)
        order = Order.objects.order_by("-pk")[min(back, Order.objects.count() - 1)]
        what = f"sells-again order {order.number} ({order.status}) on {reader}"
        self._sell(order, reader, world.shop.store.capture_method, what, at_once)

    def _sell(self, order, reader, capture, what, at_once):
        by = self.world.shop.by
        payment = self.world.person(
            what, lambda: sales.sell(order, reader, by=by, capture_method=capture)
        )
        if payment is not None and at_once:
            self.processes.converse(payment)

    @when("open")
    @rule(back=WHICH, which=st.none() | READER, at_once=AT_ONCE)
    @often(4)
    def try_again(self, back, which, at_once):
        world = self.world
        payment = world.payment(back, ended_at=None)
        if payment is None:
            return
        reader = None if which is None else world.reader(which)
        done = world.person(
            f"tries-again {world.name(payment)} on {reader or 'the same reader'}",
            lambda: sales.try_again(payment, by=world.shop.by, reader=reader),
        )
        if done and at_once:
            self.processes.converse(payment)

    @when("open")
    @rule(back=WHICH, release=st.booleans(), at_once=AT_ONCE)
    @often(2)
    def cancel(self, back, release, at_once):
        world = self.world
        payment = world.payment(back, ended_at=None)
        if payment is None:
            return
        done = world.person(
            f"cancels {world.name(payment)}",
            lambda: sales.cancel_payment(payment, by=world.shop.by, release=release),
        )
        if done and at_once:
            self.processes.converse(payment)

    @when("open")
    @rule(which=READER, at_once=AT_ONCE)
    def free_a_reader(self, which, at_once):
        world, reader = self.world, self.world.reader(which)
        payment = world.person(
            f"frees {reader}", lambda: sales.cancel_action(reader, by=world.shop.by)
        )
        if payment is not None and at_once:
            self.processes.converse(payment)

    @when("open")
    @rule(back=WHICH)
    def check_status(self, back):
        world = self.world
        payment = world.payment(back)
        if payment is not None:
            world.person(f"asks about {world.name(payment)}", lambda: sales.check_status(payment))

    @when("held")
    @rule(back=WHICH, tip=st.sampled_from([0, 0, 100, 1_000, 99_999]), at_once=AT_ONCE)
    @often(4)
    def capture(self, back, tip, at_once):
        world = self.world
        payment = world.payment(back, status="requires_capture")
        if payment is None:
            return
        done = world.person(
            f"captures {world.name(payment)} with a tip of {tip}",
            lambda: captures.capture(payment, by=world.shop.by, tip_amount=tip),
        )
        if done and at_once:
            self.processes.converse(payment)
