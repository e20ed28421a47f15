"""What the pages call things, for people who have not read the manual."""

import re
from pathlib import Path

from markupsafe import Markup, escape

from simulator.operations import ROUTES
from simulator.state.fault_kinds import KINDS
from simulator.state.fault_plans import SETS
from simulator.state.store import Json
from simulator.state.switches import CHOICES, DEFAULTS

DEVICES = {
    "simulated_wisepos_e": "WisePOS E",
    "simulated_stripe_s700": "S700",
    "simulated_stripe_s710": "S710",
}

_WHAT = {
    "reset": "The connection breaks, no answer",
    "hang": "No answer for long, then the line closes",
    "latency": "The answer comes late",
    "truncate": "The answer breaks off in the middle",
    "drip": "The answer comes drop by drop",
    "garbage": "An HTML page instead of an answer",
    "livemode": "The answer says livemode: true",
    "skew": "The Date header is wrong",
    "stale_read": "Reads show what was so a while ago",
    "error": "An error of your own",
    "401": "401 · the key is refused",
    "403": "403 · the account is out of reach",
    "409": "409 · the idempotency key is in use",
    "424": "424 · something outside Stripe failed",
    "429": "429 · too many requests",
    "lock_timeout": "429 · the object is locked",
    "500": "500 · an unknown error",
    "502": "502 · bad gateway",
    "503": "503 · service unavailable",
    "504": "504 · gateway timeout",
}
WHAT = {name: _WHAT.get(name, name) for name in KINDS}
TIMED = [name for name, kind in KINDS.items() if "seconds" in kind.takes]

# Ready-made trouble: its name for people, what it does, and the fault as `POST faults` takes it.
_SETS = {
    "stripe_down": ("Stripe is down", "503 to everything, until you clear it."),
    "stripe_hangs": ("Stripe hangs", "No request is answered for 20 to 60 s."),
    "bad_network": ("Bad network", "Slow answers, broken lines, half an answer now and then."),
    "lost_answers": ("Answers get lost", "Every second write happens, and nobody hears of it."),
    "rate_limited": ("Too many requests", "Half of the requests get 429."),
    "stale_reads": ("Stale reads", "Reads lag behind by 1 to 5 s."),
    "broken_proxy": ("A broken proxy", "HTML and 502 from something in between."),
}
_PRESETS: list[tuple[str, str, Json]] = [
    (
        "The next command's answer is lost",
        "The reader has the command; the caller sees a broken line.",
        {"operation": "readers.*", "method": "POST", "what": "reset", "when": "after"},
    ),
    (
        "The next command never arrives",
        "The line breaks before anything happened.",
        {"operation": "readers.*", "method": "POST", "what": "reset", "when": "before"},
    ),
    (
        "The next PaymentIntent is made, answered 500",
        "It exists; the answer is stored under the key.",
        {"operation": "payment_intents.create", "what": "500", "when": "after"},
    ),
    (
        "The next PaymentIntent is locked",
        "429 lock_timeout, once.",
        {"operation": "payment_intents.*", "what": "lock_timeout"},
    ),
    (
        "Three seconds slower",
        "Every request, until you clear it.",
        {"what": "latency", "seconds": 3, "count": -1},
    ),
    (
        "The key is refused",
        "401 to everything, until you clear it.",
        {"what": "401", "count": -1},
    ),
]

_README = Path(__file__).parents[1] / "README.md"
_ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)


def presets() -> list[tuple[str, str, Json]]:
    sets = [(*_SETS.get(name, (name, "")), {"set": name}) for name in SETS]
    return [*_PRESETS, *sets]


def operations() -> list[str]:
    return sorted({operation.name for operation in ROUTES.operations})


def switches() -> list[Json]:
    """Each with its answers and what it means, as README.md tells it."""
    meanings = {name: meaning for name, _, meaning in _ROW.findall(_README.read_text())}
    return [
        {
            "name": name,
            "default": default,
            "answers": ("true", "false") if isinstance(default, bool) else CHOICES.get(name, ()),
            "meaning": meanings.get(name, ""),
        }
        for name, default in sorted(DEFAULTS.items())
    ]


def code(text: str) -> Markup:
    """Markdown's `code`, and nothing else of it."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
