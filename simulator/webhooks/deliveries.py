"""Webhook deliveries: signed afresh for each attempt, at least once, in no promised order.

https://docs.stripe.com/webhooks
"""

import asyncio
import itertools
import time
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any

import httpx

from simulator.state.store import Json, Record
from simulator.state.world import API_VERSION, World
from simulator.webhooks import events, log
from simulator.webhooks.signatures import forged, signature

CONCURRENT = 24
HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    "Accept": "*/*; q=0.5, application/xml",
    "Cache-Control": "no-cache",
}


@dataclass(slots=True)
class Outcome:
    """What became of one attempt; without a status nothing was answered."""

    name: str
    status: int | None = None
    body: str = ""
    milliseconds: int = 0


class Deliverer:
    """Takes events from the world and posts them. A pending delivery is a row in the world:

    `{event, endpoint, attempt, at, held, duplicate, manual, payload}`. One that somebody asked
    for is `manual`: it is tried once. `payload` is what is sent in place of the event as it is.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(CONCURRENT)
        limits = httpx.Limits(max_connections=CONCURRENT, max_keepalive_connections=CONCURRENT)
        self._client = httpx.AsyncClient(trust_env=False, limits=limits, headers=HEADERS)

    async def close(self) -> None:
        self.abandon()
        await self._client.aclose()

    def abandon(self) -> None:
        """Drop what is on its way, as a reset does."""
        for task in self._tasks:
            task.cancel()

    def resume(self) -> None:
        """Deliver again whatever the journal says was still pending."""
        pending = self._world.pending
        self._numbers = itertools.count(1 + max(map(int, pending), default=0))
        for key in pending:
            self._plan(key)

    # Accepting

    def accept(self, event: Record, endpoint: Record) -> None:
        """An event for an endpoint, through the policy."""
        world = self._world
        policy = world.policy
        applies = policy.applies_to(event.data["type"])
        if applies and policy.drop and world.dice.random() < policy.drop:
            row = _row(event.id, endpoint) | {"attempt": 0}
            self._log(row, event.data, endpoint, Outcome("dropped"))
            return
        delay = 0
        if applies:
            delay = policy.delay_ms
            if policy.reorder:
                delay += world.dice.randrange(policy.reorder_window_ms)
        for copy in range(1 + (policy.duplicate if applies else 0)):
            at = world.clock.now_ms() + delay
            held = applies and policy.hold
            self._add(_row(event.id, endpoint, at=at, held=held, duplicate=copy > 0))

    def send(
        self,
        endpoint: Record,
        event: str,
        payload: Json | None = None,
        forgery: Json | None = None,
    ) -> None:
        """Once more, or something else instead, because somebody asked for it."""
        at = self._world.clock.now_ms()
        row = _row(event, endpoint, at=at, manual=True, payload=payload)
        self._add(row | {"forgery": forgery})

    def _add(self, row: Json) -> None:
        key = str(next(self._numbers))
        self._world.pending[key] = row
        self._plan(key)

    def _plan(self, key: str) -> None:
        world = self._world
        world.note("pending", key)
        row = world.pending[key]
        if row["held"]:
            return
        delay = row["at"] - world.clock.now_ms()
        if delay > 0:
            world.agenda.schedule(delay, "webhook", key=key)
        else:
            self.start(key)

    def start(self, key: str) -> None:
        """Begin an attempt now; also the agenda's job when its time has come."""
        if key in self._world.pending:
            self._spawn(self._attempt(key))

    def release(self, order: str) -> int:
        """Send what was held, one after the other, so that the order means something."""
        keys = [key for key, row in self._world.pending.items() if row["held"]]
        if order == "lifo":
            keys.reverse()
        elif order == "random":
            self._world.dice.shuffle(keys)
        for key in keys:
            self._world.pending[key]["held"] = False
            self._world.note("pending", key)
        self._spawn(self._in_turn(keys))
        return len(keys)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_turn(self, keys: list[str]) -> None:
        for key in keys:
            await self._attempt(key)

    # Sending

    async def _attempt(self, key: str) -> None:
        async with self._slots:
            world = self._world
            row = world.pending.get(key)
            if row is None:
                return
            event = world.store.by_id.get(row["event"])
            endpoint = world.store.by_id.get(row["endpoint"])
            told: Json | None = row["payload"] or (event.data if event else None)
            if told is None or endpoint is None or endpoint.data["status"] != "enabled":
                self._forget(key)
                return
            outcome = await self._post(row, told, endpoint)
            if outcome.name == "delivered" and event is not None:
                events.delivered(world, event, endpoint.id)
            if outcome.name == "delivered" or row["manual"]:
                self._forget(key)
            else:
                self._retry(key, row)
            world.commit()

    async def _post(self, row: Json, told: Json, endpoint: Record) -> Outcome:
        """Events come in the version the endpoint was made for."""
        if row["payload"] is None:
            told = told | {"api_version": endpoint.data["api_version"] or API_VERSION}
        body = pretty(told).encode()
        if forgery := row.get("forgery"):
            headers = forged(self._world, endpoint, body, forgery)
        else:
            headers = {"Stripe-Signature": signature(self._world, endpoint, body)}
        started = time.monotonic()
        try:
            answer = await self._client.post(
                endpoint.data["url"],
                content=body,
                headers=headers,
                timeout=self._world.switches["webhook_timeout_ms"] / 1000,
            )
        except httpx.TimeoutException:
            outcome = Outcome("timed_out")
        except httpx.HTTPError as error:
            outcome = Outcome("failed", body=str(error))
        else:
            name = "delivered" if answer.is_success else "refused"
            outcome = Outcome(name, answer.status_code, answer.text)
        outcome.milliseconds = round((time.monotonic() - started) * 1000)
        sent = {"headers": HEADERS | headers, "body": body.decode()}
        self._log(row, told, endpoint, outcome, sent)
        return outcome

    def _retry(self, key: str, row: Json) -> None:
        wait = self._world.policy.wait_ms(row["attempt"])
        if wait is None:
            self._forget(key)
            return
        row["at"] = self._world.clock.now_ms() + wait
        row["attempt"] += 1
        self._plan(key)

    def _forget(self, key: str) -> None:
        self._world.pending.pop(key, None)
        self._world.note("pending", key)

    def _log(
        self, row: Json, told: Json, endpoint: Record, outcome: Outcome, sent: Json | None = None
    ) -> None:
        shown = {
            "event": row["event"],
            "type": told.get("type", ""),
            "account": told.get("account", endpoint.account),
            "endpoint": endpoint.id,
            "url": endpoint.data["url"],
            "at": self._world.clock.now_ms(),
            "attempt": row["attempt"],
            "duplicate": row["duplicate"],
            "manual": row["manual"],
            "status": outcome.status,
            "outcome": outcome.name,
            "duration_ms": outcome.milliseconds,
        }
        content = sent and {"request": sent, "response": {"body": log.excerpt(outcome.body)}}
        log.note(self._world, shown, content)


def _row(
    event: str,
    endpoint: Record,
    *,
    at: int = 0,
    held: bool = False,
    duplicate: bool = False,
    manual: bool = False,
    payload: Json | None = None,
) -> Json:
    return {
        "event": event,
        "endpoint": endpoint.id,
        "attempt": 1,
        "at": at,
        "held": held,
        "duplicate": duplicate,
        "manual": manual,
        "payload": payload,
    }


def pretty(value: Any, margin: str = "\n") -> str:
    """JSON on many lines as Stripe sends it; quicker than json.dumps(indent=2)."""
    if type(value) is str:
        return encode_basestring(value)
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    inner = margin + "  "
    if type(value) is dict and value:
        rows = [f"{inner}{encode_basestring(k)}: {pretty(v, inner)}" for k, v in value.items()]
        return "{" + ",".join(rows) + margin + "}"
    if type(value) is list and value:
        return "[" + ",".join([inner + pretty(each, inner) for each in value]) + margin + "]"
    return str(value)
