"""The control API under /_simulator: what no sandbox lets you do. No key needed."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from simulator.api.views import view
from simulator.connect import accounts
from simulator.control import readers as reader_control
from simulator.control import truth as dump
from simulator.errors import StripeError
from simulator.sandbox import Sandbox
from simulator.state import switches
from simulator.state.store import Json, Record
from simulator.state.webhook_policy import WebhookPolicy
from simulator.terminal import presentment

Endpoint = Callable[[Request], Awaitable[Response]]
ORDERS = ("fifo", "lifo", "random")


def welcome(calls: list[str]) -> Endpoint:
    """What a person sees who opens the address in a browser."""
    lines = [
        "A local Stripe with simulated readers.",
        "Stripe's API is under /v1; any sk_test_ key will do.",
        "What no sandbox lets you do is here, without a key (see simulator/README.md):",
        "",
        *calls,
    ]

    async def endpoint(request: Request) -> Response:
        return PlainTextResponse("\n".join(lines) + "\n")

    return endpoint


class Control:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._world = sandbox.world

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Callable[[Request, Json], Any]]] = [
            ("GET", "/health", lambda request, body: dump.health(self._world)),
            ("GET", "/truth", lambda request, body: dump.truth(self._world)),
            ("GET", "/exchanges", self._exchanges),
            ("POST", "/reset", self._reset),
            ("GET", "/clock", self._clock),
            ("POST", "/clock", self._advance),
            ("GET", "/switches", lambda request, body: self._world.switches),
            ("POST", "/switches", self._switch),
            ("GET", "/faults", self._faults),
            ("POST", "/faults", self._plan_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("GET", "/webhooks", lambda request, body: self._world.policy.to_json()),
            ("POST", "/webhooks", self._set_policy),
            ("POST", "/webhooks/release", self._release),
            ("POST", "/accounts", self._ensure_account),
            ("GET", "/readers", self._list_readers),
            ("POST", "/readers/{id}", self._control_reader),
            ("POST", "/readers/{id}/present", self._present),
            ("POST", "/readers/{id}/cancel_by_customer", self._cancel_by_customer),
        ]
        controls = [
            Route(f"/_simulator{path}", self._endpoint(act), methods=[method])
            for method, path, act in table
        ]
        words = welcome([f"{method:6} /_simulator{path}" for method, path, act in table])
        return [Route("/", words), Route("/_simulator/", words), *controls]

    def _endpoint(self, act: Callable[[Request, Json], Any]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            try:
                answer = act(request, await _body(request))
            except StripeError as error:
                return JSONResponse(error.body(), error.status)
            except (ValueError, TypeError) as error:
                return _refusal(400, str(error))
            except LookupError as error:
                return _refusal(404, str(error.args[0]))
            self._world.commit()
            return JSONResponse(answer)

        return endpoint

    def _exchanges(self, request: Request, body: Json) -> Json:
        after = int(request.query_params.get("after", 0))
        path = request.query_params.get("path")
        return {"exchanges": dump.exchanges(self._world, after, path)}

    def _reset(self, request: Request, body: Json) -> Json:
        self._sandbox.reset()
        return dump.health(self._world)

    def _clock(self, request: Request, body: Json) -> Json:
        return {"now": self._world.clock.now_ms(), "offset_ms": self._world.clock.offset_ms}

    def _advance(self, request: Request, body: Json) -> Json:
        seconds = body.get("advance")
        if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or seconds < 0:
            raise ValueError("advance is a number of seconds, not below 0.")
        self._sandbox.advance(seconds)
        return self._clock(request, body)

    def _switch(self, request: Request, body: Json) -> Json:
        switches.change(self._world.switches, body)
        self._world.note("switches")
        return self._world.switches

    def _faults(self, request: Request, body: Json) -> Json:
        return {"faults": self._world.faults.listing()}

    def _plan_fault(self, request: Request, body: Json) -> Json:
        self._world.faults.plan(body)
        self._world.note("faults")
        return self._faults(request, body)

    def _clear_faults(self, request: Request, body: Json) -> Json:
        self._world.faults.planned.clear()
        self._world.note("faults")
        return self._faults(request, body)

    def _set_policy(self, request: Request, body: Json) -> Json:
        self._world.policy = WebhookPolicy.from_json(body)
        self._world.note("policy")
        return self._world.policy.to_json()

    def _release(self, request: Request, body: Json) -> Json:
        order = body.get("order", "fifo")
        if order not in ORDERS:
            raise ValueError(f"order is one of: {', '.join(ORDERS)}.")
        return {"released": self._sandbox.deliverer.release(order)}

    def _ensure_account(self, request: Request, body: Json) -> Json:
        return view(self._world, accounts.ensure(self._world, body))

    def _list_readers(self, request: Request, body: Json) -> Json:
        return {"readers": reader_control.listing(self._world)}

    def _reader(self, request: Request) -> Record:
        id = request.path_params["id"]
        record = self._world.store.by_id.get(id)
        if record is None or record.kind != "readers":
            raise LookupError(f"No such reader: '{id}'")
        return record

    def _control_reader(self, request: Request, body: Json) -> Json:
        return reader_control.change(self._world, self._reader(request), body)

    def _present(self, request: Request, body: Json) -> Json:
        reader = self._reader(request)
        known = {"card", "type", "amount_tip"}
        if set(body) - known:
            raise ValueError(f"Known: {', '.join(sorted(known))}.")
        card = None if body.get("card") is None else str(body["card"])
        presentment.present(self._world, reader, card, body.get("type"), body.get("amount_tip"))
        return view(self._world, reader)

    def _cancel_by_customer(self, request: Request, body: Json) -> Json:
        reader = self._reader(request)
        presentment.cancel_by_customer(self._world, reader)
        return view(self._world, reader)


async def _body(request: Request) -> Json:
    raw = await request.body()
    if not raw:
        return {}
    body = json.loads(raw)
    if not isinstance(body, dict):
        raise ValueError("The body is a JSON object.")
    return body


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message}}, status)
