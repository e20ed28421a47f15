"""`make bench-webhooks`: our front door beside stock dj-stripe's view and the floor under both.

One run, one database, the same kinds of server, distinct and properly signed events. All servers
are up all the time; each cycle visits every arm in random order for a short window, and ratios
are made of windows of the same cycle, so that a machine that is busy with other things is busy for
both. Only stock dj-stripe reads from Stripe, from a stub that answers at once.
"""

import argparse
import contextlib
import dataclasses
import itertools
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench import flood
from bench.load import Generator
from bench.stage import Stage, kinds
from bench.windows import Arm, Lab, Window, median
from retail.embedded.errors import CannotStart
from retail.embedded.family import Family

READER, INTENT = "terminal.reader.action_succeeded", "payment_intent.succeeded"
OURS, STOCK, FLOOR = "ours", "dj-stripe", "floor"
LABELS = {READER: "reader events", INTENT: "payment_intent.*"}
FEWEST_CLEAR = 3  # pairs; with fewer, all pairs count and the report says so

Cycle = dict[Arm, Window]


@dataclass(frozen=True)
class Plan:
    cycles: int
    seconds: float  # of a window with four clients
    floods: int

    @classmethod
    def of(cls, options: argparse.Namespace) -> "Plan":
        plan = cls(4, 0.5, 4) if options.quick else cls(7, 1.0, 8)
        return dataclasses.replace(plan, cycles=options.cycles) if options.cycles else plan


@dataclass(frozen=True)
class Aim:
    """One number to reach: `ratio` of two arms of one kind of server, in each cycle."""

    what: str
    goal: float
    kind: str
    above: tuple[str, str]  # name and type of the arm above the line
    below: tuple[str, str]
    of: Callable[[Window], float]

    def ratio(self, cycles: list[Cycle]) -> tuple[float, int]:
        """The median over the pairs, and how many of them were of clear weather."""
        pairs = [(self._window(c, self.above), self._window(c, self.below)) for c in cycles]
        clear = [p for p in pairs if p[0].weather.is_clear and p[1].weather.is_clear]
        counted = clear if len(clear) >= FEWEST_CLEAR else pairs
        return median([self.of(up) / self.of(down) for up, down in counted]), len(clear)

    def _window(self, cycle: Cycle, wanted: tuple[str, str]) -> Window:
        return next(
            window
            for arm, window in cycle.items()
            if arm.server.kind == self.kind and (arm.name, arm.type) == wanted
        )


def aims(kind: str) -> list[Aim]:
    def rate(window: Window) -> float:
        return window.rate

    def cpu(window: Window) -> float:
        return window.cpu_ms

    reader = 8.0 if kind == "granian" else 6.0
    against = "events/s against stock dj-stripe's"
    return [
        Aim(f"{LABELS[READER]}, {against}", reader, kind, (OURS, READER), (STOCK, READER), rate),
        Aim(f"{LABELS[INTENT]}, {against}", 15.0, kind, (OURS, INTENT), (STOCK, INTENT), rate),
        Aim("reader events, CPU saved per event", 5.5, kind, (STOCK, READER), (OURS, READER), cpu),
        Aim(
            "reader events, of the floor's rate", 0.75, kind, (OURS, READER), (FLOOR, READER), rate
        ),
    ]


def arms(stage: Stage) -> list[Arm]:
    ours, stock = f"/hooks/reader/{stage.endpoint}/", f"/stock/{stage.endpoint}/"
    doors = [
        (OURS, READER, ours),
        (STOCK, READER, stock),
        (FLOOR, READER, "/floor/"),
        (OURS, INTENT, ours),
        (STOCK, INTENT, stock),
    ]
    servers = [stage.serve(kind, kind) for kind in kinds()]
    return [Arm(*door, server) for server, door in itertools.product(servers, doors)]


def measure(lab: Lab, plan: Plan, every: list[Arm]) -> list[Cycle]:
    cycles: list[Cycle] = []
    for number in range(plan.cycles):
        progress(f"cycle {number + 1} of {plan.cycles}")
        turn = random.sample(every, len(every))
        cycles.append({arm: lab.measure(arm) for arm in turn})
    return cycles


def report(every: list[Arm], cycles: list[Cycle]) -> None:
    say(f"\n{'medians':<30}{'events/s':>9}{'alone: p50':>12}{'p99 ms':>8}{'CPU ms: web + PG':>22}")
    for arm in every:
        windows = [cycle[arm] for cycle in cycles]
        web, postgres = (
            median([getattr(w, f"{n}_ms") for w in windows]) for n in ("web", "postgres")
        )
        say(
            f"{arm.server.kind:<9}{LABELS[arm.type]:<17} {arm.name:<10}"
            f"{median([w.rate for w in windows]):>4.0f}{median([w.p50 for w in windows]):>10.2f}"
            f"{median([w.p99 for w in windows]):>9.2f}{web:>13.2f} + {postgres:.2f}"
        )
    windows = [window for cycle in cycles for window in cycle.values()]
    stolen = median([w.weather.stolen for w in windows])
    foreign = median([w.weather.foreign for w in windows])
    clear = sum(w.weather.is_clear for w in windows)
    say(
        f"\nOthers had {foreign:.2f} of {os.cpu_count()} processors, the host took {stolen:.2f}"
        f" (medians); {clear} of {len(windows)} windows were clear of both."
    )
    if clear < len(windows) / 2:
        say("The machine is busy: believe ratios, and CPU per event most; no absolute number.")


def judge(cycles: list[Cycle]) -> None:
    """Reader events first, payment_intent.* second, of the first kind of server; then the rest."""
    say("")
    for kind in kinds():
        for aim in aims(kind):
            ratio, clear = aim.ratio(cycles)
            pairs = f"{clear} clear" if clear >= FEWEST_CLEAR else f"all {len(cycles)}"
            verdict(ratio, f"{aim.what} ({kind}; {pairs} pairs)", aim.goal, at_least=True)


def verdict(ratio: float, what: str, goal: float, *, at_least: bool) -> None:
    is_met = ratio >= goal if at_least else ratio <= goal
    digits = 1 if at_least and goal >= 1 else 2
    aim = f"aim {'≥' if at_least else '≤'} {goal:g}"
    say(f"ratio {ratio:.{digits}f}  {what}: {aim}, {'met' if is_met else 'MISSED'}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def progress(line: str) -> None:
    """On a terminal only, and gone with the next line."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{line}")
        sys.stderr.flush()


@contextlib.contextmanager
def generators(count: int) -> Iterator[list[Generator]]:
    with contextlib.ExitStack() as stack:
        found = [Generator() for _ in range(count)]
        for generator in found:
            stack.callback(generator.close)
        yield found


def run(plan: Plan, family: Family) -> None:
    started = time.monotonic()
    progress("starting PostgreSQL and preparing its database")
    stage = Stage(family)
    with contextlib.closing(stage), generators(2) as (generator, flooding):
        every = arms(stage)
        say(
            f"Webhooks on {os.cpu_count()} processors: {' and '.join(kinds())} with 2 workers, "
            f"4 clients; {plan.cycles} cycles of {plan.seconds:g} s windows in random order."
        )
        lab = Lab(stage, generator, plan.seconds)
        for arm in every:
            progress(f"warming {arm.server.kind}, {arm.name}")
            lab.warm(arm)
        cycles = measure(lab, plan, every)
        progress("flooding")
        flooded = flood.measure(lab, flooding, every[-1].server, plan.floods)
    progress("")
    report(every, cycles)
    judge(cycles)
    for line in flooded.lines():
        say(line)
    verdict(flooded.ratio, flood.WHAT, 2.0, at_least=False)
    say(f"\n{time.monotonic() - started:.0f} s in all.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-webhooks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute instead of four")
    parser.add_argument("--cycles", type=int, default=0, help="how often each arm has its turn")
    plan = Plan.of(parser.parse_args())
    try:
        with Family() as family:
            run(plan, family)
    except CannotStart as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
