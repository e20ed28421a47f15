"""Launchers as processes of their own, as ourselves and as another user."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
import pytest

from retail.embedded import places
from tests.services import ROOT, clean_environment

NOTHING: Mapping[str, str] = {}
TIMEOUT = 60.0  # seconds that anything a launcher does may take
WRAPPER = '"$@" & wait'  # a shell that is the launcher's parent, as make is


@dataclass
class Launcher:
    """One running launcher, and how to see that nothing of it is left."""

    process: "subprocess.Popen[str]"
    wrapped: bool = False
    family: list[psutil.Process] = field(default_factory=list)

    def first_line(self) -> str:
        """What it printed first; '' when it ended instead. From here its family is known."""
        assert self.process.stdout is not None
        line: str = self.process.stdout.readline()
        self.remember_family()
        return line

    def remember_family(self) -> None:
        me = psutil.Process(self.process.pid)
        self.family = [me, *me.children(recursive=True)]

    @property
    def pid(self) -> int:
        """The launcher itself, not the shell it may be wrapped in."""
        return self.family[1].pid if self.wrapped else self.process.pid

    def left(self) -> list[psutil.Process]:
        """Who is still there after a while; should be nobody."""
        if not self.wrapped or self.process.poll() is None:
            self.process.wait(TIMEOUT)
        _, alive = psutil.wait_procs(self.family, timeout=15)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    def refusal(self) -> str:
        """What it said on standard error when it would not start, with status 1."""
        output, errors = self.process.communicate(timeout=TIMEOUT)
        assert self.process.returncode == 1, output + errors
        return str(errors)


@dataclass(frozen=True)
class Someone:
    """Who runs a launcher: ourselves (no uid), or another user."""

    name: str
    python: str
    folder: Path  # where this user may write
    uid: int | None = None
    gid: int | None = None

    def environment(self) -> dict[str, str]:
        environment = clean_environment() | {"ENV_FILE": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"}
        for name in ("DATABASE_URL", "REDIS_URL", "STRIPE_API_BASE", "RETAIL_VAR_DIR"):
            environment.pop(name, None)
        if self.python != sys.executable:
            environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        return environment

    def start(
        self, *arguments: str | Path, wrapped: bool = False, told: Mapping[str, str] = NOTHING
    ) -> Launcher:
        """Start Python with these arguments, `told` on top of a clean environment."""
        command = [self.python, *map(str, arguments)]
        if wrapped:
            command = ["/bin/sh", "-c", WRAPPER, "sh", *command]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**self.environment(), **told},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else (),
        )
        return Launcher(process, wrapped)


@pytest.fixture
def cleaning() -> Iterator[list[Callable[[], None]]]:
    """What is to be done when the launchers are gone."""
    steps: list[Callable[[], None]] = []
    yield steps
    for step in steps:
        step()


@pytest.fixture
def launchers(cleaning: list[Callable[[], None]]) -> Iterator[list[Launcher]]:
    """Every launcher put here is ended with the test, whatever the test came to."""
    started: list[Launcher] = []
    yield started
    for launcher in started:
        launcher.process.kill()
        launcher.process.communicate()
        # Its guardian stops the servers; what is left then is killed.
        _, alive = psutil.wait_procs(launcher.family, timeout=15)
        for process in alive:
            process.kill()
        psutil.wait_procs(alive, timeout=5)


@pytest.fixture
def ourselves(tmp_path: Path, cleaning: list[Callable[[], None]]) -> Someone:
    """The user that runs the tests. As root, `folder` is in a directory closed to all others."""

    def forget() -> None:
        for memory in tmp_path.rglob(places.MEMORY):
            places.forget(memory.parent)

    cleaning.append(forget)
    return Someone("ourselves", sys.executable, tmp_path)


@pytest.fixture
def another_user(cleaning: list[Callable[[], None]]) -> Someone:
    """An ordinary user, for a test run by root."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; `ourselves` is an ordinary one already")
    folder = Path(tempfile.mkdtemp(prefix="ordinary-"))
    entry = pwd.getpwnam("nobody")
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    cleaning.append(lambda: shutil.rmtree(folder))
    python = python_for(entry.pw_uid, entry.pw_gid)
    return Someone(entry.pw_name, python, folder, entry.pw_uid, entry.pw_gid)


def python_for(uid: int, gid: int) -> str:
    """A Python that this user can reach, of the version our packages are installed for."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    for python in filter(None, [sys.executable, shutil.which(version, path="/usr/bin:/bin")]):
        try:
            subprocess.run(
                [python, "-c", "import psycopg, retail"],
                cwd=ROOT,
                env=environment,
                user=uid,
                group=gid,
                extra_groups=(),
                capture_output=True,
                check=True,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip("this Python, or this checkout, is out of other users' reach")


@pytest.fixture(params=["ourselves", "another_user"])
def someone(request: pytest.FixtureRequest) -> Someone:
    """Each kind of user in turn."""
    found: Someone = request.getfixturevalue(request.param)
    return found


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
