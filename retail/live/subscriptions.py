"""What one client has still to be sent: the newest state of each resource, nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from retail.live.events import Event, Key


class Subscription:
    """One client's interest. A slow client misses states in between, never the last one."""

    def __init__(self, wants: Callable[[Event], bool], language: str) -> None:
        self.wants = wants
        self.language = language
        self.is_over = False
        self._must_resync = False
        self._must_look = False
        self._waiting: dict[Key, Event] = {}
        self._sent: dict[Key, int] = {}
        self._news = asyncio.Event()

    def offer(self, event: Event) -> None:
        if self.language in event.data and self.wants(event):
            self._waiting[event.key] = event
            self._news.set()

    def resync(self) -> None:
        """Changes may have been missed: everything must be loaded anew."""
        self._must_resync = True
        self._news.set()

    def look_again(self) -> None:
        """Somebody's access was changed: this one may be shut out."""
        self._must_look = True
        self._news.set()

    def must_look(self) -> bool:
        """Whether to ask who this is before anything more is sent; asked once."""
        answer, self._must_look = self._must_look, False
        return answer

    def end(self) -> None:
        self.is_over = True
        self._news.set()

    def must_resync(self) -> bool:
        """Whether everything must be loaded anew; asked once."""
        answer, self._must_resync = self._must_resync, False
        return answer

    async def take(self, seconds: float) -> list[Event]:
        """What is new, waiting for it so long at most."""
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                await self._news.wait()
        except TimeoutError:
            return []
        self._news.clear()
        waiting, self._waiting = self._waiting, {}
        return self.fresh(list(waiting.values()))

    def fresh(self, events: list[Event]) -> list[Event]:
        """Those that are not older than what was sent before: a screen never goes back."""
        fresh = [event for event in events if event.version >= self._sent.get(event.key, 0)]
        self._sent |= {event.key: event.version for event in fresh}
        return fresh
