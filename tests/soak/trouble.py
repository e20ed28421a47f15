"""Those who break things: Stripe's answers, webhooks, processes, Redis and PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from tests.processes import Stack
from tests.soak.plan import FAULTED, FAULTS, WEATHER, weather

VICTIMS = ("worker", "dispatcher", "web")
SPELL = (0.4, 1.2)  # seconds of one kind of weather
# How much is sold when it happens.
FREEZE, FLUSH_REDIS, KILL_REDIS, RESTART_POSTGRES = 0.15, 0.3, 0.5, 0.7
FROZEN = (
    4.0  # seconds, longer than a lease: others take over what the worker still believes its own
)


class Breaker:
    """Two threads, from `start` until `stop`; what they did is in `counts`."""

    def __init__(
        self,
        stack: Stack,
        seed: int,
        kill_every: float,
        restart_postgres: Callable[[], None],
        progress: Callable[[], float],
        struck_at_least: int,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.log: list[str] = []
        self.failure: BaseException | None = None
        self._stack = stack
        self._seed = seed
        self._kill_every = kill_every
        self._restart_postgres = restart_postgres
        self._progress = progress
        self._struck_at_least = struck_at_least
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=[work], name=work.__name__)
            for work in (self._make_weather, self._kill)
        ]

    def start(self) -> None:
        for fault in FAULTS.values():
            chance = FAULTED / len(FAULTS)
            self._stack.simulator.call("faults", fault | {"probability": chance, "count": -1})
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Everything runs again and nothing is broken any more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        hits = self._stack.simulator.call("faults")["faults"]
        for name, fault in zip(FAULTS, hits, strict=True):
            self.counts[name] = fault["hits"]
        self._stack.simulator.unfault()
        self._stack.simulator.webhooks()
        self._stack.simulator.call("webhooks/release", {"order": "random"})

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self.failure = error

    def _make_weather(self) -> None:
        """First each kind until it has struck enough, for chance may never bring it while anything
        happens; then by lot.
        """
        dice = weather(self._seed)
        once = [name for name in WEATHER if name != "calm"]
        dice.shuffle(once)
        for name in once:
            self._spell(name, dice.uniform(*SPELL), self._struck_at_least)
        names = [name for name, (_, often) in WEATHER.items() for _ in range(often)]
        while not self._stopping.is_set():
            dice.shuffle(names)
            for name in names:
                self._spell(name, dice.uniform(*SPELL))

    def _spell(self, name: str, seconds: float, events: int = 0) -> None:
        """This weather for so long, and until so many events were made in it."""
        if self._stopping.is_set():
            return
        simulator = self._stack.simulator
        [*_, last] = simulator.call("deliveries?limit=1")["deliveries"] or [{"seq": 0}]
        before = self._made_since(last["seq"])
        simulator.webhooks(**WEATHER[name][0])
        self._stopping.wait(seconds)
        while len(self._made_since(last["seq"]) - before) < events:
            if self._stopping.wait(0.2):
                return
        if name == "held":
            simulator.webhooks()
            simulator.call("webhooks/release", {"order": "random"})

    def _made_since(self, seq: int) -> set[str]:
        """The events whose first delivery was tried after that one, or is still to be tried."""
        found = self._stack.simulator.call(f"deliveries?after={seq}")
        rows = [*found["deliveries"], *found["pending"]]
        return {row["event"] for row in rows if row["attempt"] == 1}

    def _kill(self) -> None:
        dice = weather(self._seed + 1)
        once = [
            (FREEZE, self._freeze_worker),
            (FLUSH_REDIS, self._flush_redis),
            (KILL_REDIS, self._kill_redis),
            (RESTART_POSTGRES, self._bounce_postgres),
        ]
        victims: list[str] = []
        next_kill = time.monotonic() + self._kill_every / 2
        while not self._stopping.wait(0.1):
            if once and self._progress() >= once[0][0]:
                once.pop(0)[1]()
            if time.monotonic() >= next_kill:
                if not victims:
                    victims = dice.sample(VICTIMS, len(VICTIMS))
                self._murder(victims.pop())
                next_kill = max(next_kill, time.monotonic()) + self._kill_every
        for _, work in once:
            work()

    def _murder(self, name: str) -> None:
        self._note(f"{name} killed")
        self._stack.kill(name)
        began = time.monotonic()
        self._stack.start(name)
        self._tell(f"{name} back after {time.monotonic() - began:.1f} s")

    def _freeze_worker(self) -> None:
        self._note("worker frozen")
        self._stack.pause("worker")
        self._stopping.wait(FROZEN)
        self._stack.resume("worker")

    def _flush_redis(self) -> None:
        self._note("redis flushed")
        self._stack.flush_redis()

    def _kill_redis(self) -> None:
        self._murder("redis")

    def _bounce_postgres(self) -> None:
        self._note("postgres restarted")
        self._restart_postgres()

    def _note(self, what: str) -> None:
        self.counts[what] += 1
        self._tell(what)

    def _tell(self, what: str) -> None:
        self.log.append(f"{time.strftime('%H:%M:%S')} {what}")
