"""One per process: hears NOTIFY, loads what changed once, gives it to all who want it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection

from payments.services.bells import LIVE
from retail.live.events import Event, Key, load_others, load_payments
from retail.live.shutdown import call_at_shutdown
from retail.live.subscriptions import Subscription
from retail.live.threads import in_thread

logger = logging.getLogger(__name__)
CONNECT_SECONDS = 5.0
PROVE_ALIVE_SECONDS = 15.0
LONGEST_PAUSE = 2.0  # seconds between attempts to connect


class Hub:
    def __init__(self) -> None:
        self.is_closing = False
        self._subscriptions: set[Subscription] = set()
        self._rung: set[Key] = set()
        self._bell = asyncio.Event()
        self._listening = asyncio.Event()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._serve())]
        call_at_shutdown(self.close)

    @asynccontextmanager
    async def subscribe(
        self, wants: Callable[[Event], bool], language: str
    ) -> AsyncIterator[Subscription]:
        """From now on nothing that is wanted is missed; load the present state afterwards."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._listening.wait()
        except TimeoutError:
            pass  # a resync follows as soon as we listen
        subscription = Subscription(wants, language)
        self._subscriptions.add(subscription)
        if self.is_closing:
            subscription.end()
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def close(self) -> None:
        """The server shuts down and waits for its responses: end them all."""
        self.is_closing = True
        for subscription in self._subscriptions:
            subscription.end()
        for task in self._tasks:
            task.cancel()

    async def _listen(self) -> None:
        pause = 0.1
        while True:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    own = await psycopg.AsyncConnection.connect(**_address(), autocommit=True)
                async with own:
                    await own.execute(f"LISTEN {LIVE}".encode())
                    pause = 0.1
                    self._hear()
                    await self._follow(own)
            except (psycopg.Error, OSError, TimeoutError) as error:
                logger.warning("live: the listening connection failed: %s", error)
            finally:
                self._listening.clear()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _hear(self) -> None:
        """We listen from now on; those who were here before may have missed something."""
        self._listening.set()
        for subscription in self._subscriptions:
            subscription.resync()

    async def _follow(self, own: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async for notice in own.notifies(timeout=PROVE_ALIVE_SECONDS):
                self._ring(notice.payload)
            async with asyncio.timeout(CONNECT_SECONDS):
                await own.execute(b"SELECT 1")

    def _ring(self, payload: str) -> None:
        """`payment:7:2`: kind, id, store."""
        kind, _, rest = payload.partition(":")
        if kind == "access":
            for subscription in self._subscriptions:
                subscription.look_again()
            return
        number = rest.partition(":")[0]
        if kind not in ("payment", "reader", "account", "status") or not number.isdigit():
            logger.warning("live: not understood: %r", payload[:80])
            return
        self._rung.add((kind, int(number)))
        self._bell.set()

    async def _serve(self) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            rung, self._rung = self._rung, set()
            if not self._subscriptions:
                continue
            try:
                # Whoever comes while this loads looks for themselves afterwards.
                languages = {each.language for each in self._subscriptions}
                payments, readers = await in_thread(load_payments, rung, languages)
                self._offer(payments)  # first: a customer waits for it
                self._offer(await in_thread(load_others, rung | readers, languages))
            except Exception:
                logger.exception("live: could not load what changed")
                self._rung |= rung
                self._bell.set()
                await asyncio.sleep(1)

    def _offer(self, events: Iterable[Event]) -> None:
        for event in events:
            for subscription in self._subscriptions:
                subscription.offer(event)


def _address() -> dict[str, Any]:
    """Where Django's own connections go, without what only they understand."""
    parameters = dict(connection.get_connection_params())
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return {"application_name": "retail live"} | parameters


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop, started when somebody first needs it."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
