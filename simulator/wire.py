"""The HTTP connection itself: its number, and how it is torn down."""

import asyncio
import itertools
import socket
import struct
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_numbers = itertools.count(1)
_LINGER_NOT = struct.pack("ii", 1, 0)


class Connection:
    """One TCP connection of a client."""

    __slots__ = ("number", "transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self.number = next(_numbers)
        self.transport = transport

    def close(self) -> None:
        """Close it once everything written so far is on its way."""
        self.transport.close()

    def reset(self) -> None:
        """Close it at once, with a RST: the client learns nothing."""
        if self.transport.is_closing():  # the client was tired of waiting
            return
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.transport.abort()


class Protocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol, which also tells the application about its connection."""

    connection: Connection

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.connection = Connection(transport)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["connection"] = self.connection  # type: ignore[typeddict-unknown-key]
