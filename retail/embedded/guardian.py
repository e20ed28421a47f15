"""The guardian: ends every process of a family when the family's parent is gone, however it went.

It is a program of its own (`python -I -S guardian.py`, standard library only) in a session of its
own, and it lives at the reading end of a pipe, its standard input. The parent holds the writing
end. When the last writer is gone (the parent ended or was killed, SIGKILL included) the pipe says
end-of-file, and the guardian stops what is still running, stage by stage. That works on every
Unix, needs no help from the kernel beyond a pipe, and is also how the parent itself stops: it
closes its end and waits for the guardian. So there is one way to stop, and it is tested by use.

Lines on the pipe:

    + PID STAGE GRACE SIGNALS   a process (leader of its own group) has started
    - PID                       it has ended and was reaped
    x PATH                      remove this directory when all is over
"""

import contextlib
import os
import shutil
import signal
import sys
import time
from dataclasses import dataclass

TICK = 0.02  # seconds between two looks at a process that is ending
LAST_WORD = 2.0  # seconds between the last gentle signal and SIGKILL, and to wait after that


@dataclass(frozen=True)
class Ward:
    """One process under guard: when its turn to stop comes, how it is asked, how long it has."""

    pid: int
    stage: int
    grace: float
    signals: tuple[signal.Signals, ...]


def is_running(pid: int) -> bool:
    """Whether the process exists and is not a zombie that its parent has yet to reap."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            # The name is in parentheses and may hold anything; the state is the next word.
            return stat.read().rpartition(b")")[2].split()[0] != b"Z"
    except (OSError, IndexError):
        return not os.path.isdir("/proc/self")  # no /proc (macOS): kill() is all we have


def wait_until_ended(wards: list[Ward], seconds: float) -> list[Ward]:
    """Wait for them to end, and return those that have not."""
    deadline = time.monotonic() + seconds
    while (running := [ward for ward in wards if is_running(ward.pid)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(TICK)
    return running


def send(ward: Ward, number: signal.Signals, *, group: bool = False) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if group:
            os.killpg(ward.pid, number)
        else:
            os.kill(ward.pid, number)


def end_stage(wards: list[Ward]) -> None:
    """Ask each in its own words, at the same time; then ask harder; then end its whole group."""
    running = wards
    for turn in range(max(len(ward.signals) for ward in wards)):
        for ward in running:
            send(ward, ward.signals[min(turn, len(ward.signals) - 1)])
        grace = max(ward.grace for ward in wards) if turn == 0 else LAST_WORD
        running = wait_until_ended(running, grace)
        if not running:
            break
    for ward in wards:  # all of them: a group may outlive its leader
        send(ward, signal.SIGKILL, group=True)
    wait_until_ended(wards, LAST_WORD)


def end(wards: dict[int, Ward]) -> None:
    for stage in sorted({ward.stage for ward in wards.values()}):
        end_stage([ward for ward in wards.values() if ward.stage == stage])


def watch(wards: dict[int, Ward], remove: list[str]) -> None:
    """Keep the list of processes up to date until the parent is gone."""
    for line in sys.stdin:
        match line.rstrip("\n").split(" ", 4):
            case ["+", pid, stage, grace, names]:
                signals = tuple(signal.Signals[name] for name in names.split(","))
                wards[int(pid)] = Ward(int(pid), int(stage), float(grace), signals)
            case ["-", pid]:
                wards.pop(int(pid), None)
            case ["x", *path]:
                remove.append(" ".join(path))


def main() -> None:
    # A terminal's Ctrl-C and a hang-up are for the parent: it tells us by closing the pipe.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    wards: dict[int, Ward] = {}
    remove: list[str] = []
    watch(wards, remove)
    end(wards)
    for path in remove:
        shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    main()
