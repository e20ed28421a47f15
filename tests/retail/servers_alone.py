"""A small launcher: the embedded servers alone, until it is stopped. Started by tests.

    python -m tests.retail.servers_alone VAR

Prints one line of JSON when both servers answer.
"""

import contextlib
import json
import sys
from pathlib import Path

from retail.embedded.errors import CannotStart
from retail.embedded.family import Family
from retail.embedded.places import settled, var_lock
from retail.embedded.servers import Postgres, Redis
from retail.launch.supervisor import Stopped, Watch


def main(var: Path) -> None:
    watch = Watch()
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context(var_lock(var))
        places, locks = stack.enter_context(settled(var))
        family = stack.enter_context(Family(hold=[lock, *locks]))
        family.remove_at_end(places.runtime)
        postgres = Postgres(places, var / "postgres.log")
        made = postgres.initialise(family, watch.pause)
        postgres.start(family, watch.pause)
        postgres.create_database()
        Redis(places, var / "redis.log").start(family, watch.pause)
        told = {
            "url": postgres.url(),
            "made": made,
            "data": str(postgres.data),
            "runtime": str(places.runtime),
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        while True:
            watch.pause(0.05)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except CannotStart as problem:
        sys.exit(str(problem))
    except Stopped:
        pass
