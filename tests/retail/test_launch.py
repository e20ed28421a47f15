"""python -m retail.launch: what `make run` does once `.venv` is ready."""

import http.client
import json
import os
import signal
import socket
import stat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from tests.processes import eventually, free_port
from tests.retail.conftest import Launcher, Someone, query

pytestmark = pytest.mark.processes

LAUNCH = ("-m", "retail.launch")
READY = "Stop"  # the last row of the table


@pytest.fixture
def ports() -> dict[str, str]:
    return {"PORT": str(free_port()), "SIMULATOR_PORT": str(free_port())}


class Run:
    """A launcher that has said it is ready."""

    def __init__(self, launcher: Launcher, var: Path) -> None:
        self.launcher = launcher
        self.var = var
        self.output = self.read_table()
        self.launcher.remember_family()

    def read_table(self) -> str:
        output: str = ""
        assert self.launcher.process.stdout is not None
        for line in self.launcher.process.stdout:
            output += line
            if line.strip().startswith(READY):
                return output
        raise AssertionError(output + self.launcher.process.communicate()[1])

    def file(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.var / name).read_text())
        return content

    def pid(self, name: str) -> int:
        return int(self.file("run.json")["processes"][name]["pid"])


@pytest.fixture
def start(launchers: list[Launcher], ourselves: Someone, ports: dict[str, str]):
    var = ourselves.folder / "var"

    def start(*, wrapped: bool = False, days: int = 0) -> Run:
        told = ports | {"RETAIL_VAR_DIR": str(var), "DEMO_DAYS": str(days)}
        launcher = ourselves.start(*LAUNCH, wrapped=wrapped, told=told)
        launchers.append(launcher)
        return Run(launcher, var)

    return start


def get(url: str) -> int:
    """The status of a page; 0 when nobody listens."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status
    except ConnectionError:
        return 0
    finally:
        connection.close()


@pytest.mark.slow
def test_starts_everything_and_again_with_the_data_kept(start, ports: dict[str, str]) -> None:
    run = start()
    demo, told = run.file("demo.json"), run.file("run.json")

    assert set(demo) >= {"api", "token", "admin", "stores", "simulator"}
    assert demo["admin"]["url"] == f"http://127.0.0.1:{ports['PORT']}/admin/"
    assert demo["simulator"] == f"http://127.0.0.1:{ports['SIMULATOR_PORT']}"
    assert {store["country"] for store in demo["stores"]} == {"US", "GB", "CA"}
    for name in ("demo.json", "run.json", "secrets.json"):
        assert stat.S_IMODE((run.var / name).stat().st_mode) == 0o600
    for word in (demo["admin"]["url"], demo["admin"]["password"], demo["simulator"], "make sale"):
        assert word in run.output
    assert get(f"{demo['admin']['url']}login/") == 200
    assert get(f"{demo['simulator']}/_simulator/health") == 200

    environment = told["environment"]
    assert environment["STRIPE_API_BASE"] == demo["simulator"]
    assert environment["STRIPE_LIVE_MODE"] == "false"
    assert environment["STRIPE_SECRET_KEY"].startswith("sk_test_")
    web = psutil.Process(run.pid("web")).environ()
    assert "STRIPE_SECRET_KEY" not in web
    assert "STRIPE_MIRROR_KEY" not in web
    assert web["DATABASE_POOL"] == "true"
    assert set(told["processes"]) == {
        *("postgres", "redis", "simulator", "web", "dispatcher"),
        *("worker-reader", "worker-mirror", "beat"),
    }

    query(environment["DATABASE_URL"], "CREATE TABLE kept AS SELECT 42 AS answer")
    run.launcher.process.kill()
    assert run.launcher.left() == []

    again = start(wrapped=True)  # at once, as after a crash

    assert query(
        again.file("run.json")["environment"]["DATABASE_URL"], "SELECT answer FROM kept"
    ) == [(42,)]
    assert again.file("demo.json") == demo

    died = again.pid("worker-reader")
    os.kill(died, signal.SIGKILL)
    eventually(lambda: again.pid("worker-reader") != died, "the worker is started again", 20)
    again.launcher.remember_family()

    again.launcher.process.kill()  # its parent, as when make is killed
    assert again.launcher.left() == []
    assert get(demo["admin"]["url"]) == 0


class TestRefusals:
    @pytest.mark.parametrize("name", ["PORT", "SIMULATOR_PORT"])
    def test_a_taken_port(self, ourselves: Someone, name: str) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            told = {"PORT": str(free_port()), name: str(port)}
            told["RETAIL_VAR_DIR"] = str(ourselves.folder)
            refusal = ourselves.start(*LAUNCH, told=told).refusal()

        assert refusal == (
            f"Port {port} on 127.0.0.1 is taken by another program: stop what listens there, or "
            f"choose another port, as in `make run {name}={port + 1}`.\n"
        )

    def test_what_is_no_port(self, ourselves: Someone) -> None:
        refusal = ourselves.start(*LAUNCH, told={"PORT": "http"}).refusal()

        assert refusal == "PORT is 'http', which is not the number of a port (1 to 65535).\n"

    def test_a_data_directory_that_is_a_file(self, ourselves: Someone) -> None:
        var = ourselves.folder / "var"
        var.write_text("")

        refusal = ourselves.start(*LAUNCH, told={"RETAIL_VAR_DIR": str(var)}).refusal()

        assert refusal.startswith(f"The data directory {var} is not a directory")
        assert refusal.count("\n") == 1

    def test_a_database_that_cannot_be_prepared(
        self, ourselves: Someone, launchers: list[Launcher]
    ) -> None:
        elsewhere = {
            "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
            "REDIS_URL": "redis://127.0.0.1:9/0",
            "STRIPE_SECRET_KEY": "sk_test_" + "0" * 24,
            "STRIPE_API_BASE": "http://127.0.0.1:9",
            "RETAIL_VAR_DIR": str(ourselves.folder),
            "PORT": str(free_port()),
        }
        launcher = ourselves.start(*LAUNCH, told=elsewhere)
        launchers.append(launcher)

        refusal = launcher.refusal()

        assert refusal.startswith("Preparing the database failed (")
        assert f"{ourselves.folder}/log/prepare.log says more." in refusal
        assert refusal.count("\n") == 1


def test_gives_the_demo_its_last_days_when_everything_runs(start) -> None:
    run = start(days=1)

    log = run.var / "log" / "past.log"

    def is_done() -> bool:
        there = log.exists() and log.read_text().endswith(" sales of the last days.\n")
        return there and "past" not in run.file("run.json")["processes"]

    eventually(is_done, "the last days are written", 60)
