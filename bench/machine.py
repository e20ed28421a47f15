"""What the processors did, from /proc: by whom, for us or not, and what the host took away."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def tree(roots: Iterable[int]) -> set[int]:
    """These processes and all they have started."""
    parents: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit() and (found := _stat(int(folder.name))):
            parents.setdefault(int(found[1]), []).append(int(folder.name))
    known, new = set[int](), list(roots)
    while new:
        pid = new.pop()
        known.add(pid)
        new += [child for child in parents.get(pid, []) if child not in known]
    return known


def cpu_seconds(roots: Iterable[int]) -> float:
    """Processor time of these processes, their children, and the children that have ended."""
    stats = filter(None, map(_stat, tree(roots)))
    return sum(sum(int(field) for field in found[11:15]) for found in stats) * TICK


def _stat(pid: int) -> list[str] | None:
    """The fields after the name: state, parent, …, utime, stime and those of reaped children."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


@dataclass(frozen=True)
class Moment:
    at: float
    busy: float  # seconds of all processors together
    stolen: float  # the host ran somebody else

    @classmethod
    def now(cls) -> "Moment":
        with (PROC / "stat").open() as lines:
            fields = [int(word) * TICK for word in lines.readline().split()[1:]]
        user, nice, system, _idle, _wait, interrupts, soft, stolen = fields[:8]
        return cls(time.monotonic(), user + nice + system + interrupts + soft, stolen)


@dataclass(frozen=True)
class Weather:
    """How much of the processors others had during a window, in processors."""

    stolen: float
    foreign: float

    @property
    def is_clear(self) -> bool:
        return self.stolen + self.foreign < 0.3


def weather(before: Moment, after: Moment, ours: float) -> Weather:
    """`ours` is the processor time of all that belongs to the measurement."""
    seconds = max(after.at - before.at, 1e-6)
    foreign = max(after.busy - before.busy - ours, 0.0)
    return Weather((after.stolen - before.stolen) / seconds, foreign / seconds)
