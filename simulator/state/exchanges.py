"""Every /v1 request and its answer, kept for those who check what was really sent."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from simulator.state.store import Json

if TYPE_CHECKING:
    from simulator.state.world import World

_PLAIN = (
    *("seq", "at", "method", "path", "operation", "params", "account", "idempotency_key"),
    *("request_id", "status", "replayed", "fault", "ignored", "connection", "duration_ms"),
)


class Exchange:
    """One line of the record; `status` stays null while there is no answer, or never was.

    Headers are kept as they stand on the wire: there are many exchanges, and few are looked at.
    """

    __slots__ = (
        *_PLAIN,
        "_began",
        "answer_headers",
        "body",
        "headers",
        "ids",
        "text",
    )

    def __init__(self, world: "World", method: str, path: str, connection: int) -> None:
        world.exchange_count += 1
        self.seq = world.exchange_count
        self.at = world.clock.now_ms()
        self.method = method
        self.path = path
        self.connection = connection
        self.operation = self.account = self.request_id = self.body = self.text = ""
        self.headers = self.answer_headers = b""
        self.ids: list[str] = []
        self.params: Json = {}
        self.ignored: list[str] = []
        self.idempotency_key: str | None = None
        self.status: int | None = None
        self.replayed = False
        self.fault: str | None = None
        self.duration_ms: float | None = None
        self._began = time.perf_counter()
        world.exchanges.append(self)

    @property
    def objects(self) -> list[str]:
        """The ids in the path, and every text among the parameters, which may be one."""
        return [*self.ids, *_texts(self.params)]

    def end(self, status: int | None, body: str) -> None:
        self.status, self.body = status, body
        self.duration_ms = round((time.perf_counter() - self._began) * 1000, 3)

    def to_json(self) -> Json:
        return {name: getattr(self, name) for name in _PLAIN} | {
            "form": self.text,
            "request_headers": _parsed(self.headers),
            "response_headers": _parsed(self.answer_headers),
            "response": _read(self.body),
        }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _read(body: str) -> Any:
    """As JSON where it is JSON; spoiled answers need not be."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body


def _parsed(raw: bytes) -> Json:
    """The key of whoever asked is nobody else's business."""
    lines = (line.partition(": ") for line in raw.decode("latin-1").split("\r\n") if line)
    headers = {name: value for name, _, value in lines}
    for name in headers:
        if name.lower() == "authorization":
            scheme, _, key = headers[name].partition(" ")
            headers[name] = f"{scheme} {key[:8]}{'*' * 8}"
    return headers
