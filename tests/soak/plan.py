"""Who buys what, how they pay, and what goes wrong meanwhile: all drawn from the seed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

JSON = dict[str, Any]

FAULTED = 0.2  # of all calls to Stripe
TROUBLED = 0.5  # of all sales whose journey leaves room for it
UNTIL_LAST = 0.9  # of all sales is trouble met: it takes long, and the end waits for it alone
PRESSED_TWICE = 0.1


@dataclass(frozen=True)
class Trouble:
    """What the reader does to a sale. `lasts` seconds; 0: once."""

    settings: JSON
    lasts: float = 0.0


def _next(outcome: str, **more: Any) -> JSON:
    return {"next": {"outcome": outcome, **more}}


TROUBLES = {
    "command timed out, not delivered": Trouble({"command_timeout": {"delivered": False}}),
    "command timed out, delivered": Trouble({"command_timeout": {"delivered": True}}),
    "line lost, bank approved": Trouble(_next("connection_error", truth="approved")),
    "line lost, bank approves late": Trouble(
        _next("connection_error", truth="late", delay_ms=1500)
    ),
    "line lost, bank never asked": Trouble(_next("connection_error", truth="none")),
    "vanished": Trouble(_next("vanish")),
    "offline": Trouble({"condition": "offline"}, lasts=2.0),
    "busy": Trouble({"condition": "busy_update"}, lasts=3.0),
    "card unreadable": Trouble(_next("read_error", count=1)),
}
WELL: JSON = {"next": None, "condition": None, "command_timeout": None, "authorization_ms": 0}

# Each is as likely as the others; together they strike FAULTED of the calls. What `hang` and
# `latency` last goes beyond the read time-out of the processes, or not.
FAULTS: dict[str, JSON] = {
    "reset before": {"what": "reset", "when": "before"},
    "reset after": {"what": "reset", "when": "after"},
    "hang before": {"what": "hang", "when": "before", "seconds": 1.5},
    "hang after": {"what": "hang", "when": "after", "seconds": 1.5},
    "500 before": {"what": "500", "when": "before"},
    "500 after": {"what": "500", "when": "after"},
    "502 before": {"what": "502", "when": "before"},
    "502 after": {"what": "502", "when": "after"},
    "429": {"what": "429", "when": "before"},
    "409": {"what": "409", "when": "before"},
    "late before": {"what": "latency", "when": "before", "seconds": [0.1, 0.8]},
    "late after": {"what": "latency", "when": "after", "seconds": [0.1, 0.8]},
}

# How webhooks travel, for a second or so each; the number is how often it is drawn.
WEATHER: dict[str, tuple[JSON, int]] = {
    "calm": ({}, 6),
    "lost": ({"drop": 0.8}, 2),
    "late": ({"delay_ms": 2500}, 1),
    "duplicated": ({"duplicate": 2}, 2),
    "reordered": ({"reorder": True, "reorder_window_ms": 1200}, 2),
    "twin": ({"twin": True}, 1),
    "held": ({"hold": True}, 1),  # and let go in any order
}


def webhooks_at_least(sales: int) -> int:
    """How often each kind of weather must have struck to mean anything."""
    return max(2, sales // 20)


@dataclass(frozen=True)
class Plan:
    """One sale."""

    number: int
    journey: str
    amount: int
    trouble: str  # "" for none
    presses: str  # "once", "twice" with the same key, "twice anew" with another
    seed: int  # of the moments in it


def draw(seed: int, sales: int, weights: Mapping[str, int], calm: Sequence[str]) -> list[Plan]:
    """So many sales; each journey comes as often as its weight says, and once at least.

    The journeys in `calm` meet no trouble with the reader: they make their own.
    """
    dice = random.Random(seed)
    names = list(weights)
    pack = [name for name, weight in weights.items() for _ in range(weight)]
    while len(names) < sales:
        names += dice.sample(pack, min(len(pack), sales - len(names)))
    dice.shuffle(names)
    names = names[:sales]
    open_to_trouble = [number for number, name in enumerate(names) if name not in calm]
    early = [number for number in open_to_trouble if number < sales * UNTIL_LAST]
    troubled = dice.sample(early, round(len(open_to_trouble) * TROUBLED))
    troubles = {number: list(TROUBLES)[n % len(TROUBLES)] for n, number in enumerate(troubled)}
    return [
        Plan(
            number=number,
            journey=name,
            amount=dice.randrange(10, 200) * 100,
            trouble=troubles.get(number, ""),
            presses=_presses(dice),
            seed=dice.getrandbits(32),
        )
        for number, name in enumerate(names)
    ]


def _presses(dice: random.Random) -> str:
    if dice.random() >= PRESSED_TWICE:
        return "once"
    return dice.choice(["twice", "twice anew"])


def weather(seed: int) -> random.Random:
    """The dice of those who break things: not those of the sales, which would shift."""
    return random.Random(seed * 2 + 1)
