"""Why a card or a reader did not do it, and what to do now, in plain words."""

from __future__ import annotations

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_noop as _

from payments.models import State
from stores.sentences import Said, said, together

_ANOTHER_CARD = _("Ask for another card, or cancel.")
_SAME_CARD = _("Try the same card once more, or ask for another.")
_ITS_PIN = _("Try again: the card is to be inserted and its PIN entered.")
_THEIR_BANK = _("Ask for another card; only the cardholder's bank can say why.")

# https://docs.stripe.com/declines/codes. What a bank suspects of a card is not for the till to
# tell: lost, stolen and suspicious cards are declined like any other.
_DECLINES: dict[str, tuple[str, str]] = {
    "approve_with_id": (_("The bank could not be asked."), _SAME_CARD),
    "authentication_required": (_("The bank wants the card inserted."), _ITS_PIN),
    "call_issuer": (_("Declined: the cardholder should call their bank."), _THEIR_BANK),
    "card_decline_rate_limit_exceeded": (
        _("Declined too often: this card cannot be tried again for a day."),
        _ANOTHER_CARD,
    ),
    "card_not_supported": (_("Declined: the card does not allow this purchase."), _ANOTHER_CARD),
    "card_velocity_exceeded": (_("Declined: the card's limit is reached."), _ANOTHER_CARD),
    "currency_not_supported": (
        _("Declined: the card does not pay in this currency."),
        _ANOTHER_CARD,
    ),
    "do_not_honor": (_("The bank declined the card."), _THEIR_BANK),
    "do_not_try_again": (_("The bank declined the card."), _THEIR_BANK),
    "duplicate_transaction": (
        _("Declined: the same amount was charged to this card just now."),
        _("Look whether the sale is paid already before you ask for another card."),
    ),
    "expired_card": (_("Declined: the card has expired."), _ANOTHER_CARD),
    "incorrect_pin": (
        _("Declined: wrong PIN."),
        _("Try again with the right PIN, or another card."),
    ),
    "insufficient_funds": (_("Declined: not enough money on the card."), _ANOTHER_CARD),
    "invalid_account": (_("Declined: the card or its account is not valid."), _ANOTHER_CARD),
    "invalid_amount": (_("Declined: the bank does not allow this amount."), _ANOTHER_CARD),
    "invalid_pin": (_("Declined: wrong PIN."), _("Try again with the right PIN, or another card.")),
    "issuer_not_available": (_("The cardholder's bank did not answer."), _SAME_CARD),
    "new_account_information_available": (
        _("Declined: the card or its account is not valid."),
        _ANOTHER_CARD,
    ),
    "not_permitted": (_("Declined: the card does not allow this purchase."), _ANOTHER_CARD),
    "offline_pin_required": (_("The card needs its PIN."), _ITS_PIN),
    "online_or_offline_pin_required": (_("The card needs its PIN."), _ITS_PIN),
    "pin_try_exceeded": (_("Declined: wrong PIN too often."), _ANOTHER_CARD),
    "processing_error": (_("The card could not be processed."), _SAME_CARD),
    "reenter_transaction": (_("The bank could not process the payment."), _SAME_CARD),
    "testmode_decline": (_("Declined: this is a test card."), _("Ask for a real card, or cancel.")),
    "transaction_not_allowed": (
        _("Declined: the card does not allow this purchase."),
        _ANOTHER_CARD,
    ),
    "try_again_later": (_("The bank could not process the payment."), _SAME_CARD),
    "withdrawal_count_limit_exceeded": (_("Declined: the card's limit is reached."), _ANOTHER_CARD),
}

_STOPS = {
    "terminal_reader_offline": _(
        "{reader} is offline. Check its power and network, or use another reader."
    ),
    "terminal_reader_busy": _(
        "{reader} is busy: remove the card, close its settings or wait for its update, then try"
        " again."
    ),
    "terminal_reader_hardware_fault": _(
        "{reader} has a fault. Restart it, or use another reader. Nothing was charged."
    ),
    "terminal_reader_invalid_location_for_payment": _(
        "{reader} stands in another country than the store, so it cannot take this payment."
        " Use another reader, and ask a manager to register this one anew."
    ),
    "terminal_reader_timeout": _("{reader} did not answer. Nothing was charged. Try again."),
    "connection_error": _("{reader} lost its connection. Nothing was charged. Try again."),
    "customer_timeout": _("Nobody presented a card on {reader}. Nothing was charged. Try again."),
    "expired": _(
        "A card was read on {reader}, but it took too long to confirm it. Nothing was charged."
        " Ask for the card again."
    ),
    "another_card": _("The card was not charged. Ask for another card on {reader}, or cancel."),
    "taken_over": _(
        "{notice} Nothing was charged. Try again when it is free, or use another reader."
    ),
    "take_over_too_late": _(
        "{notice} Nothing was charged here. Try again when {reader} is free, or use another reader."
    ),
    "superseded": _("Something else was sent to {reader}. Nothing was charged. Try again."),
    "action_canceled": _("Stopped on {reader}. Nothing was charged. Try again or cancel."),
    "payment_intent_authentication_failure": _(
        "The customer did not finish paying on their phone. Nothing was charged. Try again."
    ),
    "no_answer": _("Stripe could not be reached for {reader}. Nothing was charged. Try again."),
}


# As in "The payment is paid."
_STATES = {
    State.SENDING: pgettext_lazy("the payment is", "sending"),
    State.WAITING_FOR_CARD: pgettext_lazy("the payment is", "waiting for a card"),
    State.COLLECTED: pgettext_lazy("the payment is", "collected"),
    State.AUTHORIZING: pgettext_lazy("the payment is", "authorizing"),
    State.CHECKING: pgettext_lazy("the payment is", "checking"),
    State.DECLINED: pgettext_lazy("the payment is", "declined"),
    State.CANCELED_BY_CUSTOMER: pgettext_lazy("the payment is", "canceled by the customer"),
    State.STOPPED: pgettext_lazy("the payment is", "stopped"),
    State.APPROVED: pgettext_lazy("the payment is", "approved"),
    State.PAID: pgettext_lazy("the payment is", "paid"),
    State.CANCELED: pgettext_lazy("the payment is", "canceled"),
    State.REFUNDED: pgettext_lazy("the payment is", "refunded"),
    State.NEEDS_ATTENTION: pgettext_lazy("the payment is", "looked at by a person"),
    State.DETACHED: pgettext_lazy("the payment is", "detached"),
}

_ON_ITS_WAY = {
    "payment_intent.create": _("Create is on its way."),
    "payment_intent.update": _("Update is on its way."),
    "payment_intent.increment_authorization": _("Increment of the hold is on its way."),
    "payment_intent.capture": _("Capture is on its way."),
    "payment_intent.cancel": _("Cancel is on its way."),
}


def state_word(state: str) -> str:
    """For the middle of a sentence, in the language of whoever asks now."""
    return str(_STATES[State(state)])


def on_its_way(kind: str) -> str:
    """What was asked of Stripe about a PaymentIntent and is not answered yet, likewise."""
    return gettext(_ON_ITS_WAY[kind])


def declined_message(code: str) -> Said:
    """Why the card was declined and what to do; for codes that are new or tell nothing, too."""
    _why, now = _DECLINES.get(code, ("", _ANOTHER_CARD))
    return together(declined_because(code), said(now))


def declined_because(code: str) -> Said:
    """Why alone, for those who look at many."""
    why, _now = _DECLINES.get(code, (_("The bank declined the card."), ""))
    return said(why)


def stopped_message(code: str, reader: str, notice: str = "") -> Said:
    """Why the reader stopped, with nothing charged, and what to do. `notice` names another sale."""
    pattern = _STOPS.get(code, _("{reader} could not take the payment ({code}). Try again."))
    about = together(notice) if notice else ""
    return said(pattern, reader=reader, notice=about, code=code or "no reason given")
