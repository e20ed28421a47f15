"""Keep the processes running, and know when to stop."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from retail.embedded.errors import CannotStart
from retail.embedded.family import Child, Family, Program

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a process that died is started again
HEALTHY = 60.0  # seconds a process must live for its next death to count as its first
TICK = 0.1  # seconds between two looks at everything


class Stopped(Exception):
    """Somebody wants us to stop; its text says who."""


def say(line: str) -> None:
    """Print a line, if anybody still reads."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


class Watch:
    """Why to stop: a signal, or the parent's end.

    A signal only sets a flag; `pause`, which every wait calls, raises Stopped. So nothing is ever
    interrupted half-way.
    """

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._reason = ""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup ignores the hang-up on purpose. Ctrl-C is never ignored on purpose: a script's
            # shell does that to everything it starts with `&`.
            if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue
            signal.signal(number, self._note)

    def _note(self, number: int, frame: object) -> None:
        self._reason = signal.Signals(number).name

    def pause(self, seconds: float = 0.02) -> None:
        """Wait a moment. Raises Stopped when it is time to stop."""
        time.sleep(seconds)
        if os.getppid() != self._parent:
            self._reason = "the process that started this one has ended"
        if self._reason:
            raise Stopped(self._reason)


@dataclass
class Restart:
    program: Program
    due: float  # of the monotonic clock


class Supervisor:
    """Starts processes and starts them again, later each time, when they die."""

    def __init__(self, family: Family, watch: Watch, changed: Callable[[], None]) -> None:
        self.family = family
        self.watch = watch
        self._changed = changed  # called after every start
        self._restarts: list[Restart] = []
        self._once: set[str] = set()
        self._passing: set[str] = set()
        self._pauses: dict[str, float] = {}

    def start(self, program: Program) -> Child:
        child = self.family.spawn(program)
        self._changed()
        return child

    def start_once(self, program: Program) -> Child:
        """Start a process that is meant to end; `bury_once` takes it off the list."""
        self._once.add(program.name)
        return self.start(program)

    def bury_once(self, child: Child) -> None:
        self._once.discard(child.name)
        self.family.forget(child)
        self._changed()

    def start_passing(self, program: Program) -> Child:
        """Start a process that does something once, and that nobody waits for."""
        self._passing.add(program.name)
        return self.start(program)

    def run(self) -> None:
        """Watch over all of them until it is time to stop, which raises Stopped."""
        while True:
            self.watch.pause(TICK)
            self.look()

    def look(self) -> None:
        """See who has died, and start again who is due."""
        if not self.family.guardian_is_running():
            raise CannotStart("The guardian process was killed, so everything was stopped.")
        now = time.monotonic()
        for child in list(self.family.children.values()):
            if child.name not in self._once and (status := child.returncode()) is not None:
                if child.name in self._passing:
                    self._part_with(child, status)
                else:
                    self._bury(child, status, now)
        for restart in [restart for restart in self._restarts if restart.due <= now]:
            self._restarts.remove(restart)
            self.start(restart.program)

    def _part_with(self, child: Child, status: int) -> None:
        self._passing.discard(child.name)
        self.family.forget(child)
        self._changed()
        if status:
            say(f"{child.name} failed ({child.last_words(1)}); {child.program.log} says more.")

    def _bury(self, child: Child, status: int, now: float) -> None:
        self.family.forget(child)
        healthy = now - child.started_at > HEALTHY
        pause = FIRST_PAUSE if healthy else self._pauses.get(child.name, FIRST_PAUSE)
        self._pauses[child.name] = min(2 * pause, LONGEST_PAUSE)
        self._restarts.append(Restart(child.program, now + pause))
        ended = (
            f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended ({status})"
        )
        say(f"{child.name} {ended} and starts again in {pause:g} s; {child.program.log} says more.")
        for line in child.last_words().splitlines():
            say(f"    {line}")
