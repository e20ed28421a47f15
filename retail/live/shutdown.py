"""Streams never end by themselves, and a server that shuts down waits for its responses."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType


def call_at_shutdown(call: Callable[[], None]) -> None:
    """Call it in this event loop as soon as the server is told to stop.

    ASGI tells an application only after the last response has ended, which is too late. So we go
    before the server's own handlers of SIGINT and SIGTERM, which then run as if we were not there.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        _go_first(number, loop, call)


def _go_first(
    number: signal.Signals, loop: asyncio.AbstractEventLoop, call: Callable[[], None]
) -> None:
    servers = signal.getsignal(number)
    if not callable(servers):
        return

    def handler(signum: int, frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(call)
        servers(signum, frame)

    signal.signal(number, handler)
