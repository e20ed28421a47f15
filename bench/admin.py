"""`make bench-admin`: how long every page of the admin takes with a million orders, and how many
statements.

Of the database that `make big-data` fills, made first if it is not there. Every page is found by
looking, opened by the platform's owner, an owner of many stores and managers of a large and of a
small store, and timed in this process: without web server and network, which cost every page the
same. The same pages are opened on a small database too: a page whose statements are many more on
the large one grows with it. `own` is what a page costs Python, which no other program's load
changes.
"""

import json
import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from bench import machine
from bench.big import place
from bench.big.__main__ import fill, options, size_of
from bench.big.place import SMALL, Size
from bench.webhooks import progress, say
from bench.windows import percentile
from retail.embedded.errors import CannotStart
from retail.embedded.servers import Postgres

JSON = dict[str, Any]
GOAL = 300.0  # milliseconds, at the median
TIMES = 7
# Statements more that tell nothing: the ids of a page are found first once there is a second page,
# and one payment has what another has not. What grows with the rows grows by dozens.
FEW_MORE = 2
OVER = 400  # a status from which on a page is not a page


def measure(postgres: Postgres, size: Size, times: int, only: Iterable[str]) -> list[JSON]:
    lines = place.run("bench.big.pages", postgres, size, str(times), *only).splitlines()
    return [page for page in map(json.loads, lines) if page["status"] < OVER]


def counted(pages: list[JSON]) -> dict[tuple[str, str, str], int]:
    """The most statements of each sort of page, for each principal."""
    most: dict[tuple[str, str, str], int] = defaultdict(int)
    for page in pages:
        most[_sort(page)] = max(most[_sort(page)], page["statements"])
    return most


def _sort(page: JSON) -> tuple[str, str, str]:
    return page["name"], page["kind"], page["principal"]


def median(page: JSON) -> float:
    return float(statistics.median(page["seconds"])) * 1000


def report(large: list[JSON], small: list[JSON], everything: bool) -> int:
    """Print a line for each sort of page: its slowest. How many pages miss the goal."""
    slowest: dict[Any, JSON] = {}
    times: dict[Any, list[float]] = defaultdict(list)
    for page in large:
        key = page["address"] if everything else (page["name"], page["kind"])
        times[key] += [second * 1000 for second in page["seconds"]]
        if key not in slowest or median(page) > median(slowest[key]):
            slowest[key] = page
    few = counted(small)
    say(
        f"\n{'page':<34} {'kind':<13} {'by':<15} {'stmts':>5} {'median':>7} {'p95':>6} {'own':>5}"
        "  address"
    )
    for key, page in sorted(slowest.items(), key=lambda item: -median(item[1])):
        verdict = "" if median(page) < GOAL else "  OVER"
        say(
            f"{page['name'][:34]:<34} {page['kind']:<13} {page['principal']:<15}"
            f" {page['statements']:>5} {median(page):>7.0f} {percentile(times[key], 95):>6.0f}"
            f" {statistics.median(page['own']) * 1000:>5.0f}"
            f"{verdict}  {page['address']}"
        )
    over = [page for page in large if median(page) >= GOAL]
    say(f"\n{len(large)} pages; {len(over)} at {GOAL:.0f} ms or more at the median")
    grown = {
        sort: (few[sort], now)
        for sort, now in counted(large).items()
        if sort in few and now > few[sort] + FEW_MORE
    }
    say(f"{len(grown)} sorts of pages with over {FEW_MORE} statements more than on the small one")
    for sort, (before, now) in grown.items():
        say(f"  {', '.join(sort)}: {before} → {now}")
    return len(over)


def run(size: Size, times: int, everything: bool, only: list[str]) -> int:
    with place.cluster() as postgres:
        for each in (SMALL, size):
            fill(postgres, each)
        progress("counting statements on the small database")
        small = measure(postgres, SMALL, 0, only)
        progress("")
        before, cpu = machine.Moment.now(), machine.cpu_seconds([os.getpid()])
        large = measure(postgres, size, times, only)
        used = machine.cpu_seconds([os.getpid()]) - cpu
        weather = machine.weather(before, machine.Moment.now(), used)
        over = report(large, small, everything)
    say(
        f"Others had {weather.foreign:.2f} processors, the host took {weather.stolen:.2f}"
        f"{'' if weather.is_clear else ': believe no absolute number'}"
    )
    return over


def main() -> int:
    parser = options("make bench-admin", __doc__)
    parser.add_argument("--times", type=int, default=TIMES, help="how often a page is timed")
    parser.add_argument("--all", action="store_true", help="a line for every page")
    parser.add_argument("--only", nargs="*", default=[], help="principals")
    given = parser.parse_args()
    try:
        over = run(size_of(given), given.times, given.all, given.only)
    except CannotStart as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
