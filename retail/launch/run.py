"""One run: from an empty directory to a table of addresses, and on until somebody stops it."""

import http.client
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from retail.embedded.errors import CannotStart
from retail.embedded.family import Child, Family
from retail.embedded.places import Places
from retail.embedded.servers import Postgres, Redis, wait_for
from retail.launch import files, programs, report
from retail.launch.options import Options, Plan
from retail.launch.supervisor import Supervisor, Watch, say

READY_LIMIT = 180.0  # seconds that the preparation of a database elsewhere may take
FIRST_PAGE = "admin/login/"
# What a sale needs besides the web process, and what each writes in its log when it is ready.
SELLING = {"dispatcher": "dispatching", "worker-reader": " ready."}
SETTLE_LIMIT = 2.5  # seconds


class Run:
    """What is running, and what every process is told."""

    def __init__(self, options: Options, plan: Plan, family: Family, watch: Watch) -> None:
        self.options = options
        self.plan = plan
        self.family = family
        self.watch = watch
        self.told = dict(plan.environment)
        self.supervisor = Supervisor(family, watch, changed=self._write_run_file)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.told}

    def start(self, places: Places | None) -> None:
        """Start everything. Raises CannotStart, or Stopped when somebody does not want to wait."""
        started = time.monotonic()
        (self.options.var / "static").mkdir(exist_ok=True)  # WhiteNoise warns when it is missing
        for name in ("demo.json", "demo-details.json"):  # addresses nobody answers at
            (self.options.var / name).unlink(missing_ok=True)
        if self.plan.simulator:
            self._start_simulator()  # not waited for: load_demo does that, when it gets there
        if places:
            self._start_servers(places)
        demo = self._prepare_and_start_applications()
        files.write_private(self.options.var / "demo.json", demo)
        say(f"\nReady after {time.monotonic() - started:.1f} s.\n")
        say(report.table(demo, self.options) + "\n")
        self._give_a_past()

    def _start_simulator(self) -> None:
        say("Starting the simulated Stripe …")
        self.supervisor.start(programs.simulator(self.options, self.environment))

    def _start_servers(self, places: Places) -> None:
        """Start the embedded servers; who starts later is told their addresses."""
        var, pause = self.options.var, self.watch.pause
        self.family.remove_at_end(places.runtime)
        if self.plan.redis:
            redis = Redis(places, files.log_file(var, "redis"))
            say("Starting Redis …")
            redis.start(self.family, pause)
            self.told["REDIS_URL"] = redis.url()
        if self.plan.postgres:
            postgres = Postgres(places, files.log_file(var, "postgres"))
            say(f"Starting PostgreSQL, its data in {postgres.data} …")
            if postgres.initialise(self.family, pause):
                self._ready.unlink(missing_ok=True)  # it spoke of a database that is gone
            postgres.start(self.family, pause)
            postgres.create_database()
            self.told["DATABASE_URL"] = postgres.url()
        self._write_run_file()

    def _prepare_and_start_applications(self) -> dict[str, Any]:
        """Prepare the database; start the rest as soon as the tables are as the code wants them.

        With a database of our own that is known at once, and nothing waits.
        """
        if not self.plan.postgres or not self._is_ready():
            self._ready.unlink(missing_ok=True)
        say("Preparing the database and the demo company …")
        simulator = self.plan.simulator
        program = programs.prepare(
            self.options, self.environment, simulator=simulator, days=self._days_to_give
        )
        prepare = self.supervisor.start_once(program)
        self._wait(lambda: self._is_ready() or prepare.returncode() is not None, prepare)
        web, *rest = programs.applications(self.options, self.environment)
        serving = self.supervisor.start(web)
        self._wait(lambda: prepare.returncode() is not None, prepare)
        self.supervisor.bury_once(prepare)
        # Each of these takes a second of a processor to start: after the preparation, so that the
        # first page need not share; and what a sale needs before what it does not.
        selling = [self.supervisor.start(program) for program in rest if program.name in SELLING]
        wait_for(serving, _answers(f"{self.options.base_url}/{FIRST_PAGE}"), self.watch.pause)
        self._let_settle(selling)
        for program in rest:
            if program.name not in SELLING:
                self.supervisor.start(program)
        details = files.read(self.options.var / "demo-details.json")
        return report.demo_file(self.options, details, simulator=simulator)

    def _give_a_past(self) -> None:
        """After the first start, and behind everybody: whoever looks into a report finds some."""
        if self._days_to_give and programs.reserved(self.options).exists():
            self._past_begun.touch()
            self.supervisor.start_passing(programs.past(self.options, self.environment))

    @property
    def _days_to_give(self) -> int:
        is_due = self.plan.simulator and not self._past_begun.exists()
        return self.options.demo_days if is_due else 0

    @property
    def _past_begun(self) -> Path:
        return self.options.var / "past.begun"

    def _let_settle(self, children: list[Child]) -> None:
        """Give them a moment, so that the first sale need not wait; rows wait for them anyway."""
        deadline = time.monotonic() + SETTLE_LIMIT
        while time.monotonic() < deadline and not all(
            SELLING[child.name] in child.last_words(100) for child in children
        ):
            self.watch.pause()
            self.supervisor.look()

    @property
    def _ready(self) -> Path:
        return self.options.var / "database.ready"

    def _is_ready(self) -> bool:
        return self._ready.is_file() and self._ready.read_text() == programs.schema()

    def _wait(self, done: Callable[[], bool], prepare: Child) -> None:
        """Wait, looking after the others. Raises CannotStart when the preparation fails."""
        deadline = time.monotonic() + READY_LIMIT
        while not done():
            self.watch.pause()
            self.supervisor.look()
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"Preparing takes over {READY_LIMIT:.0f} s: {prepare.program.log}"
                )
        if prepare.returncode():
            raise CannotStart(
                f"Preparing the database failed ({prepare.last_words(1)}); {prepare.program.log} "
                "says more."
            )

    def _write_run_file(self) -> None:
        """Write run.json: who runs as which process, and what they were told."""
        processes = {
            name: {"pid": child.pid, "log": str(child.program.log)}
            for name, child in self.family.children.items()
        }
        content = {
            "launcher": os.getpid(),
            "processes": processes,
            "base_url": self.options.base_url,
            "simulator": self.options.simulator_url if self.plan.simulator else None,
            "environment": self.told,
        }
        files.write_private(self.options.var / "run.json", content)


def _answers(url: str) -> Callable[[], bool]:
    """A question: does this URL answer with anything but a server's error?"""
    parts = urlsplit(url)

    def ask() -> bool:
        # Not urllib: a proxy in the environment is not meant for this machine.
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        try:
            connection.request("GET", parts.path)
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ask
