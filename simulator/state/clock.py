"""The simulator's own time: the machine's plus an offset, and what is due when it passes."""

import heapq
import time
from collections.abc import Callable, Iterator
from typing import Any

from simulator.state.store import Json


class Clock:
    def __init__(self) -> None:
        self.offset_ms = 0

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset_ms

    def now(self) -> int:
        return self.now_ms() // 1000


class Agenda:
    """Jobs by due time, as JSON, so that they outlive the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[int, int]] = []
        self._number = 0
        self.jobs: dict[int, Json] = {}
        self.changed: Callable[[int], None] = lambda number: None

    def schedule(self, delay_ms: int, job: str, **args: Any) -> None:
        self.put({"at": self._clock.now_ms() + delay_ms, "job": job, "args": args})

    def put(self, entry: Json, number: int | None = None) -> None:
        if number is None:
            number = self._number + 1
        self._number = max(self._number, number)
        self.jobs[number] = entry
        heapq.heappush(self._heap, (entry["at"], number))
        self.changed(number)

    def next_due(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def due(self) -> Iterator[Json]:
        """Each job that is due, taken off the agenda as it is handed out."""
        while self._heap and self._heap[0][0] <= self._clock.now_ms():
            _, number = heapq.heappop(self._heap)
            entry = self.jobs.pop(number)
            self.changed(number)
            yield entry
