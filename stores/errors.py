"""The refusals of all apps: each says what is, whether to try again, and what to do now."""

from datetime import datetime
from typing import ClassVar


class DomainError(Exception):
    """The parent of every "not now" that a caller can act on.

    `code` is for machines, `status` the HTTP status, the message and `next_action` are plain
    sentences for the person at the till. `retryable` means: the same request may succeed later
    without any change. `about` has members of the answer that a till can use.
    """

    code: str = "refused"
    status: int = 409
    retryable: bool = False
    next_action: str = "Reload and look at the present state."
    default_message: ClassVar[str] = "This is not possible now."

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        next_action: str | None = None,
        retryable: bool | None = None,
        about: dict[str, int] | None = None,
    ) -> None:
        self.message = message or self.default_message
        super().__init__(self.message)
        self.about = about or {}
        if code is not None:
            self.code = code
        if next_action is not None:
            self.next_action = next_action
        if retryable is not None:
            self.retryable = retryable


class OrderChanged(DomainError):
    """Someone else changed the order since the caller looked at it."""

    code = "order_changed"
    status = 412
    next_action = "Load the order again, look at what changed, then repeat your change."
    default_message = "The order was changed by someone else."


class OrderNotOpen(DomainError):
    """A paid or canceled order stays as it is."""

    code = "order_not_open"
    next_action = "Start a new order."
    default_message = "The order is no longer open."


class StoreInactive(DomainError):
    """The store sells nothing at present."""

    code = "store_inactive"
    next_action = "Ask a manager to activate the store."
    default_message = "This store is not active."


class InvalidLine(DomainError):
    """A line of an order makes no sense; nothing was stored."""

    code = "invalid_line"
    status = 400
    next_action = "Correct the line and send the order again."
    default_message = "A line of the order is not valid."


class UnknownProduct(InvalidLine):
    """No such product in this store; another store's product is just as unknown."""

    code = "unknown_product"
    next_action = "Load the products again and choose one of this store."
    default_message = "This store has no such product."


class ProductInactive(InvalidLine):
    """The product is no longer sold."""

    code = "product_inactive"
    next_action = "Choose another product."
    default_message = "This product is no longer sold."


class AmountTooLarge(InvalidLine):
    """Stripe cannot take an amount with that many digits."""

    code = "amount_too_large"
    next_action = "Split the sale into several orders."
    default_message = "The amount is larger than can be charged."


class PairingRefused(DomainError):
    """No device waits for this code; what was wrong with it is nobody's business."""

    code = "pairing_refused"
    status = 422
    next_action = "Check the code, or have a manager show a new one: Devices in the admin."
    default_message = "This code pairs nothing: it is wrong, was used, or is older than 10 minutes."


class TooManyTries(DomainError):
    """A password, a code or a PIN was wrong too often."""

    code = "too_many_tries"
    status = 429
    retryable = True

    def __init__(self, *, until: datetime) -> None:
        super().__init__(
            f"Too many wrong tries. Try again at {until:%H:%M:%S} ({until.tzname()}).",
            next_action="Wait until then. Someone who may look after your login can reset it.",
        )
        self.until = until


class SecretRefused(DomainError):
    """A code or a password is not the one we know."""

    code = "secret_refused"
    status = 403
    next_action = "Check it and try again."
    default_message = "That is not right."


class ConfirmationNeeded(DomainError):
    """So much may not be done on a screen that somebody left open."""

    code = "confirmation_needed"
    status = 403
    retryable = True
    next_action = "Confirm that it is you: Confirm in the admin, or your PIN on the tablet."
    default_message = "Enter your password, code or PIN again: the last time is too long ago."


class NotForYou(DomainError):
    """A role or a flag that this person may not give or take."""

    code = "not_for_you"
    status = 403
    next_action = "Ask an owner of the store, or the platform."
    default_message = "This is not yours to give."


class CashierNeeded(DomainError):
    """The store wants to know who works on its tablets."""

    code = "cashier_needed"
    status = 403
    next_action = "Choose your name and enter your PIN."
    default_message = "Nobody has entered a PIN on this tablet, or too long ago."


class PinRefused(DomainError):
    """The PIN is not this person's, or they have none."""

    code = "pin_refused"
    status = 403
    next_action = "Check the name and enter the PIN again, or have a manager set a new one."
    default_message = "This name and PIN do not fit."


class PinTooWeak(DomainError):
    """Everybody's first guess."""

    code = "pin_too_weak"
    status = 400
    next_action = (
        "Choose four to eight digits that are not all the same and do not count up or down."
    )
    default_message = "This PIN is too easy to guess."
