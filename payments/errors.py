"""What may be said instead of "not now" about money."""

from django.utils.translation import gettext_lazy as _

from stores.errors import DomainError


class OrderHasOpenPayment(DomainError):
    code = "order_has_open_payment"
    next_action = _("Follow that payment, or cancel it before another is started.")


class OrderNotPayable(DomainError):
    code = "order_not_payable"
    next_action = _("Load the order again; it may already be paid or canceled.")


class SplitRefused(DomainError):
    """The bill cannot be split like that."""

    code = "split_refused"
    status = 422
    next_action = _("Load the order again and split what it owes.")


class LinePaid(DomainError):
    """A line is paid once, and stays as it was paid."""

    code = "line_paid"
    next_action = _("Load the order again, and leave that line as it is.")


class OrderCovered(DomainError):
    """Money was taken for this order, which a change would leave without a reason."""

    code = "order_covered"
    next_action = _("Refund what was paid first.")


class DetachNotAllowed(DomainError):
    """Taking a payment in doubt off its order is a manager's decision."""

    code = "detach_not_allowed"
    status = 403
    next_action = _("Ask a manager to detach it in the admin.")


class DetachNotPossible(DomainError):
    code = "detach_not_possible"
    next_action = _("Load the payment again and look at what can be done with it now.")


class AmountRefused(DomainError):
    code = "amount_refused"
    status = 422


class LinesRefused(DomainError):
    """These pieces cannot come back with this payment."""

    code = "lines_refused"
    status = 422
    next_action = _("Load the payment and its refunds again, and say what is left to come back.")


class ConfirmRefused(DomainError):
    code = "confirm_refused"
    status = 422
    next_action = _("Send `flow`: `collect` with `confirm`: `manual`, or leave both out.")


class PaymentNotCapturable(DomainError):
    code = "payment_not_capturable"
    next_action = _("Load the payment again; only an approved payment can be captured.")


class NothingToCapture(DomainError):
    code = "nothing_to_capture"
    next_action = _("Choose payments that are approved and not captured.")
    default_message = _("None of these payments waits for a capture.")


class TipRefused(DomainError):
    code = "tip_refused"
    status = 422


class TipNotConfirmed(DomainError):
    """A tip on the reader above the store's limit: published cases were 5,000 on 129."""

    code = "tip_not_confirmed"
    next_action = _(
        "Ask the customer, then capture with the tip (keep_tip true) or without (false)."
    )


class AmountDiffers(DomainError):
    """The bank holds another sum than was asked."""

    code = "amount_differs"
    next_action = _("Release it, or capture what is held with accept_difference.")


class PartRefused(DomainError):
    code = "nothing_to_capture"
    status = 422
    next_action = _("Name the lines that were delivered, or release the hold.")


class IncrementRefused(DomainError):
    code = "increment_not_possible"
    next_action = _("Sell what is new as an order of its own.")


class RefundNotPossible(DomainError):
    code = "refund_not_possible"
    next_action = _("Load the payment again and look at what can still be refunded.")


class RefundNotAllowed(DomainError):
    """This one may not give back so much of the store's money."""

    code = "refund_not_allowed"
    status = 403
    next_action = _("Ask a manager, or send it as a refund request: a second person decides.")


class RefundNeedsReader(DomainError):
    """Interac: the card must be there again."""

    code = "refund_needs_reader"
    status = 422
    next_action = _("Name a reader, and have the customer present the same card there.")


class CardNotSavable(DomainError):
    """The SetupIntent is final: a card was saved, or none will be."""

    code = "setup_intent_unexpected_state"
    next_action = _("Look at the card; start anew if another is to be saved.")


class PaymentFinal(DomainError):
    code = "payment_final"
    next_action = _("Nothing more can be done with this payment.")


class PaymentBusy(DomainError):
    code = "payment_busy"
    retryable = True
    next_action = _("Wait for the request that is on its way; its result will show by itself.")


class NotThePlatform(DomainError):
    """Whom the platform serves its owner alone decides."""

    code = "not_the_platform"
    status = 403
    next_action = _("Ask the platform's owner.")
    default_message = _("Only the platform's owner invites and connects retailers.")


class InvitationRefused(DomainError):
    """Which of these it was is nobody's business who holds no good one."""

    code = "invitation_refused"
    status = 422
    next_action = _("Ask whoever invited you for a new link.")
    default_message = _(
        "This invitation opens nothing: it was used, is too old, or is not complete."
    )


class OnboardingNotPossible(DomainError):
    code = "onboarding_not_possible"
    next_action = _("Load the page again and look how the account stands.")


class DisconnectRefused(DomainError):
    """Something would be stranded in the account, or Stripe would not do it."""

    code = "account_not_disconnected"
    next_action = _("Finish what stands in the way, then disconnect it.")


class NotTheirReturn(DomainError):
    """Somebody comes back from Stripe with what we did not send them off with, or with it again."""

    code = "not_their_return"
    status = 403
    next_action = _("Press Connect once more, in this browser, and stay in it.")
    default_message = _(
        "What this browser brought back from Stripe is not what it left with, was used, or is too"
        " old. Nothing was connected by it."
    )


class TooManyLinks(DomainError):
    """Somebody, or something, comes back for a new link again and again."""

    code = "too_many_links"
    status = 429
    retryable = True
    next_action = _("Wait an hour, then go on from your invitation or the admin.")
    default_message = _("Stripe's page was opened very often within the hour.")


class ReceiptNotDue(DomainError):
    code = "receipt_not_due"
    next_action = _("Load the payment again, and wait until it is approved or paid.")


class ReceiptAddressMissing(DomainError):
    """Nobody said where the receipt is to go."""

    code = "receipt_address_missing"
    status = 422
    next_action = _("Ask the customer for an e-mail address, and send it as `email`.")
    default_message = _("No e-mail address is known for this receipt.")


class TooManyReceipts(DomainError):
    """Nobody needs so many; somebody's inbox may be meant."""

    code = "too_many_receipts"
    status = 429
    retryable = True
    next_action = _("Wait an hour, or print the receipt.")
    default_message = _("This payment's receipt was e-mailed very often within the hour.")


class StripeCallInTransaction(RuntimeError):
    """A call to Stripe was tried while a database transaction was open: a bug of ours."""


class RequestWithdrawn(Exception):
    """A person took the request back just before it was sent: nothing was sent."""


class LeaseLost(Exception):
    """Another worker holds this row now; what we know of it must not be written."""


class FeePlanNotAllowed(DomainError):
    """Fees are the platform's to set."""

    code = "fee_plan_not_allowed"
    status = 403
    next_action = _("Ask the platform's owner.")


class FeePlanRefused(DomainError):
    code = "fee_plan_refused"
    status = 422
    next_action = _("Correct what is named, and save again.")


class ApprovalWaits(DomainError):
    """One request at a time for a payment."""

    code = "approval_waits"
    next_action = _("Have a manager or an owner decide that one first: Approvals in the admin.")
    default_message = _("A refund of this payment waits for a second person already.")


class ApprovalNotPossible(DomainError):
    """The request was decided, or its time is over."""

    code = "approval_not_possible"
    next_action = _("Ask for it anew.")
    default_message = _("There is nothing to decide any more.")


class DayNotClosable(DomainError):
    """A day is closed by a manager, and not before it has begun."""

    code = "day_not_closable"
    status = 422
    next_action = _("Choose a day that has begun.")
