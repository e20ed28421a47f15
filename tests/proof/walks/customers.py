"""Customers with their cards, and the readers in their hands."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.proof.walks.rules import READER, Rules, often, when

GOOD = ["visa", "mastercard", "amex", "interac", "visa_debit", "refund_fail"]
DECLINED = [
    "charge_declined",
    "insufficient_funds",
    "lost_card",
    "expired_card",
    "processing_error",
]
OUTCOMES = [
    {"outcome": "approve"},
    {"outcome": "decline"},
    {"outcome": "cancel"},
    {"outcome": "vanish"},
    {"outcome": "connection_error", "truth": "approved"},
    {"outcome": "connection_error", "truth": "none"},
    {"outcome": "connection_error", "truth": "late", "delay_ms": 500},
    {"outcome": "connection_error", "truth": "late", "delay_ms": 4_000},
]
CONDITIONS = [
    None,
    None,
    "offline",
    "off",
    "busy_update",
    "settings_open",
    "hardware_fault",
]


class Customers(Rules):
    @when("waiting")
    @rule(which=READER, card=st.sampled_from(GOOD))
    @often(12)
    def present_a_card(self, which, card):
        self._present(which, card)

    @when("waiting")
    @rule(which=READER, card=st.sampled_from(DECLINED))
    @often(4)
    def present_a_card_that_is_declined(self, which, card):
        self._present(which, card)

    @when("waiting")
    @rule(which=READER)
    def leave_a_card_in(self, which):
        self.world.there.add("card left in")
        self._present(which, "visa", method="insert", leave_in=True)

    def _present(self, which, card, **more):
        reader = self.world.waiting_reader(which)
        path = f"readers/{reader.stripe_id}/present"
        self.world.stripe(f"presents {card} to {reader}", path, {"card": card, **more})

    @when("card left in")
    @rule(which=READER)
    @often(4)
    def remove_the_card(self, which):
        reader = self.world.reader(which)
        path = f"readers/{reader.stripe_id}/remove_card"
        self.world.stripe(f"removes the card from {reader}", path, {})

    @when("waiting")
    @rule(which=READER)
    def press_cancel(self, which):
        reader = self.world.waiting_reader(which)
        path = f"readers/{reader.stripe_id}/cancel_by_customer"
        self.world.stripe(f"presses-cancel on {reader}", path, {})


class Readers(Rules):
    @rule(which=READER, next=st.sampled_from(OUTCOMES))
    @often(2)
    def decide_what_the_next_card_brings(self, which, next):
        self._set(which, f"next-card: {next}", next=next)

    @rule(which=READER, condition=st.sampled_from(CONDITIONS))
    def change_its_condition(self, which, condition):
        self._set(which, f"condition: {condition}", condition=condition)

    @rule(which=READER, delivered=st.booleans(), count=st.integers(1, 3))
    def time_out(self, which, delivered, count):
        plan = {"delivered": delivered, "count": count}
        self._set(which, f"time-out: {plan}", command_timeout=plan)

    @rule(which=READER, milliseconds=st.sampled_from([0, 2_000]))
    def take_time_to_authorise(self, which, milliseconds):
        self._set(which, f"authorises in {milliseconds} ms", authorization_ms=milliseconds)

    def _set(self, which, what, **settings):
        reader = self.world.reader(which)
        self.world.plan(f"{what} ({reader})", f"readers/{reader.stripe_id}", settings)

    @rule(which=READER)
    def another_system_takes_it(self, which):
        world, reader = self.world, self.world.reader(which)
        world.tell(f"another system puts a payment on {reader}")
        world.another_system(reader)
