"""Faults between us and Stripe, and webhooks that come late, twice, in any order or never."""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.proof.walks.rules import Rules, often, when

COMMANDS = [
    "payment_intents.create",
    "payment_intents.capture",
    "payment_intents.cancel",
    "readers.process_payment_intent",
    "readers.cancel_action",
    "readers.refund_payment",
    "refunds.create",
]
RETRIEVES = ["payment_intents.retrieve", "readers.retrieve"]
READS = [*RETRIEVES, "payment_intents.list", "events.list"]
LOST = ["reset", "500", "502", "503", "504", "424", "409", "429", "lock_timeout", "garbage"]


class Network(Rules):
    @rule(
        operation=st.sampled_from(COMMANDS),
        when=st.sampled_from(["before", "after"]),
        what=st.sampled_from([*LOST, "truncate", "401", "403"]),
        count=st.integers(1, 3),
    )
    @often(4)
    def spoil_a_command(self, operation, when, what, count):
        self._plan(operation, "after" if what == "truncate" else when, what, count)

    @rule(
        operation=st.sampled_from(READS),
        what=st.sampled_from([*LOST, "401"]),
        count=st.integers(1, 3),
    )
    @often(2)
    def spoil_a_read(self, operation, what, count):
        self._plan(operation, "before", what, count)

    @rule(operation=st.sampled_from(RETRIEVES), seconds=st.sampled_from([2, 30]))
    def read_from_the_past(self, operation, seconds):
        self.world.stale = True
        self._plan(operation, "before", "stale_read", 1, seconds=seconds)

    @rule()
    @often(2)
    def mend_the_network(self):
        self.world.tell("all faults are mended")
        self.world.simulator.unfault()
        self.world.only_planned = True

    def _plan(self, operation, when, what, count, **more):
        body = {"operation": operation, "when": when, "what": what, "count": count, **more}
        self.world.plan(f"fault: {what} {when} {operation}, {count} times", "faults", body)


class Webhooks(Rules):
    @when("undelivered")
    @rule(at_once=st.booleans())
    @often(3)
    def deliver_all(self, at_once):
        events, self.world.events = self.world.events, []
        self._deliver(events, at_once)

    @when("undelivered")
    @rule(place=st.integers(0, 20), at_once=st.booleans())
    def deliver_one_before_the_others(self, place, at_once):
        events = self.world.events
        self._deliver([events.pop(place % len(events))], at_once)

    @when("delivered")
    @rule(place=st.integers(0, 20), at_once=st.booleans())
    def deliver_one_again(self, place, at_once):
        events = self.world.delivered
        self._deliver([events[-1 - place % len(events)]], at_once)

    @when("undelivered")
    @rule()
    def lose_all(self):
        self.world.tell(f"{len(self.world.events)} webhooks are lost")
        self.world.count("done: lose webhooks")
        self.world.events = []

    def _deliver(self, events, at_once):
        world = self.world
        for event in events:
            world.tell(f"delivers {event['type']}")
            world.count(f"delivered: {event['type']}")
            if not self.processes.live(partial(world.deliver, event)):
                world.events.append(event)  # Stripe got no answer, and tries again
                continue
            world.delivered.append(event)
        if at_once:
            self.processes.hear_bells()
