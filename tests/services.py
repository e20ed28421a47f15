"""The test run's own PostgreSQL and Redis, whatever else runs on this machine.

A pytest plugin, loaded with `-p tests.services` (pyproject.toml) before anything reads Django's
settings. The process that was started by hand (under pytest-xdist the controller) starts both
servers and lets a template database be built while tests are collected. Every process that runs
tests (every worker) gets a copy of that template as its own database and a Redis database of its
own number. A guardian ends it all when the run is over, however it ended.
"""

import os
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from retail.embedded import places
from retail.embedded.errors import CannotStart
from retail.embedded.family import Family, Program
from retail.embedded.servers import Postgres, Redis

FOLDER = "RETAIL_TEST_FOLDER"  # the controller tells its workers where the servers are
TEMPLATE, UNFINISHED = "template", "unfinished"
TEMPLATE_LIMIT = 120.0  # seconds
ROOT = Path(__file__).resolve().parent.parent

# What a developer has set for `make run` must not reach the tests. Nothing listens on port 9.
HARMLESS = {
    "ENV_FILE": os.devnull,
    "STRIPE_API_BASE": "http://127.0.0.1:9",
    "STRIPE_LIVE_MODE": "false",
    "SECOND_FACTOR_REQUIRED": "false",  # tests of it switch it on
}
REMOVED = ("DATABASE_POOL", "STRIPE_SECRET_KEY", "STRIPE_MIRROR_KEY", "SECRET_KEY", "DEBUG")


@dataclass(frozen=True)
class Services:
    """The servers of this run, as one test process sees them."""

    folder: Path  # private: sockets and logs; removed when the run is over
    worker: str  # "gw0", "gw1" …; "main" without pytest-xdist

    @property
    def number(self) -> int:
        return int(self.worker.removeprefix("gw")) if self.worker.startswith("gw") else 0

    @property
    def database(self) -> str:
        """The name of this process's own database."""
        return f"test_{self.worker}"

    def database_url(self, database: str | None = None) -> str:
        return f"postgres://retail@/{database or self.database}?host={self.folder}"

    def redis_url(self, offset: int = 0) -> str:
        """This process's Redis: database 2n for its tests, 2n + 1 for processes beside them."""
        return f"redis+socket://{self.folder}/redis.sock?virtual_host={2 * self.number + offset}"

    def environment(self) -> dict[str, str]:
        return HARMLESS | {
            "DATABASE_URL": self.database_url(),
            "REDIS_URL": self.redis_url(),
            "RETAIL_VAR_DIR": str(self.folder / "var"),
            FOLDER: str(self.folder),
        }

    def create_database(self, name: str, template: str | None = TEMPLATE) -> None:
        """Make a database by copying the migrated template (0.1 s), or an empty one with None."""
        if template:
            self._wait_for_template()
        with self._maintenance() as connection:
            source = f"TEMPLATE {template}" if template else ""
            connection.execute(f'CREATE DATABASE "{name}" {source}'.encode())

    def drop_database(self, name: str) -> None:
        with self._maintenance() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def send_away(self, name: str, seconds: float) -> None:
        """What a restart of PostgreSQL is to one database's clients; others use the same server."""
        with self._maintenance() as connection:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(query, [name])
            time.sleep(seconds)
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())

    def _maintenance(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self.database_url("postgres"), autocommit=True)

    def _wait_for_template(self) -> None:
        failure = self.folder / "template.failed"
        deadline = time.monotonic() + TEMPLATE_LIMIT
        with self._maintenance() as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            while connection.execute(query, [TEMPLATE]).fetchone() is None:
                if failure.exists():
                    pytest.exit(f"The test database cannot be built:\n{failure.read_text()}", 3)
                if time.monotonic() > deadline:
                    pytest.exit(f"No test database after {TEMPLATE_LIMIT:.0f} s.", 3)
                time.sleep(0.05)


def current() -> Services:
    """The services of the run that this process belongs to."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return Services(Path(os.environ[FOLDER]), worker)


def start(family: Family, *, durable: bool = False) -> Services:
    """Start both servers and, in the background, the building of the template database.

    One that is `durable` may crash and keeps all that was committed.
    """
    place = places.temporary()
    family.remove_at_end(place.runtime)
    services = Services(place.runtime, "main")
    postgres = Postgres(place, services.folder / "postgres.log", durable=durable)
    postgres.initialise(family)
    postgres.start(family)
    Redis(place, services.folder / "redis.log").start(family)
    services.create_database(UNFINISHED, template=None)
    builder = Program(
        name="template",
        argv=[sys.executable, "-m", "tests.template"],
        log=services.folder / "template.log",
        env=clean_environment()
        | services.environment()
        | {"DATABASE_URL": services.database_url(UNFINISHED)},
        cwd=ROOT,
    )
    family.spawn(builder)
    return services


def clean_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in REMOVED}


family: Family | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None, None, None]:
    """Set the environment before pytest-django, which does the same, reads the settings."""
    global family
    if "PYTEST_XDIST_WORKER" not in os.environ and family is None:
        family = Family()
        try:
            os.environ[FOLDER] = str(start(family).folder)
        except CannotStart as problem:
            family.stop()
            raise pytest.UsageError(str(problem)) from None
    for name in REMOVED:
        os.environ.pop(name, None)
    os.environ.update(current().environment())
    try:
        return (yield)
    except BaseException:
        stop()
        raise


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two at least: tests wait for processes. Eight at most: each has processes of its own."""
    return min(max(2, os.cpu_count() or 1), 8)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    stop()


def stop() -> None:
    global family
    if family is not None:
        family.stop()
        family = None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests first, so that the others run beside them and not after."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
