"""What is measured: a durable PostgreSQL of its own, a stub of Stripe, and web servers."""

import importlib.util
import os
import socket
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from retail.embedded import places
from retail.embedded.errors import CannotStart
from retail.embedded.family import Child, Family, Program
from retail.embedded.servers import Postgres, wait_for

ROOT = Path(__file__).resolve().parent.parent
APPLICATION = "retail.wsgi:application"
FILLED = (
    "payments_inboundevent, bench_floor, djstripe_event, djstripe_webhookeventtrigger, "
    "djstripe_paymentintent, djstripe_paymentmethod"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class Server:
    """A running web server. `kind` is "gunicorn" or "granian"."""

    kind: str
    port: int
    pid: int


def kinds() -> list[str]:
    """The kinds of server this environment has; gunicorn is among the development tools."""
    return [kind for kind in ("gunicorn", "granian") if importlib.util.find_spec(kind)]


def command(kind: str, port: int, workers: int) -> list[str]:
    """Both as a small shop would run them: one request at a time in each of few processes."""
    if kind == "gunicorn":
        options = f"-k sync -w {workers} -b 127.0.0.1:{port} --log-level warning"
    else:
        options = f"--interface wsgi --host 127.0.0.1 --port {port} --workers {workers}"
        options += " --blocking-threads 1 --log-level warning --no-ws"
    return [sys.executable, "-m", kind, *options.split(), APPLICATION]


class Stage:
    """Everything up and prepared; `family` ends it all, however the benchmark ends."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.endpoint = str(uuid.uuid4())
        place = places.temporary()
        self.folder = place.runtime
        family.remove_at_end(place.runtime)
        postgres = Postgres(place, self.folder / "postgres.log", durable=True)
        postgres.initialise(family)
        self.postgres = postgres.start(family)
        postgres.create_database()
        self.database_url = postgres.url()
        self.stub_port = free_port()
        self.stub = self._spawn("stub", [sys.executable, "-m", "bench.stub", str(self.stub_port)])
        self._run("prepare", [sys.executable, "-m", "bench.prepare", self.endpoint])
        self._connection = psycopg.connect(self.database_url, autocommit=True)

    @property
    def environment(self) -> Mapping[str, str]:
        """None of what a developer has set reaches what is measured."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "DATABASE_URL": self.database_url,
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "ENV_FILE": os.devnull,
            "RETAIL_VAR_DIR": str(self.folder / "var"),
            "SECRET_KEY": "benchmark" * 8,
            "STRIPE_API_BASE": f"http://127.0.0.1:{self.stub_port}",
            "STRIPE_MIRROR_KEY": "rk_test_" + "b" * 32,
        }

    def serve(self, kind: str, name: str, workers: int = 2) -> Server:
        """Start a web server and wait until it listens."""
        port = free_port()
        child = self._spawn(name, command(kind, port, workers))
        wait_for(child, lambda: listens(port))
        return Server(kind, port, child.pid)

    def empty(self) -> None:
        """Empty every table that is written to, so that no arm pays for another's rows."""
        self._connection.execute(f"TRUNCATE {FILLED} CASCADE".encode())

    def close(self) -> None:
        self._connection.close()

    def _program(self, name: str, argv: list[str]) -> Program:
        log = self.folder / f"{name}.log"
        return Program(name=name, argv=argv, log=log, env=self.environment, cwd=ROOT)

    def _spawn(self, name: str, argv: list[str]) -> Child:
        return self.family.spawn(self._program(name, argv))

    def _run(self, name: str, argv: list[str]) -> None:
        program = self._program(name, argv)
        if self.family.run(program) != 0:
            raise CannotStart(f"{name} failed:\n{program.log.read_text()[-2000:]}")
