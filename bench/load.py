"""A light load generator, in a process of its own: `python -m bench.load`, told over its pipes.

Raw sockets, one thread, requests made before the clock starts: a request costs it some 30 µs, so
that it does not eat what it measures. Standard library only. A line of JSON in, a line out.
"""

import dataclasses
import itertools
import json
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field

from bench.events import requests

CONNECTIONS = 4  # for each request under way


@dataclass(frozen=True)
class Order:
    """What to send where, so many requests at once, for so long.

    The next is sent when one is answered; with a `rate` (requests a second, all together) also
    not before its turn has come. They take turns on four times as many connections, because a
    server that keeps connections alive deals them out to its workers unevenly.
    """

    port: int
    path: str
    type: str
    prefix: str  # makes the ids of these events different from all others'
    clients: int  # requests under way at once
    seconds: float
    prepared: int  # requests made in advance
    rate: float = 0.0


@dataclass
class Report:
    seconds: float = 0.0
    answered: int = 0
    failed: int = 0
    cpu_seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)


class Client:
    """One connection, made when it is needed and kept alive for as long as the server does."""

    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)
        self._is_open = False
        self.started = 0.0
        self._answer = b""

    def send(self, request: bytes) -> None:
        self.started = time.perf_counter()
        if not self._is_open:
            self.socket = socket.create_connection(self._address, timeout=30)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._is_open = True
        self.socket.sendall(request)

    def status(self) -> int | None:
        """What has been answered, once all of it is here."""
        data = self.socket.recv(65536)
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if data and (not end or len(body) < _length(head)):
            return None
        self._answer = b""
        if not data or b"connection: close" in head.lower():
            self.close()
        return int(head[9:12] or b"0")

    def close(self) -> None:
        if self._is_open:
            self.socket.close()
            self._is_open = False


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def carry_out(order: Order) -> Report:
    made = requests(order.type, order.path, order.prefix)
    ready = list(itertools.islice(made, order.prepared))
    queue = itertools.chain(ready, made)
    clients = [Client(order.port) for _ in range(order.clients * CONNECTIONS)]
    report, cpu = Report(), time.process_time()
    started = time.perf_counter()
    _drive(order, clients, queue, report)
    report.seconds = time.perf_counter() - started
    report.cpu_seconds = time.process_time() - cpu
    for client in clients:
        client.close()
    return report


def _drive(
    order: Order, clients: list[Client], queue: "itertools.chain[bytes]", report: Report
) -> None:
    """Send until the time is over, then wait for the last answers."""
    interval = 1 / order.rate if order.rate else 0.0
    due = time.perf_counter()
    deadline = due + order.seconds
    idle, busy = deque(clients), 0
    with selectors.DefaultSelector() as selector:
        while busy or time.perf_counter() < deadline:
            now = time.perf_counter()
            while busy < order.clients and due <= now < deadline:
                client = idle.popleft()
                client.send(next(queue))
                selector.register(client.socket, selectors.EVENT_READ, client)
                busy += 1
                due = max(due + interval, now - 0.1) if interval else now
            is_free = busy < order.clients and now < deadline
            wait = max(0.0, due - now) if is_free else 1.0
            for key, _ in selector.select(wait):
                client = key.data
                # A server that closes takes the socket with it.
                selector.unregister(client.socket)
                status = client.status()
                if status is None:
                    selector.register(client.socket, selectors.EVENT_READ, client)
                    continue
                report.milliseconds.append((time.perf_counter() - client.started) * 1000)
                report.answered += 1
                report.failed += status != 200
                idle.append(client)
                busy -= 1


class Generator:
    """The load generator as its user sees it: `begin` an order, `end` it with its report."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid

    def begin(self, order: Order) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(dataclasses.asdict(order)) + "\n")
        self._process.stdin.flush()

    def end(self) -> Report:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load generator died")
        return Report(**json.loads(line))

    def send(self, order: Order) -> Report:
        self.begin(order)
        return self.end()

    def close(self) -> None:
        """End it as the end of its parent does: by the end of its standard input."""
        self._process.communicate()


def main() -> None:
    for line in sys.stdin:
        report = carry_out(Order(**json.loads(line)))
        sys.stdout.write(json.dumps(dataclasses.asdict(report)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
