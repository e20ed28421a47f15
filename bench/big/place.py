"""Where it is kept: a PostgreSQL of its own under var/big, with one database of each size."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.stage import ROOT
from retail.embedded import places
from retail.embedded.errors import CannotStart
from retail.embedded.family import Family
from retail.embedded.servers import Postgres


@dataclass(frozen=True)
class Size:
    orders: int
    readers: int
    stores: int

    @property
    def database(self) -> str:
        return f"orders_{self.orders}_readers_{self.readers}_stores_{self.stores}"


SMALL = Size(orders=4_000, readers=400, stores=20)  # as large as a page of each list needs


def folder() -> Path:
    return Path(os.environ.get("RETAIL_VAR_DIR") or "var").expanduser().absolute() / "big"


@contextmanager
def cluster() -> Iterator[Postgres]:
    """The server, for as long as the block. Raises CannotStart."""
    var = folder()
    with ExitStack() as stack:
        locks = [stack.enter_context(places.var_lock(var))]
        place, more = stack.enter_context(places.settled(var))
        family = stack.enter_context(Family(hold=[*locks, *more]))
        # Nobody will miss it when the machine loses its power: it is made again.
        postgres = Postgres(place, var / "postgres.log", durable=False)
        postgres.initialise(family)
        postgres.start(family)
        yield postgres


def run(module: str, postgres: Postgres, size: Size, *arguments: str) -> str:
    """Run a program of ours on one of the databases; what it wrote. Raises CannotStart."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = kept | {
        "DATABASE_URL": postgres.url(size.database),
        "DJANGO_SETTINGS_MODULE": "retail.settings",
        "ENV_FILE": os.devnull,
        "RETAIL_VAR_DIR": str(folder()),
        "SECRET_KEY": "benchmark" * 8,
        "SECOND_FACTOR_REQUIRED": "false",
        "STRIPE_LIVE_MODE": "false",
    }
    sizes = [str(size.orders), str(size.readers), str(size.stores)]
    done = subprocess.run(
        [sys.executable, "-m", module, *sizes, *arguments],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotStart(f"{module} failed with status {done.returncode}.")
    return done.stdout
