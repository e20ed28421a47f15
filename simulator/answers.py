"""What goes back over the wire: answers, refusals, and the ways in which they are spoiled."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from simulator.api.uploads import LARGEST
from simulator.errors import OAuthError, StripeError
from simulator.state.exchanges import Exchange
from simulator.state.idempotency import Stored
from simulator.state.store import Json
from simulator.state.world import API_VERSION, PLATFORM
from simulator.wire import Connection

DRIPS = 10
_DASHBOARD = "https://dashboard.stripe.com"


@dataclass(slots=True)
class Answer:
    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    nameless: bool = False
    content: bytes | None = None  # in place of the body, where the answer is a file


def as_json(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))


def refusal(error: StripeError, exchange: Exchange) -> Answer:
    """Every answer has a request id, but those of a lock: /rate-limits#object-lock-timeouts."""
    if exchange.path.startswith("/oauth/"):
        error = OAuthError.of(error)
    nameless = error.error.get("code") == "lock_timeout"
    logged = not nameless and exchange.account
    body = error.body(request_log_url=_log_url(exchange)) if logged else error.body()
    return Answer(error.status, as_json(body), dict(error.headers), nameless)


def _log_url(exchange: Exchange) -> str:
    account = "" if exchange.account == PLATFORM else f"/{exchange.account}"
    at = exchange.at // 1000
    return f"{_DASHBOARD}{account}/test/logs/{exchange.request_id}?t={at}"


def replay(first: Stored) -> Answer:
    headers = {"Idempotent-Replayed": "true", "Original-Request": first.request_id}
    return Answer(first.status, first.body, headers)


def complete(answer: Answer, request: "Sent", now: int) -> bytes:
    """Add the headers that every answer has, note them, and give back the body."""
    exchange, headers = request.exchange, answer.headers
    headers.setdefault("Content-Type", "application/json")
    headers["Date"] = _http_date(now)
    headers["Stripe-Version"] = request.header(b"stripe-version") or API_VERSION
    if not answer.nameless:
        headers["Request-Id"] = exchange.request_id
    if exchange.idempotency_key:
        headers["Idempotency-Key"] = exchange.idempotency_key
    if exchange.ignored:
        headers["Simulator-Ignored"] = ", ".join(exchange.ignored)
    if account := request.header(b"stripe-account"):
        headers["Stripe-Account"] = account
    body = answer.body.encode() if answer.content is None else answer.content
    headers["Content-Length"] = str(len(body))
    lines = [f"{name}: {value}" for name, value in headers.items()]
    exchange.answer_headers = "\r\n".join(lines).encode("latin-1")
    return body


@dataclass(slots=True)
class Sent:
    """What a client sent."""

    headers: dict[bytes, bytes]
    exchange: Exchange
    parts: bytes = b""  # the body, where it is multipart

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")


@lru_cache(maxsize=8)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


async def read_body(scope: Any, receive: Any) -> bytes | None:
    """All of it, or None when the client went away before it had sent everything.

    What is far too long is read to its end, one byte of it too many is kept.
    """
    chunks: list[bytes] = []
    room = LARGEST + 1
    more = scope["method"] == "POST"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")[:room]
        room -= len(chunk)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


async def send_answer(send: Any, answer: Answer, body: bytes) -> None:
    await _start(send, answer)
    await send({"type": "http.response.body", "body": body})


async def send_slowly(
    send: Any, answer: Answer, body: bytes, seconds: float, wait: Callable[[float], Awaitable[None]]
) -> None:
    """A few bytes at a time."""
    await _start(send, answer)
    size = len(body) // DRIPS + 1
    for start in range(0, len(body), size):
        await wait(seconds / DRIPS)
        piece = body[start : start + size]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def send_half(
    send: Any, receive: Any, answer: Answer, body: bytes, connection: Connection
) -> None:
    """The headers promise all of the body; half of it comes, then the connection is closed."""
    await _start(send, answer)
    half = body[: len(body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    connection.close()
    await _gone(receive)


async def tear_down(connection: Connection, receive: Any) -> None:
    connection.reset()
    await _gone(receive)


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(send: Any, answer: Answer) -> None:
    raw = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
