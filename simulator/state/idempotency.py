"""https://docs.stripe.com/api/idempotent_requests, and /error-low-level for what is stored."""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.errors import StripeError
from simulator.state.clock import Clock
from simulator.state.store import Json

KEPT_MS = 24 * 3600 * 1000
LONGEST_KEY = 255


@dataclass(slots=True)
class Stored:
    """The first request under a key, and its answer once there is one."""

    at_ms: int
    path: str
    params: Json
    request_id: str
    status: int = 0
    body: str = ""

    @property
    def in_flight(self) -> bool:
        return self.status == 0


class Keys:
    """Per account and key; a key is new again after 24 hours on the simulator's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.stored: dict[tuple[str, str], Stored] = {}
        self.changed: Callable[[tuple[str, str]], None] = lambda key: None

    def begin(
        self, account: str, key: str, path: str, params: Json, request_id: str
    ) -> Stored | None:
        """The answer to replay, or None when this request is the one to carry out."""
        if len(key) > LONGEST_KEY:
            raise StripeError(400, f"Idempotency keys may be at most {LONGEST_KEY} characters.")
        self.prune()
        first = self.stored.get((account, key))
        if first is None:
            now = self._clock.now_ms()
            self.stored[account, key] = Stored(now, path, params, request_id)
            return None
        _require_the_same(first, key, path, params)
        if first.in_flight:
            raise StripeError(
                409,
                "There is currently another in-progress request using this Idempotent Key (that "
                "probably means you submitted twice, and the other request is still going "
                f"through): {key}. Please try again later.",
                type="idempotency_error",
                code="idempotency_key_in_use",
            )
        return first

    def finish(self, account: str, key: str, status: int, body: str) -> None:
        first = self.stored.get((account, key))
        if first is not None:
            first.status, first.body = status, body
            self.changed((account, key))

    def forget(self, account: str, key: str) -> None:
        """Nothing began: the key is free again."""
        self.stored.pop((account, key), None)

    def prune(self) -> None:
        """The oldest stand first, so this stops at the first that is still kept."""
        too_old = self._clock.now_ms() - KEPT_MS
        while self.stored:
            key, oldest = next(iter(self.stored.items()))
            if oldest.at_ms > too_old:
                return
            del self.stored[key]
            self.changed(key)


def _require_the_same(first: Stored, key: str, path: str, params: Json) -> None:
    if first.path != path:
        raise StripeError(
            400,
            "Keys for idempotent requests can only be used for the same endpoint they were first "
            f"used for ('{first.path}' vs '{path}'). Try using a key other than '{key}' if you "
            "meant to execute a different request.",
            type="idempotency_error",
        )
    if first.params != params:
        raise StripeError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            "different request.",
            type="idempotency_error",
        )
