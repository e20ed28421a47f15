"""Money back: refunds by us, on a reader, in Stripe's Dashboard, and disputes by banks."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from payments.services import refunds
from stores.principals import SYSTEM
from terminal.services import refunding
from tests.proof.walks.rules import AT_ONCE, READER, WHICH, Rules, often, when

SHARES = st.sampled_from([None, None, 1, 300, 500])


class Managers(Rules):
    @when("paid")
    @rule(back=WHICH, amount=SHARES, by_manager=st.booleans(), at_once=AT_ONCE)
    @often(3)
    def refund(self, back, amount, by_manager, at_once):
        world = self.world
        payment = world.payment(back, status="succeeded")
        if payment is None:
            return
        by = SYSTEM if by_manager else world.shop.by
        done = world.person(
            f"refunds {amount or 'all'} of {world.name(payment)}",
            lambda: refunds.refund(payment, by=by, amount=amount),
        )
        if done and at_once:
            self.processes.converse(payment)

    @when("paid", "interac")
    @rule(back=WHICH, amount=SHARES, which=READER, at_once=AT_ONCE)
    @often(6)
    def refund_on_a_reader(self, back, amount, which, at_once):
        world, reader = self.world, self.world.reader(which)
        payment = world.payment(back, status="succeeded")
        if payment is None:
            return
        done = world.person(
            f"refunds-on-reader {amount or 'all'} of {world.name(payment)} ({reader})",
            lambda: refunding.refund_on(reader, payment, by=SYSTEM, amount=amount),
        )
        if done and at_once:
            self.processes.converse(payment)


class Dashboard(Rules):
    """What happens at Stripe without us; our rows hear of it by webhook or by listing."""

    @when("paid")
    @rule(back=WHICH, amount=st.sampled_from([None, 200]))
    def refund_in_the_dashboard(self, back, amount):
        self._act("refund", back, {"amount": amount} if amount else {})

    @when("held")
    @rule(back=WHICH)
    @often(3)
    def capture_in_the_dashboard(self, back):
        self._act("capture", back, status="requires_capture")

    @when("open")
    @rule(back=WHICH)
    def cancel_in_the_dashboard(self, back):
        self._act("cancel", back)

    @when("paid")
    @rule(back=WHICH)
    def dispute(self, back):
        self._act("dispute", back)

    def _act(self, act, back, more=None, **fitting):
        world = self.world
        payment = world.payment(back, payment_intent_id__isnull=False, **fitting)
        if payment is None:
            return
        body = {"account": payment.stripe_account, "id": payment.payment_intent_id} | (more or {})
        if not payment.stripe_account:
            del body["account"]
        world.stripe(f"dashboard-{act} of {world.name(payment)}", f"dashboard/{act}", body)
