"""Stripe's rate limits: https://docs.stripe.com/rate-limits. Off unless the switch says so."""

from dataclasses import dataclass

from simulator.errors import StripeError
from simulator.state.fault_kinds import KINDS

GLOBAL_PER_SECOND = {"sandbox": 25, "live": 100}
ENDPOINT_PER_SECOND = 25
UPDATES_PER_INTENT_AND_HOUR = 1000


@dataclass(slots=True)
class Bucket:
    """Fills evenly on the simulator's clock, and holds no more than one period's worth."""

    tokens: float
    at_ms: int

    def take(self, size: int, period_ms: int, now_ms: int) -> bool:
        self.tokens = min(size, self.tokens + (now_ms - self.at_ms) * size / period_ms)
        self.at_ms = now_ms
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Limits:
    """Requests per account; every named operation counts for itself as well."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def require_room(self, mode: str, account: str, operation: str, id: str, now_ms: int) -> None:
        """Refuse with a 429 what comes too fast."""
        size = GLOBAL_PER_SECOND[mode]
        if not self._take(account, "", size, 1000, now_ms):
            raise _too_fast("global-rate")
        if not self._take(account, operation, ENDPOINT_PER_SECOND, 1000, now_ms):
            raise _too_fast("endpoint-rate")
        if operation == "payment_intents.update" and not self._take(
            account, id, UPDATES_PER_INTENT_AND_HOUR, 3_600_000, now_ms
        ):
            raise _too_fast("resource-specific")

    def _take(self, account: str, name: str, size: int, period_ms: int, now_ms: int) -> bool:
        bucket = self._buckets.get((account, name))
        if bucket is None:
            bucket = self._buckets[account, name] = Bucket(size, now_ms)
        return bucket.take(size, period_ms, now_ms)


def _too_fast(reason: str) -> StripeError:
    reply = KINDS["429"].reply
    assert reply is not None
    return StripeError(
        reply.status,
        reply.message,
        code=reply.code,
        headers={"Stripe-Rate-Limited-Reason": reason},
    )
