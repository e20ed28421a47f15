"""What goes wrong on the way to Stripe or back, as told by the control API."""

import random
from collections.abc import Callable, Container, Iterable
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Protocol

from simulator.errors import StripeError
from simulator.state.fault_kinds import KINDS, STALE, Kind
from simulator.state.store import Json

SECONDS = 30.0
HTML = "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


class Request(Protocol):
    """What a fault looks at."""

    operation: str
    method: str
    account: str
    idempotency_key: str | None

    @property
    def objects(self) -> list[str]: ...


@dataclass(slots=True)
class Fault:
    """Names hold `*` patterns; what is None matches everything. Times are on the simulator's
    clock in milliseconds. `remaining` -1 is for ever."""

    id: str
    what: str
    when: str
    name: str | None = None
    operation: str = "*"
    method: str | None = None
    account: str | None = None
    object: str | None = None
    key: str | None = None
    count: int = 1
    every: int = 1
    probability: float = 1.0
    since: int | None = None
    until: int | None = None
    seconds: Any = SECONDS
    status: int | None = None
    error: Json = field(default_factory=dict)
    body: str = HTML
    reason: str | None = "global-rate"
    retry_after: float | None = None
    should_retry: bool | None = None
    stored: bool | None = None
    remaining: int = 1
    seen: int = 0
    hits: int = 0

    @property
    def kind(self) -> Kind:
        return KINDS[self.what]

    def matches(self, request: Request, now_ms: int) -> bool:
        return (
            fnmatchcase(request.operation, self.operation)
            and (self.method is None or request.method == self.method)
            and (self.account is None or fnmatchcase(request.account, self.account))
            and (self.object is None or self._names(request.objects))
            and (self.key is None or fnmatchcase(request.idempotency_key or "", self.key))
            and (self.since is None or now_ms >= self.since)
            and (self.until is None or now_ms < self.until)
            and (self.kind.group != STALE or request.method == "GET")
        )

    def _names(self, objects: Iterable[str]) -> bool:
        return any(fnmatchcase(each, self.object or "*") for each in objects)

    def is_up(self, dice: random.Random) -> bool:
        """Whether this one of the matching requests is struck."""
        self.seen += 1
        if self.seen % self.every or (self.probability < 1 and dice.random() >= self.probability):
            return False
        self.remaining -= self.remaining > 0
        self.hits += 1
        return True

    def draw_seconds(self, dice: random.Random) -> float:
        if isinstance(self.seconds, list):
            low, high = self.seconds
            return float(low + (high - low) * dice.random())
        return float(self.seconds)

    @property
    def is_stored(self) -> bool:
        """Whether its answer is the one that the idempotency key replays."""
        return self.when in self.kind.stored if self.stored is None else self.stored

    def refusal(self) -> StripeError:
        """The answer in place of the true one."""
        reply = self.kind.reply
        assert reply is not None
        fields: Json = {"code": reply.code, "message": reply.message, "type": reply.type}
        fields |= self.error
        status = self.status or reply.status
        if self.what == "error" and "type" not in self.error:
            fields["type"] = _type_of(status)
        return StripeError(status, headers=self._headers(reply.should_retry), **fields)

    def _headers(self, should_retry: bool | None) -> dict[str, str]:
        headers = {}
        if self.what == "429" and self.reason is not None:
            headers["Stripe-Rate-Limited-Reason"] = self.reason
        if self.retry_after is not None:
            headers["Retry-After"] = f"{self.retry_after:g}"
        if self.should_retry is not None:
            should_retry = self.should_retry
        if should_retry is not None:
            headers["Stripe-Should-Retry"] = str(should_retry).lower()
        return headers


def _type_of(status: int) -> str:
    if status >= 500:
        return "api_error"
    return "card_error" if status == 402 else "invalid_request_error"


class Faults:
    """All that is planned, in the order of planning."""

    def __init__(self) -> None:
        self.changed: Callable[[], None] = lambda: None
        self.planned: list[Fault] = []
        self.armed: list[Fault] = []

    def add(self, faults: Iterable[Fault]) -> None:
        self.planned.extend(faults)
        self._rearm()

    def clear(self, name: str | None = None) -> int:
        """All of them, or those of a name or id; how many that were."""
        before = len(self.planned)
        self.planned = [
            each for each in self.planned if name is not None and name not in (each.id, each.name)
        ]
        self._rearm()
        return before - len(self.planned)

    def _rearm(self) -> None:
        self.armed = [fault for fault in self.planned if fault.remaining != 0]

    def strike(
        self, when: str, groups: Container[str], request: Request, now_ms: int, dice: random.Random
    ) -> dict[str, Fault]:
        """Of each of the groups the first fault that is up now."""
        struck: dict[str, Fault] = {}
        for fault in self.armed:
            group = fault.kind.group
            if fault.when != when or group not in groups or group in struck:
                continue
            if fault.matches(request, now_ms):
                self.changed()  # struck or not, it has seen one more
                if fault.is_up(dice):
                    struck[group] = fault
        if struck:
            self._rearm()
        return struck

    @property
    def longest_ago_ms(self) -> int:
        """How far back stale reads look; 0 when none was planned."""
        stale = [each.seconds for each in self.planned if each.kind.group == STALE]
        seconds = [max(each) if isinstance(each, list) else each for each in stale]
        return int(max(seconds) * 1000) if seconds else 0

    def listing(self) -> list[Json]:
        return [asdict(fault) for fault in self.planned]
