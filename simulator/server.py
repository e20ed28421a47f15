"""The process: its port, its signals, its end."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator

import uvicorn

from simulator.app import Application
from simulator.wire import Protocol

KEEP_ALIVE_SECONDS = 75
PARENT_CHECK_SECONDS = 0.5


class Server(uvicorn.Server):
    """Uvicorn, ending with status 0 on a signal, and letting go of whoever still waits."""

    def __init__(self, application: Application, *, exit_with_parent: bool) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=Protocol,
                loop="uvloop",
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                server_header=False,
                date_header=False,  # the gate tells the time it should seem to be
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=1,
            )
        )
        self._application = application
        self._parent = os.getppid() if exit_with_parent else None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert sockets is not None
        host, port = sockets[0].getsockname()[:2]
        sys.stdout.write(f"simulator listening on http://{host}:{port}\n")
        sys.stdout.flush()
        if self._parent is not None:
            self._watch = asyncio.create_task(self._outlive_no_parent())

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end)
        yield

    def _end(self) -> None:
        self._application.stop()
        self.should_exit = True

    async def _outlive_no_parent(self) -> None:
        while os.getppid() == self._parent:
            await asyncio.sleep(PARENT_CHECK_SECONDS)
        self._end()


def bind(host: str, port: int) -> socket.socket:
    """The listening socket, or one clear sentence and the end."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(2048)
    except OSError as error:
        sys.exit(f"The simulator cannot listen on {host}:{port}: {error.strerror}.")
    return sock


def serve(application: Application, sock: socket.socket, *, exit_with_parent: bool) -> None:
    server = Server(application, exit_with_parent=exit_with_parent)
    server.run(sockets=[sock])
