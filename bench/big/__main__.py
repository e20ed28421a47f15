"""`make big-data`: believable data of a year, in a database of its own that may be deleted."""

import argparse
import shutil
import sys

from bench.big import place
from bench.big.place import SMALL, Size
from retail.embedded import places
from retail.embedded.errors import CannotStart
from retail.embedded.servers import Postgres


def fill(postgres: Postgres, size: Size) -> None:
    """Make the database unless it is there, and bring it up to date with the code."""
    postgres.create_database(size.database)
    place.run("bench.big.fill", postgres, size)


def options(prog: str, description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--stores", type=int, default=400)
    return parser


def size_of(given: argparse.Namespace) -> Size:
    return Size(given.orders, given.readers, given.stores)


def main() -> int:
    parser = options("make big-data", __doc__)
    parser.add_argument("--remove", action="store_true", help="delete all of it instead")
    given = parser.parse_args()
    if given.remove:
        places.forget(place.folder())
        shutil.rmtree(place.folder(), ignore_errors=True)
        return 0
    try:
        with place.cluster() as postgres:
            for size in (SMALL, size_of(given)):
                fill(postgres, size)
    except CannotStart as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
