"""What `make run` decides, without starting anything."""

import os
import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from retail.embedded.errors import CannotStart
from retail.embedded.family import Family, Program
from retail.launch import files, report
from retail.launch.environment import digest
from retail.launch.options import Options, decide, from_environment, new_secrets
from retail.launch.supervisor import Stopped, Supervisor, Watch
from tests.processes import eventually
from tests.services import ROOT

KEPT = {
    "SECRET_KEY": "kept",
    "STRIPE_SECRET_KEY": "sk_test_kept",
    "STRIPE_MIRROR_KEY": "rk_test_kept",
}
OPTIONS = from_environment({})


class TestOptions:
    def test_have_defaults(self) -> None:
        assert (OPTIONS.host, OPTIONS.port, OPTIONS.simulator_port) == ("127.0.0.1", 8000, 12111)
        assert OPTIONS.var == Path.cwd() / "var"

    def test_come_from_the_environment(self, tmp_path: Path) -> None:
        found = from_environment(
            {
                "PORT": "8001",
                "SIMULATOR_PORT": "12112",
                "RETAIL_VAR_DIR": str(tmp_path),
                "HOST": "::1",
            }
        )

        assert found == Options("::1", 8001, 12112, tmp_path)
        assert found.base_url == "http://[::1]:8001"
        assert found.simulator_url == "http://127.0.0.1:12112"

    def test_name_this_machine_when_listening_everywhere(self) -> None:
        assert from_environment({"HOST": "0.0.0.0"}).base_url == "http://127.0.0.1:8000"

    @pytest.mark.parametrize("value", ["0", "65536", "-1", "8000x", "http"])
    def test_refuse_what_is_no_port(self, value: str) -> None:
        with pytest.raises(CannotStart, match="not the number of a port"):
            from_environment({"PORT": value})

    @pytest.mark.parametrize("value", ["-1", "61", "week"])
    def test_refuse_what_is_no_number_of_days(self, value: str) -> None:
        with pytest.raises(CannotStart, match="is a number of days, 0 to 60"):
            from_environment({"DEMO_DAYS": value})


class TestPlan:
    def test_starts_all_of_it_when_nothing_is_set(self) -> None:
        plan = decide({}, OPTIONS, KEPT)

        assert (plan.postgres, plan.redis, plan.simulator) == (True, True, True)
        told = plan.environment
        assert told["STRIPE_API_BASE"] == "http://127.0.0.1:12111"
        assert told["STRIPE_LIVE_MODE"] == "false"
        assert told["STRIPE_SECRET_KEY"] == "sk_test_kept"
        assert told["STRIPE_MIRROR_KEY"] == "rk_test_kept"
        assert told["SECRET_KEY"] == "kept"

    def test_starts_nothing_that_was_given(self) -> None:
        given = {"DATABASE_URL": "postgres://db/x", "REDIS_URL": "redis://r/0"}
        plan = decide(given | {"STRIPE_SECRET_KEY": "sk_test_mine"}, OPTIONS, KEPT)

        assert (plan.postgres, plan.redis, plan.simulator) == (False, False, False)
        assert not plan.environment.keys() & {
            *("DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY", "STRIPE_MIRROR_KEY"),
            "STRIPE_API_BASE",
        }

    @pytest.mark.parametrize(
        ("key", "live"),
        [
            ("sk_live_x", "true"),
            ("rk_live_x", "true"),
            ("sk_test_x", "false"),
            ("rk_test_x", "false"),
        ],
    )
    def test_knows_live_mode_by_the_key(self, key: str, live: str) -> None:
        plan = decide({"STRIPE_SECRET_KEY": key}, OPTIONS, KEPT)

        assert plan.environment["STRIPE_LIVE_MODE"] == live

    def test_keeps_a_secret_key_of_the_callers(self) -> None:
        assert "SECRET_KEY" not in decide({"SECRET_KEY": "mine"}, OPTIONS, KEPT).environment

    def test_keeps_this_machine_out_of_proxies(self) -> None:
        plan = decide({"NO_PROXY": "example.com"}, OPTIONS, KEPT)

        assert plan.environment["NO_PROXY"] == "example.com,127.0.0.1,localhost,::1"

    def test_allows_the_name_it_listens_on(self) -> None:
        plan = decide({}, from_environment({"HOST": "192.0.2.7"}), KEPT)

        assert "192.0.2.7" in plan.environment["ALLOWED_HOSTS"].split(",")
        assert "ALLOWED_HOSTS" not in decide({}, OPTIONS, KEPT).environment


class TestFiles:
    def test_keep_secrets_for_us_alone(self, tmp_path: Path) -> None:
        kept = files.kept_secrets(tmp_path)

        assert files.kept_secrets(tmp_path) == kept
        assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
        assert kept["STRIPE_SECRET_KEY"].removeprefix("sk_test_").isalnum()
        assert len(kept["STRIPE_SECRET_KEY"]) >= len("sk_test_") + 24
        assert len(kept["STRIPE_MIRROR_KEY"]) >= len("rk_test_") + 24
        assert new_secrets()["SECRET_KEY"] != kept["SECRET_KEY"]

    def test_keep_the_logs_of_three_starts(self, tmp_path: Path) -> None:
        for number in range(6):
            files.log_file(tmp_path, "web").write_text(str(number))

        logs = {path.name: path.read_text() for path in (tmp_path / "log").iterdir()}
        assert logs == {"web.log": "5", "web.log.1": "4", "web.log.2": "3", "web.log.3": "2"}


DETAILS: dict[str, Any] = {
    "token": "t",
    "admin": {"username": "admin", "password": "p"},
    "stores": [{"id": 1}],
    "people": [{"username": "ann", "password": "q", "role": "cashier", "store": "Here"}],
}


def test_the_demo_file_says_where_everything_is() -> None:
    demo = report.demo_file(OPTIONS, DETAILS, simulator=True)

    assert demo["api"] == "http://127.0.0.1:8000/api/v1/"
    assert demo["admin"] == {
        "url": "http://127.0.0.1:8000/admin/",
        "username": "admin",
        "password": "p",
    }
    assert demo["simulator"] == "http://127.0.0.1:12111"
    assert demo["stores"] == [{"id": 1}]


def test_the_table_tells_how_to_log_in_and_what_is_missing() -> None:
    demo = report.demo_file(OPTIONS, DETAILS, simulator=False)

    table = report.table(demo, OPTIONS)

    assert "q  (cashier, Here)" in table
    assert "set PUBLIC_URL" in table
    assert "createsuperuser" in report.table(report.demo_file(OPTIONS, {}, simulator=True), OPTIONS)


def test_an_environment_is_up_to_date_with_all_its_files(tmp_path: Path) -> None:
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("a")
    second.write_text("b")

    assert digest([first]) != digest([first, second])
    before = digest([first, second])
    second.write_text("c")
    assert digest([first, second]) != before


class TestSupervisor:
    @pytest.fixture
    def watch(self, monkeypatch: pytest.MonkeyPatch) -> Watch:
        monkeypatch.setattr("retail.launch.supervisor.signal.signal", lambda *args: None)
        return Watch()

    def test_starts_again_later_each_time(
        self, watch: Watch, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("retail.launch.supervisor.FIRST_PAUSE", 0.01)
        with Family() as family:
            supervisor = Supervisor(family, watch, changed=lambda: None)
            command = ["/bin/sh", "-c", "echo alas; exit 3"]
            supervisor.start(Program("poet", command, tmp_path / "log"))

            def died_thrice() -> bool:
                supervisor.look()
                return (tmp_path / "log").read_text().count("alas") == 3

            eventually(died_thrice, "it is started three times")

        said = capsys.readouterr().out
        assert "poet ended (3) and starts again in 0.01 s" in said
        assert "poet ended (3) and starts again in 0.02 s" in said
        assert "    alas" in said

    def test_goes_on_without_who_was_meant_to_end(self, watch: Watch, tmp_path: Path) -> None:
        with Family() as family:
            supervisor = Supervisor(family, watch, changed=lambda: None)
            child = supervisor.start_once(Program("once", ["true"], tmp_path / "log"))
            eventually(lambda: child.returncode() is not None, "it has ended")
            supervisor.look()
            supervisor.bury_once(child)
            supervisor.look()

            assert family.children == {}

    def test_parts_with_who_was_in_passing_and_tells_of_a_failure(
        self, watch: Watch, tmp_path: Path, capsys
    ) -> None:
        with Family() as family:
            supervisor = Supervisor(family, watch, changed=lambda: None)
            log = tmp_path / "log"
            supervisor.start_passing(Program("good", ["true"], log))
            supervisor.start_passing(Program("bad", ["/bin/sh", "-c", "echo alas; exit 3"], log))

            def have_ended() -> bool:
                supervisor.look()
                return not family.children

            eventually(have_ended, "both are gone")

        said = capsys.readouterr().out
        assert said == f"bad failed (alas); {log} says more.\n"

    def test_gives_up_without_a_guardian(self, watch: Watch, tmp_path: Path) -> None:
        with Family() as family:
            supervisor = Supervisor(family, watch, changed=lambda: None)
            os.kill(family.guardian_pid, 9)
            eventually(lambda: not family.guardian_is_running(), "the guardian is gone")

            with pytest.raises(CannotStart, match="guardian"):
                supervisor.look()

    def test_stops_when_the_parent_has_changed(
        self, watch: Watch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        watch.pause(0)
        monkeypatch.setattr(os, "getppid", lambda: 1 if os.getpid() != 1 else 2)

        with pytest.raises(Stopped, match="has ended"):
            watch.pause(0)


def test_the_example_tells_every_setting_that_comes_from_the_environment() -> None:
    settings = (ROOT / "retail" / "settings.py").read_text()
    names = set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z_]+)"', settings))

    told = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert names - told == {"ENV_FILE", "RETAIL_CRASH_POINT"}


def test_this_python_is_new_enough() -> None:
    from retail.launch.environment import OLDEST

    assert sys.version_info >= OLDEST
