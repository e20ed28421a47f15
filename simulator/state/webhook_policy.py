"""How the network treats webhooks, as told by the control API."""

from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Self

from simulator.state.store import Json

MINUTE = 60_000
# How long after the n-th failed attempt the next one comes. Stripe tells the ends only: three
# tries over a few hours in a sandbox, up to three days of ever longer waits in live mode.
SCHEDULES: dict[str, tuple[int, ...]] = {
    "sandbox": (60 * MINUTE, 3 * 60 * MINUTE),
    "live": tuple(min(2**n, 12 * 60) * MINUTE for n in range(10)) + (12 * 60 * MINUTE,) * 4,
}

_NOUNS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
}


@dataclass(slots=True)
class WebhookPolicy:
    """`drop` to `twin` apply to the event types that match one of the patterns in `types`.

    Without a `schedule` the waits between attempts double from `retry_base_ms`.
    """

    drop: float = 0.0
    delay_ms: int = 0
    duplicate: int = 0
    reorder: bool = False
    hold: bool = False
    twin: bool = False
    types: list[str] = field(default_factory=lambda: ["*"])
    reorder_window_ms: int = 100
    retry_base_ms: int = 1000
    retry_longest_ms: int = 3_600_000
    max_attempts: int = 16
    schedule: str = ""

    @classmethod
    def from_json(cls, wanted: Json) -> Self:
        """Keys that are not named go back to their defaults; unknown ones raise ValueError."""
        if unknown := set(wanted) - set(cls.__dataclass_fields__):
            known = ", ".join(cls.__dataclass_fields__)
            raise ValueError(f"Unknown: {', '.join(sorted(unknown))}. Known: {known}.")
        for name, value in wanted.items():
            default = getattr(cls(), name)
            allowed = (int, float) if isinstance(default, float) else (type(default),)
            if not isinstance(value, allowed) or isinstance(value, bool) != isinstance(
                default, bool
            ):
                raise ValueError(f"{name} is {_NOUNS[type(default)]}.")
        policy = cls(**wanted)
        policy._require_limits()
        if not 0 <= policy.drop <= 1:
            raise ValueError("drop is a probability from 0 to 1.")
        if policy.schedule not in ("", *SCHEDULES):
            raise ValueError(f"schedule is one of: {', '.join(SCHEDULES)}, or empty.")
        return policy

    def _require_limits(self) -> None:
        for name in ("delay_ms", "duplicate", "reorder_window_ms", "retry_base_ms"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is 0 or more.")
        if self.max_attempts < 1:
            raise ValueError("max_attempts is 1 or more.")
        if not all(isinstance(each, str) for each in self.types):
            raise ValueError("types is a list of event types, with * for anything.")

    def to_json(self) -> Json:
        return asdict(self)

    def applies_to(self, event_type: str) -> bool:
        return any(fnmatchcase(event_type, pattern) for pattern in self.types)

    def wait_ms(self, attempt: int) -> int | None:
        """After the n-th failed attempt; None when that was the last."""
        if self.schedule:
            waits = SCHEDULES[self.schedule]
            return waits[attempt - 1] if attempt <= len(waits) else None
        if attempt >= self.max_attempts:
            return None
        return min(int(self.retry_base_ms * 2 ** (attempt - 1)), self.retry_longest_ms)
