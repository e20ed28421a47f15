"""A few keep-alive connections that are all kept busy: raw sockets, one thread, no parsing."""

import socket
from collections.abc import Iterable

COUNT = 8


class Connections:
    def __init__(self, port: int) -> None:
        self._sockets = [socket.create_connection(("127.0.0.1", port), 300) for _ in range(COUNT)]
        for each in self._sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, requests: Iterable[bytes]) -> list[bytes]:
        """The bodies of the answers, in the order of the requests; all have to be 200."""
        bodies: list[bytes] = []
        waiting = iter(requests)
        while batch := [(sock, each) for sock, each in zip(self._sockets, waiting, strict=False)]:
            for sock, each in batch:
                sock.sendall(each)
            bodies += [_answer(sock) for sock, _ in batch]
        return bodies

    def close(self) -> None:
        for each in self._sockets:
            each.close()


def _answer(sock: socket.socket) -> bytes:
    data = sock.recv(1 << 16)
    while b"\r\n\r\n" not in data:
        data += sock.recv(1 << 16)
    head, _, body = data.partition(b"\r\n\r\n")
    if head[9:12] != b"200":
        raise RuntimeError(f"{head[:40]!r} {body[:200]!r}")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    parts, got = [body], len(body)
    while got < length:
        parts.append(sock.recv(1 << 20))
        got += len(parts[-1])
    return b"".join(parts)
