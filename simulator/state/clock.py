"""The simulator's own time, which may run fast, slowly or not at all, and what is due in it."""

import heapq
import time
from collections.abc import Callable, Iterator
from typing import Any

from simulator.state.store import Json


class Clock:
    """Shows the machine's time, or one that began elsewhere; `speed` is how much faster it runs."""

    def __init__(self, start_ms: int | None = None, speed: float = 1.0) -> None:
        self._real_ms = _real_ms()
        self._shown_ms = self._real_ms if start_ms is None else start_ms
        self._speed = speed

    def now_ms(self) -> int:
        return self._at(_real_ms())

    def _at(self, real_ms: int) -> int:
        return self._shown_ms + int((real_ms - self._real_ms) * self._speed)

    def now(self) -> int:
        return self.now_ms() // 1000

    @property
    def offset_ms(self) -> int:
        real_ms = _real_ms()
        return self._at(real_ms) - real_ms

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self.show(self.now_ms())
        self._speed = speed

    def show(self, now_ms: int) -> None:
        """From here on."""
        self._real_ms, self._shown_ms = _real_ms(), now_ms

    def real_seconds(self, duration_ms: int) -> float:
        """How long that takes on the machine's clock; for ever when time stands still."""
        return duration_ms / 1000 / self._speed if self._speed else float("inf")

    def to_json(self) -> Json:
        return {"real_ms": self._real_ms, "shown_ms": self._shown_ms, "speed": self._speed}

    def restore(self, saved: Json) -> None:
        """Time went on while nobody looked."""
        self._real_ms, self._shown_ms = saved["real_ms"], saved["shown_ms"]
        self._speed = saved["speed"]


def _real_ms() -> int:
    return time.time_ns() // 1_000_000


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

    def cancel(self, job: str) -> None:
        """Take every job of this name off the agenda."""
        for number in [n for n, entry in self.jobs.items() if entry["job"] == job]:
            del self.jobs[number]
            self.changed(number)

    def next_due(self) -> int | None:
        while self._heap and self._heap[0][1] not in self.jobs:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self) -> Iterator[Json]:
        """Each job that is due, taken off the agenda as it is handed out."""
        while (at := self.next_due()) is not None and at <= self._clock.now_ms():
            _, number = heapq.heappop(self._heap)
            entry = self.jobs.pop(number)
            self.changed(number)
            yield entry
