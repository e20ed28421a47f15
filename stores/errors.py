"""The refusals of all apps: each says what is, whether to try again, and what to do now."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class DomainError(Exception):
    """The parent of every "not now" that a caller can act on.

    `code` is for machines, `status` the HTTP status, the message and `next_action` are plain
    sentences for the person at the till. `retryable` means: the same request may succeed later
    without any change. `about` has members of the answer that a till can use.
    """

    code: str = "refused"
    status: int = 409
    retryable: bool = False
    next_action: "StrOrPromise" = _("Reload and look at the present state.")
    default_message: ClassVar["StrOrPromise"] = _("This is not possible now.")

    def __init__(
        self,
        message: "StrOrPromise" = "",
        *,
        code: str | None = None,
        next_action: "StrOrPromise | None" = None,
        retryable: bool | None = None,
        about: dict[str, int] | None = None,
    ) -> None:
        # Said in the language of whoever asks now, whoever reads it later.
        self.message = str(message or self.default_message)
        super().__init__(self.message)
        self.about = about or {}
        if code is not None:
            self.code = code
        self.next_action = str(self.next_action if next_action is None else next_action)
        if retryable is not None:
            self.retryable = retryable


class OrderChanged(DomainError):
    """Someone else changed the order since the caller looked at it."""

    code = "order_changed"
    status = 412
    next_action = _("Load the order again, look at what changed, then repeat your change.")
    default_message = _("The order was changed by someone else.")


class OrderNotOpen(DomainError):
    """A paid or canceled order stays as it is."""

    code = "order_not_open"
    next_action = _("Start a new order.")
    default_message = _("The order is no longer open.")


class StoreInactive(DomainError):
    """The store sells nothing at present."""

    code = "store_inactive"
    next_action = _("Ask a manager to activate the store.")
    default_message = _("This store is not active.")


class InvalidLine(DomainError):
    """A line of an order makes no sense; nothing was stored."""

    code = "invalid_line"
    status = 400
    next_action = _("Correct the line and send the order again.")
    default_message = _("A line of the order is not valid.")


class UnknownProduct(InvalidLine):
    """No such product in this store; another store's product is just as unknown."""

    code = "unknown_product"
    next_action = _("Load the products again and choose one of this store.")
    default_message = _("This store has no such product.")


class ProductInactive(InvalidLine):
    """The product is no longer sold."""

    code = "product_inactive"
    next_action = _("Choose another product.")
    default_message = _("This product is no longer sold.")


class AmountTooLarge(InvalidLine):
    """Stripe cannot take an amount with that many digits."""

    code = "amount_too_large"
    next_action = _("Split the sale into several orders.")
    default_message = _("The amount is larger than can be charged.")


class DiscountRefused(DomainError):
    """Nothing can come off like that; nothing was stored."""

    code = "discount_refused"
    status = 422
    next_action = _("Load the order again and look at what can come off it.")
    default_message = _("This discount is not possible.")


class DiscountNotAllowed(DomainError):
    """This one may not give away so much of the store's money."""

    code = "discount_not_allowed"
    status = 403
    next_action = _("Take less off, or have a manager enter their PIN for it.")


class PairingRefused(DomainError):
    """No device waits for this code; what was wrong with it is nobody's business."""

    code = "pairing_refused"
    status = 422
    next_action = _("Check the code, or have a manager show a new one: Devices in the admin.")
    default_message = _(
        "This code pairs nothing: it is wrong, was used, or is older than 10 minutes."
    )


class TooManyTries(DomainError):
    """A password, a code or a PIN was wrong too often."""

    code = "too_many_tries"
    status = 429
    retryable = True

    def __init__(self, *, until: datetime) -> None:
        super().__init__(
            gettext("Too many wrong tries. Try again at {time} ({zone}).").format(
                time=f"{until:%H:%M:%S}", zone=until.tzname()
            ),
            next_action=gettext(
                "Wait until then. Someone who may look after your login can reset it."
            ),
        )
        self.until = until


class SecretRefused(DomainError):
    """A code or a password is not the one we know."""

    code = "secret_refused"
    status = 403
    next_action = _("Check it and try again.")
    default_message = _("That is not right.")


class ConfirmationNeeded(DomainError):
    """So much may not be done on a screen that somebody left open."""

    code = "confirmation_needed"
    status = 403
    retryable = True
    next_action = _("Confirm that it is you: Confirm in the admin, or your PIN on the tablet.")
    default_message = _("Enter your password, code or PIN again: the last time is too long ago.")


class NotForYou(DomainError):
    """A role or a flag that this person may not give or take."""

    code = "not_for_you"
    status = 403
    next_action = _("Ask an owner of the store, or the platform.")
    default_message = _("This is not yours to give.")


class CashierNeeded(DomainError):
    """The store wants to know who works on its tablets."""

    code = "cashier_needed"
    status = 403
    next_action = _("Choose your name and enter your PIN.")
    default_message = _("Nobody has entered a PIN on this tablet, or too long ago.")


class PinRefused(DomainError):
    """The PIN is not this person's, or they have none."""

    code = "pin_refused"
    status = 403
    next_action = _("Check the name and enter the PIN again, or have a manager set a new one.")
    default_message = _("This name and PIN do not fit.")


class PinTooWeak(DomainError):
    """Everybody's first guess."""

    code = "pin_too_weak"
    status = 400
    next_action = _(
        "Choose four to eight digits that are not all the same and do not count up or down."
    )
    default_message = _("This PIN is too easy to guess.")


class NotTheSecondPerson(DomainError):
    """Four eyes are of two people, one of whom manages the store."""

    code = "not_the_second_person"
    status = 403
    next_action = _("Have another manager or an owner decide.")
    default_message = _("You may not decide this.")
