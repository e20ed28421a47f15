"""The running whole: one world, its deliverer, and the time that passes in it."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from simulator.connect import accounts
from simulator.operations import JOBS
from simulator.state.store import Json
from simulator.state.world import PLATFORM, World
from simulator.webhooks.deliveries import Deliverer

logger = logging.getLogger(__name__)
LONGEST_SLEEP = 3600.0


class Sandbox:
    def __init__(self, world: World) -> None:
        self.world = world
        # Jobs that need more than the world: the deliverer's, and those of a scenario.
        self.jobs: dict[str, Callable[..., None]] = {}
        self.stage: Any = None  # where scenarios play; the control API puts it here
        self._wake = asyncio.Event()
        self._ticking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Resume from the journal or begin fresh, then let time pass."""
        world = self.world
        self.deliverer = Deliverer(world)
        world.deliver = self.deliverer.accept
        self.jobs["webhook"] = self.deliverer.start
        world.resume()
        if PLATFORM not in world.store.by_id:
            accounts.open_platform(world)
        self.deliverer.resume()
        world.rewrite_journal()
        self._watch_agenda()
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        await self.deliverer.close()
        self.world.commit()
        if self.world.journal is not None:
            self.world.journal.close()

    def reset(
        self, seed: int | None = None, start_ms: int | None = None, speed: float | None = None
    ) -> None:
        """The fresh state of the seed, on the same port."""
        self.deliverer.abandon()
        self.world.forget_everything(seed, start_ms, speed)
        accounts.open_platform(self.world)
        self.world.rewrite_journal()
        self._watch_agenda()

    def advance(self, seconds: float) -> None:
        """Move the clock, stopping at whatever falls due on the way."""
        clock, agenda = self.world.clock, self.world.agenda
        target = clock.now_ms() + int(seconds * 1000)
        while (due := agenda.next_due()) is not None and due <= target:
            clock.show(max(due, clock.now_ms()))
            self.run_due()
        clock.show(max(target, clock.now_ms()))
        self.world.keys.prune()
        self.world.note("time")
        self.world.commit()

    def run_at(self, speed: float) -> None:
        """Let time pass that much faster than on the machine; 0 stops it."""
        self.world.clock.speed = speed
        self.world.note("time")
        self._wake.set()

    def run_due(self) -> None:
        world = self.world
        for entry in world.agenda.due():
            world.nobody_asked()
            try:
                self._run(entry["job"], entry["args"])
            except Exception:
                logger.exception("The job %s broke", entry["job"])
        world.commit()

    def _run(self, job: str, args: Json) -> None:
        if job in self.jobs:
            self.jobs[job](**args)
        else:
            JOBS[job](self.world, **args)

    def _watch_agenda(self) -> None:
        """The sleeper must wake when something new is due sooner."""
        changed: Callable[[int], Any] = self.world.agenda.changed

        def wake(number: int) -> None:
            changed(number)
            self._wake.set()

        self.world.agenda.changed = wake
        self._wake.set()

    async def _tick(self) -> None:
        while True:
            self._wake.clear()
            self.run_due()
            due = self.world.agenda.next_due()
            wait = LONGEST_SLEEP
            if due is not None:
                left = max(due - self.world.clock.now_ms(), 0)
                wait = min(self.world.clock.real_seconds(left), LONGEST_SLEEP)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)
