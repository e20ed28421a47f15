"""What every module of rules has: the world, its processes, and the choices made in most rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, RuleStrategy, precondition

from tests.proof.walks.processes import Processes
from tests.proof.walks.world import World

WHICH = st.integers(0, 2)  # of the newest that fit
READER = st.integers(0, 1)
AMOUNTS = st.sampled_from([500, 1_000, 2_500, 12_345])
AT_ONCE = st.sampled_from([True, True, True, False])  # a worker hears of it at once

Function = TypeVar("Function", bound=Callable[..., Any])


def often(times: int) -> Callable[[Function], Function]:
    """The rule is chosen so many times as often as others."""

    def mark(function: Function) -> Function:
        function.often = times  # type: ignore[attr-defined]
        return function

    return mark


def when(*there: str) -> Callable[[Any], Any]:
    """The rule makes sense only while all of this is in `World.there`."""
    return precondition(lambda walk: walk.world.there.issuperset(there))


class Rules(RuleBasedStateMachine):
    """A story's rules are methods of a subclass; they ask the world, and tell it what they do."""

    world: World
    processes: Processes

    def __init__(self) -> None:
        super().__init__()
        self.chosen: set[str] = set()
        self._rules_strategy = Weighted(self)


class Weighted(RuleStrategy):
    """Hypothesis leaves out rules at random in each walk; then hardly one would sell and pay."""

    machine: Rules

    def do_draw(self, data: Any) -> Any:
        possible = [
            rule
            for rule in self.rules
            if self.is_valid(rule)
            for _ in range(getattr(rule.function, "often", 1))
        ]
        rule = data.draw(st.sampled_from(possible))
        self.machine.chosen.add(rule.function.__name__)
        return rule, data.draw(st.fixed_dictionaries(rule.arguments))
