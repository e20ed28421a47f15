"""Whoever wants to hear at once what changes. Costs a glance at an empty set when nobody does."""

import asyncio
from collections.abc import AsyncIterator

from simulator.state.store import Json

HEARTBEAT_SECONDS = 15.0
ROUND_SECONDS = 0.05  # what changes within one round of a busy simulator is told together


class Watchers:
    def __init__(self) -> None:
        self.open: set[Watcher] = set()

    def tell(self, kind: str, id: str = "", account: str = "") -> None:
        for watcher in self.open:
            watcher.hear((kind, id, account))

    def close(self) -> None:
        for watcher in self.open:
            watcher.end()


class Watcher:
    """One listener; the same change is told once per round, however often it happened."""

    def __init__(self, watchers: Watchers) -> None:
        self._watchers = watchers
        self._heard: dict[tuple[str, str, str], None] = {}
        self._woken = asyncio.Event()
        self._ended = False

    def hear(self, change: tuple[str, str, str]) -> None:
        self._heard[change] = None
        self._woken.set()

    def end(self) -> None:
        self._ended = True
        self._woken.set()

    async def rounds(self) -> AsyncIterator[list[Json]]:
        """What changed since the last round; nothing at all is a sign of life now and then."""
        self._watchers.open.add(self)
        try:
            yield []
            while not self._ended:
                await self._next()
                heard, self._heard = self._heard, {}
                yield [{"kind": k, "id": id or None, "account": a or None} for k, id, a in heard]
                if not self._ended:
                    await asyncio.sleep(ROUND_SECONDS)
        finally:
            self._watchers.open.discard(self)

    async def _next(self) -> None:
        if not self._heard:
            self._woken.clear()
            try:
                await asyncio.wait_for(self._woken.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                return
