"""What goes wrong on the way to Stripe or back, as told by the control API."""

from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from simulator.errors import StripeError
from simulator.state.store import Json

WHEN = ("before", "after")
WHAT = (
    "reset",
    "hang",
    "latency",
    "500",
    "502",
    "503",
    "429",
    "409",
    "lock_timeout",
    "401",
    "403",
)
# The application answers these itself, so an answer given after the effect is stored as such;
# the others come from in front of it, and the true answer waits under the key.
STORED_AFTER = ("500",)


@dataclass(slots=True)
class Fault:
    operation: str
    what: str
    when: str = "before"
    seconds: float = 30.0
    count: int = 1
    account: str | None = None
    object: str | None = None
    retry_after: float | None = None
    should_retry: bool | None = None
    hits: int = 0

    def matches(self, when: str, operation: str, account: str, objects: list[str]) -> bool:
        return (
            self.when == when
            and self.count != 0
            and fnmatchcase(operation, self.operation)
            and self.account in (None, account)
            and (self.object is None or self.object in objects)
        )

    def error(self) -> StripeError:
        """The answer in place of the true one."""
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = f"{self.retry_after:g}"
        if self.should_retry is not None:
            headers["Stripe-Should-Retry"] = str(self.should_retry).lower()
        status, type_, code, message, extra = _ANSWERS[self.what]
        return StripeError(status, message, type=type_, code=code, headers=extra | headers)


_ANSWERS: dict[str, tuple[int, str, str | None, str, dict[str, str]]] = {
    "500": (500, "api_error", None, "An unknown error occurred.", {}),
    "502": (502, "api_error", None, "Bad gateway.", {}),
    "503": (503, "api_error", None, "Service unavailable.", {}),
    "429": (
        429,
        "invalid_request_error",
        "rate_limit",
        "Request rate limit exceeded. You can learn more about rate limits here "
        "https://stripe.com/docs/rate-limits.",
        {"Stripe-Rate-Limited-Reason": "global-rate"},
    ),
    "409": (
        409,
        "idempotency_error",
        "idempotency_key_in_use",
        "There is currently another in-progress request using this Idempotent Key.",
        {},
    ),
    "lock_timeout": (
        429,
        "invalid_request_error",
        "lock_timeout",
        "This object cannot be accessed right now because another API request or Stripe process "
        "is currently accessing it.",
        {"Stripe-Should-Retry": "true"},
    ),
    "401": (401, "invalid_request_error", None, "Invalid API Key provided.", {}),
    "403": (
        403,
        "invalid_request_error",
        "account_invalid",
        "The provided key does not have access to this account (or that account does not exist). "
        "Application access may have been revoked.",
        {},
    ),
}


class Faults:
    def __init__(self) -> None:
        self.planned: list[Fault] = []

    def plan(self, wanted: Json) -> Fault:
        """A fault as JSON describes it; what makes no sense raises ValueError."""
        known = set(Fault.__dataclass_fields__) - {"hits"}
        if unknown := set(wanted) - known:
            raise ValueError(f"Unknown: {', '.join(sorted(unknown))}. Known: {sorted(known)}.")
        values: dict[str, Any] = {"operation": "*", **wanted}
        if str(values.get("what")) not in WHAT:
            raise ValueError(f"what is one of: {', '.join(WHAT)}.")
        values["what"] = str(values["what"])
        if values.get("when", "before") not in WHEN:
            raise ValueError("when is before or after (the effect).")
        _require_numbers(values)
        fault = Fault(**values)
        self.planned.append(fault)
        return fault

    def strike(self, when: str, operation: str, account: str, objects: list[str]) -> Fault | None:
        """The first fault that applies now; its count goes down."""
        for fault in self.planned:
            if fault.matches(when, operation, account, objects):
                fault.count -= fault.count > 0
                fault.hits += 1
                return fault
        return None

    def listing(self) -> list[Json]:
        return [asdict(fault) | {"remaining": fault.count} for fault in self.planned]


def _require_numbers(values: Json) -> None:
    for name, least in (("seconds", 0), ("count", -1), ("retry_after", 0)):
        value = values.get(name, least)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name} is a number, {least} or more.")
