"""Why a card or a reader did not do it, and what to do now, in plain words."""

from __future__ import annotations

DECLINES = {
    "insufficient_funds": "Declined: not enough money on the card.",
    "lost_card": "Declined by the bank.",
    "stolen_card": "Declined by the bank.",
    "expired_card": "Declined: the card has expired.",
    "incorrect_pin": "Declined: wrong PIN.",
    "pin_try_exceeded": "Declined: wrong PIN too often.",
    "offline_pin_required": "The card must be inserted and a PIN entered.",
    "online_or_offline_pin_required": "The card needs its PIN.",
    "call_issuer": "Declined: the cardholder should call their bank.",
    "processing_error": "The card could not be processed.",
    "withdrawal_count_limit_exceeded": "Declined: the card's limit is reached.",
    "generic_decline": "The bank declined the card.",
}

_STOPS = {
    "terminal_reader_offline": (
        "{reader} is offline. Check its power and network, or use another reader."
    ),
    "terminal_reader_busy": (
        "{reader} is busy: remove the card, close its settings or wait for its update, then try"
        " again."
    ),
    "terminal_reader_timeout": "{reader} did not answer. Nothing was charged. Try again.",
    "connection_error": "{reader} lost its connection. Nothing was charged. Try again.",
    "superseded": "Something else was sent to {reader}. Nothing was charged. Try again.",
    "action_canceled": "Stopped on {reader}. Nothing was charged. Try again or cancel.",
    "no_answer": "Stripe could not be reached for {reader}. Nothing was charged. Try again.",
}


def stopped_message(code: str, reader: str) -> str:
    sentence = _STOPS.get(code, "{reader} could not take the payment ({code}). Try again.")
    return sentence.format(reader=reader, code=code or "no reason given")
