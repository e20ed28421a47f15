"""Webhook deliveries: signed afresh for each attempt, at least once, in no promised order.

https://docs.stripe.com/webhooks
"""

import asyncio
import hashlib
import hmac
import itertools
import time
from json.encoder import encode_basestring
from typing import Any

import httpx

from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.webhooks import events

CONCURRENT = 24
TIMEOUT_SECONDS = 10.0
HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    "Accept": "*/*; q=0.5, application/xml",
    "Cache-Control": "no-cache",
}


class Deliverer:
    """Takes events from the world and posts them. A pending delivery is a row in the world:

    `{event, endpoint, attempt, at, held, duplicate}`.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(CONCURRENT)
        limits = httpx.Limits(max_connections=CONCURRENT, max_keepalive_connections=CONCURRENT)
        self._client = httpx.AsyncClient(
            trust_env=False, limits=limits, timeout=TIMEOUT_SECONDS, headers=HEADERS
        )

    async def close(self) -> None:
        self.abandon()
        await self._client.aclose()

    def abandon(self) -> None:
        """Drop what is on its way, as a reset does."""
        for task in self._tasks:
            task.cancel()

    def resume(self) -> None:
        """Deliver again whatever the journal says was still pending."""
        for key in self._world.pending:
            number = int(key)
            self._numbers = itertools.count(max(number, next(self._numbers)) + 1)
            self._plan(key)

    # Accepting

    def accept(self, event: Record, endpoint: Record) -> None:
        """An event for an endpoint, through the policy."""
        world = self._world
        policy = world.policy
        applies = policy.applies_to(event.data["type"])
        if applies and policy.drop and world.dice.random() < policy.drop:
            self._log(event, endpoint, 0, "dropped")
            return
        delay = 0
        if applies:
            delay = policy.delay_ms
            if policy.reorder:
                delay += world.dice.randrange(policy.reorder_window_ms)
        for copy in range(1 + (policy.duplicate if applies else 0)):
            key = str(next(self._numbers))
            world.pending[key] = {
                "event": event.id,
                "endpoint": endpoint.id,
                "attempt": 1,
                "at": world.clock.now_ms() + delay,
                "held": applies and policy.hold,
                "duplicate": copy > 0,
            }
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
            if event is None or endpoint is None or endpoint.data["status"] != "enabled":
                self._forget(key)
                return
            status, outcome = await self._post(event, endpoint)
            self._log(event, endpoint, row["attempt"], outcome, status, row["duplicate"])
            if outcome == "delivered":
                events.delivered(world, event, endpoint.id)
                self._forget(key)
            else:
                self._retry(key, row)
            world.commit()

    async def _post(self, event: Record, endpoint: Record) -> tuple[int | None, str]:
        body = self._body(event)
        headers = {"Stripe-Signature": self._signature(endpoint.hidden["secret"], body)}
        try:
            answer = await self._client.post(endpoint.data["url"], content=body, headers=headers)
        except httpx.TimeoutException:
            return None, "timed_out"
        except httpx.HTTPError:
            return None, "failed"
        return answer.status_code, "delivered" if answer.is_success else "refused"

    def _body(self, event: Record) -> bytes:
        return pretty(event.data).encode()

    def _signature(self, secret: str, body: bytes) -> str:
        """Receivers compare with their own clock, so the true time is the default."""
        real = self._world.switches["webhook_signature_clock"] == "real"
        stamp = str(int(time.time()) if real else self._world.clock.now())
        signed = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
        return f"t={stamp},v1={signed.hexdigest()}"

    def _retry(self, key: str, row: Json) -> None:
        policy = self._world.policy
        if row["attempt"] >= policy.max_attempts:
            self._forget(key)
            return
        row["at"] = self._world.clock.now_ms() + policy.back_off_ms(row["attempt"])
        row["attempt"] += 1
        self._plan(key)

    def _forget(self, key: str) -> None:
        self._world.pending.pop(key, None)
        self._world.note("pending", key)

    def _log(
        self,
        event: Record,
        endpoint: Record,
        attempt: int,
        outcome: str,
        status: int | None = None,
        duplicate: bool = False,
    ) -> None:
        self._world.watchers.tell("delivery", event.id, event.account)
        self._world.deliveries.append(
            {
                "event": event.id,
                "type": event.data["type"],
                "account": event.account,
                "endpoint": endpoint.id,
                "url": endpoint.data["url"],
                "at": self._world.clock.now_ms(),
                "attempt": attempt,
                "duplicate": duplicate,
                "status": status,
                "outcome": outcome,
            }
        )


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
