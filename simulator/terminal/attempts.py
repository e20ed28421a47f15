"""One card held up to one reader: what was planned for it, and what its bank says.

An attempt is JSON, because it may have to wait: for a PIN, for the bank, for the confirmation.
Its keys: `card` (the test card's name), `tip`, `method` (`tap`, `insert`, `swipe`) or, for a number
that was typed, `typed` (its expiry), and what was planned with `next`: `outcome`, `decline_code`,
`amount`, `truth`, `delay_ms`. `default` marks one for which nothing was planned.
"""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.payments import cards
from simulator.payments.cards import CHIP, CONTACTLESS, Card, Reading, Verdict
from simulator.state.store import Json, Record
from simulator.state.world import World
from simulator.terminal.device import Ending, end

OUTCOMES = (
    *("approve", "decline", "partial", "read_error", "cancel", "connection_error", "vanish"),
)
TRUTHS = ("approved", "late", "none")
READ_METHODS = {"tap": CONTACTLESS, "insert": CHIP, "swipe": "magnetic_stripe_track2"}


@dataclass(frozen=True, slots=True)
class CardAction:
    """An action that wants a card.

    `subject` is the object it works on, `types` the kinds of card it takes. `carry_out` does what
    a presented card brings about at Stripe and says how the action ends. `is_open` tells whether
    the subject still wants it. `close` tells the device. `usual_card` is held up when no card is
    named; else Visa, or Interac where nothing else is taken.
    """

    subject: Callable[[World, Json], Record]
    types: Callable[[World, Json], list[str]]
    is_open: Callable[[World, Json], bool]
    carry_out: Callable[[World, Record, Json, Json], Ending]
    close: Callable[[World, Record, Ending], None] = end
    usual_card: str | None = None


def reading(
    world: World, reader: Record, attempt: Json, amount: int, *, holds: bool = False
) -> Reading:
    """The card of the attempt, read, with the answer of its bank for this amount, tip included.

    `holds` says that the funds are to wait for a capture, which not all cards can.
    """
    card = named(attempt["card"])
    verdict = verdict_on(world, card, attempt, amount, holds=holds)
    method = CHIP if attempt.get("retried") else READ_METHODS[attempt["method"]]
    less = attempt["amount"] if attempt["outcome"] == "partial" else amount
    authorized = less if less < amount else None
    return Reading(card, reader, verdict, attempt["tip"], method, authorized=authorized)


def verdict_on(
    world: World, card: Card, attempt: Json, amount: int, *, holds: bool = False
) -> Verdict:
    """What was planned, else what the card and the amount say."""
    if attempt["outcome"] == "decline":
        return cards.declined(attempt.get("decline_code", "generic_decline"))
    if holds and not card.can_be_held:
        return cards.declined("generic_decline")
    if not attempt.get("default"):
        return Verdict(cvm=card.cvm)
    return cards.verdict(card, amount, world.switches)


def named(card: str) -> Card:
    found = cards.find(card)
    assert found is not None
    return found


def needs_second_reading(attempt: Json, verdict: Verdict) -> bool:
    """Cards that refuse the tap and then are inserted, as European banks demand now and then."""
    card = named(attempt["card"])
    return bool(
        card.sca_retry
        and verdict.approved
        and attempt["method"] == "tap"
        and not attempt.get("retried")
    )
