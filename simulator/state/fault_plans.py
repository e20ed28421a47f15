"""Faults as JSON describes them, read with plain words for what makes no sense."""

from collections.abc import Callable
from typing import Any

from simulator.state.fault_kinds import AFTER, BEFORE, KINDS, RATE_LIMIT_REASONS, Kind
from simulator.state.faults import Fault
from simulator.state.ids import Ids
from simulator.state.store import Json
from simulator.state.times import moment_ms

LONGEST = 30 * 24 * 3600
# What the error hash of a custom answer may hold: https://docs.stripe.com/api/errors
ERROR_FIELDS = (
    *("type", "code", "message", "param", "decline_code", "advice_code", "charge", "doc_url"),
    *("network_advice_code", "network_decline_code", "payment_method_type"),
)


def read(wanted: Json, ids: Ids) -> Fault:
    """One fault; what makes no sense raises ValueError."""
    what = str(wanted.get("what"))
    if what not in KINDS:
        raise ValueError(f"what is one of: {', '.join(KINDS)}.")
    kind = KINDS[what]
    _require_known(wanted, what, kind)
    values = {name: _READ[name](name, value) for name, value in wanted.items()}
    values["what"] = what
    values.setdefault("when", kind.moments[0])
    if values["when"] not in kind.moments:
        raise ValueError(f"{what} strikes {kind.moments[0]} the effect only.")
    _require_sensible(what, values)
    values["remaining"] = values.get("count", 1)
    return Fault(id=f"fault_{ids.next('fault')}", **values)


def read_all(body: Json, ids: Ids) -> list[Fault]:
    """One fault; or `faults`, several under one `name`; or a ready-made `set`.

    Whatever else stands beside `faults` or `set` holds for each of them.
    """
    if "set" in body:
        name = body["set"]
        if not isinstance(name, str) or name not in SETS:
            raise ValueError(f"set is one of: {', '.join(SETS)}.")
        common = {key: value for key, value in body.items() if key != "set"}
        return [read({"name": name} | each | common, ids) for each in SETS[name]]
    if "faults" in body:
        several = body["faults"]
        if not isinstance(several, list) or not all(isinstance(each, dict) for each in several):
            raise ValueError("faults is a list of faults.")
        common = {key: value for key, value in body.items() if key != "faults"}
        return [read(common | each, ids) for each in several]
    return [read(body, ids)]


def _require_sensible(what: str, values: Json) -> None:
    seconds = values.get("seconds", 0)
    if what != "skew" and min(seconds if isinstance(seconds, list) else [seconds]) < 0:
        raise ValueError("seconds is 0 or more.")
    if what == "error" and values.get("status", 400) < 400:
        raise ValueError("The status of an error is 400 or more.")


def _require_known(wanted: Json, what: str, kind: Kind) -> None:
    for name in wanted:
        if name in ADDRESS or name in kind.takes:
            continue
        if name not in _READ:
            known = (*ADDRESS, *kind.takes)
            raise ValueError(f"Unknown: {name}. A fault {what} takes: {', '.join(known)}.")
        takers = [each for each, other in KINDS.items() if name in other.takes]
        raise ValueError(f"{name} is for {', '.join(takers)} only, not for {what}.")


def _text(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is a text, with * for anything.")
    return value


def _one_of(*words: str) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:
        if value not in words:
            raise ValueError(f"{name} is {', '.join(words[:-1])} or {words[-1]}.")
        return str(value)

    return read


def _number(least: float, most: float = float("inf"), *, whole: bool = False) -> Any:
    def read(name: str, value: Any) -> Any:
        kinds = (int,) if whole else (int, float)
        if not isinstance(value, kinds) or isinstance(value, bool) or not least <= value <= most:
            kind = "whole number" if whole else "number"
            limits = f"{least} or more" if most == float("inf") else f"{least} to {most}"
            raise ValueError(f"{name} is a {kind}, {limits}.")
        return value

    return read


def _seconds(name: str, value: Any) -> Any:
    number = _number(-LONGEST, LONGEST)
    if not isinstance(value, list):
        return number(name, value)
    if len(value) != 2 or number(name, value[0]) > number(name, value[1]):
        raise ValueError("seconds is a number, or a range: [least, most].")
    return value


def _count(name: str, value: Any) -> Any:
    if value == 0:
        raise ValueError(f"{name} is how often it strikes: 1 or more, or -1 for ever.")
    return _number(-1, whole=True)(name, value)


def _moment(name: str, value: Any) -> int | None:
    return None if value is None else moment_ms(value, name)


def _flag(name: str, value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"{name} is true or false.")
    return value


def _error(name: str, value: Any) -> Json:
    if not isinstance(value, dict) or set(value) - set(ERROR_FIELDS):
        raise ValueError(f"error has any of: {', '.join(ERROR_FIELDS)}.")
    if not all(each is None or isinstance(each, str) for each in value.values()):
        raise ValueError("All in an error is text, or null.")
    return value


def _reason(name: str, value: Any) -> str | None:
    return None if value is None else _one_of(*RATE_LIMIT_REASONS)(name, value)


ADDRESS = (
    *("what", "when", "name", "operation", "method", "account", "object", "key"),
    *("count", "every", "probability", "since", "until"),
)
_READ: dict[str, Callable[[str, Any], Any]] = {
    "what": lambda name, value: str(value),
    "when": _one_of(BEFORE, AFTER),
    "name": _text,
    "operation": lambda name, value: _text(name, value) or "*",
    "method": _one_of("GET", "POST", "DELETE"),
    "account": _text,
    "object": _text,
    "key": _text,
    "count": _count,
    "every": _number(1, whole=True),
    "probability": _number(0, 1),
    "since": _moment,
    "until": _moment,
    "seconds": _seconds,
    "status": _number(200, 599, whole=True),
    "error": _error,
    "body": _text,
    "reason": _reason,
    "retry_after": _number(0),
    "should_retry": _flag,
    "stored": _flag,
}

# Ready-made, by the name of what a till goes through. Each holds until it is cleared.
SETS: dict[str, list[Json]] = {
    "stripe_down": [{"what": "503", "count": -1}],
    "stripe_hangs": [{"what": "hang", "seconds": [20, 60], "count": -1}],
    "bad_network": [
        {"what": "latency", "seconds": [0.1, 1.5], "count": -1},
        {"what": "reset", "when": "before", "probability": 0.03, "count": -1},
        {"what": "reset", "when": "after", "probability": 0.03, "count": -1},
        {"what": "truncate", "probability": 0.01, "count": -1},
    ],
    "lost_answers": [{"what": "reset", "when": "after", "method": "POST", "every": 2, "count": -1}],
    "rate_limited": [
        {"what": "429", "probability": 0.5, "reason": reason, "count": -1}
        for reason in ("global-rate", "endpoint-rate")
    ],
    "stale_reads": [{"what": "stale_read", "seconds": [1, 5], "count": -1}],
    "broken_proxy": [
        {"what": "garbage", "probability": 0.1, "status": 200, "count": -1},
        {"what": "502", "when": "after", "probability": 0.1, "count": -1},
    ],
}
