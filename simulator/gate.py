"""The way of every /v1 request: who asks, what goes wrong, what is asked, was it asked before.

An answer is stored under its idempotency key once a handler began, so whatever can refuse
before that stands before it.
"""

import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import Any

from simulator import auth
from simulator.api.expansion import expand, require_expandable
from simulator.api.forms import decode
from simulator.api.routes import Call, Operation, Routes
from simulator.api.views import view
from simulator.errors import StripeError, not_simulated
from simulator.state.exchanges import Exchange
from simulator.state.faults import STORED_AFTER, Fault
from simulator.state.idempotency import Stored
from simulator.state.store import Json, Record
from simulator.state.world import API_VERSION, World
from simulator.wire import Connection

logger = logging.getLogger(__name__)
MAJOR = ".dahlia"
NOT_STORED = (401, 429, 501)


@dataclass(slots=True)
class Answer:
    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    nameless: bool = False


@dataclass(slots=True)
class Request:
    """What a client sent, and what we learn about it on the way."""

    method: str
    path: str
    text: str
    headers: dict[bytes, bytes]
    exchange: Exchange
    ids: list[str] = field(default_factory=list)

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")


class Gate:
    """The ASGI application behind /v1."""

    def __init__(self, world: World, routes: Routes) -> None:
        self._world = world
        self._routes = routes
        self.stopping = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        connection: Connection = scope["connection"]
        self._world.connections.add(connection.number)
        body = await _body(scope, receive)
        if body is None:
            return
        request = self._request(scope, body, connection)
        exchange = request.exchange
        answer = await self._answer(request)
        if answer is None:
            self._world.commit()
            self._world.watchers.tell("exchange", exchange.request_id, exchange.account)
            await _tear_down(connection, receive)
            return
        exchange.status = answer.status
        exchange.body = answer.body
        self._world.commit()
        self._world.watchers.tell("exchange", exchange.request_id, exchange.account)
        await _send(send, request, answer)

    def _request(self, scope: Any, body: bytes, connection: Connection) -> Request:
        """Parameters come in the body of a POST, else in the query."""
        exchange = Exchange(self._world, scope["method"], scope["path"], connection.number)
        exchange.request_id = self._world.ids.new("req_", 14)
        self._world.note("ids")
        text = (body or scope["query_string"]).decode("utf-8", "replace")
        request = Request(scope["method"], scope["path"], text, dict(scope["headers"]), exchange)
        if request.method == "POST":
            exchange.idempotency_key = request.header(b"idempotency-key") or None
        return request

    async def _answer(self, request: Request) -> Answer | None:
        """None means: close the connection and say nothing."""
        slow: Fault | None = None
        try:
            key, operation = self._admit(request)
            call = self._understand(request, operation)
            fault = self._strike("before", request)
            if fault is not None and fault.what != "latency":
                return await self._spoil(fault)
            slow = fault
            account = request.exchange.account
            auth.require_permission(self._world, key, account, operation.name, request.method)
            if isinstance(call, StripeError):
                raise call
            return await self._once(request, operation, call, slow)
        except StripeError as error:
            if slow is not None:
                await self._wait(slow.seconds)
            return _refusal(error)

    def _admit(self, request: Request) -> tuple[str, Operation]:
        key = auth.require_key(self._world, request.header(b"authorization"))
        _require_version(request.header(b"stripe-version"))
        header = request.header(b"stripe-account")
        request.exchange.account = auth.acting_account(self._world, header, key)
        found = self._routes.find(request.method, request.path)
        if found is None:
            raise not_simulated(f"{request.method} {request.path}")
        operation, request.ids = found
        request.exchange.operation = operation.name
        return key, operation

    def _understand(self, request: Request, operation: Operation) -> Call | StripeError:
        """What is asked, or why it cannot be; said only after faults had their turn."""
        exchange = request.exchange
        try:
            exchange.params = decode(request.text)
            params = operation.parse(exchange.params)
            exchange.params = params
            exchange.ignored = operation.ignored(params)
            if exchange.ignored and self._world.switches["ignored_parameters"] == "refuse":
                raise not_simulated(f"{operation.name} with {', '.join(exchange.ignored)}")
            if "expand" in params:
                listed = operation.name.endswith(".list")
                require_expandable(operation.answers, params["expand"], listed=listed)
        except StripeError as error:
            return error
        id, sub_id, *_ = *request.ids, "", ""
        return Call(self._world, exchange.account, id, params, request.path, sub_id)

    async def _once(
        self, request: Request, operation: Operation, call: Call, slow: Fault | None
    ) -> Answer | None:
        """Carry it out, unless the key says it was."""
        exchange, keys = request.exchange, self._world.keys
        account, key = exchange.account, exchange.idempotency_key
        first: Stored | None = None
        if key is not None:
            first = keys.begin(account, key, request.path, call.params, exchange.request_id)
        if slow is not None:
            await self._wait(slow.seconds)
        if first is not None:
            exchange.replayed = True
            answer = _replay(first)
        else:
            answer = self._execute(operation, call, exchange)
        fault = self._strike("after", request)
        if fault is not None and fault.what == "latency":
            await self._wait(fault.seconds)  # Stripe is slow, so the key is still in use
        elif fault is not None and fault.what in STORED_AFTER:
            answer = _refusal(fault.error())
        if key is not None and first is None:
            self._store(keys, account, key, answer)
        if fault is None or fault.what == "latency" or fault.what in STORED_AFTER:
            return answer
        return await self._spoil(fault)

    def _execute(self, operation: Operation, call: Call, exchange: Exchange) -> Answer:
        world = self._world
        world.cause = {"id": exchange.request_id, "idempotency_key": exchange.idempotency_key}
        try:
            result = operation.handler(call)
            shown: Json = view(world, result) if isinstance(result, Record) else result
            if "expand" in call.params:
                shown = expand(world, shown, call.params["expand"])
        except StripeError as error:
            return _refusal(error)
        except Exception:
            logger.exception("%s broke", operation.name)
            return _refusal(StripeError(500, "The simulator broke.", type="api_error"))
        return Answer(200, _json(shown))

    def _store(self, keys: Any, account: str, key: str, answer: Answer) -> None:
        if answer.status in NOT_STORED:
            keys.forget(account, key)
        else:
            keys.finish(account, key, answer.status, answer.body)

    def _strike(self, when: str, request: Request) -> Fault | None:
        exchange = request.exchange
        fault = self._world.faults.strike(when, exchange.operation, exchange.account, request.ids)
        if fault is not None:
            exchange.fault = f"{when} {fault.what}"
            self._world.note("faults")
        return fault

    async def _spoil(self, fault: Fault) -> Answer | None:
        """What the client sees instead of the answer."""
        if fault.what == "hang":
            await self._wait(fault.seconds)
            return None
        return None if fault.what == "reset" else _refusal(fault.error())

    async def _wait(self, seconds: float) -> None:
        """Ends early when the simulator stops."""
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return


def _require_version(version: str) -> None:
    """Within one major name versions differ by additions only; others have other shapes."""
    if version and not version.endswith(MAJOR):
        raise not_simulated(f"API version {version}; it speaks {API_VERSION}")


def _refusal(error: StripeError) -> Answer:
    """Every answer has a request id, but those of a lock: /rate-limits#object-lock-timeouts."""
    nameless = error.error.get("code") == "lock_timeout"
    return Answer(error.status, _json(error.body()), dict(error.headers), nameless)


def _replay(first: Stored) -> Answer:
    headers = {"Idempotent-Replayed": "true", "Original-Request": first.request_id}
    return Answer(first.status, first.body, headers)


def _json(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))


async def _body(scope: Any, receive: Any) -> bytes | None:
    """All of it, or None when the client went away before it had sent everything."""
    chunks: list[bytes] = []
    more = scope["method"] == "POST"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _send(send: Any, request: Request, answer: Answer) -> None:
    headers = answer.headers
    exchange = request.exchange
    headers["Content-Type"] = "application/json"
    headers["Stripe-Version"] = request.header(b"stripe-version") or API_VERSION
    if not answer.nameless:
        headers["Request-Id"] = exchange.request_id
    if exchange.idempotency_key:
        headers["Idempotency-Key"] = exchange.idempotency_key
    if exchange.ignored:
        headers["Simulator-Ignored"] = ", ".join(exchange.ignored)
    if account := request.header(b"stripe-account"):
        headers["Stripe-Account"] = account
    body = answer.body.encode()
    headers["Content-Length"] = str(len(body))
    raw = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _tear_down(connection: Connection, receive: Any) -> None:
    connection.reset()
    while (await receive())["type"] != "http.disconnect":
        pass
