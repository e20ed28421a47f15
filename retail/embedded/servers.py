"""PostgreSQL and Redis as foreground children."""

import os
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from retail.embedded.errors import CannotStart
from retail.embedded.family import SERVICES, Child, Family, Program
from retail.embedded.places import Places, make_private

POSTGRES_MAJOR = "18"
OWNER = "retail"  # the cluster's superuser, and the database of `make run`
REDIS_DATABASES = 64  # one for each of pytest-xdist's workers
START_LIMIT = 60.0  # seconds; recovery after a crash on a slow disk is the long case

COMMON = {
    "listen_addresses": "",  # the socket in a private directory is the only way in
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",  # nobody replicates from here
    "max_wal_senders": "0",
    "jit": "off",  # short statements only: compiling them costs more than it saves
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# For a test run, whose data nobody will read again.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def _environment() -> dict[str, str]:
    """Nothing of ours but the path: PGDATA, LC_ALL and the rest would change what we start."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


@dataclass(frozen=True)
class Postgres:
    """PostgreSQL 18 on a socket in a private directory, trusting who can get there."""

    places: Places
    log: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.places.data / "postgres"

    def url(self, database: str = OWNER) -> str:
        """The DATABASE_URL of one database."""
        return f"postgres://{OWNER}@/{database}?host={quote(str(self.places.runtime))}"

    def initialise(self, family: Family, pause: Callable[[], None] | None = None) -> bool:
        """Make the cluster unless it is there; says whether it did. Raises CannotStart.

        It appears by a rename: a half-made cluster is never taken for a whole one.
        """
        if self.data.exists():
            make_private(self.data, self.places.account)
            self._check_version()
            return False
        scratch = self.places.data / "postgres.new"
        shutil.rmtree(scratch, ignore_errors=True)
        make_private(scratch, self.places.account)
        if family.run(self._initdb(scratch), pause=pause) != 0:
            raise CannotStart(f"PostgreSQL could not make its data files; {self.log} says why.")
        scratch.rename(self.data)
        return True

    def _initdb(self, target: Path) -> Program:
        # PostgreSQL's own C.UTF-8: the same on every machine, whatever locales it has.
        options = f"-U {OWNER} -E UTF8 --locale=C --locale-provider=builtin"
        options += " --builtin-locale=C.UTF-8 --auth=trust --no-instructions"
        sync = [] if self.durable else ["--no-sync"]
        return Program(
            name="initdb",
            argv=[str(self.places.binaries.initdb), "-D", str(target), *options.split(), *sync],
            log=self.log,
            env=_environment(),
            cwd=target,
            account=self.places.account,
            stage=SERVICES,
        )

    def _check_version(self) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text().strip()
        except OSError:
            found = "unknown"
        if found != POSTGRES_MAJOR:
            raise CannotStart(
                f"The data in {self.data} is not PostgreSQL {POSTGRES_MAJOR}'s (version {found}): "
                "move it away, or choose another data directory with RETAIL_VAR_DIR."
            )

    def program(self) -> Program:
        settings = COMMON | (DURABLE if self.durable else FORGETFUL)
        settings["unix_socket_directories"] = str(self.places.runtime)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            argv=[str(self.places.binaries.postgres), "-D", str(self.data), *options],
            log=self.log,
            env=_environment(),
            cwd=self.data,
            account=self.places.account,
            stage=SERVICES,
            signals=("SIGINT", "SIGQUIT"),  # fast shutdown, then immediate shutdown
            grace=6.0,
        )

    def start(self, family: Family, pause: Callable[[], None] | None = None) -> Child:
        """Start it on an initialised cluster and wait until it accepts connections."""
        child = family.spawn(self.program())
        wait_for(child, self._accepts, pause)
        return child

    def _accepts(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def create_database(self, name: str = OWNER, template: str | None = None) -> None:
        """Create a database unless it exists."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [name]
            ).fetchone():
                return
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            names = sql.Identifier(name), sql.Identifier(template or "template1")
            connection.execute(statement.format(*names))


@dataclass(frozen=True)
class Redis:
    """Redis on a socket in a private directory, keeping nothing: it may be wiped at any time."""

    places: Places
    log: Path

    @property
    def socket(self) -> Path:
        return self.places.runtime / "redis.sock"

    def url(self, database: int = 0) -> str:
        """The REDIS_URL, as Celery wants it."""
        return f"redis+socket://{self.socket}?virtual_host={database}"

    def program(self) -> Program:
        data = self.places.data / "redis"
        make_private(data, self.places.account)
        options = f"--port 0 --unixsocketperm 700 --databases {REDIS_DATABASES} --appendonly no"
        return Program(
            name="redis",
            argv=[
                *(str(self.places.binaries.redis_server), "-"),
                *options.split(),
                *("--save", "", "--dir", str(data), "--unixsocket", str(self.socket)),
                *("--pidfile", str(data / "redis.pid")),  # orphans.py looks there
            ],
            log=self.log,
            env=_environment(),
            cwd=data,
            account=self.places.account,
            stage=SERVICES,
            grace=2.0,
        )

    def start(self, family: Family, pause: Callable[[], None] | None = None) -> Child:
        """Start it and wait until it answers."""
        self.socket.unlink(missing_ok=True)
        child = family.spawn(self.program())
        wait_for(child, self._answers, pause)
        return child

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            try:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def wait_for(
    child: Child,
    ready: Callable[[], bool],
    pause: Callable[[], None] | None = None,
    limit: float = START_LIMIT,
) -> None:
    """Wait until the child is ready. Raises CannotStart when it ends or `limit` seconds pass."""
    deadline = time.monotonic() + limit
    while not ready():
        if child.returncode() is not None or time.monotonic() > deadline:
            what = "ended" if child.returncode() is not None else "is not ready"
            raise CannotStart(
                f"{child.name} {what} while starting ({child.last_words(1)}); "
                f"{child.program.log} says more."
            )
        if pause:
            pause()
        time.sleep(0.02)
