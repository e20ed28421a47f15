"""Whether Stripe answers at present, as all processes together have seen it."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from payments.models import Circuit
from payments.transitions import circuits
from stores.errors import DomainError
from stores.sentences import Said, said

KNOWN_FOR = 1.0  # seconds that what was looked up is believed
SELLING_CLOSED = "selling_closed"
PAUSE = 10.0  # seconds at least between two automatic tries while a circuit is open

_IDS = re.compile(r"/(?:pi|ch|py|re|pyr|dp|du|tmr|tml|acct|we|evt|cus|seti|pm|file)_\w+")
_known: tuple[float, list[Circuit]] = (0.0, [])


class SellingClosed(DomainError):
    """The database was restored, and Stripe may know more of our sales than we do."""

    code = SELLING_CLOSED
    retryable = True


@dataclass(frozen=True)
class Trouble:
    """What to tell people. `kind`: `degraded` (slow or silent), `key_refused`, `selling_closed`."""

    kind: str
    message: Said
    next_action: Said
    since: datetime
    calls: list[str]


def name_of(method: str, path: str) -> str:
    return f"{method.upper()} {_IDS.sub('/…', path)}"


def open_circuits() -> list[Circuit]:
    """One statement a second and process at most."""
    global _known
    if _known[0] <= time.monotonic():
        rows = Circuit.objects.filter(opened_at__isnull=False)
        _known = (time.monotonic() + KNOWN_FOR, list(rows))
    now = timezone.now()
    return [row for row in _known[1] if circuits.is_open(row, now)]


def forget() -> None:
    """Look it up anew (it changed, or the database is another one)."""
    global _known
    _known = (0.0, [])


def is_open(name: str) -> bool:
    return any(row.name == name for row in open_circuits())


def pace(method: str, path: str, delay: float) -> float:
    """How long to wait before the next automatic try; a person's own try waits for nothing."""
    if is_open(name_of(method, path)):
        return max(delay, PAUSE * random.uniform(1.0, 1.3))
    return delay


def trouble() -> Trouble | None:
    rows = sorted(open_circuits(), key=lambda row: row.opened_at or timezone.now())
    if not rows:
        return None
    names = [row.name for row in rows]
    if circuits.RESTORED in names:
        return _closed(rows)
    since = rows[0].opened_at or timezone.now()
    if circuits.KEY in names:
        return Trouble(
            "key_refused",
            said("Stripe refuses the platform's key: card payments cannot start."),
            said("Take another means of payment; the platform's owner must renew the key."),
            since,
            names,
        )
    on_readers = all("/terminal/readers/" in name for name in names)
    return Trouble(
        "degraded",
        said("Stripe's card readers answer slowly or not at all at present.")
        if on_readers
        else said("Stripe answers slowly or not at all at present."),
        said(
            "Sales go on by themselves but take longer. Do not charge twice: wait for the result,"
            " or cancel and take another means of payment."
        ),
        since,
        names,
    )


def _closed(rows: list[Circuit]) -> Trouble:
    [closed] = [row for row in rows if row.name == circuits.RESTORED]
    return Trouble(
        SELLING_CLOSED,
        said(
            "Nothing can be sold now: the database was restored from a backup, and is being"
            " compared with Stripe. Orders that look open may be paid."
        ),
        said(
            "Wait: selling opens by itself when the comparison is done and what it found is"
            " resolved."
        ),
        closed.since,
        [closed.name],
    )


def refuse_closed() -> None:
    """Raises SellingClosed while neither a card nor cash may be taken."""
    told = trouble()
    if told is not None and told.kind == SELLING_CLOSED:
        raise SellingClosed(told.message.spoken, next_action=told.next_action.spoken)
