"""`make soak-long`: many more walks than a test run has, how often each thing happened in them,
and whether they notice a product that was broken on purpose.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.services import ROOT

WALK_TEST = "tests/proof/test_walks.py"
# What must not become rare: each once in so many steps at least.
OFTEN_ENOUGH = 2_000
EXPECTED = [
    *("done: sells", "done: tries-again", "done: cancels", "done: captures", "done: frees"),
    *("done: presents", "done: presents-meanwhile", "done: presses-cancel", "done: another system"),
    *(
        "done: refunds",
        "done: refunds-on-reader",
        "done: dashboard-refund",
        "done: dashboard-cancel",
    ),
    *("done: dashboard-capture", "done: dashboard-dispute", "done: hold", "done: overtake"),
    *("done: deliver meanwhile", "done: list events", "done: sweep", "done: lose webhooks"),
    *(f"it dies at {stage}" for stage in ("claimed", "answered", "read", "merged", "committed")),
    *("state: paid", "state: refunded", "state: declined", "state: canceled", "state: approved"),
    *("state: stopped", "state: checking", "state: canceled_by_customer"),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--workers", default="auto")
    parser.add_argument("--mutants", choices=["yes", "no", "only"], default="yes")
    options = parser.parse_args()
    good = True
    if options.mutants != "only":
        good = _walk(options.steps, options.seed, options.workers)
    if options.mutants != "no":
        killed = [_is_killed(name, options.steps, options.workers) for name in _mutants()]
        good = good and all(killed)
    return 0 if good else 1


def _walk(steps: int, seed: int, workers: str) -> bool:
    _say(f"{steps} steps from seed {seed}")
    with tempfile.TemporaryDirectory() as folder:
        environment = {"WALK_STEPS": str(steps), "WALK_SEED": str(seed), "WALK_COUNTS": folder}
        done = _pytest(["-n", workers, "--dist", "worksteal", WALK_TEST], environment)
        counts: Counter[str] = Counter()
        for file in Path(folder).iterdir():
            counts.update(json.loads(file.read_text()))
    for name, number in sorted(counts.items()):
        _say(f"{number:8} {name}")
    least = counts["steps"] // OFTEN_ENOUGH
    rare = [name for name in EXPECTED if counts[name] < least]
    for name in rare:
        _say(f"too rare: {name}, {counts[name]} times in {counts['steps']} steps")
    return done and not rare


def _mutants() -> list[str]:
    """By name; to import them Django must be set up, which pytest does."""
    source = (ROOT / "tests/proof/walks/mutants.py").read_text()
    return [
        line.removeprefix("def ").partition("(")[0]
        for line in source.splitlines()
        if line.startswith("def ")
    ]


def _is_killed(mutant: str, steps: int, workers: str) -> bool:
    """Whether walks notice it, which end then. What some forget is needed once in 20,000 steps."""
    environment = {"WALK_MUTANT": mutant, "WALK_STEPS": str(steps)}
    options = ["-n", workers, "--dist", "worksteal", "-x", "--tb=no"]
    survived = _pytest([*options, WALK_TEST], environment, quiet=True)
    _say(f"{'SURVIVED' if survived else 'killed'}: {mutant}")
    return not survived


def _pytest(arguments: list[str], environment: dict[str, str], *, quiet: bool = False) -> bool:
    output = subprocess.DEVNULL if quiet else None
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(command, env=os.environ | environment, stdout=output).returncode == 0


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
