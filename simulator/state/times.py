"""Moments and durations as people write them."""

import re
from datetime import UTC, datetime
from math import isfinite
from typing import Any

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def moment_ms(value: Any, what: str) -> int:
    """`2026-01-01T09:00:00Z` or Unix seconds, in milliseconds; else ValueError."""
    if isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
        return int(value * 1000)
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(
            f"{what} is a time, such as 2026-01-01T09:00:00Z, or Unix seconds."
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def duration_ms(value: Any, what: str) -> int:
    """`90` (seconds), `1.5s`, `2h30m`, `500ms`, in milliseconds; else ValueError."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return int(value * 1000)
    parts = _DURATION.findall(value) if isinstance(value, str) else []
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise ValueError(f"{what} is a duration, such as 90, 2.5s, 5m or 1h30m.")
    return int(sum(float(number) * _UNITS[unit] for number, unit in parts))


def shown(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
