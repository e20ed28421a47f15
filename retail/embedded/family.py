"""Child processes that never outlive us."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from retail.embedded import guardian

# The child writes its own name on the guardian's pipe, which it got as standard input, before it
# becomes the program. So there is no moment in which a child runs and the guardian does not know
# of it: until the line is written, the child itself keeps the pipe open.
ENROL_THEN_EXEC = 'echo "+ $$ $0" >&0; exec "$@" </dev/null'

APPLICATIONS, SERVICES = 0, 1  # the stages of stopping: who uses the database ends before it


@dataclass(frozen=True)
class Account:
    """The unprivileged account that servers run as when we are root."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True)
class Program:
    """What to run, and how it likes to be stopped."""

    name: str
    argv: Sequence[str]
    log: Path  # standard output and error are appended here
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path | None = None
    account: Account | None = None
    stage: int = APPLICATIONS
    signals: tuple[str, ...] = ("SIGTERM",)  # each tried in turn before SIGKILL
    grace: float = 4.0  # seconds to end after the first signal


class Child:
    """One running program."""

    def __init__(self, program: Program, process: "subprocess.Popen[bytes]") -> None:
        self.program = program
        self.process = process
        self.started_at = time.monotonic()

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int:
        return self.process.pid

    def returncode(self) -> int | None:
        """The exit status (negative: the signal), or None while it runs."""
        return self.process.poll()

    def last_words(self, lines: int = 5) -> str:
        """The last lines of its log, for the sentence that says it died."""
        try:
            text = self.program.log.read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.rstrip().splitlines()[-lines:])


class Family:
    """All children of this process, with a guardian that ends them when this process is gone.

    `hold` are file descriptors that the guardian keeps open until the last child has ended: a
    lock held that way is free only when nothing runs any more.
    """

    def __init__(self, *, hold: Sequence[int] = ()) -> None:
        self.children: dict[str, Child] = {}
        reading, self._lifeline = os.pipe()
        # -I -S: nothing of the environment or site-packages can keep it from starting.
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", guardian.__file__],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=tuple(hold),
            cwd="/",
            start_new_session=True,
        )
        os.close(reading)

    def __enter__(self) -> "Family":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def spawn(self, program: Program) -> Child:
        """Start a program in a session and group of its own.

        A program that cannot be executed shows as a child that ended with status 126 or 127.
        """
        enrolment = f"{program.stage} {program.grace} {','.join(program.signals)}"
        account = program.account
        with program.log.open("ab") as log:
            process = subprocess.Popen(
                ["/bin/sh", "-c", ENROL_THEN_EXEC, enrolment, *program.argv],
                stdin=self._lifeline,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(program.env),
                cwd=program.cwd,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=() if account else None,
                umask=0o077 if account else -1,
            )
        child = self.children[program.name] = Child(program, process)
        return child

    def remove_at_end(self, directory: Path) -> None:
        """Have the guardian remove this directory when the last child has ended."""
        self._tell(f"x {directory}")

    def forget(self, child: Child) -> None:
        """Take a child that has ended off the guardian's list, its group ended as well."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        _bury(child)
        self._tell(f"- {child.pid}")
        if self.children.get(child.name) is child:
            del self.children[child.name]

    def run(self, program: Program, *, pause: Callable[[], None] | None = None) -> int:
        """Run a program to its end and return its exit status.

        `pause` is called between two looks, every 20 ms; what it raises is passed on.
        """
        child = self.spawn(program)
        while (status := child.returncode()) is None:
            (pause or _tick)()
        self.forget(child)
        return status

    @property
    def guardian_pid(self) -> int:
        return self._guardian.pid

    def guardian_is_running(self) -> bool:
        return self._guardian.poll() is None

    def stop(self) -> None:
        """End every child, applications first, and return when the last has ended."""
        if self._lifeline < 0:
            return
        os.close(self._lifeline)
        self._lifeline = -1
        while self._guardian.poll() is None:
            self._reap()
            time.sleep(0.01)
        if running := [child for child in self.children.values() if child.returncode() is None]:
            guardian.end({child.pid: _ward(child) for child in running})  # it was itself killed
        for child in self.children.values():
            _bury(child)

    def _reap(self) -> None:
        for child in self.children.values():
            child.process.poll()

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._lifeline, f"{line}\n".encode())


def _bury(child: Child) -> None:
    """Fetch the status of a child that was killed; it takes a moment until there is one."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.process.wait(5)


def _ward(child: Child) -> guardian.Ward:
    program = child.program
    signals = tuple(signal.Signals[name] for name in program.signals)
    return guardian.Ward(child.pid, program.stage, program.grace, signals)


def _tick() -> None:
    time.sleep(0.02)
