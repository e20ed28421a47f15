"""What a read PaymentIntent may change, what the till shows for it, and when it is read again.

Pure functions: rows and Stripe's JSON in, changed rows out, nothing saved. They obey rules 1, 8
and 9 of docs/architecture.md, "The rules of the money path".
"""

from payments.transitions.amounts import (
    expected_hold,
    hold_differs,
    sale_received,
    tip_is_high,
    tip_limit,
)
from payments.transitions.asking import asked, request_words, told
from payments.transitions.cards import brand_words, card_words, first_match, seen
from payments.transitions.fees import fee, fee_of_hold
from payments.transitions.merging import (
    RANK,
    Mismatch,
    fee_at_stripe,
    intent_mismatch,
    merge_intent,
    moves_back,
)
from payments.transitions.reads import next_read
from payments.transitions.screens import (
    ABANDONED,
    AMOUNT_DIFFERS,
    ANOTHER_CARD,
    CARD_REFUSED,
    DOUBT,
    EXPIRED,
    HIGH_TIP,
    NOT_CHANGED,
    NOT_INCREMENTED,
    TOO_LATE,
    TOO_LATE_TO_CHANGE,
    OnReader,
    Screen,
    is_in_doubt,
    screen,
)
from payments.transitions.words import on_its_way, state_word

__all__ = [
    "ABANDONED",
    "AMOUNT_DIFFERS",
    "ANOTHER_CARD",
    "CARD_REFUSED",
    "DOUBT",
    "EXPIRED",
    "HIGH_TIP",
    "NOT_CHANGED",
    "NOT_INCREMENTED",
    "RANK",
    "TOO_LATE",
    "TOO_LATE_TO_CHANGE",
    "Mismatch",
    "OnReader",
    "Screen",
    "asked",
    "brand_words",
    "card_words",
    "expected_hold",
    "fee",
    "fee_at_stripe",
    "fee_of_hold",
    "first_match",
    "hold_differs",
    "intent_mismatch",
    "is_in_doubt",
    "merge_intent",
    "moves_back",
    "next_read",
    "on_its_way",
    "request_words",
    "sale_received",
    "screen",
    "seen",
    "state_word",
    "tip_is_high",
    "tip_limit",
    "told",
]
