"""Time, and what becomes of our processes: they work, die, sleep and are overtaken."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from payments.models import EventCursor, Payment
from payments.services import backfill
from terminal.services import holds, sales
from tests.proof.walks.rules import WHICH, Rules, often, when

OUTSIDE = st.sampled_from(["claimed", "answered", "read", "committed"])
STAGES = st.sampled_from(["claimed", "answered", "read", "merged", "committed"])
SKIP = st.sampled_from([0, 0, 1, 2])


class Time(Rules):
    @rule(seconds=st.sampled_from([0.5, 2, 4, 10]))
    @often(2)
    def time_passes(self, seconds):
        self.world.later(seconds)

    @rule(seconds=st.sampled_from([35, 70, 400]))
    def long_time_passes(self, seconds):
        self.world.later(seconds)

    @rule(seconds=st.sampled_from([2, 8, 40]))
    @often(3)
    def a_dispatcher_sweeps(self, seconds):
        self.world.later(seconds)
        self.world.tell("a dispatcher sweeps")
        self.world.count("done: sweep")
        self.processes.sweep()

    @rule()
    @often(2)
    def workers_hear_the_bells(self):
        self.world.tell("workers hear the bells")
        self.world.count("done: hear bells")
        self.processes.hear_bells()

    @rule()
    def missed_events_are_listed(self):
        self.world.tell("events are listed")
        self.world.count("done: list events")
        EventCursor.objects.update(next_at=timezone.now(), claimed_until=timezone.now())
        for pk in backfill.due(timezone.now()):
            self.processes.carry_out(("listing", pk))

    @when("held")
    @rule(back=WHICH)
    def a_hold_nears_its_end(self, back):
        world = self.world
        payment = world.payment(back, status="requires_capture", capture_before__isnull=False)
        if payment is None:
            return
        assert payment.capture_before
        world.tell(f"the hold of {world.name(payment)} nears its end")
        world.count("done: hold")
        soon = payment.capture_before - timedelta(hours=5)
        self.processes.live(lambda: holds.settle(payment.pk, soon))


class Deaths(Rules):
    @rule(stage=STAGES, skip=SKIP)
    @often(4)
    def somebody_will_die(self, stage, skip):
        self.processes.arm(stage, skip, "it dies", None)

    @rule(stage=OUTSIDE, skip=SKIP)
    @often(3)
    def somebody_will_be_overtaken(self, stage, skip):
        def overtake():
            self.world.count("done: overtake")
            held = Payment.objects.filter(lease_until__gt=timezone.now())
            held_ones = list(held.values_list("pk", flat=True))
            self.processes.expire_leases()
            for pk in held_ones:
                Payment.objects.filter(pk=pk).update(rung_at=timezone.now())
                self.processes.carry_out(("payment", pk))

        self.processes.arm(stage, skip, "it sleeps through its lease, another works", overtake)

    @rule(stage=OUTSIDE, skip=SKIP, which=st.integers(0, 1), card=st.booleans())
    @often(4)
    def a_card_will_be_presented_meanwhile(self, stage, skip, which, card):
        name = "visa" if card else "charge_declined"

        def present():
            self.world.check()  # sees which reader waits by now
            reader = self.world.waiting_reader(which)
            path = f"readers/{reader.stripe_id}/present"
            self.world.stripe(f"presents-meanwhile {name} to {reader}", path, {"card": name})

        self.processes.arm(stage, skip, "meanwhile a card is presented", present)

    @rule(stage=OUTSIDE, skip=SKIP)
    def somebody_will_cancel_meanwhile(self, stage, skip):
        def cancel():
            payment = self.world.payment(0, ended_at=None)
            if payment is not None:
                self.world.person(
                    "cancels-meanwhile",
                    lambda: sales.cancel_payment(payment, by=self.world.shop.by),
                )

        self.processes.arm(stage, skip, "meanwhile somebody cancels", cancel)

    @rule(stage=OUTSIDE, skip=SKIP)
    def webhooks_will_come_meanwhile(self, stage, skip):
        def deliver():
            self.world.check()  # fetches the newest events
            events, self.world.events = self.world.events, []
            for event in events:
                self.world.deliver(event)
            self.world.count("done: deliver meanwhile")
            self.world.delivered += events
            self.processes.hear_bells()

        self.processes.arm(stage, skip, "meanwhile all webhooks come", deliver)
