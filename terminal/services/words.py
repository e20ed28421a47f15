"""What is said of an action: what is, and what to do now."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from terminal.models import ActionStatus, ActionType, ReaderAction

_NOW = {
    ActionStatus.REQUESTED: _("Sending to {reader}."),
    ActionStatus.UNKNOWN: _("Checking with Stripe whether {reader} has it. It ends by itself."),
}
_WHY = {
    "action_canceled": _("It was stopped on {reader}. Start it again if it is still wanted."),
    "collect_inputs_timeout": _("Nobody filled in the form on {reader}. Ask again if it matters."),
    "connection_error": _("{reader} lost its connection. Try again."),
    "customer_canceled": _("The customer pressed cancel on {reader}."),
    "no_answer": _("Stripe could not be reached for {reader}. Try again."),
    "setup_intent_authentication_failure": _("The bank said no. Try again with another card."),
    "setup_intent_mobile_wallet_unsupported": _("A phone cannot be saved. Use the card itself."),
    "superseded": _("Something else was sent to {reader}. Try again."),
    "terminal_reader_busy": (
        _(
            "{reader} is busy: remove the card, close its settings or wait for its update, then try"
            " again."
        )
    ),
    "terminal_reader_offline": (
        _("{reader} is offline. Check its power and network, or use another reader.")
    ),
    "terminal_reader_timeout": _("{reader} did not answer. Try again."),
}
_BUSY = {
    ActionType.COLLECT_INPUTS: _("{reader} asks the customer."),
    ActionType.PROCESS_SETUP_INTENT: _("{reader} asks for the card that is to be saved."),
}
_DONE = {
    ActionType.COLLECT_INPUTS: _("The customer has answered."),
    ActionType.PROCESS_SETUP_INTENT: _("The card is saved."),
}


def sentence(action: ReaderAction) -> str:
    """For the cashier. Of a payment the payment itself says more."""
    reader, type = action.reader, ActionType(action.type)
    if action.status in _NOW:
        return str(_NOW[ActionStatus(action.status)]).format(reader=reader)
    if action.status == ActionStatus.SUCCEEDED:
        return str(_DONE.get(type, gettext("Done.")))
    if action.ended_at is None:
        if action.cancel_requested_at is not None:
            return gettext("{reader} is being freed.").format(reader=reader)
        return str(_BUSY.get(type, _("{reader} is busy with it."))).format(reader=reader)
    if action.failure_code in _WHY:
        return str(_WHY[action.failure_code]).format(reader=reader)
    return action.failure_message or gettext("{reader} could not do it. Try again.").format(
        reader=reader
    )


def for_the_cardholder(action: ReaderAction) -> str:
    """Stripe's own words, which it lets be shown when the type is card_error only."""
    card = action.saved_card
    if card is None or action.status != ActionStatus.FAILED:
        return ""
    error = card.last_error
    return str(error.get("message", "")) if error.get("type") == "card_error" else ""
