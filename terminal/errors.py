"""What may be said instead of "not now" about readers."""

from django.utils.translation import gettext_lazy as _

from stores.errors import DomainError


class ReaderBusy(DomainError):
    """The reader has an action of ours that has not ended."""

    code = "terminal_reader_busy"
    retryable = True
    next_action = _("Finish or cancel that sale first, or use another reader.")


class PaymentOnReader(DomainError):
    """The payment is on a reader already."""

    code = "payment_on_reader"
    next_action = _("Follow the payment, or cancel it there first.")


class WrongReader(DomainError):
    code = "reader_not_usable"
    status = 422
    next_action = _("Choose another reader of this store.")


class NoCardCollected(DomainError):
    """There is no card to be charged: none was read, or it was let go."""

    code = "no_card_collected"
    next_action = _("Ask for the card on the reader again.")


class ReaderNotConfirmed(DomainError):
    code = "reader_not_confirmed"
    next_action = _("Register the reader at a location of this store anew.")


class NothingToCancel(DomainError):
    code = "nothing_to_cancel"
    next_action = _("Refresh the reader to see what it shows now.")


class UnknownOrder(DomainError):
    """No such order in the reader's store; another store's is just as unknown."""

    code = "unknown_order"
    status = 422
    next_action = _("Choose an order of the reader's store.")


class UnknownLocation(DomainError):
    """No such location in a store of the caller's; another store's is just as unknown."""

    code = "unknown_location"
    status = 422
    next_action = _("Choose a location of the store where the reader stands.")
    default_message = _("There is no such location.")


class UnknownCustomer(DomainError):
    """No such customer, or card, in the reader's store."""

    code = "unknown_customer"
    status = 422
    next_action = _("Choose a customer of the reader's store, or save the card for a new one.")
