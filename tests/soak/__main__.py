"""`make soak SALES=500`: see CONTRIBUTING.md. With servers of its own, so beside anything else."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from pathlib import Path

from retail.embedded import places
from retail.embedded.errors import CannotStart
from retail.embedded.family import Family
from tests import services
from tests.processes import IMPATIENT, Stack
from tests.stripe_double import KEY, MIRROR_KEY

AWAY = 1.0  # seconds without PostgreSQL


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--sales", type=int, default=500)
    parser.add_argument("--seed", type=int, help="of an earlier run; it is told")
    parser.add_argument("--tills", type=int, default=24)
    parser.add_argument("--kill-every", type=float, default=20.0, help="seconds")
    parser.add_argument("--folder", type=Path, default=Path("var/soak"), help="for the report")
    return parser.parse_args()


def main() -> int:
    asked = parse()
    with Family() as servers, Family() as family:
        try:
            running = services.start(servers, durable=True)
            os.environ.update({services.FOLDER: str(running.folder)} | running.environment())
            place = places.temporary()
            family.remove_at_end(place.runtime)
            stack = Stack(running, family, place)
        except CannotStart as problem:
            sys.stderr.write(f"{problem}\n")
            return 1
        os.environ.update(
            stack.environment | {"DJANGO_SETTINGS_MODULE": "retail.settings", **IMPATIENT}
        )
        os.environ.update({"STRIPE_SECRET_KEY": KEY, "STRIPE_MIRROR_KEY": MIRROR_KEY})
        return soak(asked, stack, servers)


def soak(asked: argparse.Namespace, stack: Stack, servers: Family) -> int:
    import django

    django.setup()
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each look
    from tests.soak import report
    from tests.soak.run import Options, Soak

    seed = {} if asked.seed is None else {"seed": asked.seed}
    options = Options(asked.sales, tills=asked.tills, kill_every=asked.kill_every, **seed)
    say(f"Seed {options.seed}. Starting everything …")
    stack.start_all()
    say(f"{options.sales} sales at {options.tills} tills …")
    done = Soak(stack, options, lambda: bounce(servers)).run()
    report.count(done)
    wrong = report.verdicts(done)
    folder = asked.folder / f"{time.strftime('%Y%m%d-%H%M%S')}-seed-{options.seed}"
    report.write(folder, done, wrong, stack)
    say("\n" + report.table(done) + "\n")
    for line in wrong[:40]:
        say(line)
    say(f"{'FAILED' if wrong else 'All promises held'}; the report is in {folder}")
    return 1 if wrong else 0


def bounce(servers: Family) -> None:
    """PostgreSQL goes down without a good-bye, as in a crash, and recovers."""
    old = servers.children["postgres"]
    os.kill(old.pid, signal.SIGQUIT)
    old.process.wait(30)
    servers.forget(old)
    time.sleep(AWAY)
    servers.spawn(old.program)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
