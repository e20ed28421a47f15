"""The embedded servers: where they run, as whom, and that they go when they should."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from retail.embedded import places
from retail.embedded.errors import CannotStart
from retail.embedded.family import Family, Program
from tests.processes import eventually
from tests.retail.conftest import Launcher, Someone, query

ALONE = ("-m", "tests.retail.servers_alone")
Started = tuple[Launcher, dict[str, Any]]


@pytest.fixture
def start(launchers: list[Launcher]):
    def start(who: Someone, var: Path, *, wrapped: bool = False) -> Started:
        launcher = who.start(*ALONE, var, wrapped=wrapped)
        launchers.append(launcher)
        line = launcher.first_line()
        assert line, launcher.process.communicate()
        return launcher, json.loads(line)

    return start


def test_serve_over_sockets_that_only_their_user_can_reach(start, someone: Someone) -> None:
    launcher, told = start(someone, someone.folder / "var")

    [(version,)] = query(told["url"], "SHOW server_version")
    assert str(version).startswith("18")
    for directory in (told["runtime"], told["data"]):
        assert stat.S_IMODE(os.stat(directory).st_mode) == 0o700
    assert query(told["url"], "SHOW fsync; ") == [("on",)]
    assert query(told["url"], "SHOW synchronous_commit") == [("on",)]
    assert query(told["url"], "SHOW listen_addresses") == [("",)]
    encoding = "SELECT pg_encoding_to_char(encoding), datlocale FROM pg_database"
    assert set(query(told["url"], encoding)) == {("UTF8", "C.UTF-8")}
    servers = [
        process for process in launcher.family if process.name() in ("postgres", "redis-server")
    ]
    assert servers
    assert all(process.uids().effective != 0 for process in servers)
    assert [c for process in servers for c in process.net_connections("inet")] == []


def test_keep_the_data_from_start_to_start(start, someone: Someone) -> None:
    var = someone.folder / ("long" * 40) / ("longer" * 30) / "var"  # for no socket's path
    launcher, told = start(someone, var)
    query(told["url"], "CREATE TABLE kept AS SELECT 42 AS answer")
    launcher.process.terminate()
    assert launcher.left() == []

    _, again = start(someone, var)

    assert (told["made"], again["made"]) == (True, False)
    assert query(again["url"], "SELECT answer FROM kept") == [(42,)]


def test_start_fresh_when_var_was_deleted(start, ourselves: Someone) -> None:
    var = ourselves.folder / "var"
    launcher, told = start(ourselves, var)
    launcher.process.terminate()
    assert launcher.left() == []
    shutil.rmtree(var)

    _, again = start(ourselves, var)

    assert again["made"]
    if again["data"] != told["data"]:
        assert not Path(told["data"]).exists(), "what nobody can find again is removed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_leave_nothing_behind_when_the_launcher_is_stopped(
    start, ourselves: Someone, number: signal.Signals
) -> None:
    launcher, told = start(ourselves, ourselves.folder / "var")

    launcher.process.send_signal(number)

    assert launcher.left() == []
    assert launcher.process.returncode == 0
    assert not Path(told["runtime"]).exists()


def test_leave_nothing_behind_when_the_launchers_parent_is_killed(start, someone: Someone) -> None:
    launcher, told = start(someone, someone.folder / "var", wrapped=True)

    launcher.process.kill()

    assert launcher.left() == []
    assert not Path(told["runtime"]).exists()


def test_leave_no_process_behind_when_killed_while_starting(
    launchers: list[Launcher], start, ourselves: Someone
) -> None:
    var = ourselves.folder / "var"
    launcher = ourselves.start(*ALONE, var)
    launchers.append(launcher)
    eventually(lambda: (var / places.MEMORY).exists(), "the launcher has begun", 30)
    launcher.remember_family()

    launcher.process.kill()

    assert launcher.left() == []
    runtime = json.loads((var / places.MEMORY).read_text())["runtime"]
    start(ourselves, var)
    assert not Path(runtime).exists()


def test_leave_nothing_behind_when_killed_and_start_again_at_once(start, someone: Someone) -> None:
    launcher, told = start(someone, someone.folder / "var")
    query(told["url"], "CREATE TABLE kept AS SELECT 42 AS answer")

    launcher.process.kill()
    _, again = start(someone, someone.folder / "var")  # while the guardian is stopping the first

    assert launcher.left() == []
    assert not Path(told["runtime"]).exists()
    assert query(again["url"], "SELECT answer FROM kept") == [(42,)]


def test_end_an_orphan_that_no_guardian_was_left_to_end(start, ourselves: Someone) -> None:
    launcher, told = start(ourselves, ourselves.folder / "var")
    [guardian] = [p for p in launcher.family if "guardian.py" in " ".join(p.cmdline())]
    guardian.kill()
    launcher.process.kill()
    launcher.process.wait()
    assert query(told["url"], "SELECT 1") == [(1,)]

    _, again = start(ourselves, ourselves.folder / "var")

    with pytest.raises(psycopg.OperationalError):
        query(told["url"], "SELECT 1")
    assert query(again["url"], "SELECT 1") == [(1,)]
    assert launcher.left() == []
    assert not Path(told["runtime"]).exists()


def test_leave_alone_who_has_got_the_number_of_a_server(start, ourselves: Someone) -> None:
    launcher, told = start(ourselves, ourselves.folder / "var")
    launcher.process.terminate()
    assert launcher.left() == []
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        Path(told["data"], "postmaster.pid").write_text(f"{stranger.pid}\n")

        _, again = start(ourselves, ourselves.folder / "var")

        assert stranger.poll() is None
        stranger.kill()
    assert query(again["url"], "SELECT 1") == [(1,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="about root's home, and we are not root")
def test_open_no_directory_of_roots_to_others(start, ourselves: Someone) -> None:
    home = ourselves.folder / "home"
    (home / "checkout").mkdir(parents=True)
    home.chmod(0o700)

    _, told = start(ourselves, home / "checkout" / "var")

    assert query(told["url"], "SELECT 1") == [(1,)]
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE(ourselves.folder.stat().st_mode) == 0o700
    assert not Path(told["data"]).is_relative_to(home)


class TestRefusals:
    def test_a_second_launcher_is_told_who_has_it(self, start, ourselves: Someone) -> None:
        first, _ = start(ourselves, ourselves.folder / "var")

        refusal = ourselves.start(*ALONE, ourselves.folder / "var").refusal()

        assert f"is already in use by process {first.pid}: stop that one" in refusal
        assert refusal.count("\n") == 1

    def test_a_file_is_no_data_directory(self, ourselves: Someone) -> None:
        var = ourselves.folder / "var"
        var.write_text("")

        refusal = ourselves.start(*ALONE, var).refusal()

        expected = (
            f"The data directory {var} is not a directory: choose another with RETAIL_VAR_DIR."
        )
        assert refusal == expected + "\n"

    def test_a_directory_must_be_writable(self, another_user: Someone, tmp_path: Path) -> None:
        refusal = another_user.start(*ALONE, tmp_path / "var").refusal()

        assert refusal == (
            f"The data directory {tmp_path / 'var'} cannot be written: choose another with "
            "RETAIL_VAR_DIR.\n"
        )

    def test_data_of_another_user_is_left_alone(
        self, start, another_user: Someone, ourselves: Someone
    ) -> None:
        var = another_user.folder / "var"
        launcher, _ = start(another_user, var)
        launcher.process.terminate()
        assert launcher.left() == []

        refusal = ourselves.start(*ALONE, var).refusal()

        assert "belongs to another user (nobody)" in refusal
        assert refusal.count("\n") == 1

    def test_data_of_another_version_is_left_alone(self, start, ourselves: Someone) -> None:
        launcher, told = start(ourselves, ourselves.folder / "var")
        launcher.process.terminate()
        assert launcher.left() == []
        Path(told["data"], "PG_VERSION").write_text("17\n")

        refusal = ourselves.start(*ALONE, ourselves.folder / "var").refusal()

        assert "is not PostgreSQL 18's (version 17)" in refusal
        assert refusal.count("\n") == 1


class TestFamily:
    def test_ends_who_does_not_listen_and_what_they_started(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        deaf = "trap '' TERM; sleep 1000 & echo $!; wait; wait"
        with Family() as family:
            program = Program("deaf", ["/bin/sh", "-c", deaf], log, grace=0.1)
            child = family.spawn(program)
            grandchild = int(eventually(lambda: log.read_text().strip(), "the shell has begun"))

        assert child.returncode() == -signal.SIGKILL
        assert not psutil.pid_exists(grandchild) or (
            psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE
        )

    def test_ends_applications_before_the_services_they_use(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        tell = "trap 'sleep 0.2; echo {0}; exit' TERM; echo up; while :; do sleep 0.01; done"
        with Family() as family:
            for stage, name in enumerate(("application", "service")):
                script = tell.format(name)
                family.spawn(Program(name, ["/bin/sh", "-c", script], log, stage=stage))
            eventually(lambda: log.read_text().count("up") == 2, "both have begun")

        assert log.read_text().split()[2:] == ["application", "service"]

    def test_stops_its_children_itself_when_the_guardian_was_killed(self, tmp_path: Path) -> None:
        with Family() as family:
            child = family.spawn(Program("sleep", ["sleep", "1000"], tmp_path / "log"))
            command = psutil.Process(child.pid).cmdline
            eventually(lambda: command() == ["sleep", "1000"], "it is enrolled")
            os.kill(family.guardian_pid, signal.SIGKILL)
            eventually(lambda: not family.guardian_is_running(), "the guardian is gone")

        assert child.returncode() == -signal.SIGTERM

    def test_shows_a_program_that_cannot_run_as_ended(self, tmp_path: Path) -> None:
        with Family() as family:
            assert family.run(Program("none", ["/no/such/program"], tmp_path / "log")) == 127


def test_the_guardian_needs_nothing_but_python(tmp_path: Path) -> None:
    from retail.embedded import guardian

    command = [sys.executable, "-I", "-S", guardian.__file__]
    target = tmp_path / "with a space"
    target.mkdir()
    subprocess.run(command, input=f"x {target}\n", text=True, check=True, cwd="/", env={})

    assert not target.exists()


def test_root_must_have_somebody_to_run_the_servers_as(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("pwd.getpwall", list)

    with pytest.raises(CannotStart, match="does not run as root"):
        places.unprivileged_account()
