"""How the network treats webhooks, as told by the control API."""

from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Self

from simulator.state.store import Json


@dataclass(slots=True)
class WebhookPolicy:
    """`drop` to `twin` apply to the event types that match one of the patterns in `types`."""

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

    @classmethod
    def from_json(cls, wanted: Json) -> Self:
        """Keys that are not named go back to their defaults; unknown ones raise ValueError."""
        if unknown := set(wanted) - set(cls.__dataclass_fields__):
            raise ValueError(f"Unknown: {', '.join(sorted(unknown))}.")
        for name, value in wanted.items():
            default = getattr(cls(), name)
            allowed = (int, float) if isinstance(default, float) else (type(default),)
            if not isinstance(value, allowed) or isinstance(value, bool) != isinstance(
                default, bool
            ):
                raise ValueError(f"{name} takes a {type(default).__name__}.")
        policy = cls(**wanted)
        if not 0 <= policy.drop <= 1:
            raise ValueError("drop is a probability from 0 to 1.")
        return policy

    def to_json(self) -> Json:
        return asdict(self)

    def applies_to(self, event_type: str) -> bool:
        return any(fnmatchcase(event_type, pattern) for pattern in self.types)

    def back_off_ms(self, attempt: int) -> int:
        """After the n-th failed attempt."""
        return min(int(self.retry_base_ms * 2 ** (attempt - 1)), self.retry_longest_ms)
