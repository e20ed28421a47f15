"""A few keep-alive connections that are all kept busy: raw sockets, one thread, no parsing."""

import socket
from collections.abc import Iterable, Iterator

COUNT = 8
PATIENCE = 300.0  # seconds; the dump of everything takes a while


class Connections:
    def __init__(self, port: int) -> None:
        self._port = port
        self._sockets: list[socket.socket] = []

    def open(self) -> None:
        """Afresh: a server closes those that were idle for long."""
        self.close()
        self._sockets = [socket.create_connection(("127.0.0.1", self._port)) for _ in range(COUNT)]
        for each in self._sockets:
            each.settimeout(PATIENCE)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, requests: Iterable[bytes]) -> Iterator[bytes]:
        """The bodies of the answers, in the order of the requests; all have to be 200.

        A request is sent when its answer's turn is near, so all answers have to be taken.
        """
        waiting = iter(requests)
        while batch := [(sock, each) for sock, each in zip(self._sockets, waiting, strict=False)]:
            for sock, each in batch:
                sock.sendall(each)
            for sock, _ in batch:
                yield _answer(sock)

    def do(self, requests: Iterable[bytes]) -> None:
        """Whatever the answers say."""
        for _ in self.send(requests):
            pass

    def close(self) -> None:
        for each in self._sockets:
            each.close()


def _answer(sock: socket.socket) -> bytes:
    data = _some(sock)
    while b"\r\n\r\n" not in data:
        data += _some(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    if head[9:12] != b"200":
        raise RuntimeError(f"{head[:40]!r} {body[:200]!r}")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    parts, got = [body], len(body)
    while got < length:
        parts.append(_some(sock))
        got += len(parts[-1])
    return b"".join(parts)


def _some(sock: socket.socket) -> bytes:
    data = sock.recv(1 << 18)
    if not data:
        raise ConnectionError("The simulator closed a connection.")
    return data
