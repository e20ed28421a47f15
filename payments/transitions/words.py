"""Why a card or a reader did not do it, and what to do now, in plain words."""

from __future__ import annotations

_ANOTHER_CARD = "Ask for another card, or cancel."
_SAME_CARD = "Try the same card once more, or ask for another."
_ITS_PIN = "Try again: the card is to be inserted and its PIN entered."
_THEIR_BANK = "Ask for another card; only the cardholder's bank can say why."

# https://docs.stripe.com/declines/codes. What a bank suspects of a card is not for the till to
# tell: lost, stolen and suspicious cards are declined like any other.
_DECLINES: dict[str, tuple[str, str]] = {
    "approve_with_id": ("The bank could not be asked.", _SAME_CARD),
    "authentication_required": ("The bank wants the card inserted.", _ITS_PIN),
    "call_issuer": ("Declined: the cardholder should call their bank.", _THEIR_BANK),
    "card_decline_rate_limit_exceeded": (
        "Declined too often: this card cannot be tried again for a day.",
        _ANOTHER_CARD,
    ),
    "card_not_supported": ("Declined: the card does not allow this purchase.", _ANOTHER_CARD),
    "card_velocity_exceeded": ("Declined: the card's limit is reached.", _ANOTHER_CARD),
    "currency_not_supported": ("Declined: the card does not pay in this currency.", _ANOTHER_CARD),
    "do_not_honor": ("The bank declined the card.", _THEIR_BANK),
    "do_not_try_again": ("The bank declined the card.", _THEIR_BANK),
    "duplicate_transaction": (
        "Declined: the same amount was charged to this card just now.",
        "Look whether the sale is paid already before you ask for another card.",
    ),
    "expired_card": ("Declined: the card has expired.", _ANOTHER_CARD),
    "incorrect_pin": ("Declined: wrong PIN.", "Try again with the right PIN, or another card."),
    "insufficient_funds": ("Declined: not enough money on the card.", _ANOTHER_CARD),
    "invalid_account": ("Declined: the card or its account is not valid.", _ANOTHER_CARD),
    "invalid_amount": ("Declined: the bank does not allow this amount.", _ANOTHER_CARD),
    "invalid_pin": ("Declined: wrong PIN.", "Try again with the right PIN, or another card."),
    "issuer_not_available": ("The cardholder's bank did not answer.", _SAME_CARD),
    "new_account_information_available": (
        "Declined: the card or its account is not valid.",
        _ANOTHER_CARD,
    ),
    "not_permitted": ("Declined: the card does not allow this purchase.", _ANOTHER_CARD),
    "offline_pin_required": ("The card needs its PIN.", _ITS_PIN),
    "online_or_offline_pin_required": ("The card needs its PIN.", _ITS_PIN),
    "pin_try_exceeded": ("Declined: wrong PIN too often.", _ANOTHER_CARD),
    "processing_error": ("The card could not be processed.", _SAME_CARD),
    "reenter_transaction": ("The bank could not process the payment.", _SAME_CARD),
    "testmode_decline": ("Declined: this is a test card.", "Ask for a real card, or cancel."),
    "transaction_not_allowed": ("Declined: the card does not allow this purchase.", _ANOTHER_CARD),
    "try_again_later": ("The bank could not process the payment.", _SAME_CARD),
    "withdrawal_count_limit_exceeded": ("Declined: the card's limit is reached.", _ANOTHER_CARD),
}

_STOPS = {
    "terminal_reader_offline": (
        "{reader} is offline. Check its power and network, or use another reader."
    ),
    "terminal_reader_busy": (
        "{reader} is busy: remove the card, close its settings or wait for its update, then try"
        " again."
    ),
    "terminal_reader_hardware_fault": (
        "{reader} has a fault. Restart it, or use another reader. Nothing was charged."
    ),
    "terminal_reader_invalid_location_for_payment": (
        "{reader} stands in another country than the store, so it cannot take this payment."
        " Use another reader, and ask a manager to register this one anew."
    ),
    "terminal_reader_timeout": "{reader} did not answer. Nothing was charged. Try again.",
    "connection_error": "{reader} lost its connection. Nothing was charged. Try again.",
    "customer_timeout": "Nobody presented a card on {reader}. Nothing was charged. Try again.",
    "expired": (
        "A card was read on {reader}, but it took too long to confirm it. Nothing was charged."
        " Ask for the card again."
    ),
    "another_card": "The card was not charged. Ask for another card on {reader}, or cancel.",
    "taken_over": "{notice} Nothing was charged. Try again when it is free, or use another reader.",
    "take_over_too_late": (
        "{notice} Nothing was charged here. Try again when {reader} is free, or use another reader."
    ),
    "superseded": "Something else was sent to {reader}. Nothing was charged. Try again.",
    "action_canceled": "Stopped on {reader}. Nothing was charged. Try again or cancel.",
    "payment_intent_authentication_failure": (
        "The customer did not finish paying on their phone. Nothing was charged. Try again."
    ),
    "no_answer": "Stripe could not be reached for {reader}. Nothing was charged. Try again.",
}


def declined_message(code: str) -> str:
    """Why the card was declined and what to do; for codes that are new or tell nothing, too."""
    _, now = _DECLINES.get(code, ("", _ANOTHER_CARD))
    return f"{declined_because(code)} {now}"


def declined_because(code: str) -> str:
    """Why alone, for those who look at many."""
    why, _ = _DECLINES.get(code, ("The bank declined the card.", ""))
    return why


def stopped_message(code: str, reader: str, notice: str = "") -> str:
    """Why the reader stopped, with nothing charged, and what to do. `notice` names another sale."""
    sentence = _STOPS.get(code, "{reader} could not take the payment ({code}). Try again.")
    return sentence.format(reader=reader, notice=notice, code=code or "no reason given")
