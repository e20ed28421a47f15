"""The way of every /v1 request: who asks, what goes wrong, what is asked, was it asked before.

An answer is stored under its idempotency key once a handler began, so whatever can refuse
before that stands before it.
"""

import asyncio
import logging
from typing import Any

from simulator import answers, auth
from simulator.answers import Answer, Sent, as_json, refusal
from simulator.api import uploads
from simulator.api.expansion import expand, require_expandable
from simulator.api.forms import decode
from simulator.api.routes import Call, Contents, Operation, Routes
from simulator.api.views import view
from simulator.api.wire import (
    kind_of,
    require_form,
    require_not_huge,
    require_version,
    unknown_url,
)
from simulator.errors import StripeError, not_simulated
from simulator.state.exchanges import Exchange
from simulator.state.fault_kinds import (
    AFTER,
    BEFORE,
    BODY,
    DELAY,
    LIVEMODE,
    SKEW,
    SPOIL,
    STALE,
)
from simulator.state.faults import Fault
from simulator.state.idempotency import Stored
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.wire import Connection

logger = logging.getLogger(__name__)
UPLOADING = "files.create"
NOT_STORED = (401, 429, 501)
Struck = dict[str, Fault]


class Gate:
    """The ASGI application behind /v1."""

    def __init__(self, world: World, routes: Routes) -> None:
        self._world = world
        self._routes = routes
        self.stopping = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        connection: Connection = scope["connection"]
        self._world.connections.add(connection.number)
        body = await answers.read_body(scope, receive)
        if body is None:
            return
        request = self._request(scope, body, connection)
        answer = await self._answer(request)
        exchange = request.exchange
        if answer is None:
            self._end(exchange, None, "")
            await answers.tear_down(connection, receive)
            return
        struck = self._strike(AFTER, (BODY, LIVEMODE, SKEW), exchange)
        if LIVEMODE in struck:
            answer.body = answer.body.replace('"livemode":false', '"livemode":true')
        raw = answers.complete(answer, request, self._date(struck.get(SKEW)))
        self._end(exchange, answer.status, answer.body)
        if BODY not in struck:
            await answers.send_answer(send, answer, raw)
        elif struck[BODY].what == "truncate":
            await answers.send_half(send, receive, answer, raw, connection)
        else:
            seconds = struck[BODY].draw_seconds(self._world.dice)
            await answers.send_slowly(send, answer, raw, seconds, self._wait)

    def _request(self, scope: Any, body: bytes, connection: Connection) -> Sent:
        """Parameters come in the body of a POST, else in the query."""
        exchange = Exchange(self._world, scope["method"], scope["path"], connection.number)
        exchange.request_id = self._world.ids.new("req_", 14)
        self._world.note("ids")
        exchange.headers = b"\r\n".join([b"%b: %b" % pair for pair in scope["headers"]])
        request = Sent(dict(scope["headers"]), exchange)
        if kind_of(request.header(b"content-type")) == uploads.MULTIPART:
            request.parts = body
        else:
            exchange.text = (body or scope["query_string"]).decode("utf-8", "replace")
        if exchange.method == "POST":
            exchange.idempotency_key = request.header(b"idempotency-key") or None
        return request

    def _end(self, exchange: Exchange, status: int | None, body: str) -> None:
        exchange.end(status, body)
        self._world.commit()
        self._world.watchers.tell("exchange", exchange.request_id, exchange.account)

    async def _answer(self, request: Sent) -> Answer | None:
        """None means: close the connection and say nothing."""
        exchange = request.exchange
        before: Struck = {}
        try:
            key, operation = self._admit(request)
            call = self._understand(request, operation)
            self._require_room(exchange)
            before = self._strike(BEFORE, (SPOIL, DELAY, STALE), exchange)
            if SPOIL in before and not before[SPOIL].is_stored:
                await self._delay(before)
                return await self._spoil(before[SPOIL], exchange)
            account, method = exchange.account, exchange.method
            auth.require_permission(self._world, key, account, operation.name, method)
            if isinstance(call, StripeError):
                raise call
            first = self._begin(exchange, call)
        except StripeError as error:
            await self._delay(before)
            return refusal(error, exchange)
        return await self._once(exchange, operation, call, first, before)

    def _admit(self, request: Sent) -> tuple[str, Operation]:
        exchange = request.exchange
        key = auth.require_key(self._world, request.header(b"authorization"))
        require_version(request.header(b"stripe-version"))
        header = request.header(b"stripe-account")
        exchange.account = auth.acting_account(self._world, header, key)
        found = self._routes.find(exchange.method, exchange.path)
        if found is None:
            raise unknown_url(exchange.method, exchange.path)
        operation, exchange.ids = found
        exchange.operation = operation.name
        return key, operation

    def _understand(self, request: Sent, operation: Operation) -> Call | StripeError:
        """What is asked, or why it cannot be; said only after faults had their turn."""
        exchange = request.exchange
        try:
            exchange.params = self._form(request)
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
        id, sub_id, *_ = *exchange.ids, "", ""
        host = request.header(b"host")
        return Call(self._world, exchange.account, id, params, exchange.path, sub_id, host)

    def _form(self, request: Sent) -> Json:
        """The parameters as they came, still without types."""
        exchange, content_type = request.exchange, request.header(b"content-type")
        if request.parts:
            if exchange.operation != UPLOADING:
                raise not_simulated("parameters as multipart/form-data")
            require_not_huge(request.parts, uploads.LARGEST)
            return uploads.decode(request.parts, content_type)
        require_not_huge(exchange.text)
        require_form(exchange.method, content_type, exchange.text)
        return decode(exchange.text)

    def _require_room(self, exchange: Exchange) -> None:
        """Stripe's rate limiter, where the switch asks for it."""
        mode = self._world.switches["rate_limits"]
        if mode != "off":
            now, id = self._world.clock.now_ms(), "".join(exchange.ids)
            self._world.limits.require_room(mode, exchange.account, exchange.operation, id, now)

    def _begin(self, exchange: Exchange, call: Call) -> Stored | None:
        """The answer to replay, when the key has one."""
        key = self._kept_key(exchange)
        if key is None:
            return None
        return self._world.keys.begin(
            exchange.account,
            key,
            exchange.path,
            call.params,
            exchange.request_id,
        )

    def _kept_key(self, exchange: Exchange) -> str | None:
        of_oauth = exchange.path.startswith("/oauth/")
        if of_oauth and not self._world.switches["oauth_keeps_idempotency_keys"]:
            return None
        return exchange.idempotency_key

    async def _once(
        self,
        exchange: Exchange,
        operation: Operation,
        call: Call,
        first: Stored | None,
        before: Struck,
    ) -> Answer | None:
        """Carry it out, unless the key says it was."""
        await self._delay(before)
        if first is not None:
            exchange.replayed = True
            answer = answers.replay(first)
        elif SPOIL in before:
            answer = refusal(before[SPOIL].refusal(), exchange)
        else:
            answer = self._execute(operation, call, exchange, before.get(STALE))
        after = self._strike(AFTER, (SPOIL, DELAY), exchange)
        await self._delay(after)  # Stripe is slow, so the key is still in use
        spoil = after.get(SPOIL)
        if spoil is not None and spoil.is_stored:
            answer = refusal(spoil.refusal(), exchange)
        key = self._kept_key(exchange)
        if key is not None and first is None:
            fault = spoil or before.get(SPOIL)
            self._store(key, exchange, answer, fault is not None and fault.is_stored)
        if spoil is None or spoil.is_stored:
            return answer
        return await self._spoil(spoil, exchange)

    def _execute(
        self, operation: Operation, call: Call, exchange: Exchange, stale: Fault | None
    ) -> Answer:
        world = self._world
        world.cause = {"id": exchange.request_id, "idempotency_key": exchange.idempotency_key}
        try:
            if stale is None:
                return self._shown(operation, call)
            with world.as_of(stale.draw_seconds(world.dice)):
                return self._shown(operation, call)
        except StripeError as error:
            return refusal(error, exchange)
        except Exception:
            logger.exception("%s broke", operation.name)
            return refusal(StripeError(500, "The simulator broke.", type="api_error"), exchange)

    def _shown(self, operation: Operation, call: Call) -> Answer:
        result = operation.handler(call)
        if isinstance(result, Contents):
            return Answer(200, "", {"Content-Type": result.type}, content=result.data)
        shown: Json = view(call.world, result) if isinstance(result, Record) else result
        if "expand" in call.params:
            shown = expand(call.world, call.account, shown, call.params["expand"])
        return Answer(200, as_json(shown))

    def _store(self, key: str, exchange: Exchange, answer: Answer, wanted: bool) -> None:
        keys, account = self._world.keys, exchange.account
        if answer.status in NOT_STORED and not wanted:
            keys.forget(account, key)
            return
        keys.finish(account, key, answer.status, answer.body)
        answer.headers.setdefault("Original-Request", exchange.request_id)
        if answer.status < 500:
            answer.headers.setdefault("Stripe-Should-Retry", "false")

    # Faults

    def _strike(self, when: str, groups: tuple[str, ...], exchange: Exchange) -> Struck:
        world = self._world
        if not world.faults.armed:
            return {}
        struck = world.faults.strike(when, groups, exchange, world.clock.now_ms(), world.dice)
        if struck:
            words = [f"{each.when} {each.what}" for each in struck.values()]
            exchange.fault = ", ".join(([exchange.fault] if exchange.fault else []) + words)
        return struck

    async def _spoil(self, fault: Fault, exchange: Exchange) -> Answer | None:
        """What the client sees instead of the answer."""
        if fault.what == "hang":
            await self._wait(fault.draw_seconds(self._world.dice))
            return None
        if fault.what == "garbage":
            return Answer(fault.status or 200, fault.body, {"Content-Type": "text/html"}, True)
        return None if fault.what == "reset" else refusal(fault.refusal(), exchange)

    async def _delay(self, struck: Struck) -> None:
        if DELAY in struck:
            await self._wait(struck[DELAY].draw_seconds(self._world.dice))

    async def _wait(self, seconds: float) -> None:
        """On the machine's clock. Ends early when the simulator stops."""
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    def _date(self, skew: Fault | None) -> int:
        """What the Date header tells."""
        seconds = 0.0 if skew is None else skew.draw_seconds(self._world.dice)
        return int(self._world.told_time() + seconds)
