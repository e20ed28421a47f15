"""Real processes beside a test: the simulator, the web process, dispatcher and Celery workers.

The fixture `stack` gives a test all of them, running, with an empty database and a fresh Stripe:

    def test_survives_a_killed_worker(stack):
        shop = open_shop(stack.simulator)
        stack.register_webhooks()
        ...
        stack.kill("worker")
        stack.start("worker")

They have a database of their own (the test's own connection is switched to it), so what they do
never meets the rows of another test, and a Redis of their own, which a test may stop. They are
started once per test process and kept from test to test; what a test killed or started with
another environment is started anew for the next one that asks for `stack`. What they wrote is
shown when the test fails.
"""

import http.client
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from retail.embedded import places
from retail.embedded.family import Child, Family, Program
from retail.embedded.servers import Redis
from retail.launch.programs import celery
from tests.emptying import empty_tables
from tests.services import ROOT, Services, clean_environment, current
from tests.stripe_double import CLIENT_ID, KEY, MIRROR_KEY, Simulator

START_LIMIT = 60.0  # seconds; two cores may have a dozen of these to start at once
ALWAYS = ("redis", "simulator", "web", "dispatcher", "worker")
THREADS = "--pool threads --without-gossip --without-mingle --loglevel INFO"
# As in production, but in seconds a test can wait for.
IMPATIENT = {
    "STRIPE_CONNECT_TIMEOUT": "1",
    "STRIPE_READ_TIMEOUT": "1",
    "STRIPE_LEASE_MARGIN": "1",
}


def eventually(question: Callable[[], Any], what: str, seconds: float = 10) -> Any:
    """The first true answer; the test fails when there is none within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return answer


class Stack:
    """Processes by name: redis, simulator, web, dispatcher, worker, and any worker-2, mirror …"""

    def __init__(self, services: Services, family: Family, place: places.Places) -> None:
        self.database = f"stack_{services.worker}"
        self._services = services
        self._family = family
        self._folder = place.runtime
        self._redis = Redis(place, self._folder / "redis.log")
        self._ports = {"web": free_port(), "simulator": free_port()}
        self._starts = 0
        self._extra: dict[str, dict[str, str]] = {}
        self._starting: list[Child] = []
        services.create_database(self.database)
        self.simulator = Simulator(self.simulator_url)

    @property
    def url(self) -> str:
        """Where the web process listens."""
        return f"http://127.0.0.1:{self._ports['web']}"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self._ports['simulator']}"

    @property
    def environment(self) -> dict[str, str]:
        """What every process is told; web gets it without the keys."""
        return (
            clean_environment()
            | self._services.environment()
            | IMPATIENT
            | {
                "DATABASE_URL": self._services.database_url(self.database),
                "REDIS_URL": self._redis.url(),
                "STRIPE_API_BASE": self.simulator_url,
                "STRIPE_SECRET_KEY": KEY,
                "STRIPE_MIRROR_KEY": MIRROR_KEY,
                "STRIPE_CLIENT_ID": CLIENT_ID,
            }
        )

    def start(self, name: str, **extra: str) -> None:
        """Start a process and wait until it is ready; `extra` is added to its environment.

        One that runs with another environment is ended first; one that runs as asked is left.
        """
        self.begin(name, **extra)
        self.wait_until_ready()

    def begin(self, name: str, **extra: str) -> None:
        """As `start`, without waiting: begin several, then `wait_until_ready` for all."""
        if self.is_running(name):
            if self._extra.get(name, {}) == extra:
                return
            self.kill(name, signal.SIGTERM)
        self._extra[name] = extra
        self._starting.append(self._family.spawn(self._program(name, extra)))

    def wait_until_ready(self) -> None:
        for child in self._starting:
            eventually(partial(self._is_ready, child), f"{child.name} is ready", START_LIMIT)
        self._starting.clear()

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a process and wait for its end."""
        child = self._family.children[name]
        with suppress(ProcessLookupError):
            os.kill(child.pid, number)
        self.wait_until_ended(name)

    def wait_until_ended(self, name: str, seconds: float = 15) -> int:
        """Wait for a process that ends by itself (a crash point); its status, negative: signal."""
        if (child := self._family.children.get(name)) is None:
            raise LookupError(f"{name} was not started")
        eventually(lambda: child.returncode() is not None, f"{name} has ended", seconds)
        self._family.forget(child)
        return child.returncode() or 0

    def pause(self, name: str) -> None:
        """Stop a process where it is, as a machine that is too busy would; see `resume`."""
        os.kill(self._family.children[name].pid, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        os.kill(self._family.children[name].pid, signal.SIGCONT)

    def rest(self) -> None:
        """Nobody needs ours now. The end of every test asks the simulator something."""
        for name in filter(self.is_running, set(self._family.children) - {"simulator", "redis"}):
            self.pause(name)

    def wake(self) -> None:
        for name in filter(self.is_running, list(self._family.children)):
            self.resume(name)

    def flush_redis(self) -> None:
        """Forget every message that waits for a worker."""
        _redis_command(self._redis.socket, b"FLUSHALL")

    def is_running(self, name: str) -> bool:
        child = self._family.children.get(name)
        return child is not None and child.returncode() is None

    def pid(self, name: str) -> int:
        return self._family.children[name].pid

    def log(self, name: str) -> str:
        """What a process has written since it started."""
        return self._family.children[name].program.log.read_text(errors="replace")

    def logs(self, last: int = 8000) -> dict[str, str]:
        """What all have written, the last of each, oldest start first."""
        files = sorted(self._folder.glob("log-*"), key=lambda path: path.name)
        return {path.name: path.read_text(errors="replace")[-last:] for path in files}

    def register_webhooks(self) -> None:
        """Have the simulator deliver its events to the web process."""
        from django.core.management import call_command

        with open(os.devnull, "w") as nowhere:
            call_command("register_webhook_endpoints", base_url=self.url, stdout=nowhere)

    def reset(self) -> None:
        """Have all processes run as usual, with nothing in the database, at Stripe or in Redis."""
        for child in list(self._family.children.values()):
            if child.name not in ALWAYS:
                self.kill(child.name)
            elif child.returncode() is not None:
                self._family.forget(child)
        for log in self._folder.glob("log-*"):
            if log not in {child.program.log for child in self._family.children.values()}:
                log.unlink()
        self.start_all()
        self.wipe()

    def start_all(self) -> None:
        """Start what runs beside every test, at once."""
        for name in ALWAYS:
            self.begin(name)
        self.wait_until_ready()

    def wipe(self) -> None:
        """Forget everything the last test did, everywhere."""
        if self.is_running("simulator"):
            self.simulator.reset()
        if self.is_running("redis"):
            _redis_command(self._redis.socket, b"FLUSHALL")
        empty_tables()

    def _is_ready(self, child: Child) -> bool:
        status = child.returncode()
        assert status is None, f"{child.name} ended ({status}):\n{child.last_words(30)}"
        name, written = child.name, child.program.log.read_text(errors="replace")
        match name:
            case "redis":
                return _redis_command(self._redis.socket, b"PING").startswith(b"+PONG")
            case "web":
                return _answers(self._ports["web"])
            case "simulator":
                return "listening on" in written
            case name if name.startswith("dispatcher"):
                return "dispatching" in written
            case _:
                return bool(re.search(r"@\S+ ready\.", written))

    def _program(self, name: str, extra: dict[str, str]) -> Program:
        self._starts += 1
        log = self._folder / f"log-{self._starts:03}-{name}"
        if name == "redis":
            program = self._redis.program()
            return Program(**{**vars(program), "log": log})
        environment = self.environment | {"DATABASE_POOL": "true"}
        if name == "web":
            del environment["STRIPE_SECRET_KEY"], environment["STRIPE_MIRROR_KEY"]
        return Program(
            name=name,
            argv=[sys.executable, *self._arguments(name)],
            log=log,
            env=environment | {"PYTHONUNBUFFERED": "1"} | extra,
            cwd=ROOT,
            grace=2.0,
        )

    def _arguments(self, name: str) -> list[str]:
        match name.partition("-")[0]:
            case "simulator":
                return ["-m", "simulator", "--port", str(self._ports["simulator"])]
            case "web":
                port = str(self._ports["web"])
                options = ["--timeout-graceful-shutdown", "1", "--port", port]
                return ["-m", "uvicorn", "retail.asgi:application", *options]
            case "dispatcher":
                return ["manage.py", "dispatch"]
            case "worker":
                return [
                    *celery("worker"),
                    "-n",
                    f"{name}@%h",
                    "-Q",
                    "reader",
                    "-c",
                    "4",
                    *_threads(),
                ]
            case "mirror":
                queues = ["-Q", "mirror,default", "-c", "2"]
                return [*celery("worker"), "-n", f"{name}@%h", *queues, *_threads()]
        raise LookupError(f"no process is called {name}")


def _threads() -> list[str]:
    return THREADS.split()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/admin/login/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _redis_command(path: Path, command: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.connect(str(path))
        client.sendall(command + b"\r\n")
        return client.recv(256)
    return b""


@contextmanager
def database_of(stack: Stack) -> Iterator[None]:
    """Let this process's connections, those of new threads too, be to the processes' database."""
    from django.db import connections

    settings = connections.settings["default"]
    connections["default"].close()
    ours, settings["NAME"] = settings["NAME"], stack.database
    connections["default"].settings_dict["NAME"] = stack.database
    try:
        yield
    finally:
        connections["default"].close()
        settings["NAME"] = connections["default"].settings_dict["NAME"] = ours


@pytest.fixture(scope="session")
def kept_stack() -> Iterator[Stack]:
    """The processes of this test process; started by the first test that asks for `stack`."""
    place = places.temporary()
    with Family() as family:
        family.remove_at_end(place.runtime)
        stack = Stack(current(), family, place)
        yield stack
        stack.wake()
        stack.simulator.stop()


@pytest.fixture
def stack(kept_stack: Stack, django_db_blocker, settings) -> Iterator[Stack]:
    """All processes running, nothing in the database or at Stripe; our settings are theirs."""
    from payments import gateway

    settings.STRIPE_API_BASE = settings.STRIPE_API_HOST = kept_stack.simulator_url
    settings.STRIPE_WORKER_KEY = KEY
    settings.STRIPE_MIRROR_KEY = settings.STRIPE_TEST_SECRET_KEY = MIRROR_KEY
    for name, value in IMPATIENT.items():
        setattr(settings, name, float(value))
    gateway.forget_client()
    with django_db_blocker.unblock(), database_of(kept_stack):
        kept_stack.wake()
        kept_stack.reset()
        yield kept_stack
        kept_stack.wipe()
        kept_stack.rest()
    gateway.forget_client()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the processes wrote beside a test that failed."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(stack, Stack):
        report.sections += [(f"log of {name}", text) for name, text in stack.logs().items()]
    return report
