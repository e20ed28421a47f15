"""Receipts by e-mail: asked for by a committed row, sent by a worker, tried again with an end.

At least once: who dies after the mail server took a mail and before that is written down has it
sent once more when the claim is over. The other way round a customer would be told that a receipt
was sent which never left. The second copy has the Message-ID of the first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.crashpoints import crash_point
from payments.errors import ReceiptAddressMissing, TooManyReceipts
from payments.models import EmailStatus, Payment, ReceiptEmail
from payments.services import receipt_mail, receipts
from payments.services.bells import WORK, notify
from payments.services.inbox import KEPT
from payments.services.receipt_mail import Failure
from payments.services.telling import log
from stores.principals import SYSTEM, Principal
from stores.sentences import said

CLAIM = timedelta(minutes=3)  # longer than a mail server may take for one mail
WAITS = [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1)]
MOST_TRIES = len(WAITS) + 1
MOST_AN_HOUR = 5  # of one payment, to whatever addresses

# What to say of each failure, and what to do now.
REASONS = {
    receipt_mail.ADDRESS_REFUSED: (
        _("No mail server takes mail for this address."),
        _("Check the address with the customer, and send the receipt again."),
    ),
    receipt_mail.MAIL_REFUSED: (
        _("The mail server refused the receipt."),
        _("Print the receipt, and tell whoever looks after this system."),
    ),
    receipt_mail.SERVER_AWAY: (
        _("The mail server did not take the receipt, however often it was tried."),
        _("Send it again later, or print the receipt."),
    ),
    receipt_mail.NOT_SET_UP: (
        _("This system sends no e-mail: no mail server is set up."),
        _("Print the receipt, and tell whoever looks after this system."),
    ),
    receipt_mail.NOT_DUE: (
        _("There is no receipt any more: what was held was let go."),
        _("Nothing to do."),
    ),
}


def reason(row: ReceiptEmail) -> tuple[str, str]:
    """Why it failed, and what to do; nothing of one that did not."""
    message, next_action = REASONS.get(row.failure_code, ("", ""))
    return str(message), str(next_action)


# Who may know an address that the customer typed; terminal knows those typed on readers.
typed: list[Callable[[Payment], str]] = []


def typed_address(payment: Payment) -> str:
    """What the customer gave for this receipt; empty when nothing is known for sure."""
    return next(filter(None, (known(payment) for known in typed)), "")


def ask(payment: Payment, *, by: Principal, email: str = "") -> ReceiptEmail:
    """Promise the receipt to this address, or to the one that the customer typed.

    One that is on its way there already is the same one. Raises ReceiptNotDue,
    ReceiptAddressMissing, TooManyReceipts.
    """
    with transaction.atomic():
        rows = Payment.objects.select_for_update(no_key=True, of=("self",))
        payment = rows.select_related("store", "order").get(pk=payment.pk)
        receipts.require_due(payment)
        email = email or typed_address(payment)
        if not email:
            raise ReceiptAddressMissing
        mails = ReceiptEmail.objects.filter(payment=payment)
        same = mails.filter(status=EmailStatus.ON_ITS_WAY, email=email).first()
        if same is not None:
            return same
        if mails.filter(created_at__gt=timezone.now() - timedelta(hours=1)).count() >= MOST_AN_HOUR:
            raise TooManyReceipts
        row = ReceiptEmail.objects.create(
            store=payment.store,
            payment=payment,
            email=email,
            language=receipts.language_of(payment),
            device_id=by.device_id,
            user_id=by.user_id,
        )
        _log(row, "receipt_asked", said("The receipt was asked for by e-mail."), by)
        notify(WORK, "receipt", row.pk)
    return row


def due(now: datetime) -> list[int]:
    """Those whose time has come and that nobody works on."""
    waiting = ReceiptEmail.objects.filter(status=EmailStatus.ON_ITS_WAY, next_try_at__lte=now)
    return list(waiting.order_by("next_try_at").values_list("pk", flat=True)[:50])


def carry_out(pk: int) -> None:
    """Send it; nothing when it is not due, or somebody else does."""
    row = _claim(pk)
    if row is None:
        return
    failure = receipt_mail.send(row)
    crash_point("sent:receipt_email")
    with transaction.atomic():
        ours = ReceiptEmail.objects.filter(
            pk=pk, tries=row.tries, status=EmailStatus.ON_ITS_WAY
        ).select_for_update(no_key=True)
        if ours.first() is not None:
            _settle(row, failure)


def _claim(pk: int) -> ReceiptEmail | None:
    now = timezone.now()
    with transaction.atomic():
        free = ReceiptEmail.objects.filter(status=EmailStatus.ON_ITS_WAY, next_try_at__lte=now)
        locked = free.select_for_update(skip_locked=True, no_key=True, of=("self",))
        row = (
            locked.select_related("payment__store__account", "payment__order").filter(pk=pk).first()
        )
        if row is None:
            return None
        if row.tries >= MOST_TRIES:  # its workers died
            _settle(row, Failure(receipt_mail.SERVER_AWAY))
            return None
        row.tries += 1
        row.next_try_at = now + CLAIM
        row.save(update_fields=["tries", "next_try_at"])
    return row


def _settle(row: ReceiptEmail, failure: Failure | None) -> None:
    now = timezone.now()
    row.smtp_code = failure.smtp_code if failure else None
    if failure is None:
        row.status, row.ended_at = EmailStatus.SENT, now
        _log(row, "receipt_sent", said("The receipt was e-mailed."))
    elif failure.is_final or row.tries >= MOST_TRIES:
        row.status, row.ended_at, row.failure_code = EmailStatus.FAILED, now, failure.code
        _log(
            row, "receipt_failed", said("The receipt was not e-mailed: {code}.", code=failure.code)
        )
    else:
        row.next_try_at = now + WAITS[row.tries - 1]
    row.save(update_fields=["status", "ended_at", "failure_code", "smtp_code", "next_try_at"])


def forget_addresses() -> None:
    """An address is kept as long as the form that a customer types it into, and no longer."""
    old = ReceiptEmail.objects.filter(ended_at__lt=timezone.now() - KEPT).exclude(email="")
    old.update(email="")


def _log(row: ReceiptEmail, verb: str, message: str, by: Principal = SYSTEM) -> None:
    """Without the address: the log is kept for ever."""
    log(row.payment, verb, message, by=by, data={"receipt_email": row.pk})
